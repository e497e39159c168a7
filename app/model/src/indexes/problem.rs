//! What is wrong with indexes, as far as definitions and counters tell. Rules judge what is worth saying.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::overlap::{are_equal, covers};
use super::{DatabaseIndexes, Index};

/// What is wrong with an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// Queries may not use it.
    Invalid,
    /// Another has the same definition.
    Duplicate,
    /// Another begins with its columns.
    Redundant,
    /// Nobody scanned it on this server since scans are counted.
    Unused,
}

impl ProblemKind {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Invalid, Self::Duplicate, Self::Redundant, Self::Unused];

    /// The word in addresses and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
            Self::Redundant => "redundant",
            Self::Unused => "unused",
        }
    }
}
crate::named::named!(ProblemKind);

/// One thing that is wrong with one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The table, by oid.
    pub indrelid: u32,
    /// The index, by oid.
    pub oid: u32,
    /// What is wrong.
    pub kind: ProblemKind,
    /// The index that does its work, by oid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<u32>,
}

/// What is wrong with the indexes of a database. An index that does the work of one that is to be dropped is
/// not called unused, and none of two is dropped for the other's sake.
pub fn problems(database: &DatabaseIndexes) -> Vec<Problem> {
    let referenced: HashSet<u32> = database.foreign_keys.iter().map(|key| key.conindid).collect();
    let mut found = Vec::new();
    for of_table in database.indexes.chunk_by(|one, other| one.indrelid == other.indrelid) {
        let from = found.len();
        invalid(of_table, &mut found);
        overlaps(of_table, &referenced, &mut found);
        let told = found.get(from..).unwrap_or_default();
        let taken: HashSet<u32> =
            told.iter().flat_map(|problem| [Some(problem.oid), problem.other]).flatten().collect();
        let free: Vec<Problem> = of_table
            .iter()
            .filter(|index| !taken.contains(&index.oid) && is_unused(database, index, &referenced))
            .map(|index| problem(index, ProblemKind::Unused, None))
            .collect();
        found.extend(free);
    }
    found
}

fn problem(index: &Index, kind: ProblemKind, other: Option<u32>) -> Problem {
    Problem { indrelid: index.indrelid, oid: index.oid, kind, other }
}

/// A partitioned table's index is invalid until each partition has its part: nothing is left over then.
fn invalid(of_table: &[Arc<Index>], found: &mut Vec<Problem>) {
    let broken = of_table.iter().filter(|index| !index.works() && !index.partitioned);
    found.extend(broken.map(|index| problem(index, ProblemKind::Invalid, None)));
}

fn overlaps(of_table: &[Arc<Index>], referenced: &HashSet<u32>, found: &mut Vec<Problem>) {
    // Those that can go without a loss first, and of them the least used.
    let working = of_table.iter().filter(|index| index.works());
    let mut in_order: Vec<&Index> = working.map(Arc::as_ref).collect();
    let stays = |index: &Index| index.has_duty_but_unique() || referenced.contains(&index.oid);
    in_order.sort_by_key(|index| (stays(index), index.idx_scan, std::cmp::Reverse(index.oid)));
    let mut gone = HashMap::new();
    for (at, index) in in_order.iter().enumerate() {
        if index.parent.is_some() {
            continue;
        }
        let mut others = in_order
            .iter()
            .enumerate()
            .rev()
            .filter(|(place, other)| *place != at && !gone.contains_key(&other.oid));
        let equal = others.clone().find(|(_, other)| are_equal(other, index));
        let kind = match equal {
            Some((_, other)) => Some((ProblemKind::Duplicate, other.oid)),
            // What is kept for another reason than its scans is not replaced by a wider one.
            None if stays(index) => None,
            None => others
                .find(|(_, other)| covers(other, index))
                .map(|(_, other)| (ProblemKind::Redundant, other.oid)),
        };
        if let Some((kind, other)) = kind {
            gone.insert(index.oid, other);
            found.push(problem(index, kind, Some(other)));
        }
    }
}

impl Index {
    /// Whether dropping it takes more away than an index, where another index is as unique.
    fn has_duty_but_unique(&self) -> bool {
        self.conname.is_some() || self.indisreplident || self.indisclustered || self.indisexclusion
    }
}

fn is_unused(database: &DatabaseIndexes, index: &Index, referenced: &HashSet<u32>) -> bool {
    let supports = || {
        let keys = database.keys_of(index.indrelid);
        keys.iter().any(|key| key.is_supported_by(index))
    };
    index.idx_scan == 0
        && index.last_idx_scan_ms.is_none()
        && index.works()
        && index.parent.is_none()
        && !index.has_duty()
        && !referenced.contains(&index.oid)
        && !supports()
}
