//! Actual rows over all loops, and the factor by which the planner's row estimate is off.

use serde::{Deserialize, Serialize};

use super::{Derived, Interval};
use crate::node::{Node, Plan};

/// How far the planner's rows are off, per loop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The greater of planned and real rows over the smaller; at least 1. Fewer than one row counts
    /// as one, because the planner never expects less.
    pub factor: f64,
    /// Whether there were more rows than planned.
    pub more: bool,
}

/// What a node throws away.
const REMOVED: [&str; 4] = [
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
    "Rows Removed by Conflict Filter",
];

pub(super) fn derive(plan: &Plan, derived: &mut Derived) {
    let mut children_cost = vec![0.0; plan.nodes.len()];
    for node in &plan.nodes {
        let subplan = node.subplan.is_some();
        if let (Some(cost), Some(sum)) =
            (node.cost, node.parent.and_then(|parent| children_cost.get_mut(parent)))
        {
            *sum += if subplan { 0.0 } else { cost.total };
        }
    }
    let empty = empty_hashes(plan);
    for (at, node) in plan.nodes.iter().enumerate() {
        let cut = node.parent.is_some_and(|above| {
            let above_cut = derived.nodes.get(above).is_some_and(|above| above.cut_short);
            let no_match = node.kind != "Hash" && empty.get(above) == Some(&true);
            no_match || plan.nodes.get(above).is_some_and(|above| cuts(above, node, above_cut))
        });
        let Some(out) = derived.nodes.get_mut(at) else { break };
        out.cut_short = cut;
        let children = children_cost.get(at).copied().unwrap_or(0.0);
        out.self_cost = node.cost.map(|cost| (cost.total - children).max(0.0));
        let Some(actual) = node.actual else { continue };
        let slack = if actual.fractional_rows { 0.005 } else { 0.5 };
        let slack = if actual.loops > 1.0 { slack * actual.loops } else { 0.0 };
        let rows = actual.rows * actual.loops;
        out.rows = Some(rows);
        out.rows_range = Some(Interval { low: (rows - slack).max(0.0), high: rows + slack });
        let removed: Vec<f64> = REMOVED.iter().filter_map(|key| node.number(key)).collect();
        if !removed.is_empty() {
            out.removed_rows = Some(removed.iter().sum::<f64>() * actual.loops);
        }
        // These yield a bitmap or nothing, and print no rows.
        let rowless = matches!(node.kind.as_str(), "BitmapAnd" | "BitmapOr" | "ModifyTable");
        if actual.loops > 0.0 && !rowless {
            // PostgreSQL never expects less than a row of what it plans: 0 is what Citus prints for what
            // its workers plan.
            out.estimate = node.cost.filter(|cost| cost.rows > 0.0).map(|cost| {
                let (real, planned) = (actual.rows.max(1.0), cost.rows.max(1.0));
                Estimate { factor: (real / planned).max(planned / real), more: real > planned }
            });
        }
    }
}

/// By node: whether a hash below it is empty. Then a join stops its other side after one row
/// (`ExecHashJoinImpl` in `nodeHashjoin.c`).
fn empty_hashes(plan: &Plan) -> Vec<bool> {
    let mut empty = vec![false; plan.nodes.len()];
    for node in plan.nodes.iter().filter(|node| node.kind == "Hash") {
        let rows = node.actual.filter(|actual| actual.loops > 0.0).map(|actual| actual.rows);
        if let (Some(0.0), Some(above)) = (rows, node.parent.and_then(|at| empty.get_mut(at))) {
            *above = true;
        }
    }
    empty
}

/// Whether a node may stop its child before the child is done.
fn cuts(above: &Node, child: &Node, above_cut: bool) -> bool {
    if let Some(name) = &child.subplan {
        // EXISTS and ANY stop at the first row that answers them; a scalar subquery gives no more either.
        return !name.starts_with("CTE ") && child.actual.is_some_and(|actual| actual.rows <= 1.0);
    }
    let blocking = matches!(
        above.kind.as_str(),
        "Sort" | "Hash" | "Aggregate" | "ModifyTable" | "Recursive Union"
    ) || above.kind.starts_with("Bitmap");
    let inner = child.relationship.as_deref() == Some("Inner");
    let first_match = matches!(above.get("Join Type").as_deref(), Some("Semi" | "Anti"))
        || above.is("Inner Unique");
    above.kind == "Limit"
        || above.kind == "Merge Join"
        || (inner && first_match && above.kind == "Nested Loop")
        || (above_cut && !blocking)
}
