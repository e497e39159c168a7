//! Transaction id age of databases, how far each is from wraparound, and what holds back the xmin
//! horizon.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod headroom;

pub use headroom::{Burn, Counter, Headroom, Mark, headroom};

use serde::{Deserialize, Serialize};

use crate::identifier::quoted_literal;
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
    /// Of a slot in use: application_name of the standby or subscriber that uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub used_by: Option<String>,
    /// Its database, where it has one.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub datname: Option<String>,
    /// How far back, in transactions.
    pub xids: Option<i64>,
    /// Since when, ms ago, where that is known.
    pub since_ms: Option<f64>,
    /// Whether it holds back system catalogs alone: `catalog_xmin` of a slot.
    #[serde(default)]
    pub only_catalogs: bool,
}

/// How a holder is made to let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The statement.
    pub sql: String,
    /// Where it is run, and what comes of it.
    pub consequence: &'static str,
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

    /// What it is, for a sentence: a slot with whoever uses it.
    pub fn description(&self) -> String {
        match (self.used_by.as_deref().filter(|name| !name.is_empty()), self.is_feedback()) {
            (Some(standby), true) => {
                format!("{} (hot_standby_feedback of standby “{standby}”)", self.object())
            }
            (Some(user), false) => format!("{} (used by “{user}”)", self.object()),
            (None, true) if self.kind == "standby" => {
                format!("hot_standby_feedback of {}", self.object())
            }
            _ => self.object().to_string(),
        }
    }

    /// Whether it is what a connected standby reports: its own transactions hold it (`hot_standby_feedback`).
    pub fn is_feedback(&self) -> bool {
        self.kind == "standby" || (self.kind == "slot" && self.pid.is_some())
    }

    /// What it costs, as a sentence.
    pub fn cost(&self) -> &'static str {
        match self.only_catalogs {
            true => {
                "VACUUM cannot remove rows of system catalogs that died since: pg_class, pg_attribute and their like grow, and planning with them."
            }
            false => {
                "VACUUM cannot remove rows that died since, nor freeze those written since: tables and indexes grow, scans read the dead rows, and wraparound comes nearer."
            }
        }
    }

    /// What makes it let go; None where that is not known.
    pub fn release(&self) -> Option<Release> {
        let name = self.name.as_deref().unwrap_or_default();
        let (sql, consequence) = match (self.kind.as_str(), self.pid) {
            ("prepared transaction", _) => (
                format!("rollback prepared {};", quoted_literal(name)),
                "In its database, by its owner or a superuser. What it changed is lost; ask the transaction manager that prepared it first, which may want it committed.",
            ),
            ("standby", _) | ("slot", Some(_)) => (
                "alter system set hot_standby_feedback = off; select pg_reload_conf();".to_owned(),
                "On the standby. Its long queries may then be cancelled by replay (max_standby_streaming_delay); ending them there has the same effect.",
            ),
            ("slot" | "logical slot", _) => (
                format!("select pg_drop_replication_slot({});", quoted_literal(name)),
                "Refused while it is in use. Who read from it has to begin anew: a standby from a base backup, a subscriber with a copy of its tables.",
            ),
            ("session", Some(pid)) => (
                format!("select pg_terminate_backend({pid});"),
                "Its transaction is rolled back and its connection ends.",
            ),
            _ => return None,
        };
        Some(Release { sql, consequence })
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
    /// Whether `autovacuum` is on.
    #[serde(default = "yes")]
    pub autovacuum: bool,
    /// Whether `track_counts` is on, without which autovacuum only freezes.
    #[serde(default = "yes")]
    pub track_counts: bool,
    /// `vacuum_failsafe_age`, transactions.
    #[serde(default)]
    pub failsafe_age: i64,
    /// `vacuum_multixact_failsafe_age`, multixacts.
    #[serde(default)]
    pub multixact_failsafe_age: i64,
    /// Members of all multixacts that are kept; None before 19, which does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multixact_members: Option<i64>,
    /// What they need on disk, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multixact_members_bytes: Option<i64>,
    /// How many transaction and multixact IDs were used over a recent span.
    #[serde(default = "not_yet")]
    pub burn: Known<Burn>,
    /// How many prepared transactions there are.
    #[serde(default = "not_yet")]
    pub prepared_transactions: Known<i64>,
}

/// What an earlier version did not record is as by default.
fn yes() -> bool {
    true
}

/// What an earlier version did not record.
fn not_yet<T>() -> Known<T> {
    Err(Reason::NotYet)
}
