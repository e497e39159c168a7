//! Deadlock detection: cycles in the wait-for graph, found before `deadlock_timeout` lets
//! PostgreSQL look for them.
//!
//! All edges would be N²; a queue is walked through steps instead: “somebody up to this place asks
//! for this mode”, “somebody holds this mode”. That keeps who reaches whom and is linear.

use std::collections::BTreeSet;

use model::locks::{Cycle, EdgeKind, Graph, LockMode, Queue};

/// One cycle for each set of nodes that all wait for each other.
pub fn cycles(graph: &Graph) -> Vec<Cycle> {
    let components = components(&steps(graph));
    let nodes = graph.nodes.len() as u32;
    let circles = components.into_iter().filter_map(|component| {
        let members: BTreeSet<u32> = component.into_iter().filter(|n| *n < nodes).collect();
        (members.len() > 1).then(|| circle(graph, &members)).flatten()
    });
    circles.collect()
}

/// Walks from blocker to blocker among the members until one comes up again.
fn circle(graph: &Graph, members: &BTreeSet<u32>) -> Option<Cycle> {
    let blocking = graph.blocking();
    let mut path: Vec<(u32, EdgeKind)> = Vec::new();
    let mut node = *members.first()?;
    loop {
        if let Some(start) = path.iter().position(|(seen, _)| *seen == node) {
            let around = path.get(start..)?;
            return Some(Cycle {
                nodes: around.iter().map(|(node, _)| *node).collect(),
                hard: around.iter().all(|(_, kind)| *kind == EdgeKind::Hard),
            });
        }
        let mut edges = blocking.blockers(node);
        // A hard edge is preferred: it cannot be undone by moving the queue.
        edges.sort_by_key(|edge| edge.kind);
        let edge = edges.into_iter().find(|edge| members.contains(&edge.blocker))?;
        path.push((node, edge.kind));
        node = edge.blocker;
    }
}

/// Who reaches whom: nodes first, then the steps within queues.
fn steps(graph: &Graph) -> Vec<Vec<u32>> {
    let mut next: Vec<Vec<u32>> = vec![Vec::new(); graph.nodes.len()];
    for queue in &graph.queues {
        add_queue(queue, &mut next);
    }
    next
}

fn add_queue(queue: &Queue, next: &mut Vec<Vec<u32>>) {
    // For each mode the step that leads to all who hold it or, so far, ask for it.
    let mut reach: [Option<u32>; LockMode::ALL.len()] = Default::default();
    let mut held: [Vec<u32>; LockMode::ALL.len()] = Default::default();
    for hold in queue.holders.iter().filter(|hold| !hold.fastpath) {
        for mode in hold.modes.modes() {
            if let Some(holders) = held.get_mut(mode as usize) {
                holders.push(hold.node);
            }
        }
    }
    for (reach, holders) in reach.iter_mut().zip(held) {
        if !holders.is_empty() {
            *reach = Some(next.len() as u32);
            next.push(holders);
        }
    }
    for wait in &queue.waiters {
        let waits_for: Vec<u32> = LockMode::ALL
            .into_iter()
            .zip(&reach)
            .filter(|(mode, _)| mode.conflicts(wait.mode))
            .filter_map(|(_, step)| *step)
            .collect();
        if let Some(node) = next.get_mut(wait.node as usize) {
            node.extend(waits_for);
        }
        if let Some(reach) = reach.get_mut(wait.mode as usize) {
            let step = next.len() as u32;
            next.push(reach.iter().copied().chain([wait.node]).collect());
            *reach = Some(step);
        }
    }
}

/// Tarjan's strongly connected components, without recursion.
fn components(next: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut walk = Walk {
        next,
        index: vec![None; next.len()],
        low: vec![0; next.len()],
        on_stack: vec![false; next.len()],
        stack: Vec::new(),
        count: 0,
        found: Vec::new(),
    };
    for start in 0..next.len() as u32 {
        walk.from(start);
    }
    walk.found
}

struct Walk<'a> {
    next: &'a [Vec<u32>],
    index: Vec<Option<u32>>,
    low: Vec<u32>,
    on_stack: Vec<bool>,
    stack: Vec<u32>,
    count: u32,
    found: Vec<Vec<u32>>,
}

impl Walk<'_> {
    fn from(&mut self, start: u32) {
        if self.index_of(start).is_some() {
            return;
        }
        let mut calls: Vec<(u32, usize)> = vec![(start, 0)];
        self.enter(start);
        while let Some((node, place)) = calls.pop() {
            let target = self.next.get(node as usize).and_then(|next| next.get(place)).copied();
            let Some(target) = target else {
                self.leave(node);
                if let Some((caller, _)) = calls.last() {
                    self.lower(*caller, self.low_of(node));
                }
                continue;
            };
            calls.push((node, place + 1));
            match self.index_of(target) {
                None => {
                    self.enter(target);
                    calls.push((target, 0));
                }
                Some(index) if self.on_stack.get(target as usize) == Some(&true) => {
                    self.lower(node, index);
                }
                Some(_) => {}
            }
        }
    }

    fn index_of(&self, node: u32) -> Option<u32> {
        self.index.get(node as usize).copied().flatten()
    }

    fn low_of(&self, node: u32) -> u32 {
        self.low.get(node as usize).copied().unwrap_or(u32::MAX)
    }

    fn lower(&mut self, node: u32, to: u32) {
        if let Some(low) = self.low.get_mut(node as usize) {
            *low = (*low).min(to);
        }
    }

    fn enter(&mut self, node: u32) {
        let place = node as usize;
        if let (Some(index), Some(low), Some(on_stack)) =
            (self.index.get_mut(place), self.low.get_mut(place), self.on_stack.get_mut(place))
        {
            *index = Some(self.count);
            *low = self.count;
            *on_stack = true;
        }
        self.count += 1;
        self.stack.push(node);
    }

    /// Closes the component whose first node this is.
    fn leave(&mut self, node: u32) {
        if self.index_of(node) != Some(self.low_of(node)) {
            return;
        }
        let mut component = Vec::new();
        while let Some(member) = self.stack.pop() {
            if let Some(on_stack) = self.on_stack.get_mut(member as usize) {
                *on_stack = false;
            }
            component.push(member);
            if member == node {
                break;
            }
        }
        self.found.push(component);
    }
}
