//! pgdeck's own load on watched servers: queries, round trips, time. Shown at `/about`.

use serde::{Deserialize, Serialize};

use crate::server::ServerId;

/// What one of our queries has cost so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueryCost {
    /// The SQL file's name, for example `sessions.14.sql`.
    pub query: String,
    /// How often it ran.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
    /// Rows received.
    pub rows: u64,
    /// Bytes of row data received.
    pub bytes: u64,
}

/// What pgdeck costs one server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerCost {
    /// The server.
    pub server: ServerId,
    /// Our open sessions now.
    pub sessions: u32,
    /// The most sessions we allow ourselves.
    pub budget: u32,
    /// Connections opened since start.
    pub connects: u64,
    /// Round trips since start.
    pub round_trips: u64,
    /// Total time spent waiting for answers, ms.
    pub waited_ms: f64,
    /// Waited per second over the last minute, ms.
    pub waited_ms_per_s: f64,
    /// Per query.
    pub queries: Vec<QueryCost>,
    /// Per area: (name, interval ms, ticks, skipped ticks, mean ms a tick).
    pub areas: Vec<AreaCost>,
}

/// What one area costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaCost {
    /// The area's word.
    pub area: String,
    /// How often it is read, ms.
    pub every_ms: u32,
    /// Ticks since start.
    pub ticks: u64,
    /// Ticks skipped because the one before was still running.
    pub skipped: u64,
    /// Total time waited, ms.
    pub waited_ms: f64,
}

/// What the pgdeck process itself uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnCost {
    /// The version.
    pub version: String,
    /// Seconds since start.
    pub uptime_s: f64,
    /// Resident memory, bytes, where the system tells.
    pub resident_bytes: Option<i64>,
    /// Open event streams.
    pub viewers: u64,
    /// Bytes of readings sent to viewers.
    pub sent_bytes: u64,
    /// Per watched server.
    pub servers: Vec<ServerCost>,
}
