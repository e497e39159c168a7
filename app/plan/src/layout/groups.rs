//! Groups of similar siblings, such as the partitions of an Append, folded into one tile with their
//! sum.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::{ends, sums};
use crate::derive::Derived;
use crate::node::Plan;

/// More alike siblings in a row than this are folded: as many still fit side by side on a screen.
const MOST_UNFOLDED: usize = 8;

/// Siblings in a row with the same kind and shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The roots of its members; the first one is the group's name.
    pub members: Vec<usize>,
    /// The nodes of all members, those beneath them included.
    pub nodes: usize,
    /// The first node behind the last member.
    pub end: usize,
    /// Self time of all those nodes, ms.
    pub self_ms: Option<f64>,
    /// Rows of the members.
    pub rows: Option<f64>,
    /// The member that took the most time, or has the highest cost where nothing was timed.
    pub worst: usize,
}

impl Group {
    /// The place of its first member, by which it is opened and closed.
    pub fn first(&self) -> usize {
        self.members.first().copied().unwrap_or_default()
    }
}

/// All groups of a plan in the order of their first members; groups may stand within groups.
pub fn groups(plan: &Plan, derived: &Derived) -> Vec<Group> {
    let ends = ends(plan);
    let shapes = shapes(plan);
    let timed = derived.nodes_ms.is_some();
    let times = sums(plan, derived.nodes.iter().map(|node| node.self_ms.unwrap_or_default()));
    let weigh = |at: usize| {
        let cost = || plan.nodes.get(at).and_then(|node| node.cost).map(|cost| cost.total);
        if timed { times.get(at).copied() } else { cost() }.unwrap_or_default()
    };
    let mut groups: Vec<Group> = vec![];
    for members in runs(plan, &shapes) {
        let end = members.last().and_then(|last| ends.get(*last)).copied().unwrap_or_default();
        let first = members.first().copied().unwrap_or_default();
        let rows = members.iter().filter_map(|at| derived.nodes.get(*at)?.rows);
        // The first of several that weigh the same.
        let worst = members.iter().copied().rev().max_by(|a, b| weigh(*a).total_cmp(&weigh(*b)));
        groups.push(Group {
            nodes: end.saturating_sub(first),
            end,
            self_ms: timed.then(|| members.iter().map(|at| weigh(*at)).sum()),
            rows: timed.then(|| rows.sum()),
            worst: worst.unwrap_or(first),
            members,
        });
    }
    groups.sort_by_key(Group::first);
    groups
}

/// The runs of alike siblings that are long enough.
fn runs(plan: &Plan, shapes: &[u64]) -> Vec<Vec<usize>> {
    let mut open: Vec<Vec<usize>> = vec![vec![]; plan.nodes.len()];
    let mut runs = vec![];
    let mut close = |run: Vec<usize>| {
        if run.len() > MOST_UNFOLDED {
            runs.push(run);
        }
    };
    for (at, node) in plan.nodes.iter().enumerate() {
        let Some(run) = node.parent.and_then(|parent| open.get_mut(parent)) else { continue };
        let alike = run.last().is_none_or(|last| shapes.get(*last) == shapes.get(at));
        if !alike {
            close(std::mem::take(run));
        }
        run.push(at);
    }
    open.into_iter().for_each(close);
    runs
}

/// A hash of each node's kind and of what stands beneath it; names and numbers do not count.
pub(crate) fn shapes(plan: &Plan) -> Vec<u64> {
    let mut shapes: Vec<u64> = vec![0; plan.nodes.len()];
    for (at, node) in plan.nodes.iter().enumerate().rev() {
        let mut hasher = DefaultHasher::new();
        node.kind.hash(&mut hasher);
        node.subplan.is_some().hash(&mut hasher);
        for key in ["Join Type", "Strategy", "Partial Mode", "Operation", "Scan Direction"] {
            node.get(key).hash(&mut hasher);
        }
        // What was hashed for its children so far.
        shapes.get(at).hash(&mut hasher);
        let own = hasher.finish();
        if let Some(shape) = shapes.get_mut(at) {
            *shape = own;
        }
        if let Some(parent) = node.parent.and_then(|parent| shapes.get_mut(parent)) {
            *parent = parent.rotate_left(5).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ own;
        }
    }
    shapes
}
