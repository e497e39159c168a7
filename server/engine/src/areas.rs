//! The areas: what each reads, how often, and the rules that judge it. One folder each; an area
//! never imports another.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use model::server::Facts;
use model::{About, AreaName, Known, Latest, Reason, RuleEntry};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::connect::{Observer, Rows};
use crate::costs::Costs;
use crate::error::Error;
use crate::rules::{self, Limits, Rule};
use crate::sql::Query;
use crate::store::{Frame, Slot};

/// What one area is.
pub trait Area: Send + Sync + 'static {
    /// What a tick reads: the type from row to pixel.
    type Value: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What it remembers between ticks.
    type State: Default + Send + 'static;
    /// Its name.
    const NAME: AreaName;
    /// How often it is read, ms.
    const EVERY_MS: u32;
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

    /// The value without the text of statements; None when it holds none.
    fn without_query_text(_value: &Self::Value) -> Option<Self::Value> {
        None
    }

    /// What of the value the event stream carries, without the text of statements, where that is less
    /// than all of it: a page then asks for the rest as it shows it.
    fn streamed(_value: &Self::Value) -> Option<Self::Value> {
        None
    }
}

/// The answers to these queries in the form for the server's major, in one round trip.
pub async fn read(
    observer: &mut Observer,
    facts: &Facts,
    queries: &[Query],
) -> Result<Vec<Known<Rows>>, Error> {
    let files: Vec<_> = queries.iter().filter_map(|query| query.pick(facts.major)).collect();
    observer.read(&files).await.map_err(Error::Lost)
}

/// What a tick needs besides the area itself.
pub struct Tick<'a> {
    /// The connection.
    pub observer: &'a mut Observer,
    /// What the server is.
    pub facts: &'a Facts,
    /// The limits in force.
    pub limits: &'a Limits,
    /// Where costs are counted.
    pub costs: &'a Costs,
    /// pgdeck's clock.
    pub now_ms: i64,
    /// Ticks that were due while an earlier one still ran.
    pub skipped: u64,
}

/// Reads, judges and stores one area. The error says that the connection is lost.
async fn tick<A: Area>(tick: Tick<'_>, state: &mut A::State, slot: &Slot<A>) -> Result<(), Reason> {
    let started = Instant::now();
    let value = A::collect(tick.observer, tick.facts, state, tick.now_ms).await;
    let took = started.elapsed();
    tick.costs.tick(A::NAME, A::EVERY_MS, took, tick.skipped);
    match value {
        Ok(value) => {
            let (findings, not_checked) = rules::judge(A::RULES, &value, tick.limits);
            slot.put(tick.now_ms, took, value, findings, not_checked);
            Ok(())
        }
        Err(Error::Query { reason, query }) => {
            tracing::debug!(query, reason = %reason.says(), "tick failed");
            slot.fail(tick.now_ms, reason);
            Ok(())
        }
        Err(Error::Lost(reason)) => Err(reason),
    }
}

/// Declares the areas once; the store, the schedule and the registries follow from it.
macro_rules! areas {
    ($($folder:ident: $area:ident),+ $(,)?) => {
        /// The newest readings of one server.
        pub struct Store { $(#[doc = stringify!($folder)] pub $folder: Slot<crate::$folder::$area>,)+ }

        /// What the areas of one server remember between ticks.
        #[derive(Default)]
        pub struct States { $($folder: <crate::$folder::$area as Area>::State,)+ }

        impl Store {
            /// An empty store.
            pub fn new(now_ms: i64) -> Self {
                Self { $($folder: Slot::new(now_ms),)+ }
            }

            /// Runs one tick of the area of that name.
            pub async fn tick(
                &self,
                area: AreaName,
                states: &mut States,
                now: Tick<'_>,
            ) -> Result<(), Reason> {
                match area {
                    $(<crate::$folder::$area as Area>::NAME =>
                        tick::<crate::$folder::$area>(now, &mut states.$folder, &self.$folder).await,)+
                }
            }

            /// Notes in every area that nothing could be read.
            pub fn fail(&self, now_ms: i64, reason: &Reason) {
                $(self.$folder.fail(now_ms, reason.clone());)+
            }

            /// The frames of one area.
            pub fn frames(&self, area: AreaName) -> tokio::sync::watch::Receiver<Arc<Frame>> {
                match area {
                    $(<crate::$folder::$area as Area>::NAME => self.$folder.frames(),)+
                }
            }

            /// All findings, worst first, and all rules that were not checked.
            pub fn findings(&self) -> (Vec<model::Finding>, Vec<model::NotChecked>) {
                let (mut findings, mut not_checked) = (Vec::new(), Vec::new());
                $(self.$folder.add_findings(&mut findings, &mut not_checked);)+
                findings.sort_by_key(|finding: &model::Finding| std::cmp::Reverse(finding.severity));
                (findings, not_checked)
            }
        }

        /// All readings of one server, to be written to a file and shown elsewhere.
        #[derive(serde::Serialize, serde::Deserialize, Clone)]
        pub struct Readings {
            $(#[doc = stringify!($folder)] pub $folder: Latest<<crate::$folder::$area as Area>::Value>,)+
        }

        impl Store {
            /// A copy of everything.
            pub fn readings(&self) -> Readings {
                Readings { $($folder: (*self.$folder.latest()).clone(),)+ }
            }

            /// A store that holds recorded readings.
            pub fn of(readings: Readings) -> Self {
                Self { $($folder: Slot::of(readings.$folder),)+ }
            }
        }

        /// How often each area is read.
        pub fn schedule() -> Vec<(AreaName, u32)> {
            vec![$((<crate::$folder::$area as Area>::NAME, <crate::$folder::$area as Area>::EVERY_MS)),+]
        }

        /// Every rule's id and what it says about itself.
        pub fn abouts() -> impl Iterator<Item = (&'static str, &'static About)> {
            let all: Vec<(&'static str, &'static About)> = [
                $(<crate::$folder::$area as Area>::RULES.iter().map(|r| (r.id, r.about)).collect::<Vec<_>>()),+
            ].concat();
            all.into_iter()
        }

        /// Every query of every area, with the area's folder.
        pub fn queries() -> Vec<(&'static str, Query)> {
            let mut all: Vec<(&'static str, Query)> = Vec::new();
            $(all.extend(<crate::$folder::$area as Area>::QUERIES.iter().map(|q| (stringify!($folder), *q)));)+
            all
        }

        /// What a rule says of evidence given as JSON: for fixtures. None when there is no such rule.
        pub fn judge_json(rule: &str, evidence: &str) -> Option<Result<model::Known<Vec<model::Finding>>, serde_json::Error>> {
            $(if let Some(rule) = <crate::$folder::$area as Area>::RULES.iter().find(|r| r.id == rule) {
                return Some(serde_json::from_str(evidence).map(|value| rules::run(rule, &value, &Limits::default())));
            })+
            None
        }
    };
}

areas! {
    overview: OverviewArea,
    activity: ActivityArea,
    locks: LocksArea,
    replication: ReplicationArea,
    vacuum: VacuumArea,
}

/// The rules as listed at `/rules`, those on plans last.
pub fn rule_entries(limits: &Limits) -> Vec<RuleEntry> {
    rules::known().map(|(id, about)| rules::entry(id, about, limits)).collect()
}
