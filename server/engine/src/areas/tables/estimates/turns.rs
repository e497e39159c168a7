//! In which order tables are estimated, and when an estimate no longer holds. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::HashSet;
use model::tables::{Kind, Table};

/// What an estimate was made with, as a hash: it is made anew where this changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadWith(u64);

/// When a table was analysed, how many columns it has and which indexes.
pub fn read_with(table: &Table) -> ReadWith {
    let mut hasher = DefaultHasher::new();
    (table.maintenance.analyzed_ms(), table.relnatts).hash(&mut hasher);
    table.indexes.iter().for_each(|index| index.oid.hash(&mut hasher));
    ReadWith(hasher.finish())
}

/// A table whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its oid.
    pub oid: u32,
    /// Where it is among the tables of the reading.
    pub place: usize,
    /// Whether it is one of the largest, whose columns are kept.
    pub is_kept: bool,
    /// When it was estimated, ms since the epoch; 0 if never.
    pub since_ms: i64,
}

/// The tables that hold rows themselves, the largest first.
pub struct Ranked(Vec<(i64, u32, usize)>);

/// Ranks the tables of a reading.
pub fn ranked(tables: &[Arc<Table>], block_bytes: u32) -> Ranked {
    let own = tables.iter().enumerate().filter(|(_, table)| table.kind != Kind::Partitioned);
    let sized = own.map(|(place, table)| (table.total_bytes(block_bytes), table.oid, place));
    let mut sized: Vec<(i64, u32, usize)> = sized.collect();
    sized.sort_unstable_by(|a, b| b.cmp(a));
    Ranked(sized)
}

impl Ranked {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Their places among the tables of the reading.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(_, _, place)| *place)
    }

    /// The oids of the largest.
    pub fn largest(&self, most: usize) -> HashSet<u32> {
        self.0.iter().take(most).map(|(_, oid, _)| *oid).collect()
    }

    /// All oids.
    pub fn oids(&self) -> HashSet<u32> {
        self.largest(usize::MAX)
    }
}
