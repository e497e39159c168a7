//! What of a table changes all the time: sizes and counters; and its options.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How large a relation is, and how large it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// Pages now; `None` where only the catalog was read: the estimate is then as of the last VACUUM or ANALYZE.
    pub pages: Option<u64>,
    /// `relpages`.
    pub relpages: u64,
    /// `reltuples`; −1 for never counted.
    pub reltuples: f64,
}

impl Size {
    pub(crate) fn pages_known(&self) -> f64 {
        self.pages.unwrap_or(self.relpages) as f64
    }

    /// `reltuples`, where it was ever counted.
    pub(crate) fn counted(&self) -> Option<f64> {
        (self.reltuples.is_finite() && self.reltuples >= 0.0).then_some(self.reltuples.min(1e15))
    }
}

/// Counters of `pg_stat_all_tables`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// `n_live_tup`.
    pub n_live_tup: u64,
    /// `n_dead_tup`.
    pub n_dead_tup: u64,
    /// `n_mod_since_analyze`.
    pub n_mod_since_analyze: u64,
    /// `n_tup_ins`.
    pub n_tup_ins: u64,
    /// `n_tup_upd`.
    pub n_tup_upd: u64,
    /// `n_tup_del`.
    pub n_tup_del: u64,
    /// The later of `last_vacuum` and `last_autovacuum`, in microseconds of any epoch.
    pub last_vacuum_us: Option<i64>,
    /// The later of `last_analyze` and `last_autoanalyze`, in microseconds of the same epoch.
    pub last_analyze_us: Option<i64>,
}

/// Size and counters of a heap or TOAST table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Its size.
    pub size: Size,
    /// Its counters.
    pub activity: Activity,
}

/// A TOAST table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Toast {
    /// Size and counters of its heap.
    pub counters: Counters,
    /// `reltuples` of its index, which is exact after a VACUUM that removed chunks.
    pub index_reltuples: Option<f64>,
}

/// The size of an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexSize {
    /// Its access method is `btree`.
    pub is_btree: bool,
    /// Its size.
    pub size: Size,
}

/// What of a table changes all the time, and its options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Its access method is `heap`.
    pub is_heap: bool,
    /// `fillfactor`, where it is set.
    pub fillfactor: Option<u32>,
    /// `toast_tuple_target`, where it is set.
    pub toast_tuple_target: Option<u32>,
    /// Size and counters of its heap.
    pub counters: Counters,
    /// Its TOAST table, where it has one.
    pub toast: Option<Toast>,
    /// Its indexes by oid.
    pub indexes: BTreeMap<u32, IndexSize>,
}
