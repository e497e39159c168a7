//! The difference between two readings of `pg_stat_statements`: entries that moved, and how much of the
//! truth they are.

use serde::{Deserialize, Serialize};

use super::measure::Measure;
use super::sums::Sums;
use crate::reason::{Known, Reason};

/// What tells one entry from another.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Key {
    /// The role that ran it.
    pub userid: u32,
    /// The database.
    pub dbid: u32,
    /// Whether a client sent it; what functions run is already in their caller's time.
    pub toplevel: bool,
    /// The statement's identity, which changes with upgrades.
    pub queryid: i64,
}

/// How much of the truth a difference is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// All of it.
    #[default]
    Exact,
    /// It may have been more: the entry was removed in between.
    LowerBound,
}

/// What one entry did between two readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Which.
    pub key: Key,
    /// What it did.
    pub sums: Sums,
    /// Whether it may have done more.
    pub bound: Bound,
    /// The shortest execution since `extremes_since_ms`, ms.
    pub min_ms: f64,
    /// The longest execution since `extremes_since_ms`, ms: of this span only where `max_is_new`.
    pub max_ms: f64,
    /// Whether the longest execution was in this span.
    pub max_is_new: bool,
    /// Since when the extremes are kept, ms since the epoch; None where the extension does not say.
    pub extremes_since_ms: Option<i64>,
}

/// Why a span is missing or incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// All entries were reset, or the server recovered from a crash: what was done between the reading before
    /// and that moment is lost.
    Reset,
    /// The server was started without the entries it had.
    Restart,
    /// The address leads to another server than before, or a standby was started again as a primary.
    OtherServer,
}

impl GapReason {
    /// The rest of a sentence.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::Reset => "the statistics were reset or the server recovered from a crash",
            Self::Restart => "the server was started without the entries it had",
            Self::OtherServer => "the address leads to another server than before",
        }
    }
}

/// A span that is missing or incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Its begin, ms since the epoch by pgdeck's clock.
    pub from_ms: i64,
    /// Its end: when the counters began anew, by the server's clock, or the reading.
    pub to_ms: i64,
    /// Why.
    pub reason: GapReason,
}

/// How much of the server's work the entries explain, and what was lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Integrity {
    /// Time in top-level statements, planning included, ms.
    pub seen_ms: f64,
    /// Time that the server's sessions spent executing, by `pg_stat_database.active_time`, ms.
    pub active_ms: Known<f64>,
    /// Passes that removed the least used entries because the table was full.
    pub deallocations: i64,
    /// Entries that these passes removed, about.
    pub evicted: i64,
    /// Entries of the reading before that are gone.
    pub vanished: i64,
    /// Entries that were removed and came back.
    pub returned: i64,
    /// Entries that may have done more than is known.
    pub lower_bounds: i64,
    /// Time in these, ms.
    pub lower_bound_ms: f64,
    /// Entries that are hidden from our role.
    pub hidden: i64,
}

impl Default for Integrity {
    /// Of no time at all.
    fn default() -> Self {
        Self {
            seen_ms: 0.0,
            active_ms: Ok(0.0),
            deallocations: 0,
            evicted: 0,
            vanished: 0,
            returned: 0,
            lower_bounds: 0,
            lower_bound_ms: 0.0,
            hidden: 0,
        }
    }
}

/// Below this time of all sessions together a share says nothing, ms.
const LEAST_ACTIVE_MS: f64 = 1_000.0;

impl Integrity {
    /// The share of the server's work that the entries explain, percent. Both numbers count a statement
    /// when it ends, but not in the same moment: over short spans the share may be off.
    pub fn explained_percent(&self) -> Known<f64> {
        let active_ms = self.active_ms.clone()?;
        if active_ms < LEAST_ACTIVE_MS {
            return Err(Reason::Nothing { message: "The server did next to nothing.".into() });
        }
        Ok((100.0 * self.seen_ms / active_ms).clamp(0.0, 100.0))
    }

    /// The rest: work of statements that were evicted, reset or not tracked, percent.
    pub fn unseen_percent(&self) -> Known<f64> {
        Ok(100.0 - self.explained_percent()?)
    }

    /// Adds those of a later tick.
    pub fn add(&mut self, later: &Self) {
        self.seen_ms += later.seen_ms;
        self.active_ms = match (&self.active_ms, &later.active_ms) {
            (Ok(so_far), Ok(more)) => Ok(so_far + more),
            (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
        };
        self.deallocations = self.deallocations.saturating_add(later.deallocations);
        self.evicted = self.evicted.saturating_add(later.evicted);
        self.vanished = self.vanished.saturating_add(later.vanished);
        self.returned = self.returned.saturating_add(later.returned);
        self.lower_bounds = self.lower_bounds.saturating_add(later.lower_bounds);
        self.lower_bound_ms += later.lower_bound_ms;
        self.hidden = later.hidden;
    }
}

/// What happened between two readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tick {
    /// Its end, ms since the epoch.
    pub at_ms: i64,
    /// Its length, ms.
    pub span_ms: i64,
    /// The version 1.x of the extension: measures of later ones are unknown, not zero.
    pub version: u16,
    /// Entries that moved, the costliest first.
    pub moved: Vec<Moved>,
    /// Everything that top-level statements did, those left out of `moved` included.
    pub total: Sums,
    /// How many entries moved.
    pub moved_count: i64,
    /// How much of the truth that is.
    pub integrity: Integrity,
    /// Whether it is incomplete, and why.
    pub gap: Option<Gap>,
}

impl Tick {
    /// Whether the extension's version counts this.
    pub fn knows(&self, measure: Measure) -> bool {
        measure.since() <= self.version
    }
}
