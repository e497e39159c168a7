//! Changed join methods and join order.

use std::collections::HashSet;

use super::describe::instead;
use super::{Both, Change, Side, Topic};

/// At most this many nodes are looked at to name what a join joins.
const MAX_LOOKED_AT: usize = 64;
/// At most this many relations are named.
const MAX_NAMED: usize = 3;

/// Changed methods, then one sentence on the order.
pub(super) fn changes(both: &Both<'_>) -> Vec<Change> {
    let reordered: HashSet<usize> =
        both.matches.reordered.iter().map(|(before, _)| *before).collect();
    let kept = both.matches.pairs().filter(|(before, _)| !reordered.contains(before));
    let methods = kept.filter_map(|(before, after)| method(both, before, after));
    let mut changes: Vec<Change> = methods.collect();
    changes.extend(order(both));
    changes
}

fn method(both: &Both<'_>, before: usize, after: usize) -> Option<Change> {
    let (old, new) = (both.before.node(before)?, both.after.node(after)?);
    let joins = |kind: &str| ["Nested Loop", "Hash Join", "Merge Join"].contains(&kind);
    if !joins(&new.kind) || !joins(&old.kind) || new.kind == old.kind {
        return None;
    }
    Some(Change {
        topic: Topic::Join,
        before: Some(before),
        after: Some(after),
        effect_ms: both.delta(before, after, |_, own| own.total_ms).more(),
        message: format!(
            "{} are joined by {} instead of {}{}.",
            relations(both.after, after),
            new.kind,
            old.kind,
            instead(both, before, after)
        ),
    })
}

/// One sentence for all joins that were made in another order, on the lowest of them.
fn order(both: &Both<'_>) -> Option<Change> {
    let reordered = &both.matches.reordered;
    let before = reordered.iter().map(|(before, _)| *before).max()?;
    let after = reordered.iter().map(|(_, after)| *after).max()?;
    let own = reordered
        .iter()
        .map(|(before, after)| both.delta(*before, *after, |_, own| own.self_ms).more());
    Some(Change {
        topic: Topic::JoinOrder,
        before: Some(before),
        after: Some(after),
        effect_ms: own.sum(),
        message: format!(
            "The join order changed: first {} instead of {}.",
            relations(both.after, after),
            relations(both.before, before)
        ),
    })
}

/// The relations beneath a node: `a, b and 3 more`.
fn relations(side: Side<'_>, at: usize) -> String {
    let depth = side.node(at).map_or(0, |node| node.depth);
    let below = side.plan.nodes.iter().skip(at.saturating_add(1)).take(MAX_LOOKED_AT);
    let names: Vec<String> = below
        .take_while(|node| node.depth > depth)
        .filter(|node| node.kind.contains("Scan"))
        .filter_map(|node| node.relation.clone().or_else(|| node.object()))
        .collect();
    let more = names.len().saturating_sub(MAX_NAMED);
    let named = names.get(..MAX_NAMED.min(names.len())).unwrap_or_default();
    match (named, more) {
        ([first @ .., last], 0) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (_, 0) => named.join(", "),
        _ => format!("{} and {more} more", named.join(", ")),
    }
}
