//! Whose connections a server has: by database, role, application and client, and the limits that
//! databases and roles have of their own.

use serde::{Deserialize, Serialize};

use crate::reason::{Known, Reason};

/// Client connections of one database, role, application and client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionGroup {
    /// Database.
    pub datname: Option<String>,
    /// Role.
    pub usename: Option<String>,
    /// As the clients call themselves; open to every role. Hostile text.
    pub application_name: Option<String>,
    /// The clients' address; None for the Unix socket, and where it is hidden.
    pub client_addr: Option<String>,
    /// How many.
    pub connections: i64,
    /// Of these: running a statement.
    pub active: i64,
    /// Idle.
    pub idle: i64,
    /// Idle in transaction, aborted ones included.
    pub idle_in_transaction: i64,
    /// Those whose state is hidden from our role, or not recorded.
    pub unknown: i64,
    /// Whether PostgreSQL hides state and client from our role.
    pub hidden: bool,
}

/// Who has a limit on connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitOf {
    /// A database (`datconnlimit`).
    #[default]
    Database,
    /// A role (`rolconnlimit`).
    Role,
}

impl LimitOf {
    /// `database` or `role`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Role => "role",
        }
    }
}

/// The limit of a database or a role, and how much of it is used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionLimit {
    /// Whose.
    pub of: LimitOf,
    /// Its name.
    pub name: String,
    /// `CONNECTION LIMIT`.
    pub limit: i64,
    /// Connections that count against it, pgdeck's own among them.
    pub used: i64,
}

impl ConnectionLimit {
    /// Share in use, percent; None of a limit that lets nobody in.
    pub fn percent(&self) -> Option<f64> {
        (self.limit > 0).then(|| 100.0 * self.used as f64 / self.limit as f64)
    }
}

/// Whose the client connections are. Those in the groups, pgdeck's own and `not_grouped` add up to
/// all of the server's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectionUse {
    /// The groups, largest first.
    pub groups: Vec<ConnectionGroup>,
    /// pgdeck's own.
    pub own: i64,
    /// In further groups that are not listed.
    pub not_grouped: i64,
    /// The setting superuser_reserved_connections.
    pub superuser_reserved: i64,
    /// The setting reserved_connections; None before PostgreSQL 16.
    pub reserved: Option<i64>,
    /// The limits of databases and roles that have one, the fullest first.
    pub limits: Known<Vec<ConnectionLimit>>,
}

impl Default for ConnectionUse {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            own: 0,
            not_grouped: 0,
            superuser_reserved: 0,
            reserved: None,
            limits: Err(Reason::NotYet),
        }
    }
}
