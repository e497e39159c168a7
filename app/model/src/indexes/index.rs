//! One index, and the table that it belongs to.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::rare::{HasDefault, Rare};

/// A key column of an index (`pg_index.indkey` and its neighbours).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Key {
    /// The table's column; 0 for an expression.
    pub attnum: i16,
    /// Its operator class, by oid.
    pub opclass: u32,
    /// Its collation, by oid; 0 where the type has none.
    pub collation: u32,
    /// Its order: 1 for descending, 2 for nulls first, added up.
    pub option: u16,
}

impl Key {
    /// The same key read backwards: both directions of a scan are served by one index.
    pub fn backwards(self) -> Self {
        Self { option: self.option ^ 3, ..self }
    }
}

/// An index. Names are spelled as in the catalog; its schema is that of its table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Its oid.
    pub oid: u32,
    /// The table that it belongs to, by oid.
    pub indrelid: u32,
    /// Its name.
    pub relname: String,
    /// Its access method.
    pub amname: Cow<'static, str>,
    /// Whether it is the index of a partitioned table, which has entries in the partitions' indexes only.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partitioned: bool,
    /// Its key columns.
    pub keys: Vec<Key>,
    /// Columns of INCLUDE, sorted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub included: Vec<i16>,
    /// The column whose rows with a value it has, where its predicate is `column is not null`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_null_column: Option<i16>,
    /// Whether it is unique.
    #[serde(default, skip_serializing_if = "is_default")]
    pub indisunique: bool,
    /// Whether NULLs count as equal then; since 15.
    #[serde(default, skip_serializing_if = "is_default")]
    pub indnullsnotdistinct: bool,
    /// Whether it is the primary key's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub indisprimary: bool,
    /// Whether it is an exclusion constraint's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub indisexclusion: bool,
    /// Whether queries may not use it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub invalid: bool,
    /// Whether writes do not maintain it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_ready: bool,
    /// Whether it is being dropped.
    #[serde(default, skip_serializing_if = "is_default")]
    pub not_live: bool,
    /// Whether the table was last clustered by it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub indisclustered: bool,
    /// Whether it is the table's replica identity.
    #[serde(default, skip_serializing_if = "is_default")]
    pub indisreplident: bool,
    /// The constraint that it implements.
    #[serde(default, skip_serializing_if = "is_default")]
    pub conname: Option<String>,
    /// The index of the partitioned table that it is a part of, by oid: it cannot be dropped alone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parent: Option<u32>,
    /// Pages, as of the last VACUUM, ANALYZE or CREATE INDEX.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relpages: u32,
    /// Entries as of then; None if that was never counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reltuples: Option<f64>,
    /// Scans begun since the statistics were reset; of a partitioned table's index those of its parts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idx_scan: i64,
    /// Scans begun since the reading before; None where that is not known: at first, and after a reset.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scanned: Option<i64>,
    /// Entries that they returned.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idx_tup_read: i64,
    /// Live rows that simple scans fetched.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idx_tup_fetch: i64,
    /// Blocks read from outside shared buffers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idx_blks_read: i64,
    /// Blocks found in shared buffers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idx_blks_hit: i64,
    /// When it was last scanned, ms since the epoch; told since 16.
    #[serde(default, skip_serializing_if = "is_default")]
    pub last_idx_scan_ms: Option<i64>,
    /// When its own counters were reset, ms since the epoch; told since 19.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stats_reset_ms: Option<i64>,
    /// What few have.
    #[serde(flatten)]
    pub texts: Rare<Texts>,
}

/// Expressions and predicate of an index, and its definitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Texts {
    /// A digest of its expressions; None without any.
    #[serde(default, skip_serializing_if = "is_default")]
    pub expressions: Option<String>,
    /// A digest of its predicate; None if it has all rows.
    #[serde(default, skip_serializing_if = "is_default")]
    pub predicate: Option<String>,
    /// `pg_get_indexdef`, where it was asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub indexdef: Option<String>,
    /// `pg_get_constraintdef` of its constraint, where it was asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub constraintdef: Option<String>,
}

impl HasDefault for Texts {
    fn of_default() -> &'static Self {
        const DEFAULT: &Texts =
            &Texts { expressions: None, predicate: None, indexdef: None, constraintdef: None };
        DEFAULT
    }
}

impl Index {
    /// Whether queries use it and writes maintain it.
    pub fn works(&self) -> bool {
        !self.invalid && !self.not_ready && !self.not_live
    }

    /// Scans since an earlier reading; None where its counters were reset in between. A partitioned one has none
    /// itself.
    pub fn scans_since(&self, then: &Self) -> Option<i64> {
        if self.partitioned {
            return Some(0);
        }
        let more = self.idx_scan.checked_sub(then.idx_scan).filter(|more| *more >= 0);
        more.filter(|_| self.stats_reset_ms == then.stats_reset_ms)
    }

    /// Whether it does something beside being scanned: then nobody can drop it for want of scans.
    pub fn has_duty(&self) -> bool {
        self.indisunique
            || self.indisexclusion
            || self.indisreplident
            || self.indisclustered
            || self.conname.is_some()
    }
}

/// A table, as far as its indexes go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    /// Its oid.
    pub oid: u32,
    /// Its schema.
    pub nspname: Arc<str>,
    /// Its name.
    pub relname: String,
    /// Whether it is partitioned and holds no rows itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partitioned: bool,
    /// The table that it is a partition or a child of, by oid.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parent: Option<u32>,
    /// Pages, as of the last VACUUM, ANALYZE or CREATE INDEX.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relpages: u32,
    /// Rows as of then; None if that was never counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reltuples: Option<f64>,
    /// Sequential scans begun.
    #[serde(default, skip_serializing_if = "is_default")]
    pub seq_scan: i64,
    /// Rows inserted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_tup_ins: i64,
    /// Rows updated, HOT updates included.
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_tup_upd: i64,
    /// Rows deleted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_tup_del: i64,
    /// Rows updated without new index entries.
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_tup_hot_upd: i64,
    /// Rows updated to another page; told since 16.
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_tup_newpage_upd: Option<i64>,
    /// Live rows, about.
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_live_tup: i64,
    /// Rows a second that were written to each of its indexes since the reading before; None at first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub entries_per_s: Option<f64>,
}

impl Owner {
    /// Rows inserted, updated and deleted since the statistics were reset.
    pub fn writes(&self) -> i64 {
        self.n_tup_ins.saturating_add(self.n_tup_upd).saturating_add(self.n_tup_del)
    }

    /// Entries that an index of all rows got since then: inserts, and updates that were not HOT.
    pub fn index_entries(&self) -> i64 {
        let not_hot = self.n_tup_upd.saturating_sub(self.n_tup_hot_upd).max(0);
        self.n_tup_ins.saturating_add(not_hot)
    }

    /// Rows, as counted last or about.
    pub fn rows(&self) -> f64 {
        self.reltuples.unwrap_or_default().max(self.n_live_tup as f64)
    }
}

/// What is as it is by default stays out of JSON.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_is_not_known_and_not_zero() {
        let at = |idx_scan, stats_reset_ms| Index { idx_scan, stats_reset_ms, ..Index::default() };
        assert_eq!(at(7, None).scans_since(&at(5, None)), Some(2));
        assert_eq!(at(4, None).scans_since(&at(5, None)), None);
        assert_eq!(at(9, Some(2)).scans_since(&at(5, Some(1))), None, "it has grown beyond since");
        let whole = Index { partitioned: true, ..at(0, None) };
        assert_eq!(whole.scans_since(&at(100, None)), Some(0), "its parts are added");
    }
}
