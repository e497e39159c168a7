//! Matches the nodes of two plans.
//!
//! Scans come first: by relation and alias, then by relation alone. Every scan that found its
//! counterpart gives its number to all nodes above it; what stands above the same numbers and does
//! the same kind of work belongs together. Each pass is one walk over both plans.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::node::{Node, Plan};

/// What belongs together, from both sides.
pub(super) struct Matches {
    /// By node of the first plan.
    pub of_before: Vec<Option<usize>>,
    /// By node of the second plan.
    pub of_after: Vec<Option<usize>>,
    /// Matched joins that join other relations.
    pub reordered: Vec<(usize, usize)>,
    /// By node, the hash of the matched scans beneath it: of the first plan, of the second.
    pub sets: [Vec<u64>; 2],
    pub steps: usize,
}

impl Matches {
    /// The pairs in the order of the first plan.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.of_before.iter().enumerate().filter_map(|(before, after)| Some((before, (*after)?)))
    }

    fn pair(&mut self, before: usize, after: usize) {
        if let Some(place) = self.of_before.get_mut(before) {
            *place = Some(after);
        }
        if let Some(place) = self.of_after.get_mut(after) {
            *place = Some(before);
        }
    }

    /// Pairs nodes without a counterpart that have the same key, in their order.
    fn pass(
        &mut self,
        plans: [&Plan; 2],
        key: impl Fn(usize, &Node, usize) -> Option<u64>,
    ) -> Vec<(usize, usize)> {
        let mut waiting: HashMap<u64, Vec<usize>> = HashMap::new();
        let [before, after] = plans;
        for (at, node) in before.nodes.iter().enumerate().rev() {
            self.steps += 1;
            if self.of_before.get(at) == Some(&None)
                && let Some(key) = key(0, node, at)
            {
                waiting.entry(key).or_default().push(at);
            }
        }
        let mut paired = vec![];
        for (at, node) in after.nodes.iter().enumerate() {
            self.steps += 1;
            if self.of_after.get(at) != Some(&None) {
                continue;
            }
            let found = key(1, node, at).and_then(|key| waiting.get_mut(&key)?.pop());
            if let Some(other) = found {
                self.pair(other, at);
                paired.push((other, at));
            }
        }
        paired
    }

    /// Hands the numbers of matched scans up, from children to parents.
    fn number_sets(&mut self, plans: [&Plan; 2]) {
        for (side, plan) in plans.into_iter().enumerate() {
            let mut sets: Vec<u64> = vec![0; plan.nodes.len()];
            for (at, node) in plan.nodes.iter().enumerate().rev() {
                let pair = if side == 0 {
                    self.of_before.get(at).copied().flatten().map(|after| (at, after))
                } else {
                    self.of_after.get(at).copied().flatten().map(|before| (before, at))
                };
                if let Some(set) = sets.get_mut(at).zip(pair).map(|(set, pair)| (set, hash(&pair)))
                {
                    *set.0 = set.0.wrapping_add(set.1);
                }
                let own = sets.get(at).copied().unwrap_or_default();
                if let Some(parent) = node.parent.and_then(|parent| sets.get_mut(parent)) {
                    *parent = parent.wrapping_add(own);
                }
                self.steps += 1;
            }
            if let Some(own) = self.sets.get_mut(side) {
                *own = sets;
            }
        }
    }
}

/// Matches two plans in a fixed number of walks.
pub(super) fn matches(before: &Plan, after: &Plan) -> Matches {
    let plans = [before, after];
    let mut matches = Matches {
        of_before: vec![None; before.nodes.len()],
        of_after: vec![None; after.nodes.len()],
        reordered: vec![],
        sets: [vec![], vec![]],
        steps: 0,
    };
    let reads = [readers(before), readers(after)];
    let reader = |side: usize, at: usize| reads.get(side)?.get(at).copied().flatten();
    // Scans: with index and way of reading, then in any way, then under another alias.
    matches.pass(plans, |_, node, _| {
        is_scan(node)
            .then(|| hash(&(source(node), &node.alias, &node.kind, &node.index, &node.subplan)))
    });
    matches.pass(plans, |_, node, _| is_scan(node).then(|| hash(&(source(node), &node.alias))));
    matches
        .pass(plans, |_, node, _| source(node).filter(|_| is_scan(node)).map(|name| hash(&name)));
    matches.number_sets(plans);
    let sets = matches.sets.clone();
    let set = |side: usize, at: usize| {
        let own = sets.get(side).and_then(|sets| sets.get(at)).copied().unwrap_or_default();
        // What stands beneath a scan, as a Bitmap Index Scan, belongs to that scan.
        let above = reader(side, at).and_then(|scan| sets.get(side)?.get(scan).copied());
        above.unwrap_or(own)
    };
    matches.pass(plans, |side, node, at| {
        (!is_scan(node)).then(|| hash(&(&node.kind, details(node), set(side, at))))
    });
    matches.pass(plans, |side, node, at| {
        (!is_scan(node)).then(|| hash(&(&node.kind, set(side, at), &node.index)))
    });
    matches
        .pass(plans, |side, node, at| (!is_scan(node)).then(|| hash(&(work(node), set(side, at)))));
    // There are as many joins as before: those left over were made in another order.
    let is_join = |node: &Node| work(node) == "join";
    matches.reordered = matches.pass(plans, |_, node, _| is_join(node).then(|| hash(&"join")));
    matches
}

/// Whether a node reads something that has a name.
fn is_scan(node: &Node) -> bool {
    let subquery = matches!(node.kind.as_str(), "Subquery Scan" | "Values Scan");
    (source(node).is_some() || subquery) && node.kind != "ModifyTable"
}

/// What a node reads.
fn source(node: &Node) -> Option<String> {
    let keys = ["CTE Name", "Function Name", "Table Function Name", "Tuplestore Name"];
    node.relation
        .clone()
        .or_else(|| keys.iter().find_map(|key| node.get(key)).map(|name| name.into_owned()))
}

/// What sets a node apart from others of its kind.
fn details(node: &Node) -> Vec<Option<String>> {
    [
        "Sort Key",
        "Group Key",
        "Join Type",
        "Strategy",
        "Partial Mode",
        "Operation",
        "Hash Cond",
        "Merge Cond",
        "Cache Key",
    ]
    .iter()
    .map(|key| node.get(key).map(|value| value.into_owned()))
    .chain([node.index.clone(), node.subplan.clone()])
    .collect()
}

/// The work a node does, however it does it.
pub(super) fn work(node: &Node) -> &str {
    match node.kind.as_str() {
        "Nested Loop" | "Hash Join" | "Merge Join" => "join",
        "Sort" | "Incremental Sort" => "sort",
        "Aggregate" | "Group" | "Unique" => "group",
        "Gather" | "Gather Merge" => "gather",
        "Append" | "Merge Append" => "append",
        kind => kind,
    }
}

/// By node: the scan that it stands beneath, if all between are parts of that scan.
fn readers(plan: &Plan) -> Vec<Option<usize>> {
    let mut readers: Vec<Option<usize>> = Vec::with_capacity(plan.nodes.len());
    for node in &plan.nodes {
        let part = node.kind.starts_with("Bitmap") && node.kind != "Bitmap Heap Scan";
        let above = node.parent.filter(|_| part);
        let reader = above.and_then(|above| {
            let heap = plan.nodes.get(above).is_some_and(|node| node.kind == "Bitmap Heap Scan");
            if heap { Some(above) } else { readers.get(above).copied().flatten() }
        });
        readers.push(reader);
    }
    readers
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
