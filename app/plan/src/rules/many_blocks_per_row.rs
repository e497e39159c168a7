//! Rule: a scan reads far more blocks than its rows can fill: dead rows, bloat.

use model::quantity::plural;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::{Case, InForce, Judged, Missing};
use crate::derive::{Counter, DerivedNode};
use crate::node::Node;

/// Blocks from which it is reported.
const MIN_BLOCKS: Limit = Limit {
    name: "min_blocks",
    default: 1000.0,
    unit: Unit::Count,
    source: "8 MB; less is read in a few milliseconds",
};
/// How many times the blocks that its rows need.
const MIN_FACTOR: Limit = Limit {
    name: "min_factor",
    default: 10.0,
    unit: Unit::Count,
    source: "one block in ten has a row that counts",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Many blocks for few rows",
    effect: "Most blocks are read for rows that are dead or for empty space.",
    remedy: "VACUUM the table, and find out what kept it from being vacuumed.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html",
    limits: &[MIN_BLOCKS, MIN_FACTOR],
};

/// Blocks from an index's root to a leaf, and one of the heap.
const BLOCKS_PER_SEARCH: f64 = 8.0;
/// A leaf of the index and a block of the heap, both visited for this row alone.
const BLOCKS_PER_ROW: f64 = 2.0;

const IN_INDEX: &str = "Entries of dead rows are visited again and again until VACUUM removes them: run VACUUM (VERBOSE) on the table. If it reports rows that are dead but not yet removable, an old transaction, a prepared one, a replication slot or a standby's hot_standby_feedback keeps them; end that first. A table used as a queue needs autovacuum far more often. If the condition leaves out the index's first column, the whole index is read instead: then another index is wanted.";
const IN_TABLE: &str = "VACUUM makes the space usable for new rows, and autovacuum should have: see whether an old transaction keeps dead rows. The table stays as large as it is until pg_repack or VACUUM FULL, which locks it, writes it anew.";
const TOASTED: &str = "the rows hold large values, whose blocks in TOAST count here too.";

/// Judges the blocks of scans against their rows.
pub fn many_blocks_per_row(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.buffers()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let in_index = matches!(node.kind.as_str(), "Index Scan" | "Index Only Scan");
        let (Some(needed), Some(counters)) = (needed(node, own, in_index), own.counters) else {
            continue;
        };
        let blocks = counters.get(Counter::SharedHit) + counters.get(Counter::SharedRead);
        if blocks < limits.get(&MIN_BLOCKS) || blocks < needed.max(1.0) * limits.get(&MIN_FACTOR) {
            continue;
        }
        let rows = own.rows.unwrap_or(0.0) + own.removed_rows.unwrap_or(0.0);
        let message = format!(
            "{} read {} blocks to find {}.",
            node.name(),
            count(blocks),
            plural(rows as i64, "row", "rows")
        );
        let numbers = vec![
            evidence("blocks", blocks, Unit::Count),
            evidence("rows found", rows, Unit::Count),
        ];
        let remedy = words(if in_index { IN_INDEX } else { IN_TABLE }, TOASTED);
        let saves = own.self_ms.map(|ms| ms * (1.0 - needed / blocks));
        found.push(case.finding(limits, at, saves, message, numbers, remedy));
    }
    Ok(found)
}

/// The most blocks that a scan needs for its rows, kept or not, if these were all there is.
fn needed(node: &Node, own: &DerivedNode, in_index: bool) -> Option<f64> {
    let rows = own.rows? + own.removed_rows.unwrap_or(0.0);
    let loops = node.actual.map(|actual| actual.loops).filter(|loops| *loops > 0.0)?;
    match node.kind.as_str() {
        // At least one row lies in each block.
        "Seq Scan" | "Bitmap Heap Scan" => Some(rows),
        // The nearest rows are not found in one go, and how long a list is that is a parameter is not known.
        _ if in_index && node.get("Order By").is_none() => {
            let condition = node.get("Index Cond").unwrap_or_default();
            if condition.contains("ANY ($") {
                return None;
            }
            let listed = condition.matches(',').count() as f64;
            let searches = node.number("Index Searches").unwrap_or(0.0) + loops * (1.0 + listed);
            Some(rows * BLOCKS_PER_ROW + searches * BLOCKS_PER_SEARCH)
        }
        _ => None,
    }
}
