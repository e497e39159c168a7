//! Rule: rows kept for a window, a CTE or another pass exceeded work_mem and went to temporary files.

use std::collections::BTreeSet;

use model::quantity::number;
use model::{About, Limit, Unit};

use super::case::evidence;
use super::measured::words;
use super::setting::Setting;
use super::unhashed_subplan::is_compared_with;
use super::{Case, InForce, Judged, Missing};
use crate::derive::{Counter, DerivedNode};
use crate::node::Node;

/// Temporary blocks from which it is reported where the node does not say what it kept.
const MIN_TEMP_BLOCKS: Limit = Limit {
    name: "min_temp_blocks",
    default: 500.0,
    unit: Unit::Count,
    source: "the default of work_mem, 4 MB",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Kept rows went to disk",
    effect: "Rows that are read more than once are written to temporary files and read back.",
    remedy: "Keep fewer or narrower rows, or raise work_mem for this statement.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM",
    limits: &[MIN_TEMP_BLOCKS],
};

/// In memory rows take up to three times the space, as in a sort.
const IN_MEMORY: f64 = 3.0;

/// Judges the storage of nodes that keep rows.
pub fn spilled_tuplestore(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    let (mut keeps, mut ctes) = (false, BTreeSet::new());
    for (at, node, own) in case.nodes() {
        let Some(advice) = advice(&node.kind) else { continue };
        // The rows that a condition compares with one by one have another cause, and the scans of one CTE
        // share what it keeps.
        let cte = node.get("CTE Name");
        if is_compared_with(case, at).is_some()
            || cte.as_ref().is_some_and(|cte| ctes.contains(cte))
        {
            continue;
        }
        keeps |= node.get("Storage").is_none();
        let Some(bytes) = on_disk(node, own, limits.get(&MIN_TEMP_BLOCKS)) else { continue };
        ctes.extend(cte);
        let needed_mb = (bytes * IN_MEMORY / 1_048_576.0).ceil().max(1.0);
        let message = format!(
            "{} kept {} of rows in temporary files; in memory they would need about {} of work_mem.",
            node.name(),
            number(bytes, Unit::Bytes),
            number(needed_mb * 1_048_576.0, Unit::Bytes)
        );
        let numbers = vec![
            evidence("on disk", bytes, Unit::Bytes),
            evidence("work_mem needed (estimate)", needed_mb * 1_048_576.0, Unit::Bytes),
        ];
        let mut remedy = words(
            Setting::advice(case, needed_mb, &format!("{advice} {}", ABOUT.remedy)),
            "too many sessions do this at the same time.",
        );
        remedy.lock = Some("Takes no lock; applies to one transaction.".into());
        remedy.undo = Some("Undone when the transaction ends.".into());
        let saves = own.self_ms.map(|ms| case.temp_ms([at]).map_or(ms / 2.0, |most| ms.min(most)));
        let proposal = Setting::work_mem(case, needed_mb);
        found.push(case.finding(limits, at, saves, message, numbers, remedy).proposing(proposal));
    }
    if found.is_empty() && keeps {
        case.buffers()?;
    }
    Ok(found)
}

/// Bytes on disk: as printed from PostgreSQL 18, or by the node's own temporary blocks.
fn on_disk(node: &Node, own: &DerivedNode, least: f64) -> Option<f64> {
    match node.get("Storage") {
        Some(storage) if storage == "Disk" => {
            node.number("Maximum Storage").map(|kilobytes| kilobytes * 1024.0)
        }
        Some(_) => None,
        None => {
            let written = own.counters?.get(Counter::TempWritten);
            (written >= least).then_some(written * 8192.0)
        }
    }
}

/// What makes a node keep fewer rows; `None` of those that keep none.
fn advice(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "WindowAgg" => {
            "A window keeps its partition: partition it finer, or write a frame that starts near the row (ROWS … PRECEDING)."
        }
        "CTE Scan" => "NOT MATERIALIZED keeps no rows of a CTE that is read once.",
        "Materialize" => {
            "The rows are kept because a join reads them again: an index there, or a hash join, needs no copy."
        }
        "Function Scan" | "Table Function Scan" => {
            "A function in FROM gives all its rows before the first is used: call it in the SELECT list, or have it give fewer."
        }
        "Recursive Union" | "WorkTable Scan" => {
            "Each round of the recursion keeps its rows: carry fewer columns along."
        }
        _ => return None,
    })
}
