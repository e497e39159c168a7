//! Drawings of graphs made by hand and at random.
#![expect(clippy::indexing_slicing, reason = "a test says what it expects by panicking")]

use std::collections::BTreeSet;

use super::*;
use crate::locks::LockMode::{AccessExclusive, AccessShare, Exclusive};
use crate::locks::tests::{Dice, ddl_behind_reader, graph, hold, random, wait};
use crate::locks::{EdgeKind, Graph};

/// As many boxes as a page has room for.
const ROOM: usize = 240;

fn view() -> View {
    View { most: ROOM, ..View::default() }
}

fn shown(graph: &Graph, view: &View) -> (Vec<String>, Picture) {
    let forest = Forest::of(graph);
    let outline = Outline::of(&forest, view);
    let words = outline.items.iter().map(|(depth, item)| match item {
        Item::Node { node, beside, .. } => {
            format!("{depth} {node}{}", if *beside { " beside" } else { "" })
        }
        Item::Fold(fold) => format!("{depth} +{}/{}", fold.direct, fold.count),
    });
    (words.collect(), Picture::of(&forest, &outline))
}

/// 200 readers behind DDL that waits for one reader.
fn pile_up() -> Graph {
    let mut waiters = vec![wait(1, AccessExclusive)];
    waiters.extend((2..202).map(|node| wait(node, AccessShare)));
    graph(202, vec![(vec![hold(0, &[AccessShare])], waiters)])
}

#[test]
fn the_head_of_a_queue_stands_between_holder_and_queue() {
    let graph = ddl_behind_reader();
    let (words, picture) = shown(&graph, &view());
    assert_eq!(words, ["0 0", "1 1", "2 2", "2 3"]);
    assert_eq!(picture.boxes[0].y, picture.boxes[2].y, "the first below stands beside");
    assert!(picture.boxes[3].y > picture.boxes[2].y);
    let kinds: Vec<_> = picture.lines.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [Some(EdgeKind::Hard), Some(EdgeKind::Soft), Some(EdgeKind::Soft)]);
}

#[test]
fn hundreds_behind_one_head_are_a_count_that_opens() {
    let graph = pile_up();
    let (words, _) = shown(&graph, &view());
    assert_eq!(words, ["0 0", "1 1", "2 2", "2 3", "2 4", "2 5", "2 +196/196"]);
    let opened = View { open: BTreeSet::from([1]), ..view() };
    let (words, picture) = shown(&graph, &opened);
    assert_eq!((words.len(), picture.boxes.len()), (202, 202));
    let little = View { open: BTreeSet::from([1]), most: 50, ..View::default() };
    let forest = Forest::of(&graph);
    let items = Outline::of(&forest, &little).items;
    let Some((_, Item::Fold(fold))) = items.last() else { panic!("{items:?}") };
    assert_eq!((fold.count, fold.opens), (152, false), "there is no room for more");
}

#[test]
fn a_selected_waiter_is_shown_wherever_it_stands() {
    let (words, _) = shown(&pile_up(), &View { selected: Some(150), ..view() });
    assert!(words.contains(&"2 150".to_owned()), "{words:?}");
    assert_eq!(words.last().map(String::as_str), Some("2 +195/195"));
}

#[test]
fn a_filter_keeps_those_who_are_waited_for() {
    let graph = pile_up();
    let only = (0..202).map(|node| node == 7 || node == 9).collect();
    let (words, _) = shown(&graph, &View { only: Some(only), ..view() });
    assert_eq!(words, ["0 0 beside", "1 1 beside", "2 7", "2 9"]);
}

#[test]
fn a_circle_is_cut_and_closed_by_a_line() {
    let one = (vec![hold(0, &[Exclusive])], vec![wait(1, Exclusive)]);
    let two = (vec![hold(1, &[Exclusive])], vec![wait(0, Exclusive)]);
    let graph = graph(2, vec![one, two]);
    let (words, picture) = shown(&graph, &view());
    assert_eq!(words, ["0 0", "1 1"]);
    let closes: Vec<bool> = picture.lines.iter().map(|line| line.closes).collect();
    assert_eq!(closes, [true, false]);
}

#[test]
fn a_long_chain_is_folded_in_depth() {
    let queues = (0..100).map(|n| (vec![hold(n, &[Exclusive])], vec![wait(n + 1, Exclusive)]));
    let graph = graph(101, queues.collect());
    let (words, _) = shown(&graph, &view());
    assert_eq!(words.last().map(String::as_str), Some("6 +1/95"), "{words:?}");
    let opened = View { open: BTreeSet::from([5]), ..view() };
    assert_eq!(shown(&graph, &opened).0.len(), 13, "as deep again below what was opened");
}

#[test]
fn folds_take_room_too() {
    let queues = (0..200).map(|n| {
        let waits = (n * 5 + 1..=n * 5 + 5).map(|node| wait(node, Exclusive)).collect();
        (vec![hold(n, &[Exclusive])], waits)
    });
    let graph = graph(1_001, queues.collect());
    let forest = Forest::of(&graph);
    let outline = Outline::of(&forest, &view());
    assert!(outline.items.len() <= ROOM + 2, "{}", outline.items.len());
    assert!(outline.hidden > 0);
}

#[test]
fn at_random_everybody_is_shown_or_counted_once_and_every_line_is_true() {
    let mut dice = Dice(11);
    for _ in 0..2_000 {
        let graph = random(&mut dice);
        let nodes = graph.nodes.len() as u32;
        let forest = Forest::of(&graph);
        let selected = Some(dice.below(u64::from(nodes)) as u32);
        let view = View { selected, most: dice.below(12) as usize, ..View::default() };
        let outline = Outline::of(&forest, &view);
        let mut seen = BTreeSet::new();
        let mut counted = 0;
        for (_, item) in &outline.items {
            match item {
                Item::Node { node, .. } => assert!(seen.insert(*node), "{node} twice in {graph:?}"),
                Item::Fold(fold) => counted += fold.count,
            }
        }
        assert_eq!(seen.len() as u32 + counted + outline.hidden, nodes, "{outline:?} of {graph:?}");
        let blocking = graph.blocking();
        for (links, node) in forest.links.iter().zip(0_u32..) {
            let exact = blocking.blockers(node);
            assert_eq!(links.is_empty(), exact.is_empty(), "{node} of {graph:?}");
            for link in links {
                let same = |e: &&crate::locks::Edge| {
                    (e.blocker, e.queue, e.kind) == (link.blocker, link.queue, link.kind)
                };
                assert!(exact.iter().any(|e| same(&e)), "{link:?} is not true in {graph:?}");
            }
        }
        let boxes = Picture::of(&forest, &outline).boxes;
        let places: BTreeSet<(i64, i64)> = boxes.iter().map(|b| (b.x as i64, b.y as i64)).collect();
        assert_eq!(places.len(), boxes.len(), "boxes on top of each other in {graph:?}");
    }
}
