//! What the store answers: buckets, totals, gaps.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::names::{Entity, Kind, Source};

/// A source or entity that the store knows, and when it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Known<T> {
    /// The thing.
    pub thing: T,
    /// First read, ms since the epoch.
    pub first_ms: i64,
    /// Last read, as far as compaction has seen: up to two days behind.
    pub last_ms: i64,
}

/// The values of a span of time: nothing is averaged away.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Where it begins, ms since the epoch; the time of the tick where it is a single one.
    pub at_ms: i64,
    /// How long it is.
    pub width_ms: i64,
    /// Ticks in which the source was read.
    pub ticks: u32,
    /// The time these ticks stand for: a rate is `sum / read_ms`.
    pub read_ms: i64,
    /// Ticks in which the series had a value. 0 with ticks above 0: it was read and did not move.
    pub count: u64,
    /// Sum of the values: for increments what was added, for gauges divide by `count`.
    pub sum: f64,
    /// The least value of a tick; NaN without values.
    pub min: f64,
    /// The greatest value of a tick; NaN without values.
    pub max: f64,
}

/// A series over a window. Where nothing was read there is no bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Where the first bucket begins: it may be before what was asked for.
    pub from_ms: i64,
    /// Where the window ends.
    pub to_ms: i64,
    /// In the order of time; widths grow towards the past where only roll-ups are kept.
    pub buckets: Vec<Bucket>,
    /// Blocks that were skipped because their checksum is wrong.
    pub corrupt: u64,
}

/// The range of one of several series.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Of what.
    pub entity: Entity,
    /// The metric's name.
    pub metric: String,
    /// Its values.
    pub range: Range,
}

/// One series' values over a whole window.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// Of what.
    pub entity: Entity,
    /// The metric's name; rows of one metric share it.
    pub metric: Arc<str>,
    /// Gauge or increment.
    pub kind: Kind,
    /// Ticks in which it had a value.
    pub count: u64,
    /// Sum of the values.
    pub sum: f64,
    /// The least value of a tick.
    pub min: f64,
    /// The greatest value of a tick.
    pub max: f64,
}

/// Every series of some metrics over a window, for a ranking.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Where the window truly begins: earlier than asked where only roll-ups are kept.
    pub from_ms: i64,
    /// Where it truly ends (exclusive).
    pub to_ms: i64,
    /// Ticks of the source in it.
    pub ticks: u64,
    /// The time they stand for.
    pub read_ms: i64,
    /// A row per series that has a value in the window, those of an entity side by side.
    pub rows: Vec<Total>,
    /// Blocks that were skipped because their checksum is wrong.
    pub corrupt: u64,
}

/// Every series of some metrics over a window, by metric: what a ranking of very many things is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// Where the window truly begins: earlier than asked where only roll-ups are kept.
    pub from_ms: i64,
    /// Where it truly ends (exclusive).
    pub to_ms: i64,
    /// Ticks of the source in it.
    pub ticks: u64,
    /// The time they stand for.
    pub read_ms: i64,
    /// What has a value of any of the metrics in the window.
    pub entities: Vec<Entity>,
    /// A column for each metric that has a value in the window.
    pub columns: Vec<Column>,
    /// Blocks that were skipped because their checksum is wrong.
    pub corrupt: u64,
}

/// One metric's values over a whole window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// The metric's name.
    pub metric: String,
    /// The places of those entities that have a value, ascending.
    pub places: Vec<u32>,
    /// The sum of the values of each of these.
    pub sums: Vec<f64>,
    /// The greatest value of a tick of each of these.
    pub greatest: Vec<f64>,
}

/// Why a source has no ticks for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// pgdeck was not running, or did not watch this server.
    NotRunning,
    /// Ticks did not come; the caller may give the cause in words.
    NotRead,
    /// What was read could not be kept: the buffer was full while the disk was slow or full.
    NotKept,
    /// The clock was set forward.
    ClockForward,
    /// The clock was set back: the span was read twice and holds both.
    ClockBack,
    /// What was kept cannot be read any more: a checksum is wrong.
    Corrupt,
    /// Counters were set back, so what happened in the span is unknown.
    Reset,
}

impl GapReason {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NotRunning,
        Self::NotRead,
        Self::NotKept,
        Self::ClockForward,
        Self::ClockBack,
        Self::Corrupt,
        Self::Reset,
    ];

    /// The word in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRunning => "not_running",
            Self::NotRead => "not_read",
            Self::NotKept => "not_kept",
            Self::ClockForward => "clock_forward",
            Self::ClockBack => "clock_back",
            Self::Corrupt => "corrupt",
            Self::Reset => "reset",
        }
    }

    /// The reason that a word of the store names.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A span of which a source's history does not know everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Of which source.
    pub source: Source,
    /// The last that is known before it, ms since the epoch.
    pub from_ms: i64,
    /// The first that is known after it.
    pub to_ms: i64,
    /// Why.
    pub reason: GapReason,
    /// More in words; may be empty.
    pub detail: String,
}
