//! Sessions and command progress: rows of `pg_stat_activity` and the `pg_stat_progress_*` views.
//!
//! Fields keep the catalog's spelling; ages are ours, in milliseconds, measured by the server.

pub mod autovacuum;
pub mod blocking;
pub mod connections;
pub mod load;
pub mod runs;
pub mod wait_events;

use serde::{Deserialize, Serialize};

use crate::reason::{Known, Reason, Unread};
use autovacuum::Autovacuum;
use connections::ConnectionUse;
use wait_events::WaitEvent;

/// One backend of `pg_stat_activity`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Session {
    /// Process id.
    pub pid: i32,
    /// The leader, for a parallel worker.
    pub leader_pid: Option<i32>,
    /// `client backend`, `autovacuum worker`, `walsender` …
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub backend_type: Option<String>,
    /// Database.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub datname: Option<String>,
    /// Role.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub usename: Option<String>,
    /// As the client calls itself. Hostile text.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub application_name: Option<String>,
    /// The client's address, None for a local socket.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub client_addr: Option<String>,
    /// When the backend started, ms since the epoch, by the server's clock.
    pub backend_start_ms: Option<i64>,
    /// `active`, `idle`, `idle in transaction` …; None where we may not see it.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub state: Option<String>,
    /// The class of what it waits for, for example `Lock`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub wait_event_type: Option<String>,
    /// What it waits for.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub wait_event: Option<String>,
    /// Age of the session.
    pub backend_age_ms: Option<f64>,
    /// Age of the open transaction.
    pub xact_age_ms: Option<f64>,
    /// Age of the statement that runs or ran last.
    pub query_age_ms: Option<f64>,
    /// Time in the present state.
    pub state_age_ms: Option<f64>,
    /// Age of its transaction id, in transactions.
    pub backend_xid_age: Option<i64>,
    /// Age of the xmin it holds back, in transactions.
    pub backend_xmin_age: Option<i64>,
    /// The statement's identifier (`compute_query_id`).
    pub query_id: Option<i64>,
    /// The text of the statement, at most 4,000 characters (500 of an idle session's last one);
    /// hostile text. None where we may not see it.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub query: Option<String>,
    /// Whether it is one of pgdeck's own sessions.
    pub own: bool,
    /// Whether PostgreSQL hides from our role what it does. The server says so; a text never does.
    #[serde(default)]
    pub hidden: bool,
    /// Whether it runs a VACUUM that is not FULL: such a transaction's xmin holds nothing back.
    #[serde(default)]
    pub vacuums: bool,
    /// What it waits for and who is in its way, while it waits for a heavyweight lock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub lock_wait: Option<LockWait>,
    /// How many sessions are held up by it, directly or behind each other; 0 for one that waits itself.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub blocks: u32,
    /// The longest of their waits, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub blocks_for_ms: Option<f64>,
    /// How long they have waited together, ms.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub blocked_ms: f64,
    /// How many locks it holds, its own transaction's aside. Read once of a session that has been idle
    /// in transaction for a second; None of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub locks_held: Option<i64>,
    /// For how long pgdeck has seen it in a wait of `held_up_by`, ms: the wait has lasted at least that
    /// long. PostgreSQL records no start of such a wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub held_up_ms: Option<f64>,
}

/// A wait for a heavyweight lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LockWait {
    /// How long it has lasted, ms, by `pg_locks.waitstart`; None in its first instant.
    pub waited_ms: Option<f64>,
    /// The mode asked for: `ROW EXCLUSIVE`.
    pub wants: String,
    /// What is locked: `orders`, `a row of orders`. Hostile text.
    pub on: String,
    /// Pids of those in its way, at most `BLOCKERS_KEPT`; 0 is a prepared transaction, as
    /// `pg_blocking_pids` has it.
    pub blocked_by: Vec<i32>,
}

/// How many blockers a wait names.
pub const BLOCKERS_KEPT: usize = 5;

/// What a session is held up by, other than a heavyweight lock: waits that end only when somebody else
/// does something. Their names come from the server.
pub fn held_up_by(class: Option<&str>, event: Option<&str>) -> Option<&'static str> {
    match (class?, event?) {
        ("IPC", "SyncRep") => Some("a synchronous standby"),
        ("BufferPin" | "Buffer", "BufferPin" | "BufferCleanup") => {
            Some("a buffer that another session has pinned")
        }
        ("IPC", "SafeSnapshot") => Some("concurrent SERIALIZABLE transactions to end"),
        ("IPC", "BackupWaitWalArchive") => Some("WAL to be archived"),
        ("IPC", "RecoveryConflictSnapshot" | "RecoveryConflictTablespace") => {
            Some("queries that conflict with replay")
        }
        _ => None,
    }
}

/// The wait class a session counts under when active: PostgreSQL's wait event types, and `CPU`
/// for an active session that waits for nothing.
pub fn wait_class(session: &Session) -> &str {
    session.wait_event_type.as_deref().unwrap_or("CPU")
}

impl Session {
    /// Whether it is a client's session (not a background process).
    pub fn is_client(&self) -> bool {
        self.backend_type.as_deref() == Some("client backend")
    }

    /// Whether it is part of the server's load: active, and no walsender, which always is.
    pub fn is_load(&self) -> bool {
        self.is_active() && self.backend_type.as_deref() != Some("walsender")
    }

    /// Whether it works on somebody's behalf in transactions of its own: a client's session or a
    /// background worker, but no process of the server itself and no member of a parallel query.
    pub fn has_own_transactions(&self) -> bool {
        let kind = self.backend_type.as_deref().unwrap_or_default();
        let of_the_server = [
            "archiver",
            "autovacuum launcher",
            "autovacuum worker",
            "background writer",
            "checkpointer",
            "io worker",
            "logger",
            "parallel worker",
            "slotsync worker",
            "startup",
            "walreceiver",
            "walsender",
            "walsummarizer",
            "walwriter",
        ];
        !kind.is_empty() && !of_the_server.contains(&kind)
    }

    /// Whether it is running a statement now.
    pub fn is_active(&self) -> bool {
        self.state.as_deref() == Some("active")
    }

    /// Whether it has a transaction open and does nothing.
    pub fn is_idle_in_transaction(&self) -> bool {
        self.state.as_deref().is_some_and(|state| state.starts_with("idle in transaction"))
    }

    /// Whether it waits for a heavyweight lock.
    pub fn waits_for_lock(&self) -> bool {
        self.wait_event_type.as_deref() == Some("Lock")
    }

    /// What holds it up other than a heavyweight lock, in words.
    pub fn held_up_by(&self) -> Option<&'static str> {
        held_up_by(self.wait_event_type.as_deref(), self.wait_event.as_deref())
    }

    /// Whether it has committed and waits for a synchronous standby to confirm that.
    pub fn waits_for_sync_standby(&self) -> bool {
        self.wait_event_type.as_deref() == Some("IPC")
            && self.wait_event.as_deref() == Some("SyncRep")
    }

    /// How far it holds back the xmin horizon, in transactions; None where it holds back nothing.
    pub fn holds_back_xids(&self) -> Option<i64> {
        if self.vacuums { None } else { self.backend_xid_age.max(self.backend_xmin_age) }
    }
}

/// A command that reports its progress.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Progress {
    /// Process id.
    pub pid: i32,
    /// `VACUUM`, `ANALYZE`, `CREATE INDEX`, `COPY`, `BASE BACKUP`, `CLUSTER`, `REPACK` …
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub command: String,
    /// The phase as PostgreSQL names it.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub phase: String,
    /// Database, None for a base backup.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub datname: Option<String>,
    /// The relation's name, or its oid in another database.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub relation: Option<String>,
    /// How far the phase is, in `unit`.
    pub done: Option<f64>,
    /// How far the phase goes, in `unit`; None where PostgreSQL does not know.
    pub total: Option<f64>,
    /// `blocks`, `bytes`, `tuples` …
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub unit: String,
    /// Age of the statement.
    pub age_ms: Option<f64>,
    /// Time it has slept because of vacuum_cost_delay; None before PostgreSQL 18, and without
    /// track_cost_delay_timing.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(default))]
    pub delay_ms: Option<f64>,
    /// Time left in this phase by the speed measured between our readings.
    #[cfg_attr(feature = "sqlx", sqlx(skip))]
    pub left_ms: Option<f64>,
}

/// Active sessions by wait class at one second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitSample {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// (wait class, active sessions), by class name.
    pub classes: Vec<(String, f64)>,
}

/// Everything the activity area reads in one tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Backends, oldest transaction first. At most `SESSIONS_SHOWN`.
    pub sessions: Vec<Session>,
    /// How many backends there are in all, also when `sessions` was cut.
    pub sessions_total: i64,
    /// Client backends in use.
    pub connections: i64,
    /// The setting max_connections.
    pub max_connections: i64,
    /// superuser_reserved_connections and reserved_connections together.
    pub reserved_connections: i64,
    /// Commands that report progress.
    pub progress: Known<Vec<Progress>>,
    /// Commands whose progress the server does not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub progress_unread: Vec<Unread>,
    /// Whether we know what all sessions do: they may be hidden from our role, or not recorded
    /// (`track_activities`).
    pub others: Known<()>,
    /// Whether it is known who blocks whom.
    #[serde(default = "not_read")]
    pub blockers: Known<()>,
    /// Average active sessions by wait class, newest last (a few minutes, sampled each tick).
    pub waits: Vec<WaitSample>,
    /// Whose the connections are, and the limits of databases and roles.
    #[serde(default = "not_read")]
    pub connection_use: Known<ConnectionUse>,
    /// What sessions wait for now, by name.
    #[serde(default = "not_read")]
    pub wait_events: Known<Vec<WaitEvent>>,
    /// What autovacuum does now.
    #[serde(default = "not_read")]
    pub autovacuum: Known<Autovacuum>,
    /// Runs of statements that this sample has met or seen ended: for the history store only.
    #[serde(skip)]
    pub runs: runs::Runs,
}

/// What readings of an earlier version do not have.
fn not_read<T>() -> Known<T> {
    Err(Reason::NotYet)
}

impl Activity {
    /// The same without the text of statements, for people who may not see it.
    pub fn without_query_text(&self) -> Self {
        let mut redacted = self.clone();
        for session in &mut redacted.sessions {
            session.query = None;
        }
        redacted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_own_wait_events_hold_up() {
        assert_eq!(held_up_by(Some("IPC"), Some("SyncRep")), Some("a synchronous standby"));
        assert_eq!(held_up_by(Some("Extension"), Some("SyncRep")), None);
        assert_eq!(held_up_by(Some("Client"), Some("ClientRead")), None);
        assert_eq!(held_up_by(None, None), None);
    }

    #[test]
    fn background_workers_have_transactions_of_their_own() {
        let kind = |kind: &str| Session { backend_type: Some(kind.into()), ..Session::default() };
        for own in ["client backend", "logical replication apply worker", "pg_cron"] {
            assert!(kind(own).has_own_transactions(), "{own}");
        }
        for other in ["autovacuum worker", "parallel worker", "walsender", ""] {
            assert!(!kind(other).has_own_transactions(), "{other}");
        }
        assert!(!Session::default().has_own_transactions(), "hidden");
    }

    #[test]
    fn a_vacuum_holds_nothing_back() {
        let session = Session { backend_xmin_age: Some(7), ..Session::default() };
        assert_eq!(session.holds_back_xids(), Some(7));
        assert_eq!(Session { vacuums: true, ..session }.holds_back_xids(), None);
    }
}
