//! How long the layout of the wait-for graph takes, natively: as it is shown, with what is too much
//! folded to counts, and whole. Medians. The same graphs are laid out by others in `end2end/bench`.
//!
//! `cargo bench -p engine --bench layout [-- WAITERS…]`

use std::time::Instant;

use model::locks::drawing::{Forest, Outline, Picture, View};
use model::locks::{Graph, Hold, LockMode, LockObject, Node, ObjectKind, Queue, Wait};

const ROUNDS: usize = 31;
/// Boxes of the page.
const SHOWN: usize = 160;

fn object(number: u32) -> LockObject {
    LockObject {
        database: Some(5),
        classid: Some(0),
        objid: Some(i64::from(number)),
        objsubid: Some(1),
        ..LockObject::of(ObjectKind::Advisory)
    }
}

fn hold(node: u32, mode: LockMode) -> Hold {
    Hold { node, pid: Some(node as i32), modes: [mode].into_iter().collect(), fastpath: false }
}

fn wait(node: u32, mode: LockMode) -> Wait {
    Wait { node, pid: node as i32, mode, waitstart_us: Some(i64::from(node)) }
}

fn graph(nodes: u32, queues: Vec<(Vec<Hold>, Vec<Wait>)>) -> Graph {
    let queues = queues.into_iter().zip(0_u32..);
    Graph {
        nodes: (0..nodes).map(|n| Node { pid: Some(n as i32), ..Node::default() }).collect(),
        queues: queues
            .map(|((holders, waiters), n)| Queue { object: object(n), holders, waiters })
            .collect(),
        ..Graph::default()
    }
}

/// A reader, DDL that waits for it, everybody else behind the DDL.
fn behind_ddl(waiters: u32) -> Graph {
    let mut queue = vec![wait(1, LockMode::AccessExclusive)];
    queue.extend((2..=waiters).map(|n| wait(n, LockMode::AccessShare)));
    graph(waiters + 1, vec![(vec![hold(0, LockMode::AccessShare)], queue)])
}

/// Everybody holds one row that five others want, and wants one row of another.
fn tree(waiters: u32) -> Graph {
    let queues = (0..=waiters / 5).map(|holder| {
        let waits = (holder * 5 + 1..=holder * 5 + 5).filter(|n| *n <= waiters);
        let waits = waits.map(|n| wait(n, LockMode::Exclusive)).collect();
        (vec![hold(holder, LockMode::Exclusive)], waits)
    });
    graph(waiters + 1, queues.collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Median ms, boxes and lines.
fn laid_out(graph: &Graph, view: &View) -> (f64, usize, usize) {
    let mut picture = Picture::default();
    let times = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        let forest = Forest::of(graph);
        picture = Picture::of(&forest, &Outline::of(&forest, view));
        started.elapsed().as_secs_f64() * 1e3
    });
    (median(times.collect()), picture.boxes.len(), picture.lines.len())
}

fn main() {
    let given: Vec<u32> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let sizes = if given.is_empty() { vec![200, 1_000, 5_000] } else { given };
    println!("layout of the wait-for graph, medians of {ROUNDS}, ms");
    for waiters in sizes {
        for (name, graph) in [("behind DDL", behind_ddl(waiters)), ("tree of rows", tree(waiters))]
        {
            let shown = View { most: SHOWN, ..View::default() };
            let whole = View { open: (0..=waiters).collect(), most: usize::MAX, ..View::default() };
            for (how, view) in [("as shown", shown), ("whole", whole)] {
                let (ms, boxes, lines) = laid_out(&graph, &view);
                println!(
                    "  {waiters:>5} waiters {name:<12} {how:<9} {ms:8.3}   {boxes} boxes, {lines} lines"
                );
            }
        }
    }
}
