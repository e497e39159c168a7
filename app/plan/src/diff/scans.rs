//! Changed scans: another index, another scan type, more or fewer partitions.

use std::collections::HashMap;

use super::describe::instead;
use super::{Both, Change, Side, Topic};
use crate::node::Plan;

/// Changed scans, then changed numbers of partitions.
pub(super) fn changes(both: &Both<'_>) -> Vec<Change> {
    let indexes = [indexes(both.before.plan), indexes(both.after.plan)];
    let mut changes: Vec<Change> = both
        .matches
        .pairs()
        .filter_map(|(before, after)| scan(both, &indexes, before, after))
        .collect();
    changes.extend(partitions(both));
    changes
}

/// By scan: the indexes it goes through, in their order. Those of a bitmap stand beneath it.
fn indexes(plan: &Plan) -> HashMap<usize, Vec<&str>> {
    let mut found: HashMap<usize, Vec<&str>> = HashMap::new();
    let mut owners: Vec<usize> = Vec::with_capacity(plan.nodes.len());
    for (at, node) in plan.nodes.iter().enumerate() {
        let part = node.kind.starts_with("Bitmap") && node.kind != "Bitmap Heap Scan";
        let above = node.parent.and_then(|parent| owners.get(parent)).copied();
        let owner = above.filter(|_| part).unwrap_or(at);
        owners.push(owner);
        if let Some(index) = &node.index {
            found.entry(owner).or_default().push(index);
        }
    }
    found
}

fn scan(
    both: &Both<'_>,
    indexes: &[HashMap<usize, Vec<&str>>; 2],
    before: usize,
    after: usize,
) -> Option<Change> {
    let (old, new) = (both.before.node(before)?, both.after.node(after)?);
    let relation = new.relation.as_ref()?;
    if !new.kind.contains("Scan") || !old.kind.contains("Scan") {
        return None;
    }
    let [was, is] = indexes;
    let none = Vec::new();
    let (was, is) = (was.get(&before).unwrap_or(&none), is.get(&after).unwrap_or(&none));
    let plain = |kind: &str| kind.trim_start_matches("Parallel ").to_owned();
    let (old_kind, new_kind) = (plain(&old.kind), plain(&new.kind));
    let gone: Vec<&str> = was.iter().filter(|index| !is.contains(index)).copied().collect();
    let came: Vec<&str> = is.iter().filter(|index| !was.contains(index)).copied().collect();
    if gone.is_empty() && came.is_empty() && old_kind == new_kind {
        return None;
    }
    let how =
        if old_kind == new_kind { old_kind } else { format!("{new_kind} instead of {old_kind}") };
    let figures = instead(both, before, after);
    let message = match (gone.is_empty(), came.is_empty()) {
        (false, true) => format!(
            "The index {} on {relation} is no longer used: {how}{figures}.",
            gone.join(" and ")
        ),
        (true, false) => {
            format!("The index {} on {relation} is now used: {how}{figures}.", came.join(" and "))
        }
        (false, false) => format!(
            "{relation} is read through the index {} instead of {}: {how}{figures}.",
            came.join(" and "),
            gone.join(" and ")
        ),
        (true, true) => format!("{relation} is read by {how}{figures}."),
    };
    Some(Change {
        topic: Topic::Scan,
        before: Some(before),
        after: Some(after),
        effect_ms: both.delta(before, after, |_, own| own.total_ms).more(),
        message,
    })
}

/// Appends that read more or fewer partitions than before. With a single one left there is no Append.
fn partitions(both: &Both<'_>) -> Vec<Change> {
    let (before, after) = (members(both.before), members(both.after));
    let mut changes = vec![];
    for (at, own) in &before {
        let other = both.matches.of_before.get(*at).copied().flatten();
        let matched =
            own.iter().filter(|at| both.matches.of_before.get(**at).is_some_and(Option::is_some));
        let is = match other.and_then(|other| after.get(&other)) {
            Some(members) => members.len(),
            None => matched.count(),
        };
        changes.extend(partition(both, (Some(*at), own.len()), (other, is), own, both.before));
    }
    for (at, own) in &after {
        // Those with a counterpart were compared above.
        let known = both.matches.of_after.get(*at).copied().flatten();
        if known.is_some_and(|known| before.contains_key(&known)) {
            continue;
        }
        let matched =
            own.iter().filter(|at| both.matches.of_after.get(**at).is_some_and(Option::is_some));
        changes.extend(partition(
            both,
            (known, matched.count()),
            (Some(*at), own.len()),
            own,
            both.after,
        ));
    }
    changes
}

/// By Append: the relations read right beneath it.
fn members(side: Side<'_>) -> HashMap<usize, Vec<usize>> {
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, node) in side.plan.nodes.iter().enumerate() {
        let Some(parent) = node.parent.filter(|_| node.relation.is_some()) else { continue };
        if side.node(parent).is_some_and(|above| super::matching::work(above) == "append") {
            members.entry(parent).or_default().push(at);
        }
    }
    members
}

fn partition(
    both: &Both<'_>,
    (before, was): (Option<usize>, usize),
    (after, is): (Option<usize>, usize),
    members: &[usize],
    side: Side<'_>,
) -> Option<Change> {
    if was == is || was == 0 || is == 0 {
        return None;
    }
    let mut names = members.iter().filter_map(|at| side.node(*at)?.relation.as_deref());
    let first = names.next().unwrap_or_default();
    let figures = before.zip(after).map(|(before, after)| instead(both, before, after));
    let effect = before
        .zip(after)
        .and_then(|(before, after)| both.delta(before, after, |_, own| own.total_ms).more());
    Some(Change {
        topic: Topic::Partitions,
        before,
        after,
        effect_ms: effect,
        message: format!(
            "{is} partitions (such as {first}) are read instead of {was}{}.",
            figures.unwrap_or_default()
        ),
    })
}
