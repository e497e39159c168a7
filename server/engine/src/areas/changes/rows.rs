//! What the queries of this area give, and what of it is kept until the next look.

use serde::{Deserialize, Serialize};

/// What the server is at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct ServerRow {
    pub in_recovery: bool,
    #[sqlx(try_from = "model::text::Text")]
    pub version: String,
    #[sqlx(try_from = "model::text::Text")]
    pub database: String,
    pub started_ms: i64,
    pub checkpointer_ms: Option<i64>,
    /// When the configuration was read last.
    pub loaded_ms: i64,
    /// The server's clock.
    #[serde(skip)]
    pub server_now_ms: i64,
    pub timeline: Option<i32>,
    /// Rows of the catalogs that were ever written; None where nothing counts them.
    #[serde(skip)]
    pub catalog_writes: Option<i64>,
}

impl ServerRow {
    /// Its major version; 0 where it cannot be read.
    pub fn major(&self) -> u16 {
        let digits = self.version.split(|c: char| !c.is_ascii_digit()).next();
        digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

/// A setting of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct SettingRow {
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    /// None where it may hold a secret, or is long.
    #[sqlx(try_from = "model::text::MaybeText")]
    pub value: Option<String>,
    /// Of a secret only 16 bits.
    pub hash: Option<i64>,
    pub pending_restart: bool,
}

/// A setting of a role, a database or both.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RoleSettingRow {
    #[sqlx(try_from = "model::text::MaybeText")]
    pub database: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub role: Option<String>,
    #[sqlx(try_from = "model::text::Text")]
    pub entry: String,
}

/// When a view's counters were set to zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct ResetRow {
    #[sqlx(try_from = "model::text::Text")]
    pub view: String,
    /// Of a database; 0 otherwise.
    pub oid: i64,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub name: Option<String>,
    pub reset_ms: Option<i64>,
}

/// An extension.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ExtensionRow {
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    #[sqlx(try_from = "model::text::Text")]
    pub version: String,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub schema: Option<String>,
    /// Whether it is pg_stat_statements and answers us.
    pub is_readable: bool,
}

/// When pg_stat_statements was emptied.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct StatementResetRow {
    pub reset_ms: Option<i64>,
}

/// A table that was analyzed by hand.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AnalyzedRow {
    #[sqlx(try_from = "model::text::Text")]
    pub schema: String,
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    /// When last.
    pub analyzed_ms: i64,
}

/// A table, view or index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct RelationRow {
    pub oid: i64,
    #[sqlx(try_from = "model::text::Text")]
    pub schema: String,
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    #[sqlx(try_from = "model::text::Text")]
    pub kind: String,
    /// Of an index its table, of a partition its parent.
    #[sqlx(try_from = "model::text::MaybeText")]
    pub of_table: Option<String>,
    /// Number, name and type of each, with what is set for its statistics.
    #[sqlx(try_from = "model::text::MaybeText")]
    pub columns: Option<String>,
    /// Name and kind of each.
    #[sqlx(try_from = "model::text::MaybeText")]
    pub constraints: Option<String>,
    /// Name and state of each.
    #[sqlx(try_from = "model::text::MaybeText")]
    pub triggers: Option<String>,
    /// The version of a view's query.
    #[sqlx(try_from = "model::text::MaybeText")]
    pub definition: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub options: Option<String>,
    #[sqlx(try_from = "model::text::MaybeText")]
    pub flags: Option<String>,
}

/// A function or procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct RoutineRow {
    pub oid: i64,
    #[sqlx(try_from = "model::text::Text")]
    pub schema: String,
    #[sqlx(try_from = "model::text::Text")]
    pub name: String,
    #[sqlx(try_from = "model::text::Text")]
    pub kind: String,
    /// Another one with each `create or replace` and `alter`.
    #[sqlx(try_from = "model::text::Text")]
    pub version: String,
}
