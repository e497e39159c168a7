//! Rule: a join returns many times the rows of its larger input.

use model::quantity::times;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::{Case, InForce, Judged, Missing};

/// Rows from which it is reported.
const MIN_ROWS: Limit = Limit {
    name: "min_rows",
    default: 1_000_000.0,
    unit: Unit::Count,
    source: "a million rows take about a tenth of a second to form",
};
/// How many times the larger input.
const MIN_FACTOR: Limit = Limit {
    name: "min_factor",
    default: 10.0,
    unit: Unit::Count,
    source: "a join along a foreign key never exceeds its larger side",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Join multiplies rows",
    effect: "Each row matches many on the other side, on both sides: everything above handles the product.",
    remedy: "See whether the condition is complete. If only one match counts, write EXISTS, or aggregate one side before the join instead of the product after it.",
    docs: "https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-JOIN",
    limits: &[MIN_ROWS, MIN_FACTOR],
};

/// Judges hash and merge joins: what they give against what they get.
pub fn multiplied_rows(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let mut found = vec![];
    let joins = |kind: &str| matches!(kind, "Hash Join" | "Merge Join");
    for (at, node, own) in case.nodes().filter(|(_, node, _)| joins(&node.kind)) {
        let Some((outer, inner)) = case.inputs(at) else { continue };
        let (rows, left, right) = (case.rows(at), case.rows(outer), case.rows(inner));
        let factor = rows / left.max(right).max(1.0);
        if rows < limits.get(&MIN_ROWS) || factor < limits.get(&MIN_FACTOR) {
            continue;
        }
        let made = if case.is_analyzed() { "made" } else { "would make" };
        let condition = node.get("Hash Cond").or(node.get("Merge Cond")).unwrap_or_default();
        let message = format!(
            "{} {made} {} rows of {} and {}, {} the larger side, by {condition}.",
            node.name(),
            count(rows),
            count(left),
            count(right),
            times(factor)
        );
        let numbers = vec![
            evidence("rows", rows, Unit::Count),
            evidence("rows of the outer side", left, Unit::Count),
            evidence("rows of the inner side", right, Unit::Count),
        ];
        let remedy = words(ABOUT.remedy, "every combination is wanted.");
        found.push(case.finding(limits, at, own.self_ms, message, numbers, remedy));
    }
    Ok(found)
}
