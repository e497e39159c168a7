//! The tables of which a rewrite would give back most.

use std::cmp::Reverse;

use model::tables::Reclaimable;
use model::tables::listing::{MOST_RECLAIMABLE, RECLAIMABLE_FROM_BYTES, Row};

use super::matching::Match;
use super::row;

/// Those of what matches, by the low end of the estimate, and the sum of all.
pub(super) fn most(matches: &[Match<'_>]) -> (Vec<Row>, Reclaimable) {
    let known = || matches.iter().filter_map(|one| Some((one.sums.reclaimable?, one)));
    let sum = known().fold(Reclaimable::default(), |sum, (one, _)| sum.plus(one));
    let unknown = matches.iter().filter(|one| one.sums.reclaimable.is_none()).count();
    let mut most: Vec<_> = known().filter(|(one, _)| one.high >= RECLAIMABLE_FROM_BYTES).collect();
    most.sort_by_key(|(one, of)| (Reverse((one.low, one.high)), of.datname, of.entry.table.oid));
    let rows = most.into_iter().take(MOST_RECLAIMABLE).map(|(_, one)| row(one)).collect();
    (rows, Reclaimable { unknown: sum.unknown + unknown, ..sum })
}
