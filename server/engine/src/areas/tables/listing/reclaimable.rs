//! The tables of which a rewrite would give back most.

use std::cmp::Reverse;

use model::tables::Reclaimable;
use model::tables::listing::{MOST_RECLAIMABLE, RECLAIMABLE_FROM_BYTES, Row};

use super::matching::Match;
use super::row;

/// Those of what matches, by the low end of the estimate, and the sum of all.
pub(super) fn most(matches: &[Match<'_>]) -> (Vec<Row>, Reclaimable) {
    let (mut sum, mut most) = (Reclaimable::default(), Vec::new());
    for one in matches {
        match one.reclaimable() {
            Some(known) => {
                sum = sum.plus(known);
                most.extend((known.high >= RECLAIMABLE_FROM_BYTES).then_some((known, one)));
            }
            None => sum.unknown = sum.unknown.saturating_add(1),
        }
    }
    most.sort_by_key(|(one, of)| (Reverse((one.low, one.high)), of.datname, of.entry.table.oid));
    let rows = most.into_iter().take(MOST_RECLAIMABLE).map(|(_, one)| row(one)).collect();
    (rows, sum)
}
