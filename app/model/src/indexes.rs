//! Indexes of all databases: what they are, what they cost, who scans them, and what is wrong with them.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod detail;
mod duty;
mod foreign_key;
mod index;
pub mod listing;
pub mod overlap;
mod problem;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::of_database::OfDatabase;

pub use duty::Duty;
pub use foreign_key::{ForeignKey, Parts};
pub use index::{Index, Key, Owner, Texts};
pub use listing::{Listing, Question};
pub use problem::{Problem, ProblemKind, problems};

/// Everything the area reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Indexes {
    /// One entry for each database that may be connected to, that of the connection string first.
    pub databases: Vec<OfDatabase<DatabaseIndexes>>,
    /// How many indexes there are, where the indexes themselves are left out: the event stream carries no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// The indexes of one database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DatabaseIndexes {
    /// The server's major version.
    pub major: u16,
    /// The server's clock as they were read, ms since the epoch.
    pub server_now_ms: i64,
    /// Since when scans are counted at the earliest, ms since the epoch: the last reset, or the last crash.
    pub counted_since_ms: Option<i64>,
    /// Size of a block.
    pub block_bytes: u32,
    /// Whether there was a reading before to compare with, and counters were not reset meanwhile. Without one nothing
    /// is known of scans and entries since then, whatever the indexes and tables carry.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub compared: bool,
    /// Whether scans are counted at all (`track_counts`).
    pub track_counts: bool,
    /// Whether the server is a standby: its indexes are changed on its primary.
    pub in_recovery: bool,
    /// Standbys that stream from the server now; None where that cannot be seen.
    pub standbys: Option<i64>,
    /// Physical replication slots that nobody uses now: a standby may come back to each.
    pub idle_slots: Option<i64>,
    /// Tables whose indexes are being built now, by oid; None stands for one that is hidden from our role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub builds: Vec<Option<u32>>,
    /// Tables, materialized views and partitioned tables that are not the system's, by oid.
    pub owners: Vec<Arc<Owner>>,
    /// Indexes that are not the system's, by table and oid.
    pub indexes: Vec<Arc<Index>>,
    /// Foreign keys, by table.
    pub foreign_keys: Vec<ForeignKey>,
    /// What is wrong with indexes, as far as definitions and counters tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

fn yes() -> bool {
    true
}

impl Indexes {
    /// How many there are, without the indexes themselves.
    pub fn counted(&self) -> Self {
        let of = self.databases.iter().filter_map(|database| database.known());
        let count = of.map(|database| database.indexes.len() as u64).sum();
        Self { databases: Vec::new(), count: Some(count) }
    }
}

impl DatabaseIndexes {
    /// A table by its oid.
    pub fn owner(&self, oid: u32) -> Option<&Owner> {
        let at = self.owners.binary_search_by_key(&oid, |owner| owner.oid).ok()?;
        self.owners.get(at).map(Arc::as_ref)
    }

    /// An index of a table by its oid.
    pub fn index(&self, indrelid: u32, oid: u32) -> Option<&Index> {
        let key = |index: &Arc<Index>| (index.indrelid, index.oid);
        let at = self.indexes.binary_search_by_key(&(indrelid, oid), key).ok()?;
        self.indexes.get(at).map(Arc::as_ref)
    }

    /// The indexes of a table.
    pub fn of_table(&self, indrelid: u32) -> &[Arc<Index>] {
        let from = self.indexes.partition_point(|index| index.indrelid < indrelid);
        let until = self.indexes.partition_point(|index| index.indrelid <= indrelid);
        self.indexes.get(from..until).unwrap_or_default()
    }

    /// The foreign keys of a table.
    pub fn keys_of(&self, conrelid: u32) -> &[ForeignKey] {
        let from = self.foreign_keys.partition_point(|key| key.conrelid < conrelid);
        let until = self.foreign_keys.partition_point(|key| key.conrelid <= conrelid);
        self.foreign_keys.get(from..until).unwrap_or_default()
    }

    /// Scans of an index since the reading before; None where that is not known.
    pub fn scanned(&self, index: &Index) -> Option<i64> {
        index.scanned.filter(|_| self.compared)
    }

    /// Entries a second that each index of a table got since the reading before, at most; None where that is not known.
    pub fn entries_per_s(&self, owner: &Owner) -> Option<f64> {
        owner.entries_per_s.filter(|_| self.compared)
    }

    /// The size of an index as of the last VACUUM, ANALYZE or CREATE INDEX, bytes.
    pub fn size_bytes(&self, index: &Index) -> f64 {
        f64::from(index.relpages) * f64::from(self.block_bytes)
    }

    /// The size of a table without indexes and TOAST as of then, bytes.
    pub fn table_bytes(&self, owner: &Owner) -> f64 {
        f64::from(owner.relpages) * f64::from(self.block_bytes)
    }

    /// Since when an index's scans are counted at the earliest, ms since the epoch.
    pub fn counted_since_ms(&self, index: &Index) -> Option<i64> {
        self.counted_since_ms.max(index.stats_reset_ms)
    }

    /// How long that is, ms.
    pub fn counted_for_ms(&self, index: &Index) -> Option<i64> {
        Some(self.server_now_ms.saturating_sub(self.counted_since_ms(index)?).max(0))
    }
}
