//! Sessions and prepared transactions behind the nodes of the wait-for graph, in catalog spelling.

use serde::{Deserialize, Serialize};

/// What `pg_stat_activity` says of a session that holds or waits for a contested lock. Times are by
/// the server's clock, ms since the epoch, so that they do not change from one reading to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct LockSession {
    /// The leader of its parallel group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader_pid: Option<i32>,
    /// `client backend`, `autovacuum worker`, `walsender`, `startup` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub backend_type: Option<String>,
    /// Database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub datname: Option<String>,
    /// Role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub usename: Option<String>,
    /// As the client calls itself. Hostile text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub application_name: Option<String>,
    /// The client's address, None for a local socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub client_addr: Option<String>,
    /// When the backend started: with the pid, its identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_start_ms: Option<i64>,
    /// When its transaction began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xact_start_ms: Option<i64>,
    /// When its newest statement began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_start_ms: Option<i64>,
    /// When it came into its present state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_change_ms: Option<i64>,
    /// `active`, `idle in transaction` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub state: Option<String>,
    /// The class of what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub wait_event_type: Option<String>,
    /// What it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub wait_event: Option<String>,
    /// Its statement, at most 300 characters; hostile text. None where we may not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub query: Option<String>,
    /// Whether it is an autovacuum worker that must prevent wraparound: it does not yield to
    /// others. None where the text that says so is hidden from us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_prevent_wraparound: Option<bool>,
    /// Whether it runs a VACUUM that is not FULL, its own or an autovacuum.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vacuums: bool,
}

impl LockSession {
    /// Whether it has a transaction open and does nothing.
    pub fn is_idle_in_transaction(&self) -> bool {
        self.state.as_deref().is_some_and(|state| state.starts_with("idle in transaction"))
    }

    /// Whether it vacuums or analyzes on the server's own account.
    pub fn is_autovacuum(&self) -> bool {
        self.backend_type.as_deref() == Some("autovacuum worker")
    }

    /// Whether it replays WAL on a standby.
    pub fn is_startup(&self) -> bool {
        self.backend_type.as_deref() == Some("startup")
    }

    /// Whether it is a worker of a parallel query: a member of its leader's lock group. A parallel
    /// apply worker has a leader too, but locks for itself.
    pub fn is_parallel_worker(&self) -> bool {
        self.backend_type.as_deref() == Some("parallel worker")
    }
}

/// A row of `pg_prepared_xacts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct PreparedTransaction {
    /// Transaction id.
    pub transaction: i64,
    /// The name it was prepared under. Hostile text.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub gid: String,
    /// When, ms since the epoch by the server's clock.
    pub prepared_ms: i64,
    /// Who prepared it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub owner: Option<String>,
    /// In which database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub database: Option<String>,
}
