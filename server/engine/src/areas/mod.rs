//! The registry of areas: one folder here and one line in `model::area` each. An area never imports
//! another, and nothing else in the engine names one.

use std::sync::Arc;

use model::server::{Facts, Headline};
use model::{About, AreaName, Failure, Finding, Known, Latest, NotChecked, Reason};
use tokio::sync::watch;

use crate::area::Area;
use crate::metrics::Metrics;
use crate::rule::{self, Limits};
use crate::sql::Query;
use crate::store::{AnySlot, Frame, Slot, Tick};

/// An area of the list: it has a slot in the store.
pub trait Listed: Area {
    /// Its slot.
    fn slot(store: &Store) -> &Slot<Self>
    where
        Self: Sized;
}

/// What a rule says of evidence given as JSON; the outer error is evidence that does not decode.
pub type JsonVerdict = serde_json::Result<Known<Vec<Finding>>>;

/// What is known of an area without a server.
pub struct Entry {
    /// Its name.
    pub name: AreaName,
    /// How often it is read, ms.
    pub every_ms: u32,
    /// `Area::OWN_SESSION`.
    pub own_session: bool,
    /// Its queries.
    pub queries: &'static [Query],
    rules: fn() -> Vec<(&'static str, &'static About)>,
    judge_json: fn(&str, &str) -> Option<JsonVerdict>,
}

impl Entry {
    const fn of<A: Area>() -> Self {
        Self {
            name: A::NAME,
            every_ms: A::EVERY_MS,
            own_session: A::OWN_SESSION,
            queries: A::QUERIES,
            rules: || A::RULES.iter().map(|rule| (rule.id, rule.about)).collect(),
            judge_json: |rule, evidence| {
                let rule = A::RULES.iter().find(|known| known.id == rule)?;
                let value = serde_json::from_str(evidence);
                Some(value.map(|value| rule::run(rule, &value, &Limits::default())))
            },
        }
    }
}

/// What a recording has of an area that did not exist when it was made.
fn never_recorded<T>() -> Latest<T> {
    let message = "This recording was made before pgdeck read it.".to_owned();
    let failure = Failure { since_ms: 0, at_ms: 0, reason: Reason::Nothing { message } };
    Latest { now_ms: 0, every_ms: 1_000, reading: None, failure: Some(failure) }
}

/// From the list: the areas' modules, the store with a slot for each, its form in a file, and `ALL`.
macro_rules! registry {
    ($($(#[$doc:meta])* $folder:ident: $name:ident, $area:ident;)+) => {
        $(pub mod $folder;)+

        /// Every area, in the order of the navigation.
        pub const ALL: &[Entry] = &[$(Entry::of::<$folder::$area>()),+];

        /// All that is kept of one server.
        pub struct Store { $($folder: Slot<$folder::$area>,)+ }

        $(impl Listed for $folder::$area {
            fn slot(store: &Store) -> &Slot<Self> {
                &store.$folder
            }
        })+

        /// The readings of one server, to be written to a file and shown elsewhere.
        #[derive(serde::Serialize, serde::Deserialize, Clone)]
        pub struct Readings {
            $(#[serde(default = "never_recorded")] $folder: Latest<<$folder::$area as Area>::Value>,)+
        }

        impl Readings {
            /// When each area was read, ms since the epoch; where it was not, when that was noted.
            pub fn times(&self) -> [i64; ALL.len()] {
                [$({
                    let latest = &self.$folder;
                    latest.reading.as_ref().map_or(latest.now_ms, |reading| reading.at_ms)
                }),+]
            }
        }

        impl Store {
            /// An empty store.
            pub fn new(now_ms: i64) -> Self {
                Self { $($folder: Slot::new(now_ms),)+ }
            }

            /// A store that holds recorded readings.
            pub fn of(readings: Readings) -> Self {
                Self { $($folder: Slot::of(readings.$folder),)+ }
            }

            /// A copy of all readings.
            pub fn readings(&self) -> Readings {
                Readings { $($folder: (*self.$folder.latest()).clone(),)+ }
            }

            fn slots(&self) -> [&dyn AnySlot; ALL.len()] {
                [$(&self.$folder),+]
            }
        }
    };
}
model::areas!(registry);

/// Histories of a recorded server, by the names of their areas.
pub type Histories = std::collections::BTreeMap<String, serde_json::Value>;

impl Store {
    /// The slot of an area.
    pub fn slot<A: Listed>(&self) -> &Slot<A> {
        A::slot(self)
    }

    fn named(&self, area: AreaName) -> Option<&dyn AnySlot> {
        self.slots().into_iter().find(|slot| slot.name() == area)
    }

    /// Runs one tick of the area of that name. The error says that the connection is lost.
    pub async fn tick(&self, area: AreaName, tick: Tick<'_>) -> Result<(), Reason> {
        match self.named(area) {
            Some(slot) => slot.tick(tick).await,
            None => Ok(()),
        }
    }

    /// Notes in the area of that name why there is no new reading.
    pub fn fail_one(&self, area: AreaName, now_ms: i64, reason: &Reason) {
        if let Some(slot) = self.named(area) {
            slot.fail(now_ms, reason);
        }
    }

    /// Notes in every area that nothing could be read.
    pub fn fail(&self, now_ms: i64, reason: &Reason) {
        self.slots().iter().for_each(|slot| slot.fail(now_ms, reason));
    }

    /// The histories of all areas that have one, for a recording.
    pub fn histories(&self) -> Histories {
        let of =
            |slot: &dyn AnySlot| Some((slot.name().as_str().to_owned(), slot.recorded_history()?));
        self.slots().into_iter().filter_map(of).collect()
    }

    /// Takes the histories of a recording.
    pub fn take_histories(&self, mut recorded: Histories) {
        for slot in self.slots() {
            if let Some(history) = recorded.remove(slot.name().as_str()) {
                slot.take_history(history);
            }
        }
    }

    /// The frames of one area.
    pub fn frames(&self, area: AreaName) -> Option<watch::Receiver<Arc<Frame>>> {
        self.named(area).map(AnySlot::frames)
    }

    /// All findings, ranked and folded by root, and all rules that were not checked; with a time also
    /// those of areas that were read too long before it.
    pub fn findings(&self, now_ms: Option<i64>) -> (Vec<Finding>, Vec<NotChecked>) {
        let (mut findings, mut not_checked) = (Vec::new(), Vec::new());
        for slot in self.slots() {
            slot.add_findings(now_ms, &mut findings, &mut not_checked);
        }
        (model::ranking::ranked(findings), not_checked)
    }

    /// What the server is by the newest reading of that area, where that is no longer what `facts` say.
    pub fn facts(&self, area: AreaName, facts: &Facts) -> Option<Facts> {
        self.named(area)?.facts(facts)
    }

    /// The server's line on the fleet page.
    pub fn headline(&self) -> Headline {
        let mut headline = Headline::default();
        self.slots().iter().for_each(|slot| slot.headline(&mut headline));
        headline
    }

    /// Adds the Prometheus metrics of the server of that name.
    pub fn metrics(&self, now_ms: i64, server: &str, metrics: &mut Metrics) {
        self.slots().iter().for_each(|slot| slot.metrics(now_ms, server, metrics));
    }

    /// What keeps this server, a standby, from replaying.
    pub fn replay_held(&self) -> Option<crate::area::ReplayHold> {
        self.slots().iter().find_map(|slot| slot.replay_held())
    }

    /// What happens and is not told as an event, and why.
    pub fn untold(&self) -> Vec<String> {
        self.slots().iter().flat_map(|slot| slot.untold()).collect()
    }

    /// Whom ending these sessions (pid and start, ms since the epoch) sets free, as a sentence.
    pub fn freed_by(&self, sessions: &[(i32, i64)]) -> Option<String> {
        self.slots().iter().find_map(|slot| slot.freed_by(sessions))
    }
}

/// Every rule's id and what it says about itself.
pub fn abouts() -> impl Iterator<Item = (&'static str, &'static About)> {
    ALL.iter().flat_map(|area| (area.rules)())
}

/// What a rule says of evidence given as JSON: for fixtures. None when there is no such rule.
pub fn judge_json(rule: &str, evidence: &str) -> Option<JsonVerdict> {
    ALL.iter().find_map(|area| (area.judge_json)(rule, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_of_an_older_pgdeck_lacks_areas_and_can_be_shown() {
        let readings: Readings = serde_json::from_str("{}").unwrap();
        let (findings, not_checked) = Store::of(readings).findings(None);
        assert_eq!(findings, vec![]);
        assert_eq!(not_checked.len(), abouts().count(), "not green");
    }

    #[test]
    fn each_line_of_the_list_is_one_area_with_its_own_rules() {
        let names: Vec<AreaName> = ALL.iter().map(|area| area.name).collect();
        assert_eq!(names, AreaName::ALL, "folder, variant and Area::NAME are the same area");
        for area in ALL {
            for (id, _) in (area.rules)() {
                assert_eq!(id.split('/').next(), Some(area.name.as_str()), "{id}");
            }
        }
    }
}
