//! One table with its counters.

use serde::{Deserialize, Serialize};

use super::toast::Toast;

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
    pub nspname: String,
    /// Its name.
    pub relname: String,
    /// What it is.
    pub kind: Kind,
    /// How it survives.
    pub persistence: Persistence,
    /// Whether it is a partition of a table.
    pub relispartition: bool,
    /// The table that it is a partition or a child of, by oid.
    pub parent: Option<u32>,
    /// Its access method; None of a partitioned table without one.
    pub amname: Option<String>,
    /// Its columns, dropped ones included.
    pub relnatts: i16,
    /// Pages, as of the last VACUUM, ANALYZE or CREATE INDEX.
    pub relpages: u32,
    /// Rows as of then; None if that was never counted (`reltuples` is −1).
    pub reltuples: Option<f64>,
    /// Whether `reltuples` is no number (infinite or NaN), as GIN index builds of PostgreSQL 18 may leave it.
    pub reltuples_is_broken: bool,
    /// Pages that the visibility map marks all-visible, as of then.
    pub relallvisible: u32,
    /// Pages that it marks all-frozen, as of then; told since 18.
    pub relallfrozen: Option<u32>,
    /// Its size now in bytes, where it was asked for: `relpages` is of the past.
    pub size_bytes: Option<i64>,
    /// Its storage parameters as the catalog has them: `fillfactor=90`.
    pub reloptions: Vec<String>,
    /// `age(relfrozenxid)`.
    pub xid_age: Option<i64>,
    /// `mxid_age(relminmxid)`.
    pub multixact_age: Option<i64>,
    /// What was read and written since the statistics were reset.
    pub counters: Counters,
    /// When it was vacuumed and analysed.
    pub maintenance: Maintenance,
    /// Its TOAST table.
    pub toast: Option<Box<Toast>>,
    /// Its indexes, by oid.
    pub indexes: Vec<IndexSize>,
}

/// What was done to a table since the statistics were reset; of blocks, with its indexes and its TOAST table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Sequential scans begun.
    pub seq_scan: i64,
    /// Rows that they returned.
    pub seq_tup_read: i64,
    /// Index scans begun.
    pub idx_scan: i64,
    /// Live rows that they fetched.
    pub idx_tup_fetch: i64,
    /// Rows inserted.
    pub n_tup_ins: i64,
    /// Rows updated, HOT updates included.
    pub n_tup_upd: i64,
    /// Rows deleted.
    pub n_tup_del: i64,
    /// Rows updated without new index entries.
    pub n_tup_hot_upd: i64,
    /// Rows updated to another page; told since 16.
    pub n_tup_newpage_upd: Option<i64>,
    /// Live rows, about.
    pub n_live_tup: i64,
    /// Dead rows that VACUUM has not removed, about.
    pub n_dead_tup: i64,
    /// Rows changed since the last ANALYZE, about.
    pub n_mod_since_analyze: i64,
    /// Rows inserted since the last VACUUM, about.
    pub n_ins_since_vacuum: i64,
    /// Blocks of the heap read from outside shared buffers.
    pub heap_blks_read: i64,
    /// Blocks of the heap found in shared buffers.
    pub heap_blks_hit: i64,
    /// Blocks of its indexes read from outside shared buffers.
    pub idx_blks_read: i64,
    /// Blocks of its indexes found in shared buffers.
    pub idx_blks_hit: i64,
    /// When it was last scanned sequentially, ms since the epoch; told since 16.
    pub last_seq_scan_ms: Option<i64>,
    /// When an index of it was last scanned; told since 16.
    pub last_idx_scan_ms: Option<i64>,
}

/// When a table was vacuumed and analysed, ms since the epoch, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Maintenance {
    /// By a person.
    pub last_vacuum_ms: Option<i64>,
    /// By autovacuum.
    pub last_autovacuum_ms: Option<i64>,
    /// By a person.
    pub last_analyze_ms: Option<i64>,
    /// By autovacuum.
    pub last_autoanalyze_ms: Option<i64>,
    /// Vacuums by a person.
    pub vacuum_count: i64,
    /// Vacuums by autovacuum.
    pub autovacuum_count: i64,
    /// Analyses by a person.
    pub analyze_count: i64,
    /// Analyses by autovacuum.
    pub autoanalyze_count: i64,
    /// Time spent in vacuums by autovacuum, ms; told since 18.
    pub total_autovacuum_ms: Option<f64>,
}

/// An index of a table, as far as its size goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexSize {
    /// Its oid.
    pub oid: u32,
    /// Its name.
    pub relname: String,
    /// Its access method.
    pub amname: String,
    /// Pages, as of the last VACUUM, ANALYZE or CREATE INDEX.
    pub relpages: u32,
    /// Entries as of then; None if that was never counted.
    pub reltuples: Option<f64>,
    /// Its size now in bytes, where it was asked for.
    pub size_bytes: Option<i64>,
}

impl Maintenance {
    /// The last VACUUM by anybody.
    pub fn vacuumed_ms(&self) -> Option<i64> {
        self.last_vacuum_ms.max(self.last_autovacuum_ms)
    }

    /// The last ANALYZE by anybody.
    pub fn analyzed_ms(&self) -> Option<i64> {
        self.last_analyze_ms.max(self.last_autoanalyze_ms)
    }
}

impl Table {
    /// The value of a storage parameter, where it is set.
    pub fn option(&self, name: &str) -> Option<&str> {
        option(&self.reloptions, name)
    }
}

/// The value of a storage parameter among `name=value`.
pub(super) fn option<'a>(reloptions: &'a [String], name: &str) -> Option<&'a str> {
    let pairs = reloptions.iter().filter_map(|option| option.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}
