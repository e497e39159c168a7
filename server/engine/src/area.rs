//! The trait of an area: what it reads from a server and how often, and the rules that judge it.

use std::future::Future;

use history::{GapReason, Point, Source};
use model::server::{Facts, Headline};
use model::{AreaName, Event, Known};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::connection::{Observer, Rows};
use crate::error::Error;
use crate::metrics::Metrics;
use crate::planning::Planner;
use crate::remembered::{Past, Saved};
use crate::rule::{Limits, Rule};
use crate::sql::Query;

/// What keeps a standby from replaying WAL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayHold {
    /// The rest of a sentence that begins with the standby's name.
    pub message: String,
    /// The statement that helps, run on the standby.
    pub sql: Option<String>,
    /// Whether the configuration wants it so: then the lag is no defect.
    pub on_purpose: bool,
}

/// What an area needs to compare a reading with the history store.
pub struct LookBack<'a> {
    /// The store.
    pub past: &'a Past,
    /// What the area's history of the server is kept under.
    pub source: Source,
    /// What plans statements on the server; None where nothing may be sent to it.
    pub planner: Option<Planner>,
    /// The limits in force.
    pub limits: &'a Limits,
    /// pgdeck's clock.
    pub now_ms: i64,
}

/// What the history store keeps of a reading beside its points.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// A statement's text, without values.
    Text {
        /// Its key within the cluster: the queryid.
        key: String,
        /// The text.
        text: String,
        /// pgdeck's fingerprint; empty if unknown.
        fingerprint: String,
    },
    /// A span of which the area's history does not know everything.
    Gap {
        /// Its begin, ms since the epoch.
        from_ms: i64,
        /// Its end.
        to_ms: i64,
        /// Why.
        reason: GapReason,
        /// More in words.
        detail: &'static str,
    },
}

/// What one area is. Hooks that most areas do not need have a default.
pub trait Area: Send + Sync + 'static {
    /// What a tick reads: the type from row to pixel.
    type Value: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What it remembers between ticks in order to read the next.
    type State: Default + Send + 'static;
    /// What is kept of past readings; `()` for an area without a history.
    type History: Default + Send + 'static;
    /// Its name.
    const NAME: AreaName;
    /// How often it is read, ms.
    const EVERY_MS: u32;
    /// Whether it is read beside the session that stays, on one that is opened for the areas that are due together
    /// and closed after them: for readings that take long, or several databases.
    const OWN_SESSION: bool = false;
    /// Its rules.
    const RULES: &'static [Rule<Self::Value>];
    /// Its SQL.
    const QUERIES: &'static [Query];

    /// Reads once, in as few round trips as possible.
    fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut Self::State,
        now_ms: i64,
    ) -> impl Future<Output = Result<Self::Value, Error>> + Send;

    /// Adds a reading to the history.
    fn record(_history: &mut Self::History, _at_ms: i64, _value: &Self::Value) {}

    /// The history as a recording holds it; None for an area without one.
    fn recorded_history(_history: &Self::History) -> Option<serde_json::Value> {
        None
    }

    /// The history of a recording; None where it is not one.
    fn history_of(_recorded: serde_json::Value) -> Option<Self::History> {
        None
    }

    /// What of the value goes to the history store; None for an area that keeps nothing there.
    fn points(_value: &Self::Value) -> Option<Vec<Point>> {
        None
    }

    /// Called after each reading, with None where there is no history store: the area may begin to compare it
    /// with the past, in a task of its own, for no reading waits for the store. A later value carries what
    /// came of it.
    fn look_back(_state: &mut Self::State, _value: &Self::Value, _back: Option<&LookBack<'_>>) {}

    /// What has happened since the reading before, for the line of events in the history store.
    fn events(_value: &Self::Value) -> &[Event] {
        &[]
    }

    /// What happens and is not told, and why, a sentence each.
    fn untold(_value: &Self::Value) -> Vec<String> {
        Vec::new()
    }

    /// Whether `restore` has to be called before the next reading.
    fn lacks_memory(_state: &Self::State, _facts: &Facts) -> bool {
        false
    }

    /// Takes what was `saved` the last time for this cluster; None when nothing was.
    fn restore(_state: &mut Self::State, _facts: &Facts, _saved: Option<Saved>) {}

    /// What the history store keeps of the state at `now_ms`, together with the events that led to it: both or
    /// neither are written.
    fn saved(_state: &Self::State, _now_ms: i64) -> Option<Vec<u8>> {
        None
    }

    /// The time that these points stand for, ms, where the area is not read anew at each tick.
    fn points_every_ms(_value: &Self::Value) -> u32 {
        Self::EVERY_MS
    }

    /// What goes to the history store beside the points.
    fn notes(_value: &Self::Value) -> Vec<Note> {
        Vec::new()
    }

    /// The value without the text of statements; None when it holds none.
    fn without_query_text(_value: &Self::Value) -> Option<Self::Value> {
        None
    }

    /// What of the value the event stream carries, without the text of statements, where that is less
    /// than all of it: a page then asks for the rest as it shows it.
    fn streamed(_value: &Self::Value) -> Option<Self::Value> {
        None
    }

    /// What the server is by this reading, where that is no longer what `facts` say.
    fn facts(_value: &Self::Value, _facts: &Facts) -> Option<Facts> {
        None
    }

    /// Adds this area's numbers to the server's line on the fleet page.
    fn headline(_value: &Self::Value, _headline: &mut Headline) {}

    /// Adds this area's Prometheus metrics of the server of that name.
    fn metrics(_value: &Self::Value, _server: &str, _metrics: &mut Metrics) {}

    /// What keeps a standby from replaying, by this reading of it.
    fn replay_held(_value: &Self::Value) -> Option<ReplayHold> {
        None
    }

    /// Whom ending these sessions (pid and start, ms since the epoch) sets free, as a sentence.
    fn freed_by(_value: &Self::Value, _sessions: &[(i32, i64)]) -> Option<String> {
        None
    }
}

/// The answers to these queries in the form for the server's major, in one round trip.
pub async fn read(
    observer: &mut Observer,
    facts: &Facts,
    queries: &[Query],
) -> Result<Vec<Known<Rows>>, Error> {
    let files: Vec<_> = queries.iter().filter_map(|query| query.pick_for(facts)).collect();
    observer.read(&files).await.map_err(Error::Lost)
}
