//! Server-wide statistics, as rates over the window between two readings.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use serde::{Deserialize, Serialize};

use crate::reason::{Known, Reason};
use crate::server::Facts;

/// Counters as read; never shown, only their differences are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct DatabaseCounters {
    /// Sum over all databases: transactions committed.
    pub xact_commit: i64,
    /// Rolled back.
    pub xact_rollback: i64,
    /// Blocks read from outside shared buffers.
    pub blks_read: i64,
    /// Blocks found in shared buffers.
    pub blks_hit: i64,
    /// Rows returned by scans.
    pub tup_returned: i64,
    /// Rows fetched by index scans.
    pub tup_fetched: i64,
    /// Rows inserted, updated and deleted.
    pub tup_written: i64,
    /// Bytes written to temporary files.
    pub temp_bytes: i64,
    /// Temporary files.
    pub temp_files: i64,
    /// Deadlocks.
    pub deadlocks: i64,
    /// Queries cancelled by recovery conflicts.
    pub conflicts: i64,
    /// Time spent reading blocks, ms; None while track_io_timing is off.
    #[serde(default)]
    pub blk_read_ms: Option<f64>,
    /// The youngest `stats_reset` of any database, ms since the epoch.
    pub stats_reset_ms: Option<i64>,
}

/// WAL and checkpoint counters as read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct CheckpointCounters {
    /// Checkpoints started by time.
    pub timed: i64,
    /// Checkpoints requested (WAL volume or command).
    pub requested: i64,
    /// Time writing, ms.
    pub write_time_ms: f64,
    /// Time in fsync, ms.
    pub sync_time_ms: f64,
    /// Buffers written by checkpoints.
    pub buffers_written: i64,
    /// When reset, ms since the epoch.
    pub stats_reset_ms: Option<i64>,
}

/// What one window between two readings says. None is a gap: unknown, not zero.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The window's end, ms since the epoch.
    pub at_ms: i64,
    /// Its length, ms.
    pub span_ms: f64,
    /// Transactions committed and rolled back, per second.
    pub transactions_per_s: Option<f64>,
    /// Share of transactions rolled back, percent; None when there were none.
    pub rollback_percent: Option<f64>,
    /// Share of blocks found in shared buffers, percent; None when none was asked for.
    pub cache_hit_percent: Option<f64>,
    /// Blocks found in shared buffers.
    #[serde(default)]
    pub blocks_hit: Option<i64>,
    /// Blocks read from outside shared buffers.
    #[serde(default)]
    pub blocks_read: Option<i64>,
    /// Time that all sessions together spent reading them, ms; None while track_io_timing is off.
    #[serde(default)]
    pub read_ms: Option<f64>,
    /// Blocks read from outside shared buffers, bytes per second.
    pub read_bytes_per_s: Option<f64>,
    /// Rows inserted, updated, deleted per second.
    pub rows_written_per_s: Option<f64>,
    /// Rows returned by scans and fetched by index scans, per second.
    pub rows_read_per_s: Option<f64>,
    /// Temporary file bytes per second.
    pub temp_bytes_per_s: Option<f64>,
    /// Deadlocks in the window.
    pub deadlocks: Option<i64>,
    /// WAL generated (primary) or received (standby), bytes per second.
    pub wal_bytes_per_s: Option<f64>,
    /// Checkpoints begun in the window.
    pub checkpoints: Option<i64>,
    /// Time checkpoints spent writing and syncing in the window, ms.
    pub checkpoint_ms: Option<f64>,
    /// Client backends in use.
    pub connections: Option<i64>,
    /// Client sessions running a statement.
    pub active: Option<i64>,
    /// Client sessions idle in transaction.
    pub idle_in_transaction: Option<i64>,
    /// Sessions waiting for a heavyweight lock.
    pub waiting_for_lock: Option<i64>,
    /// The longest such wait at the end of the window, ms; zero when no session waits.
    pub longest_lock_wait_ms: Option<f64>,
    /// Statements that have been running for more than a second.
    pub slow_statements: Option<i64>,
    /// Worst replay lag over all standbys (primary) or our own (standby), bytes.
    pub lag_bytes: Option<i64>,
    /// The same in milliseconds.
    pub lag_ms: Option<f64>,
}

/// Session counts read with the overview.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct SessionCounts {
    /// Client backends.
    pub connections: i64,
    /// Running a statement.
    pub active: i64,
    /// Idle.
    pub idle: i64,
    /// Idle in transaction, aborted ones included.
    pub idle_in_transaction: i64,
    /// Waiting for a heavyweight lock.
    pub waiting_for_lock: i64,
    /// Longest time in such a wait, ms (state age of the waiting statement).
    pub longest_lock_wait_ms: f64,
    /// Running for more than one second.
    pub slow_statements: i64,
    /// max_connections.
    pub max_connections: i64,
    /// Sessions whose state we may not see.
    pub hidden: i64,
}

/// Where WAL stands and how far standbys are behind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct WalPosition {
    /// The WAL position as a number of bytes: inserted on a primary, received on a standby.
    pub wal_bytes: Option<i64>,
    /// Replay lag, bytes: the worst standby's (primary) or our own (standby). None without either, and
    /// on a standby without a link that has replayed all it has.
    pub lag_bytes: Option<i64>,
    /// Replay lag, ms; None where nothing tells it.
    pub lag_ms: Option<f64>,
}

/// One database: what it does, and how large and how old it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// Name.
    pub datname: String,
    /// Client sessions, pgdeck's own left out.
    pub sessions: i64,
    /// `age(datfrozenxid)`: transactions since the oldest unfrozen xid.
    pub xid_age: i64,
    /// Size on disk; read far more seldom than the rest.
    pub size_bytes: Known<i64>,
    /// What it does.
    pub rates: Known<DatabaseRates>,
}

/// What one database did, over about the last minute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DatabaseRates {
    /// Transactions committed, per second.
    pub commits_per_s: f64,
    /// Transactions rolled back, per second.
    pub rollbacks_per_s: f64,
    /// Rows returned by scans and fetched by index scans, per second.
    pub rows_read_per_s: f64,
    /// Rows inserted, updated and deleted, per second.
    pub rows_written_per_s: f64,
    /// Bytes written to temporary files, per second.
    pub temp_bytes_per_s: f64,
    /// Blocks read from outside shared buffers, bytes per second.
    pub read_bytes_per_s: f64,
    /// Share of blocks found in shared buffers, percent; None when none was asked for.
    pub cache_hit_percent: Option<f64>,
    /// Deadlocks in the last `Databases::events_over_ms`.
    pub deadlocks: i64,
    /// Queries cancelled by recovery conflicts in that time; only a standby has them.
    pub conflicts: i64,
}

/// The databases of a server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Databases {
    /// Most transactions per second first, those of unknown rates last. The least busy may be left out.
    pub rows: Vec<Database>,
    /// How many databases there are in all.
    pub total: i64,
    /// For how long deadlocks and recovery conflicts have been counted, ms.
    pub events_over_ms: f64,
}

/// Everything the overview reads in one tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// What the server is.
    pub facts: Facts,
    /// The newest session counts.
    pub sessions: Known<SessionCounts>,
    /// The newest counters of all databases.
    pub counters: Known<DatabaseCounters>,
    /// Checkpoint counters.
    pub checkpoints: Known<CheckpointCounters>,
    /// Where WAL stands.
    pub wal: Known<WalPosition>,
    /// The databases one by one.
    #[serde(default = "not_read")]
    pub databases: Known<Databases>,
    /// Windows, oldest first, the newest last. A window with only `at_ms` is a gap.
    pub windows: Vec<Window>,
}

/// Readings of an earlier version have no databases.
fn not_read() -> Known<Databases> {
    Err(Reason::NotYet)
}

impl Overview {
    /// The newest window, or why there is none.
    pub fn newest(&self) -> Known<&Window> {
        self.windows.last().ok_or(Reason::NeedsTwoReadings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_of_an_earlier_version_knows_no_databases() {
        let old = serde_json::json!({
            "facts": { "major": 17, "version": "17.10", "in_recovery": false, "system_identifier": null,
                "timeline": null, "started_ms": 0, "database": "a", "role": "a", "superuser": false,
                "pg_monitor": true, "through_pooler": false, "provider": null, "extensions": [] },
            "sessions": { "Err": "NotYet" }, "counters": { "Err": "NotYet" },
            "checkpoints": { "Err": "NotYet" }, "wal": { "Err": "NotYet" }, "windows": []
        });
        let overview: Overview = serde_json::from_value(old).expect("an overview");
        assert_eq!(overview.databases, Err(Reason::NotYet));
        assert_eq!(overview.facts.cores, None);
    }
}
