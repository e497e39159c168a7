//! Root blockers: nodes that block others and wait for none, ranked.

use std::collections::{BTreeMap, BTreeSet};

use model::locks::{Blocking, Graph, ModeSet, Root};

/// How many roots are listed: a page shows far fewer, and each costs a walk through the queues.
const ROOTS_LISTED: usize = 200;

/// Roots, those that hold up most first. Of a deadlock, whose members all wait, the one whose end
/// frees most.
pub fn roots(graph: &Graph) -> Vec<Root> {
    let blocking = graph.blocking();
    let mut judged = Judged { graph, blocking: &blocking, alike: BTreeMap::new() };
    let mut roots: Vec<Root> = heads(graph)
        .into_iter()
        .take(ROOTS_LISTED)
        .map(|(node, held)| judged.root(node, &held))
        .collect();
    for cycle in &graph.cycles {
        let members = cycle.nodes.iter().map(|node| judged.root(*node, &[]));
        if let Some(best) = members.max_by_key(|root| root.frees) {
            roots.push(Root { in_cycle: true, ..best });
        }
    }
    roots.retain(|root| root.holds_up > 0);
    roots.sort_by(|a, b| {
        let by_wait = b.waited_ms.total_cmp(&a.waited_ms);
        b.holds_up.cmp(&a.holds_up).then(by_wait).then(a.node.cmp(&b.node))
    });
    roots
}

/// What a node holds: queue and modes.
type Held = Vec<(u32, u8)>;

/// Nodes that hold something somebody asks for, and wait for nothing.
fn heads(graph: &Graph) -> Vec<(u32, Held)> {
    let waiting: BTreeSet<u32> = graph.waits().map(|(_, _, wait)| wait.node).collect();
    let mut heads: BTreeMap<u32, Held> = BTreeMap::new();
    for (queue, index) in graph.queues.iter().zip(0_u32..) {
        let mut against = ModeSet::default();
        queue.waiters.iter().for_each(|wait| against.add_all(wait.mode.conflict_set()));
        for hold in &queue.holders {
            if !hold.fastpath && hold.modes.meets(against) && !waiting.contains(&hold.node) {
                heads.entry(hold.node).or_default().push((index, hold.modes.bits()));
            }
        }
    }
    heads.into_iter().collect()
}

struct Judged<'a> {
    graph: &'a Graph,
    blocking: &'a Blocking<'a>,
    /// Nodes that hold the same hold up the same: a thousand readers are walked once.
    alike: BTreeMap<Held, Root>,
}

impl Judged<'_> {
    fn root(&mut self, node: u32, held: &[(u32, u8)]) -> Root {
        if let Some(root) = self.alike.get(held) {
            return Root { node, ..root.clone() };
        }
        let behind = self.blocking.held_up_by(node);
        let freed = self.blocking.ending(&[node]);
        let waits = self.graph.waits().filter(|(_, _, wait)| behind.contains(&wait.node));
        let mut longest: BTreeMap<u32, f64> = BTreeMap::new();
        for (_, _, wait) in waits {
            let waited = longest.entry(wait.node).or_default();
            *waited = waited.max(self.graph.waited_ms(wait));
        }
        let root = Root {
            node,
            holds_up: behind.len() as u32,
            waited_ms: longest.values().sum(),
            longest_ms: longest.values().copied().fold(0.0, f64::max),
            frees_now: freed.now.len() as u32,
            frees: freed.count() as u32,
            freed_ms: freed.waited_ms,
            in_cycle: false,
        };
        if !held.is_empty() {
            self.alike.insert(held.to_vec(), root.clone());
        }
        root
    }
}
