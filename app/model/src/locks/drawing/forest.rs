//! Layer assignment of the graph layout: a node stands one layer behind the last of those it waits
//! for, in the tree below that one. Cycles are cut where they are entered.

use std::collections::VecDeque;

use super::links::{Link, links};
use crate::locks::Graph;

/// The graph as trees of waiters below roots.
pub struct Forest<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// For every node, those drawn in front of it; empty for one that waits for nobody.
    pub links: Vec<Vec<Link>>,
    /// For every node its layer, roots in layer 0.
    pub layers: Vec<u32>,
    /// All nodes, each after those it stands below.
    pub order: Vec<u32>,
    /// For every node the link that puts it into the tree.
    pub via: Vec<Option<Link>>,
    /// For every node those below it: first those who hold up others, then in the queue's order.
    pub children: Vec<Vec<u32>>,
    /// For every node how many stand below it.
    pub below: Vec<u32>,
    /// Nodes that stand below nobody: the graph's roots in their order, then the rest.
    pub roots: Vec<u32>,
}

/// The order in which nodes are placed, with layers.
struct Order {
    layers: Vec<u32>,
    placed: Vec<u32>,
}

impl<'a> Forest<'a> {
    /// The forest of a graph.
    pub fn of(graph: &'a Graph) -> Self {
        let links = links(graph);
        let order = layered(graph, &links);
        let mut place = vec![0_u32; graph.nodes.len()];
        for (node, at) in order.placed.iter().zip(0_u32..) {
            if let Some(place) = place.get_mut(*node as usize) {
                *place = at;
            }
        }
        let at = |of: &[u32], node: u32| of.get(node as usize).copied().unwrap_or_default();
        let via: Vec<Option<Link>> = links
            .iter()
            .zip(0_u32..)
            .map(|(links, node)| {
                // One placed later stands in front only because a cycle was cut.
                let ahead = links.iter().filter(|l| at(&place, l.blocker) < at(&place, node));
                ahead.max_by_key(|link| at(&order.layers, link.blocker)).copied()
            })
            .collect();
        let below = below(&order.placed, &via, |_| true);
        let (children, roots) = family(graph, &via, &below);
        Self {
            graph,
            links,
            layers: order.layers,
            order: order.placed,
            via,
            children,
            below,
            roots,
        }
    }

    /// The children of a node.
    pub fn children(&self, node: u32) -> &[u32] {
        self.children.get(node as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many stand below a node.
    pub fn below(&self, node: u32) -> u32 {
        self.below.get(node as usize).copied().unwrap_or_default()
    }

    /// The link that puts a node into the tree.
    pub fn via(&self, node: u32) -> Option<&Link> {
        self.via.get(node as usize).and_then(Option::as_ref)
    }
}

/// Longest paths from those who wait for nobody. Where only cycles are left, one of them is entered
/// at the graph's own entry.
fn layered(graph: &Graph, links: &[Vec<Link>]) -> Order {
    let count = links.len();
    let mut behind: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut left: Vec<usize> = vec![0; count];
    for (links, node) in links.iter().zip(0_u32..) {
        for link in links {
            if let Some(behind) = behind.get_mut(link.blocker as usize) {
                behind.push(node);
            }
        }
        if let Some(left) = left.get_mut(node as usize) {
            *left = links.len();
        }
    }
    let mut order = Order { layers: vec![0; count], placed: Vec::with_capacity(count) };
    let mut done = vec![false; count];
    let free = left.iter().zip(0_u32..).filter(|(left, _)| **left == 0);
    let mut due: VecDeque<u32> = free.map(|(_, node)| node).collect();
    let entries = graph.roots.iter().map(|root| root.node);
    let mut entries = entries.chain(0..count as u32);
    loop {
        let Some(node) = due.pop_front() else {
            let entry = entries.find(|node| done.get(*node as usize) == Some(&false));
            let Some(entry) = entry else { break };
            due.push_back(entry);
            continue;
        };
        match done.get_mut(node as usize) {
            Some(done) if !*done => *done = true,
            _ => continue,
        }
        order.placed.push(node);
        let next = order.layers.get(node as usize).copied().unwrap_or_default() + 1;
        for waiter in behind.get(node as usize).into_iter().flatten() {
            let at = *waiter as usize;
            if done.get(at) == Some(&true) {
                continue;
            }
            if let (Some(layer), Some(left)) = (order.layers.get_mut(at), left.get_mut(at)) {
                *layer = next.max(*layer);
                *left = left.saturating_sub(1);
                if *left == 0 {
                    due.push_back(*waiter);
                }
            }
        }
    }
    order
}

/// How many of those that count stand below each node: the last placed know it first.
pub fn below(placed: &[u32], via: &[Option<Link>], counts: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut below = vec![0_u32; placed.len()];
    for node in placed.iter().rev() {
        let own = below.get(*node as usize).copied().unwrap_or_default();
        let parent = via.get(*node as usize).and_then(Option::as_ref);
        if let Some(sum) = parent.and_then(|link| below.get_mut(link.blocker as usize)) {
            *sum += own + u32::from(counts(*node));
        }
    }
    below
}

/// Children by node, and those without a parent.
fn family(graph: &Graph, via: &[Option<Link>], below: &[u32]) -> (Vec<Vec<u32>>, Vec<u32>) {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); via.len()];
    let mut listed = vec![false; via.len()];
    let holds_up = |node: &u32| below.get(*node as usize).is_some_and(|below| *below > 0);
    let in_queues: Vec<u32> = graph.waits().map(|(_, _, wait)| wait.node).collect();
    for first in [true, false] {
        for node in in_queues.iter().filter(|node| holds_up(node) == first) {
            let parent = via.get(*node as usize).and_then(Option::as_ref);
            let new = listed.get_mut(*node as usize).filter(|listed| !**listed);
            let (Some(parent), Some(new)) = (parent, new) else { continue };
            *new = true;
            if let Some(children) = children.get_mut(parent.blocker as usize) {
                children.push(*node);
            }
        }
    }
    let mut is_root: Vec<bool> = via.iter().map(Option::is_none).collect();
    let ranked = graph.roots.iter().map(|root| root.node).chain(0..via.len() as u32);
    let roots = ranked.filter(|node| {
        is_root.get_mut(*node as usize).is_some_and(|root| std::mem::replace(root, false))
    });
    (children, roots.collect())
}
