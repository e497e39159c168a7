//! Sessions and command progress: rows of `pg_stat_activity` and the `pg_stat_progress_*` views.
//!
//! Fields keep the catalog's spelling; ages are ours, in milliseconds, measured by the server.

use serde::{Deserialize, Serialize};

use crate::reason::Known;

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
}

/// A command that reports its progress.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Progress {
    /// Process id.
    pub pid: i32,
    /// `VACUUM`, `ANALYZE`, `CREATE INDEX`, `COPY`, `BASE BACKUP`, `CLUSTER` …
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
    /// Whether sessions of other roles are hidden from us, and what would show them.
    pub others: Known<()>,
    /// Average active sessions by wait class, newest last (a few minutes, sampled each tick).
    pub waits: Vec<WaitSample>,
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
