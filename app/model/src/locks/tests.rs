//! Graphs made by hand and at random, against definitions written out naively.
#![expect(clippy::indexing_slicing, reason = "a test says what it expects by panicking")]

use std::collections::BTreeSet;

use super::*;
use LockMode::{AccessExclusive, AccessShare, Exclusive, RowExclusive, Share};

fn node(pid: i32) -> Node {
    Node { pid: Some(pid), ..Node::default() }
}

fn table(name: &str) -> LockObject {
    LockObject {
        database: Some(5),
        relation: Some(16_384),
        name: Some(name.into()),
        ..LockObject::of(ObjectKind::Relation)
    }
}

pub(super) fn hold(node: u32, modes: &[LockMode]) -> Hold {
    let pid = Some(100 + node as i32);
    Hold { node, pid, modes: modes.iter().copied().collect(), fastpath: false }
}

pub(super) fn wait(node: u32, mode: LockMode) -> Wait {
    // The server's clock stands at 10 s; everybody waits since 9 s.
    Wait { node, pid: 100 + node as i32, mode, waitstart_us: Some(9_000_000) }
}

pub(super) fn graph(nodes: u32, queues: Vec<(Vec<Hold>, Vec<Wait>)>) -> Graph {
    Graph {
        server_now_ms: 10_000,
        nodes: (0..nodes).map(|n| node(100 + n as i32)).collect(),
        queues: queues
            .into_iter()
            .map(|(holders, waiters)| Queue { object: table("orders"), holders, waiters })
            .collect(),
        ..Graph::default()
    }
}

/// A reader that stays, DDL behind it, then a writer and a reader behind the DDL.
pub(super) fn ddl_behind_reader() -> Graph {
    let waiters = vec![wait(1, AccessExclusive), wait(2, RowExclusive), wait(3, AccessShare)];
    graph(4, vec![(vec![hold(0, &[AccessShare])], waiters)])
}

#[test]
fn a_queued_request_blocks_softly() {
    let graph = ddl_behind_reader();
    let blocking = graph.blocking();
    let kinds = |node| -> Vec<(u32, EdgeKind)> {
        blocking.blockers(node).iter().map(|edge| (edge.blocker, edge.kind)).collect()
    };
    assert_eq!(kinds(1), [(0, EdgeKind::Hard)]);
    assert_eq!(kinds(2), [(1, EdgeKind::Soft)]);
    assert_eq!(kinds(3), [(1, EdgeKind::Soft)]);
    assert_eq!(kinds(0), []);
    assert_eq!(blocking.drawn().len(), 3);
    assert_eq!(blocking.held_up_by(0), BTreeSet::from([1, 2, 3]));
    assert_eq!(blocking.held_up_by(1), BTreeSet::from([2, 3]));
}

#[test]
fn ending_wakes_the_queue_in_postgresqls_order() {
    let graph = ddl_behind_reader();
    let blocking = graph.blocking();
    let freed = blocking.ending(&[0]);
    assert_eq!((freed.now, freed.later), (vec![1], vec![2, 3]));
    assert_eq!(freed.waited_ms, 3_000.0);
    // Ending the DDL lets both go at once, for they conflict with nobody who is left.
    assert_eq!(blocking.ending(&[1]).now, [2, 3]);
    assert_eq!(blocking.ending(&[2]).count(), 0);
    assert_eq!(blocking.ending(&[0, 1]).now, [2, 3]);
}

#[test]
fn one_of_many_holders_frees_nobody() {
    let holders = vec![hold(0, &[AccessShare]), hold(1, &[AccessShare])];
    let graph = graph(3, vec![(holders, vec![wait(2, AccessExclusive)])]);
    let blocking = graph.blocking();
    assert_eq!(blocking.ending(&[0]).count(), 0);
    assert_eq!(blocking.ending(&[0, 1]).now, [2]);
    assert_eq!(blocking.ending(&[0, 1]).words(), "frees 1 session");
}

#[test]
fn a_waiter_with_two_waits_needs_both() {
    // A parallel group: one node, two members, each waiting elsewhere.
    let one = (vec![hold(0, &[Exclusive])], vec![wait(2, Share)]);
    let other = (vec![hold(1, &[Exclusive])], vec![wait(2, Share)]);
    let graph = graph(3, vec![one, other]);
    let blocking = graph.blocking();
    assert_eq!(blocking.ending(&[0]).count(), 0);
    assert_eq!(blocking.ending(&[0, 1]).now, [2]);
    assert_eq!(blocking.blockers(2).len(), 2);
}

#[test]
fn own_locks_do_not_block() {
    let graph =
        graph(2, vec![(vec![hold(0, &[Share]), hold(1, &[Share])], vec![wait(0, RowExclusive)])]);
    let edges = graph.blocking().blockers(0);
    assert_eq!(edges.iter().map(|edge| edge.blocker).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_fast_path_lock_blocks_nobody() {
    let mut graph = ddl_behind_reader();
    graph.queues[0].holders[0].fastpath = true;
    assert_eq!(graph.blocking().blockers(1), []);
}

#[test]
fn the_sentence_names_the_queue_and_its_cause() {
    let mut graph = ddl_behind_reader();
    graph.nodes[0].session = Some(LockSession {
        state: Some("idle in transaction".into()),
        state_change_ms: Some(10_000 - 41 * 60_000),
        ..LockSession::default()
    });
    let blocking = graph.blocking();
    assert_eq!(
        blocking.why(2).as_deref(),
        Some(
            "pid 102 wants ROW EXCLUSIVE on orders; pid 101 has asked for ACCESS EXCLUSIVE before it; pid 100 holds ACCESS SHARE, idle in transaction for 41 min."
        )
    );
    assert_eq!(
        blocking.why(1).as_deref(),
        Some(
            "pid 101 wants ACCESS EXCLUSIVE on orders; pid 100 holds ACCESS SHARE, idle in transaction for 41 min."
        )
    );
    assert_eq!(blocking.why(0), None);
}

/// Numbers that look random and are the same on every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

pub(super) fn random(dice: &mut Dice) -> Graph {
    let nodes = 2 + dice.below(9) as u32;
    let mut queues = Vec::new();
    for _ in 0..1 + dice.below(4) {
        let mut holders = Vec::new();
        let mut waiters = Vec::new();
        for node in 0..nodes {
            let mode = LockMode::ALL[dice.below(8) as usize];
            match dice.below(3) {
                0 => holders.push(hold(node, &[mode])),
                1 => waiters.push(wait(node, mode)),
                _ => {}
            }
        }
        queues.push((holders, waiters));
    }
    graph(nodes, queues)
}

/// The definition: everybody from whom a path of exact edges leads to the node.
fn closure(blocking: &Blocking<'_>, nodes: u32, root: u32) -> BTreeSet<u32> {
    let mut behind = BTreeSet::new();
    loop {
        let before = behind.len();
        for node in 0..nodes {
            let edges = blocking.blockers(node);
            if edges.iter().any(|edge| edge.blocker == root || behind.contains(&edge.blocker)) {
                behind.insert(node);
            }
        }
        if behind.len() == before {
            return behind;
        }
    }
}

#[test]
fn at_random_everything_agrees_with_the_exact_edges() {
    let mut dice = Dice(7);
    for _ in 0..3_000 {
        let graph = random(&mut dice);
        let (blocking, nodes) = (graph.blocking(), graph.nodes.len() as u32);
        let exact: BTreeSet<Edge> = (0..nodes).flat_map(|node| blocking.blockers(node)).collect();
        for edge in blocking.drawn() {
            let same = |e: &&Edge| {
                (e.waiter, e.blocker, e.queue) == (edge.waiter, edge.blocker, edge.queue)
            };
            assert!(exact.iter().any(|e| same(&e)), "{edge:?} is drawn and not true in {graph:?}");
        }
        for root in 0..nodes {
            let behind = blocking.held_up_by(root);
            assert_eq!(behind, closure(&blocking, nodes, root), "behind {root} in {graph:?}");
            let freed = blocking.ending(&[root]);
            for node in freed.now.iter().chain(&freed.later) {
                let stuck = blocking.blockers(*node).iter().all(|edge| {
                    edge.blocker != root
                        && !freed.now.contains(&edge.blocker)
                        && !freed.later.contains(&edge.blocker)
                });
                assert!(
                    !stuck || blocking.blockers(*node).is_empty(),
                    "{node} was freed by nobody"
                );
            }
        }
        let all: Vec<u32> = (0..nodes).collect();
        assert_eq!(blocking.ending(&all).count(), 0, "nobody is left to be freed");
    }
}
