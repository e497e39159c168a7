//! Edge reduction of the graph layout: for every waiter the edges to those that hold what it wants,
//! or else to the first in the queue that asked before. Each is one of the exact edges.

use crate::locks::{EdgeKind, Graph, LockMode, Queue, Wait};

/// Of many holders of one lock, how many a waiter is tied to; the others are counted.
pub const BLOCKERS_DRAWN: usize = 3;

/// Why a node stands behind another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Index of the node it waits for.
    pub blocker: u32,
    /// Index of the queue.
    pub queue: u32,
    /// Whether the other holds the lock, or has asked for it before.
    pub kind: EdgeKind,
    /// The mode asked for.
    pub wants: LockMode,
    /// The mode in the way.
    pub has: LockMode,
    /// When the wait began, µs since the epoch.
    pub since_us: Option<i64>,
    /// Place in the queue, from 1.
    pub place: u32,
    /// How many more hold a conflicting mode than are drawn.
    pub more: u32,
}

/// Who is in the way of one mode, in one queue.
#[derive(Clone, Default)]
struct InTheWay {
    /// The first holders, one more than are drawn: the waiter itself may be among them.
    holders: Vec<(u32, LockMode)>,
    holders_count: u32,
    /// The first waiters ahead, of two nodes.
    ahead: Vec<(u32, LockMode)>,
}

/// For every node those it stands behind.
pub fn links(graph: &Graph) -> Vec<Vec<Link>> {
    let mut links: Vec<Vec<Link>> = vec![Vec::new(); graph.nodes.len()];
    for (queue, index) in graph.queues.iter().zip(0_u32..) {
        let mut ways = held(queue);
        for (wait, place) in queue.waiters.iter().zip(1_u32..) {
            if let Some(links) = links.get_mut(wait.node as usize) {
                let way = ways.get(wait.mode as usize);
                for link in way.map(|way| of(way, index, wait, place)).unwrap_or_default() {
                    if !links.iter().any(|l| (l.blocker, l.queue) == (link.blocker, link.queue)) {
                        links.push(link);
                    }
                }
            }
            for (mode, way) in LockMode::ALL.into_iter().zip(&mut ways) {
                let known = way.ahead.iter().any(|(node, _)| *node == wait.node);
                if way.ahead.len() < 2 && !known && mode.conflicts(wait.mode) {
                    way.ahead.push((wait.node, wait.mode));
                }
            }
        }
    }
    links
}

/// By wanted mode, who holds what conflicts with it.
fn held(queue: &Queue) -> Vec<InTheWay> {
    let mut ways = vec![InTheWay::default(); LockMode::ALL.len()];
    for hold in &queue.holders {
        for (mode, way) in LockMode::ALL.into_iter().zip(&mut ways) {
            let Some(has) = hold.against(mode) else { continue };
            if way.holders.last().is_some_and(|(node, _)| *node == hold.node) {
                continue;
            }
            way.holders_count += 1;
            if way.holders.len() <= BLOCKERS_DRAWN {
                way.holders.push((hold.node, has));
            }
        }
    }
    ways
}

fn of(way: &InTheWay, queue: u32, wait: &Wait, place: u32) -> Vec<Link> {
    let others = |all: &[(u32, LockMode)], most: usize| -> Vec<(u32, LockMode)> {
        all.iter().filter(|(node, _)| *node != wait.node).take(most).copied().collect()
    };
    let link = |kind: EdgeKind, more: u32| {
        move |(blocker, has): (u32, LockMode)| Link {
            blocker,
            queue,
            kind,
            wants: wait.mode,
            has,
            since_us: wait.waitstart_us,
            place,
            more,
        }
    };
    let holders = others(&way.holders, BLOCKERS_DRAWN);
    if holders.is_empty() {
        return others(&way.ahead, 1).into_iter().map(link(EdgeKind::Soft, 0)).collect();
    }
    let own = u32::from(way.holders.iter().any(|(node, _)| *node == wait.node));
    let more = way.holders_count.saturating_sub(own + holders.len() as u32);
    holders.into_iter().map(link(EdgeKind::Hard, more)).collect()
}
