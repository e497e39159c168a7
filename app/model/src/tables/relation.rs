//! One table with its counters.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bloat::TableBloat;
use super::counters::{Counters, IndexSize, Maintenance, bytes, is_default, option};
use super::toast::Toast;
use crate::rare::Rare;
use crate::reason::Known;

/// What a relation is (`pg_class.relkind`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An ordinary table, or a partition.
    #[default]
    Table,
    /// A materialized view.
    MaterializedView,
    /// A partitioned table, which holds no rows itself.
    Partitioned,
}

/// How a relation survives (`pg_class.relpersistence`). Temporary tables are not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    /// Written to WAL.
    #[default]
    Permanent,
    /// Not written to WAL, and empty after a crash.
    Unlogged,
}

/// A table. Names are spelled as in the catalog.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its oid.
    pub oid: u32,
    /// Its schema.
    pub nspname: Arc<str>,
    /// Its name.
    pub relname: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: Kind,
    /// How it survives.
    #[serde(default, skip_serializing_if = "is_default")]
    pub persistence: Persistence,
    /// Whether it is a partition of a table.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relispartition: bool,
    /// The table that it is a partition or a child of, by oid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parent: Option<u32>,
    /// Its access method; None of a partitioned table without one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub amname: Option<Cow<'static, str>>,
    /// Its columns, dropped ones included.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relnatts: i16,
    /// Pages, as of the last VACUUM, ANALYZE or CREATE INDEX.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relpages: u32,
    /// Rows as of then; None if that was never counted (`reltuples` is −1).
    #[serde(default, skip_serializing_if = "is_default")]
    pub reltuples: Option<f64>,
    /// Whether `reltuples` is no number (infinite or NaN), as GIN index builds of PostgreSQL 18 may leave it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reltuples_is_broken: bool,
    /// Pages that the visibility map marks all-visible, as of then.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relallvisible: u32,
    /// Pages that it marks all-frozen, as of then; told since 18.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relallfrozen: Option<u32>,
    /// Its size now in bytes, where it was asked for: `relpages` is of the past.
    #[serde(default, skip_serializing_if = "is_default")]
    pub size_bytes: Option<i64>,
    /// Its storage parameters as the catalog has them: `fillfactor=90`.
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
    /// What was read and written since the statistics were reset.
    #[serde(default, skip_serializing_if = "is_default")]
    pub counters: Counters,
    /// When it was vacuumed and analysed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub maintenance: Rare<Maintenance>,
    /// Its TOAST table.
    #[serde(default, skip_serializing_if = "is_default")]
    pub toast: Option<Box<Toast>>,
    /// What was read and written since the reading before; None if nothing was, or none is known.
    #[serde(default, skip_serializing_if = "is_default")]
    pub moved: Option<Box<Counters>>,
    /// What a rewrite of it would give back, shared with later readings as long as it holds; None while it is not
    /// estimated, for the largest come first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bloat: Option<Arc<Known<TableBloat>>>,
    /// Its indexes, by oid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub indexes: Vec<IndexSize>,
}

impl Table {
    /// Size of the heap in bytes: as of now where that was asked for, otherwise as of the last VACUUM or ANALYZE.
    pub fn heap_bytes(&self, block_bytes: u32) -> i64 {
        bytes(self.size_bytes, self.relpages, block_bytes)
    }

    /// Size of its TOAST table with the index of that.
    pub fn toast_bytes(&self, block_bytes: u32) -> i64 {
        let Some(toast) = &self.toast else { return 0 };
        let index = toast.index.as_ref().map_or(0, |index| index.bytes(block_bytes));
        bytes(toast.size_bytes, toast.relpages, block_bytes).saturating_add(index)
    }

    /// Size of all its indexes.
    pub fn index_bytes(&self, block_bytes: u32) -> i64 {
        self.indexes.iter().map(|index| index.bytes(block_bytes)).fold(0, i64::saturating_add)
    }

    /// Heap, TOAST and indexes.
    pub fn total_bytes(&self, block_bytes: u32) -> i64 {
        let parts = [self.toast_bytes(block_bytes), self.index_bytes(block_bytes)];
        parts.into_iter().fold(self.heap_bytes(block_bytes), i64::saturating_add)
    }

    /// Whether it belongs to the system.
    pub fn is_system(&self) -> bool {
        matches!(&*self.nspname, "pg_catalog" | "information_schema")
    }

    /// The value of a storage parameter, where it is set.
    pub fn option(&self, name: &str) -> Option<&str> {
        option(&self.reloptions, name)
    }
}
