//! Transaction id age of databases: how far each is from wraparound.

use serde::{Deserialize, Serialize};

/// One row of `pg_database` with its ages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct DatabaseAge {
    /// Name.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub datname: String,
    /// `age(datfrozenxid)`: transactions since the oldest unfrozen xid.
    pub xid_age: i64,
    /// `mxid_age(datminmxid)`.
    pub multixact_age: i64,
}

/// Everything the vacuum area reads in one tick.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Vacuum {
    /// Databases, oldest first.
    pub databases: Vec<DatabaseAge>,
    /// autovacuum_freeze_max_age.
    pub freeze_max_age_xids: i64,
    /// autovacuum_multixact_freeze_max_age.
    pub multixact_freeze_max_age_xids: i64,
}
