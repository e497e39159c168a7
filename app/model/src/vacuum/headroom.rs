//! How many transaction and multixact IDs are left to each limit, and when they are used up at the measured speed.

use serde::{Deserialize, Serialize};

use super::{DatabaseAge, Vacuum};

/// IDs that may lie between the oldest and the newest (`SetTransactionIdLimit` in varsup.c).
const WRAP_IDS: i64 = 2_147_483_647;
/// The server refuses to assign IDs this many before the end (manual 24.1.5.1).
const STOP_BEFORE_IDS: i64 = 3_000_000;
/// It warns this many before the end.
const WARN_BEFORE_IDS: i64 = 40_000_000;
/// The same since 19.
const WARN_BEFORE_IDS_19: i64 = 100_000_000;
/// Failsafe never begins below this many percent of the age of forced freezing (`vacuum_xid_failsafe_check`).
const FAILSAFE_PERCENT: i64 = 105;

/// How many IDs were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Burn {
    /// Over how long, ms.
    pub span_ms: i64,
    /// Transaction IDs.
    pub xids: i64,
    /// Multixact IDs.
    pub multixacts: i64,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counter {
    /// Transaction IDs.
    Xids,
    /// Multixact IDs.
    Multixacts,
}

impl Counter {
    /// As pages call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Xids => "transaction IDs",
            Self::Multixacts => "multixact IDs",
        }
    }
}

/// One limit of an age.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// What happens there.
    pub name: &'static str,
    /// The age at which it happens.
    pub at: i64,
    /// How many IDs are left; negative beyond it.
    pub left: i64,
    /// In how many ms it is reached at the measured speed; None where nothing is used, the speed is not known, or it
    /// is passed.
    pub due_ms: Option<f64>,
}

/// The limits of one age, the nearest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Headroom {
    /// Of what.
    pub counter: Counter,
    /// The age now.
    pub age: i64,
    /// Forced freezing, failsafe, warnings, and the stop.
    pub marks: [Mark; 4],
}

impl Headroom {
    /// The age as a share of that at which the server stops, percent.
    pub fn percent(&self) -> f64 {
        100.0 * self.age as f64 / (WRAP_IDS - STOP_BEFORE_IDS) as f64
    }

    /// The limit that comes next; None beyond the last.
    pub fn next(&self) -> Option<&Mark> {
        self.marks.iter().filter(|mark| mark.left >= 0).min_by_key(|mark| mark.left)
    }
}

/// What is left to a database; an age that is not told is left out.
pub fn headroom(database: &DatabaseAge, vacuum: &Vacuum, major: u16) -> Vec<Headroom> {
    let burn = vacuum.burn.as_ref().ok();
    let of = |counter, age: Option<i64>, begins, failsafe: i64, used: fn(&Burn) -> i64| {
        let per_ms = burn.filter(|burn| burn.span_ms > 0);
        let per_ms = per_ms.map(|burn| used(burn) as f64 / burn.span_ms as f64);
        age.map(|age| of_age(counter, age, begins, failsafe, per_ms, major))
    };
    let (begins, multixacts_begin) =
        (vacuum.freeze_max_age_xids, vacuum.multixact_freeze_max_age_xids);
    let failsafe = vacuum.multixact_failsafe_age;
    [
        of(Counter::Xids, database.xid_age, begins, vacuum.failsafe_age, |burn| burn.xids),
        of(Counter::Multixacts, database.multixact_age, multixacts_begin, failsafe, |burn| {
            burn.multixacts
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_age(
    counter: Counter,
    age: i64,
    begins: i64,
    failsafe: i64,
    per_ms: Option<f64>,
    major: u16,
) -> Headroom {
    let warns = if major >= 19 { WARN_BEFORE_IDS_19 } else { WARN_BEFORE_IDS };
    let mark = |name, at: i64| {
        let left = at.saturating_sub(age);
        let due_ms = per_ms.filter(|per_ms| *per_ms > 0.0 && left >= 0);
        Mark { name, at, left, due_ms: due_ms.map(|per_ms| left as f64 / per_ms) }
    };
    let marks = [
        mark("autovacuum freezes by force", begins),
        mark("failsafe", failsafe.max(begins.saturating_mul(FAILSAFE_PERCENT) / 100)),
        mark("warnings", WRAP_IDS.saturating_sub(warns)),
        mark("the server stops", WRAP_IDS - STOP_BEFORE_IDS),
    ];
    Headroom { counter, age, marks }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(age: i64, per_ms: Option<f64>, major: u16) -> Headroom {
        of_age(Counter::Xids, age, 200_000_000, 1_600_000_000, per_ms, major)
    }

    #[test]
    fn the_next_limit_has_a_date_at_the_measured_speed() {
        let found = of(150_000_000, Some(2.0), 17);
        let next = found.next().map(|mark| (mark.name, mark.left, mark.due_ms));
        assert_eq!(next, Some(("autovacuum freezes by force", 50_000_000, Some(25_000_000.0))));
        assert!(of(150_000_000, Some(0.0), 17).marks.iter().all(|mark| mark.due_ms.is_none()));
        assert!(of(150_000_000, None, 17).marks.iter().all(|mark| mark.due_ms.is_none()));
    }

    #[test]
    fn the_limits_are_those_of_the_major() {
        let at = |major| of(0, None, major).marks.map(|mark| mark.at);
        assert_eq!(at(18), [200_000_000, 1_600_000_000, 2_107_483_647, 2_144_483_647]);
        assert_eq!(at(19), [200_000_000, 1_600_000_000, 2_047_483_647, 2_144_483_647]);
        let passed = of(2_146_000_000, Some(1.0), 18);
        assert_eq!(passed.next(), None);
        assert!(passed.percent() > 100.0);
        let late = of_age(Counter::Xids, 0, 2_000_000_000, 1_600_000_000, None, 18);
        assert_eq!(late.marks[1].at, 2_100_000_000, "failsafe is never below forced freezing");
    }
}
