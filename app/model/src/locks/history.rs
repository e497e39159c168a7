//! History of lock waits over the last hour: ticks for a time slider, and incidents.

use serde::{Deserialize, Serialize};

/// One recorded second.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitTick {
    /// When it was read, ms since the epoch by pgdeck's clock.
    pub at_ms: i64,
    /// Until when nothing changed: equal to `at_ms` but for a span in which no session waited.
    pub until_ms: i64,
    /// How many waited.
    pub waiting: u32,
    /// The longest wait, ms.
    pub longest_ms: u32,
    /// Who was the first root, as an index into `LockHistory::roots`; None when no session waited.
    pub root: Option<u32>,
}

/// Someone who was the first root, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootSpan {
    /// `pid 77 (checkout, role shop)`: hostile text.
    pub who: String,
    /// Seconds recorded with this root.
    pub seconds: u32,
    /// When first, ms since the epoch.
    pub first_ms: i64,
    /// When last.
    pub last_ms: i64,
    /// The most it held up at one time.
    pub most_held_up: u32,
}

/// A stretch of time in which a session waited all along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// When its first wait began, ms since the epoch; as first seen where that is not known.
    pub started_ms: i64,
    /// When it was over; None while it lasts.
    pub ended_ms: Option<i64>,
    /// The first recorded second of it.
    pub first_tick_ms: i64,
    /// Who waited first, with what for: the sentence of that second.
    pub first_waiter: Option<String>,
    /// When most waited.
    pub peak_ms: i64,
    /// How many waited then.
    pub peak_waiting: u32,
    /// The longest single wait in it, ms.
    pub longest_ms: u32,
    /// Root blockers so far, in order of appearance.
    pub roots: Vec<RootSpan>,
}

/// The summary of what is kept; the graph of any second of it is asked for by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHistory {
    /// Seconds with waiters, and spans without, oldest first. What lies between is not known.
    pub ticks: Vec<WaitTick>,
    /// Everybody who was the first root.
    pub roots: Vec<RootSpan>,
    /// Incidents, oldest first.
    pub incidents: Vec<Incident>,
    /// Bytes in use.
    pub bytes: u64,
    /// Bytes we allow ourselves; the oldest seconds go when they are used up.
    pub budget_bytes: u64,
}
