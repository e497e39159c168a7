//! What the history store holds, for the page about pgdeck.

use serde::{Deserialize, Serialize};

use crate::server::ServerId;

/// What is kept of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptOf {
    /// Its name.
    pub server: ServerId,
    /// The areas whose readings are recorded.
    pub areas: Vec<String>,
    /// The first reading, ms since the epoch.
    pub first_ms: i64,
    /// The newest that is known of.
    pub last_ms: i64,
}

/// What the history store holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Bytes in use.
    pub bytes: f64,
    /// The most it may use; 0 for no limit.
    pub most_bytes: f64,
    /// Values in single readings, without roll-ups.
    pub samples: f64,
    /// Things that have series: statements, wait events, databases.
    pub entities: f64,
    /// Where the oldest roll-up begins, ms since the epoch; None while nothing is compacted.
    pub oldest_ms: Option<i64>,
    /// Where the oldest single readings begin.
    pub oldest_tick_ms: Option<i64>,
    /// Bytes that a day adds; None before there is an hour to judge by.
    pub bytes_a_day: Option<f64>,
    /// In how many days the oldest readings are dropped at the present rate.
    pub retention_in_days: Option<f64>,
    /// Whether that is for want of bytes, not because of their age.
    pub by_bytes: bool,
    /// Values that were lost since the start because the disk was slow or full.
    pub dropped: u64,
    /// Damaged blocks that were met since the start.
    pub corrupt: u64,
    /// Since when nothing is recorded, and why; None while all is well.
    pub stopped: Option<(i64, String)>,
    /// Whether a damaged store was moved aside at the start.
    pub moved_aside: bool,
    /// Who shares the store, and what partitions it; None of a store in a file.
    pub shared: Option<String>,
    /// From when to when it was recorded, where a recording is shown.
    #[serde(default)]
    pub recording: Option<(i64, i64)>,
    /// Which part is made up, from and to, ms since the epoch: the past of the demo.
    pub generated: Option<(i64, i64)>,
    /// What is kept of each server.
    pub servers: Vec<KeptOf>,
}
