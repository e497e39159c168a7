//! What a wrong row estimate spoiled: the time of the joins, sorts and scans that were chosen for the
//! wrong number of rows.

use std::collections::BTreeMap;

use super::Case;
use super::claims::{Claims, Part};
use crate::node::Node;

/// Nodes above that are looked at: an estimate that is wrong further down is no longer the cause.
const MAX_ABOVE: usize = 64;
/// The estimate of a node above is wrong for the same reason while it is off by this factor.
const STILL_OFF: f64 = 3.0;

/// The time that the wrong estimate of a node led to, by node. `spills`: what temporary files cost, by
/// the node that wrote them.
pub(super) fn spoiled(
    case: &Case<'_>,
    claims: &mut Claims<'_>,
    spills: &BTreeMap<usize, Vec<Part>>,
    at: usize,
) -> Vec<Part> {
    let Some(more) = case.derived.nodes.get(at).and_then(|own| own.estimate).map(|off| off.more)
    else {
        return vec![];
    };
    let (mut parts, mut below) = (vec![], vec![]);
    if !more {
        parts.extend(scan(case, at));
    }
    let mut child = at;
    for _ in 0..MAX_ABOVE {
        let own = case.plan.nodes.get(child).filter(|own| own.subplan.is_none());
        let Some((own, above)) = own.and_then(|own| Some((own, own.parent?))) else { break };
        let Some(node) = case.plan.nodes.get(above) else { break };
        let inner = own.relationship.as_deref() == Some("Inner");
        let others = || {
            let all = case.children(above);
            all.filter(|(other, node)| *other != child && node.subplan.is_none())
        };
        match node.kind.as_str() {
            // The inner side runs once for each row that was not expected.
            "Nested Loop" if more => {
                let own_ms = case.derived.nodes.get(above).and_then(|own| own.self_ms);
                parts.push(Part { at: above, ms: own_ms.unwrap_or(0.0) });
                if inner {
                    below.push(child);
                } else {
                    below.extend(others().map(|(other, _)| other));
                }
            }
            // The other side was read as a whole for rows that did not come.
            "Hash Join" | "Merge Join" if !more => below.extend(others().map(|(other, _)| other)),
            _ if more => parts.extend(spills.get(&above).into_iter().flatten()),
            _ => {}
        }
        let off = case.derived.nodes.get(above).and_then(|own| own.estimate);
        if off.is_some_and(|off| off.factor < STILL_OFF || off.more != more) && !passes(node) {
            break;
        }
        child = above;
    }
    parts.extend(claims.below(&below));
    parts
}

/// A scan that reads the whole table because many rows were expected of its condition.
fn scan(case: &Case<'_>, at: usize) -> Option<Part> {
    let node = case.plan.nodes.get(at).filter(|node| node.kind == "Seq Scan")?;
    let own = case.derived.nodes.get(at).filter(|_| node.get("Filter").is_some())?;
    let (removed, rows) = (own.removed_rows?, own.rows?);
    Some(Part { at, ms: own.self_ms? * removed / (removed + rows).max(1.0) })
}

/// Whether a node gives the rows of its child on, so that the next one above was chosen for them.
fn passes(node: &Node) -> bool {
    matches!(node.kind.as_str(), "Hash" | "Materialize" | "Memoize" | "Sort" | "Incremental Sort")
        || node.kind.starts_with("Gather")
}
