//! Transaction id age of databases, how far each is from wraparound, and what holds back the xmin
//! horizon.

use serde::{Deserialize, Serialize};

use crate::object::Object;
use crate::reason::{Known, Reason, Unread};

/// One row of `pg_database` with its ages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct DatabaseAge {
    /// Name.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub datname: String,
    /// `age(datfrozenxid)`: transactions since the oldest unfrozen xid.
    pub xid_age: Option<i64>,
    /// `mxid_age(datminmxid)`.
    pub multixact_age: Option<i64>,
}

/// What holds back the xmin horizon: VACUUM removes nothing that is younger.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct XminHolder {
    /// `session`, `standby`, `prepared transaction`, `slot`, `logical slot`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub kind: String,
    /// Its process, of a session, a standby, or a slot in use.
    pub pid: Option<i32>,
    /// application_name, global identifier or slot name.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub name: Option<String>,
    /// Its database, where it has one.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub datname: Option<String>,
    /// How far back, in transactions.
    pub xids: Option<i64>,
    /// Since when, ms ago, where that is known.
    pub since_ms: Option<f64>,
}

impl XminHolder {
    /// What a finding or a panel calls it.
    pub fn object(&self) -> Object {
        let name = self.name.clone().unwrap_or_default();
        match (self.kind.as_str(), self.pid) {
            ("prepared transaction", _) => Object::PreparedTransaction { gid: name },
            ("slot" | "logical slot", _) => Object::Slot { name },
            ("standby", _) => format!("standby “{name}”").into(),
            (_, Some(pid)) => Object::Session { pid },
            (kind, None) => kind.into(),
        }
    }
}

/// Everything the vacuum area reads in one tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vacuum {
    /// Databases, oldest first.
    pub databases: Vec<DatabaseAge>,
    /// Ages that the server does not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ages_unread: Vec<Unread>,
    /// autovacuum_freeze_max_age.
    pub freeze_max_age_xids: i64,
    /// autovacuum_multixact_freeze_max_age.
    pub multixact_freeze_max_age_xids: i64,
    /// What holds back the xmin horizon, farthest back first.
    #[serde(default = "not_yet")]
    pub xmin_holders: Known<Vec<XminHolder>>,
    /// What may hold it back and is not told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub xmin_unread: Vec<Unread>,
    /// How many prepared transactions there are.
    #[serde(default = "not_yet")]
    pub prepared_transactions: Known<i64>,
}

/// What an earlier version did not record.
fn not_yet<T>() -> Known<T> {
    Err(Reason::NotYet)
}
