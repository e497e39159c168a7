//! Edges of the wait-for graph, computed from the queues: exact edges for one waiter, few edges for
//! a drawing, and everybody behind one node.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Edge, EdgeKind, Graph, Queue, Wait};
use super::mode::{LockMode, ModeSet};

/// A graph with what is needed to walk it: the queues of each node.
pub struct Blocking<'a> {
    pub(super) graph: &'a Graph,
    /// By node: queues in which it holds or waits.
    pub(super) queues_of: Vec<Vec<u32>>,
}

impl Graph {
    /// The graph made ready for walking.
    pub fn blocking(&self) -> Blocking<'_> {
        let mut queues_of: Vec<Vec<u32>> = vec![Vec::new(); self.nodes.len()];
        for (queue, index) in self.queues.iter().zip(0_u32..) {
            let holders = queue.holders.iter().map(|hold| hold.node);
            for node in holders.chain(queue.waiters.iter().map(|wait| wait.node)) {
                if let Some(queues) = queues_of.get_mut(node as usize)
                    && queues.last() != Some(&index)
                {
                    queues.push(index);
                }
            }
        }
        Blocking { graph: self, queues_of }
    }
}

impl Blocking<'_> {
    /// The queues a node takes part in, with their indexes.
    pub(super) fn queues(&self, node: u32) -> impl Iterator<Item = (u32, &Queue)> {
        let indexes = self.queues_of.get(node as usize).map(Vec::as_slice).unwrap_or_default();
        indexes.iter().filter_map(|index| Some((*index, self.graph.queues.get(*index as usize)?)))
    }

    /// Exactly those a node waits for, one edge per blocker and lock, as `pg_blocking_pids` counts
    /// them: a conflicting mode held makes it hard, a conflicting request ahead in the queue soft.
    pub fn blockers(&self, node: u32) -> Vec<Edge> {
        let mut edges: BTreeMap<(u32, u32), Edge> = BTreeMap::new();
        for (index, queue) in self.queues(node) {
            for (place, wait) in queue.waiters.iter().enumerate().filter(|(_, w)| w.node == node) {
                for edge in edges_of(index, queue, place, wait) {
                    let kept = edges.entry((index, edge.blocker)).or_insert_with(|| edge.clone());
                    if edge.kind < kept.kind {
                        *kept = edge;
                    }
                }
            }
        }
        edges.into_values().collect()
    }

    /// Whether a node waits for somebody.
    pub fn waits(&self, node: u32) -> bool {
        self.queues(node).any(|(_, queue)| queue.waiters.iter().any(|wait| wait.node == node))
    }

    /// The edges of a drawing: every holder to the head of the queue, and one edge for every other
    /// waiter, to the nearest one ahead that it waits for. At most holders + waiters per queue.
    pub fn drawn(&self) -> Vec<Edge> {
        let mut drawn = Vec::new();
        for (queue, index) in self.graph.queues.iter().zip(0_u32..) {
            for (place, wait) in queue.waiters.iter().enumerate() {
                let hard = holders_against(index, queue, wait);
                match nearest_ahead(index, queue, place, wait) {
                    Some(edge) => drawn.push(edge),
                    None if place == 0 => drawn.extend(hard),
                    None => drawn.extend(hard.take(1)),
                }
            }
        }
        drawn
    }

    /// Everybody who cannot go on while `node` does not end: those who wait for it, for those, and
    /// so on. Without the node itself, unless it waits for itself in a cycle.
    pub fn held_up_by(&self, node: u32) -> BTreeSet<u32> {
        let mut behind = BTreeSet::new();
        let mut due: BTreeSet<u32> = self.queues(node).map(|(index, _)| index).collect();
        while let Some(index) = due.pop_first() {
            let Some(queue) = self.graph.queues.get(index as usize) else { continue };
            for found in newly_behind(queue, node, &behind) {
                if behind.insert(found) {
                    due.extend(self.queues(found).map(|(index, _)| index));
                }
            }
        }
        behind
    }
}

/// Waiters of one queue that wait for `root` or for one of `behind` and are not yet among them.
fn newly_behind(queue: &Queue, root: u32, behind: &BTreeSet<u32>) -> Vec<u32> {
    let is_in = |node: u32| node == root || behind.contains(&node);
    let mut theirs = ModeSet::default();
    for hold in queue.holders.iter().filter(|hold| !hold.fastpath && is_in(hold.node)) {
        theirs.add_all(hold.modes);
    }
    let mut found = Vec::new();
    for wait in &queue.waiters {
        if theirs.meets(wait.mode.conflict_set()) || is_in(wait.node) {
            // The root itself counts only when it waits for one of those behind it: a cycle.
            let counts = wait.node != root || blocked_by_other(queue, wait, behind);
            if counts && !behind.contains(&wait.node) {
                found.push(wait.node);
            }
            theirs.add(wait.mode);
        }
    }
    found
}

/// Whether a wait of the root itself is against one of those behind it: a cycle.
fn blocked_by_other(queue: &Queue, wait: &Wait, behind: &BTreeSet<u32>) -> bool {
    let ahead = queue.waiters.iter().take_while(|other| *other != wait);
    queue.holders.iter().any(|h| behind.contains(&h.node) && h.against(wait.mode).is_some())
        || ahead
            .into_iter()
            .any(|other| behind.contains(&other.node) && other.mode.conflicts(wait.mode))
}

fn edges_of(index: u32, queue: &Queue, place: usize, wait: &Wait) -> Vec<Edge> {
    let ahead = queue.waiters.iter().take(place).rev();
    holders_against(index, queue, wait).chain(soft(index, ahead, wait)).collect()
}

fn holders_against(index: u32, queue: &Queue, wait: &Wait) -> impl Iterator<Item = Edge> {
    let others = queue.holders.iter().filter(|hold| hold.node != wait.node);
    others.filter_map(move |hold| {
        let has = hold.against(wait.mode)?;
        Some(edge(index, wait, hold.node, EdgeKind::Hard, has))
    })
}

fn nearest_ahead(index: u32, queue: &Queue, place: usize, wait: &Wait) -> Option<Edge> {
    soft(index, queue.waiters.iter().take(place).rev(), wait).next()
}

fn soft<'a>(
    index: u32,
    ahead: impl Iterator<Item = &'a Wait>,
    wait: &Wait,
) -> impl Iterator<Item = Edge> {
    let conflicting = ahead.filter(|o| o.node != wait.node && o.mode.conflicts(wait.mode));
    conflicting.map(move |other| edge(index, wait, other.node, EdgeKind::Soft, other.mode))
}

fn edge(queue: u32, wait: &Wait, blocker: u32, kind: EdgeKind, has: LockMode) -> Edge {
    Edge { waiter: wait.node, blocker, queue, kind, wants: wait.mode, has }
}
