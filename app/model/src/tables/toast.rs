//! The TOAST table of a table.

use serde::{Deserialize, Serialize};

use super::counters::{Counters, IndexSize, Maintenance, is_default, option};
use crate::rare::Rare;

/// Where long values of a table's rows are kept, in chunks. It is never analysed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Toast {
    /// Its oid.
    pub oid: u32,
    /// Pages, as of the last VACUUM.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relpages: u32,
    /// Chunks as of then; None if that was never counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reltuples: Option<f64>,
    /// Pages that the visibility map marks all-visible, as of then.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relallvisible: u32,
    /// Pages that it marks all-frozen, as of then; told since 18.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relallfrozen: Option<u32>,
    /// Its size now in bytes, where it was asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub size_bytes: Option<i64>,
    /// Its storage parameters; if there are none, those of the table hold (`autovacuum.c`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub reloptions: Vec<String>,
    /// `age(relfrozenxid)`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub xid_age: Option<i64>,
    /// `mxid_age(relminmxid)`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub multixact_age: Option<i64>,
    /// Where its row stands in `pg_class`, by block and line: autovacuum reads it from begin to end.
    #[serde(default, skip_serializing_if = "is_default")]
    pub catalog_order: Option<i64>,
    /// What was read and written, in chunks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub counters: Rare<Counters>,
    /// When it was vacuumed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub maintenance: Rare<Maintenance>,
    /// Its index.
    #[serde(default, skip_serializing_if = "is_default")]
    pub index: Option<IndexSize>,
}

impl Toast {
    /// The value of a storage parameter, where it is set.
    pub fn option(&self, name: &str) -> Option<&str> {
        option(&self.reloptions, name)
    }
}
