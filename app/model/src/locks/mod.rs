//! Locks (`pg_locks`): who waits for whom, why, and what terminating a session would release.
//!
//! The graph is kept as queues (`Graph`); everything else is computed from it on demand, in the
//! server and in the browser alike (`Graph::blocking`).

mod blocking;
pub mod drawing;
mod explain_wait;
mod graph;
mod history;
mod mode;
mod object;
mod release;
mod row_locks;
mod session;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use blocking::Blocking;
pub use graph::{Cycle, Edge, EdgeKind, Graph, Hold, Node, Queue, Root, Wait};
pub use history::{Incident, LockHistory, RootSpan, WaitTick};
pub use mode::{CONFLICTS, LockMode, ModeSet};
pub use object::{LockObject, ObjectKind};
pub use release::Freed;
pub use row_locks::{ROW_CONFLICTS, RowLock};
pub use session::{LockSession, PreparedTransaction};

use crate::reason::{Known, Unread};

/// What the server's lock tables hold at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct LockTable {
    /// Different objects in the shared table.
    pub objects: i64,
    /// Objects it is laid out for: max_locks_per_transaction × (backends + prepared transactions).
    pub capacity: i64,
    /// The setting max_locks_per_transaction.
    pub max_locks_per_transaction: i64,
    /// Locks in the shared table, one per object, holder or waiter, and mode.
    pub locks: i64,
    /// Weak relation locks kept in the backends' own slots.
    pub fastpath: i64,
    /// Predicate locks of SERIALIZABLE transactions (`SIReadLock`). They never block.
    pub predicate: i64,
}

/// Counters that only grow, summed over all databases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct LockCounters {
    /// Deadlocks that PostgreSQL broke.
    pub deadlocks: Option<i64>,
    /// Queries cancelled on a standby: because of a lock of the primary.
    pub confl_lock: Option<i64>,
    /// Because of rows that vacuum removed on the primary.
    pub confl_snapshot: Option<i64>,
    /// Because of a pinned buffer.
    pub confl_bufferpin: Option<i64>,
    /// Because of a deadlock with replay.
    pub confl_deadlock: Option<i64>,
    /// Because of a dropped tablespace.
    pub confl_tablespace: Option<i64>,
    /// Logical slots invalidated; None before PostgreSQL 16.
    pub confl_active_logicalslot: Option<i64>,
    /// What replay waits for now, on a standby: `RecoveryConflictSnapshot`, `relation`, `BufferPin` …
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub replay_waits_for: Option<String>,
    /// What of it the server does not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub unread: Vec<Unread>,
}

impl LockCounters {
    /// Queries cancelled on a standby, whatever the cause; None where the server does not tell.
    pub fn conflicts(&self) -> Option<i64> {
        let known = [
            self.confl_lock?,
            self.confl_snapshot?,
            self.confl_bufferpin?,
            self.confl_deadlock?,
            self.confl_tablespace?,
            self.confl_active_logicalslot.unwrap_or(0),
        ];
        Some(known.into_iter().fold(0, i64::saturating_add))
    }
}

/// What happened within a window that ends now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LockRates {
    /// Its length, ms: a minute once we have watched for so long.
    pub window_ms: i64,
    /// Deadlocks within it.
    pub deadlocks: Option<i64>,
    /// Queries cancelled by recovery conflicts within it.
    pub conflicts: Option<i64>,
}

/// Everything the locks area reads in one tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Locks {
    /// The server's clock, ms since the epoch.
    pub server_now_ms: i64,
    /// How many sessions wait for a lock.
    pub waiting: i64,
    /// Who waits for whom; empty when no session waits. It is read from the tick after the first on
    /// which a session was seen to wait.
    pub graph: Known<Graph>,
    /// Transactions prepared and not ended, oldest first.
    pub prepared: Known<Vec<PreparedTransaction>>,
    /// What the lock tables hold, read every ten seconds.
    pub table: Known<LockTable>,
    /// Counters since the statistics were reset.
    pub counters: Known<LockCounters>,
    /// What happened in the last minute.
    pub rates: Known<LockRates>,
    /// Serialization failures. No view of PostgreSQL counts them.
    pub serialization_failures: Known<i64>,
    /// Whether sessions of other roles are hidden from us, and what would show them. Without them
    /// the graph stands, but parallel groups are not folded and nobody's state is known.
    pub others: Known<()>,
}

impl Locks {
    /// The same without the text of statements, for people who may not see it.
    pub fn without_query_text(&self) -> Self {
        let graph = self.graph.as_ref().map(Graph::without_query_text).map_err(Clone::clone);
        Self { graph, ..self.clone() }
    }

    /// The same with nobody in the graph: a pile-up is a megabyte, and a drawing of it is asked for.
    pub fn without_graph(&self) -> Self {
        let empty = |graph: &Graph| Graph {
            server_now_ms: graph.server_now_ms,
            complete: false,
            ..Graph::default()
        };
        Self {
            server_now_ms: self.server_now_ms,
            waiting: self.waiting,
            graph: self.graph.as_ref().map(empty).map_err(Clone::clone),
            prepared: self.prepared.clone(),
            table: self.table.clone(),
            counters: self.counters.clone(),
            rates: self.rates.clone(),
            serialization_failures: self.serialization_failures.clone(),
            others: self.others.clone(),
        }
    }
}
