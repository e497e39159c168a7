//! What was done to a table or a TOAST table, when it was maintained, and the sizes of its indexes.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::rare::HasDefault;

/// What was done to a table since the statistics were reset; of blocks, with its indexes and its TOAST table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// Sequential scans begun.
    #[serde(default, skip_serializing_if = "is_default")]
    pub seq_scan: i64,
    /// Rows that they returned.
    #[serde(default, skip_serializing_if = "is_default")]
    pub seq_tup_read: i64,
    /// Index scans begun.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idx_scan: i64,
    /// Live rows that they fetched.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idx_tup_fetch: i64,
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
    /// Dead rows that VACUUM has not removed, about.
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_dead_tup: i64,
    /// Rows changed since the last ANALYZE, about.
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_mod_since_analyze: i64,
    /// Rows inserted since the last VACUUM, about.
    #[serde(default, skip_serializing_if = "is_default")]
    pub n_ins_since_vacuum: i64,
    /// Blocks of the heap read from outside shared buffers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub heap_blks_read: i64,
    /// Blocks of the heap found in shared buffers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub heap_blks_hit: i64,
    /// Blocks of its indexes read from outside shared buffers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idx_blks_read: i64,
    /// Blocks of its indexes found in shared buffers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub idx_blks_hit: i64,
    /// When it was last scanned sequentially, ms since the epoch; told since 16.
    #[serde(default, skip_serializing_if = "is_default")]
    pub last_seq_scan_ms: Option<i64>,
    /// When an index of it was last scanned; told since 16.
    #[serde(default, skip_serializing_if = "is_default")]
    pub last_idx_scan_ms: Option<i64>,
}

/// When a table was vacuumed and analysed, ms since the epoch, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Maintenance {
    /// By a person.
    #[serde(default, skip_serializing_if = "is_default")]
    pub last_vacuum_ms: Option<i64>,
    /// By autovacuum.
    #[serde(default, skip_serializing_if = "is_default")]
    pub last_autovacuum_ms: Option<i64>,
    /// By a person.
    #[serde(default, skip_serializing_if = "is_default")]
    pub last_analyze_ms: Option<i64>,
    /// By autovacuum.
    #[serde(default, skip_serializing_if = "is_default")]
    pub last_autoanalyze_ms: Option<i64>,
    /// Vacuums by a person.
    #[serde(default, skip_serializing_if = "is_default")]
    pub vacuum_count: i64,
    /// Vacuums by autovacuum.
    #[serde(default, skip_serializing_if = "is_default")]
    pub autovacuum_count: i64,
    /// Analyses by a person.
    #[serde(default, skip_serializing_if = "is_default")]
    pub analyze_count: i64,
    /// Analyses by autovacuum.
    #[serde(default, skip_serializing_if = "is_default")]
    pub autoanalyze_count: i64,
    /// Time spent in vacuums by autovacuum, ms; told since 18.
    #[serde(default, skip_serializing_if = "is_default")]
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
    #[serde(default, skip_serializing_if = "is_default")]
    pub amname: Cow<'static, str>,
    /// Pages, as of the last VACUUM, ANALYZE or CREATE INDEX.
    #[serde(default, skip_serializing_if = "is_default")]
    pub relpages: u32,
    /// Entries as of then; None if that was never counted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reltuples: Option<f64>,
    /// Its size now in bytes, where it was asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub size_bytes: Option<i64>,
}

impl HasDefault for Counters {
    fn of_default() -> &'static Self {
        static DEFAULT: LazyLock<Counters> = LazyLock::new(Counters::default);
        &DEFAULT
    }
}

impl HasDefault for Maintenance {
    fn of_default() -> &'static Self {
        static DEFAULT: LazyLock<Maintenance> = LazyLock::new(Maintenance::default);
        &DEFAULT
    }
}

impl Counters {
    /// What was added since an earlier reading; of what is no sum, the present value. None where nothing was, or
    /// where the statistics were reset in between.
    pub fn since(&self, before: &Self) -> Option<Self> {
        let newpage = self
            .n_tup_newpage_upd
            .zip(before.n_tup_newpage_upd)
            .map(|(now, then)| now.saturating_sub(then));
        let added = Self {
            seq_scan: self.seq_scan.saturating_sub(before.seq_scan),
            seq_tup_read: self.seq_tup_read.saturating_sub(before.seq_tup_read),
            idx_scan: self.idx_scan.saturating_sub(before.idx_scan),
            idx_tup_fetch: self.idx_tup_fetch.saturating_sub(before.idx_tup_fetch),
            n_tup_ins: self.n_tup_ins.saturating_sub(before.n_tup_ins),
            n_tup_upd: self.n_tup_upd.saturating_sub(before.n_tup_upd),
            n_tup_del: self.n_tup_del.saturating_sub(before.n_tup_del),
            n_tup_hot_upd: self.n_tup_hot_upd.saturating_sub(before.n_tup_hot_upd),
            n_tup_newpage_upd: newpage,
            heap_blks_read: self.heap_blks_read.saturating_sub(before.heap_blks_read),
            heap_blks_hit: self.heap_blks_hit.saturating_sub(before.heap_blks_hit),
            idx_blks_read: self.idx_blks_read.saturating_sub(before.idx_blks_read),
            idx_blks_hit: self.idx_blks_hit.saturating_sub(before.idx_blks_hit),
            ..*self
        };
        let sums = added.sums();
        let moved = sums.iter().any(|(_, sum)| *sum > 0);
        (moved && sums.iter().all(|(_, sum)| *sum >= 0)).then_some(added)
    }

    /// Adds what another table counted: of times the later one.
    pub fn add(&mut self, other: &Self) {
        self.seq_scan = self.seq_scan.saturating_add(other.seq_scan);
        self.seq_tup_read = self.seq_tup_read.saturating_add(other.seq_tup_read);
        self.idx_scan = self.idx_scan.saturating_add(other.idx_scan);
        self.idx_tup_fetch = self.idx_tup_fetch.saturating_add(other.idx_tup_fetch);
        self.n_tup_ins = self.n_tup_ins.saturating_add(other.n_tup_ins);
        self.n_tup_upd = self.n_tup_upd.saturating_add(other.n_tup_upd);
        self.n_tup_del = self.n_tup_del.saturating_add(other.n_tup_del);
        self.n_tup_hot_upd = self.n_tup_hot_upd.saturating_add(other.n_tup_hot_upd);
        let newpage = self.n_tup_newpage_upd.into_iter().chain(other.n_tup_newpage_upd);
        self.n_tup_newpage_upd = newpage.reduce(i64::saturating_add);
        self.n_live_tup = self.n_live_tup.saturating_add(other.n_live_tup);
        self.n_dead_tup = self.n_dead_tup.saturating_add(other.n_dead_tup);
        self.n_mod_since_analyze =
            self.n_mod_since_analyze.saturating_add(other.n_mod_since_analyze);
        self.n_ins_since_vacuum = self.n_ins_since_vacuum.saturating_add(other.n_ins_since_vacuum);
        self.heap_blks_read = self.heap_blks_read.saturating_add(other.heap_blks_read);
        self.heap_blks_hit = self.heap_blks_hit.saturating_add(other.heap_blks_hit);
        self.idx_blks_read = self.idx_blks_read.saturating_add(other.idx_blks_read);
        self.idx_blks_hit = self.idx_blks_hit.saturating_add(other.idx_blks_hit);
        self.last_seq_scan_ms = self.last_seq_scan_ms.max(other.last_seq_scan_ms);
        self.last_idx_scan_ms = self.last_idx_scan_ms.max(other.last_idx_scan_ms);
    }

    /// What only grows until a reset, by its name in the catalog's views.
    pub fn sums(&self) -> [(&'static str, i64); 12] {
        [
            ("seq_scan", self.seq_scan),
            ("seq_tup_read", self.seq_tup_read),
            ("idx_scan", self.idx_scan),
            ("idx_tup_fetch", self.idx_tup_fetch),
            ("n_tup_ins", self.n_tup_ins),
            ("n_tup_upd", self.n_tup_upd),
            ("n_tup_del", self.n_tup_del),
            ("n_tup_hot_upd", self.n_tup_hot_upd),
            ("heap_blks_read", self.heap_blks_read),
            ("heap_blks_hit", self.heap_blks_hit),
            ("idx_blks_read", self.idx_blks_read),
            ("idx_blks_hit", self.idx_blks_hit),
        ]
    }

    /// How many rows were changed.
    pub fn changes(&self) -> i64 {
        self.n_tup_ins.saturating_add(self.n_tup_upd).saturating_add(self.n_tup_del)
    }
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

impl IndexSize {
    /// Its size in bytes.
    pub fn bytes(&self, block_bytes: u32) -> i64 {
        bytes(self.size_bytes, self.relpages, block_bytes)
    }
}

/// A size as of now, or by the pages of the last VACUUM.
pub(super) fn bytes(size_bytes: Option<i64>, relpages: u32, block_bytes: u32) -> i64 {
    size_bytes.unwrap_or_else(|| i64::from(relpages).saturating_mul(i64::from(block_bytes)))
}

/// The value of a storage parameter among `name=value`.
pub(super) fn option<'a>(reloptions: &'a [String], name: &str) -> Option<&'a str> {
    let pairs = reloptions.iter().filter_map(|option| option.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// What is as it is by default stays out of JSON: most counters of most tables are zero.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_whatever_a_server_counts_stay_at_the_limit() {
        for limit in [i64::MAX, i64::MIN] {
            let absurd = Counters {
                seq_scan: limit,
                seq_tup_read: limit,
                idx_scan: limit,
                idx_tup_fetch: limit,
                n_tup_ins: limit,
                n_tup_upd: limit,
                n_tup_del: limit,
                n_tup_hot_upd: limit,
                n_tup_newpage_upd: Some(limit),
                n_live_tup: limit,
                n_dead_tup: limit,
                n_mod_since_analyze: limit,
                n_ins_since_vacuum: limit,
                heap_blks_read: limit,
                heap_blks_hit: limit,
                idx_blks_read: limit,
                idx_blks_hit: limit,
                ..Counters::default()
            };
            let mut sum = absurd;
            sum.add(&absurd);
            assert_eq!(sum, absurd);
        }
    }
}
