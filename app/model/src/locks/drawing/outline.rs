//! Folding of the graph layout: the beginning of every long list is shown, the rest is a count that
//! can be expanded. Level by level, so that a limit cuts the leaves and not the roots.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::forest::{Forest, below};
use super::links::Link;

/// Waiters below one node that are shown before the rest is folded.
const SHOWN: usize = 4;
/// A fold of one would take the place of what it hides.
const FOLDED_AT_LEAST: usize = 2;
/// Roots shown before the rest is folded.
const ROOTS_SHOWN: usize = 8;
/// Layers shown below a root, or below a node that was opened.
const DEEP: u32 = 6;

/// What the user wants to see.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Nodes whose waiters are all shown.
    pub open: BTreeSet<u32>,
    /// Whether all roots are shown.
    pub all_roots: bool,
    /// A node that is shown wherever it stands.
    pub selected: Option<u32>,
    /// Nodes that pass a filter; None for all. Those they wait for stay.
    pub only: Option<Vec<bool>>,
    /// Boxes at most.
    pub most: usize,
}

/// Waiters that are not shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fold {
    /// Below whom; None for roots.
    pub under: Option<u32>,
    /// How many of them stand directly there.
    pub direct: u32,
    /// How many in all.
    pub count: u32,
    /// The longest wait among those directly there, µs since the epoch.
    pub since_us: Option<i64>,
    /// Whether there would be room for them.
    pub opens: bool,
}

/// One line of the outline.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A node and what puts it there.
    Node {
        /// Index of the node.
        node: u32,
        /// None for a root.
        via: Option<Link>,
        /// Whether it is here only because somebody who passes the filter waits for it.
        beside: bool,
    },
    /// Nodes folded to a count.
    Fold(Fold),
}

/// What is shown, depth first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// Depth from 0, and what stands there.
    pub items: Vec<(u32, Item)>,
    /// How many are neither shown nor counted in a fold, for want of room.
    pub hidden: u32,
}

/// What is shown below a node, or among the roots.
#[derive(Default)]
struct Shown {
    nodes: Vec<u32>,
    hidden: Vec<u32>,
    fold: Option<Fold>,
}

impl Outline {
    /// What is shown of a forest.
    pub fn of(forest: &Forest<'_>, view: &View) -> Self {
        let kept = view.only.as_ref().map(|only| with_blockers(forest, only));
        let keeps = |node: &u32| {
            kept.as_ref().is_none_or(|kept| kept.get(*node as usize).copied().unwrap_or(false))
        };
        let needed = needed(forest, view.selected);
        let counted = kept.as_ref().map(|_| below(&forest.order, &forest.via, |node| keeps(&node)));
        let below = counted.as_deref().unwrap_or(&forest.below);
        let mut shown: BTreeMap<Option<u32>, Shown> = BTreeMap::new();
        let (mut room, mut hidden) = (view.most, 0);
        let mut due = VecDeque::from([(None, 0_u32)]);
        while let Some((under, depth)) = due.pop_front() {
            let all = under.map_or(forest.roots.as_slice(), |node| forest.children(node));
            let all: Vec<u32> = all.iter().copied().filter(&keeps).collect();
            let open = under.map_or(view.all_roots, |node| view.open.contains(&node));
            let most = match (open, under) {
                (true, _) => room,
                (false, None) => ROOTS_SHOWN,
                (false, Some(_)) if depth >= DEEP => 0,
                (false, Some(_)) => SHOWN,
            };
            let mut part = part(&all, most.min(room), &needed);
            if let Some(fold) = &mut part.fold {
                let of = |node: &u32| below.get(*node as usize).copied().unwrap_or_default() + 1;
                fold.count = part.hidden.iter().map(of).sum();
                let since = part.hidden.iter().filter_map(|node| forest.via(*node)?.since_us);
                fold.since_us = since.min();
                (fold.under, fold.opens) = (under, !open && room > 0);
            }
            if room == 0 && part.nodes.is_empty() {
                hidden += part.fold.take().map_or(0, |fold| fold.count);
            }
            room = room.saturating_sub(part.nodes.len() + usize::from(part.fold.is_some()));
            let next = if open { 0 } else { depth };
            due.extend(part.nodes.iter().map(|node| (Some(*node), next + 1)));
            shown.insert(under, part);
        }
        let beside = |node: u32| {
            let only = view.only.as_ref();
            only.is_some_and(|only| !only.get(node as usize).copied().unwrap_or(false))
        };
        let mut items = Vec::new();
        let mut stack: Vec<(u32, Item)> = Vec::new();
        push(&mut stack, 0, shown.remove(&None), forest, &beside);
        while let Some((depth, item)) = stack.pop() {
            if let Item::Node { node, .. } = &item {
                push(&mut stack, depth + 1, shown.remove(&Some(*node)), forest, &beside);
            }
            items.push((depth, item));
        }
        Self { items, hidden }
    }
}

/// Puts what is shown below one node on the stack, last first.
fn push(
    stack: &mut Vec<(u32, Item)>,
    depth: u32,
    shown: Option<Shown>,
    forest: &Forest<'_>,
    beside: &impl Fn(u32) -> bool,
) {
    let Some(shown) = shown else { return };
    stack.extend(shown.fold.map(|fold| (depth, Item::Fold(fold))));
    stack.extend(shown.nodes.into_iter().rev().map(|node| {
        let via = forest.via(node).copied();
        (depth, Item::Node { node, via, beside: beside(node) })
    }));
}

/// The first `most` and those that are needed; the rest as a fold.
fn part(all: &[u32], most: usize, needed: &BTreeSet<u32>) -> Shown {
    let most = if all.len() < most + FOLDED_AT_LEAST && most > 0 { all.len() } else { most };
    let mut shown = Shown::default();
    for (node, at) in all.iter().zip(0_usize..) {
        let list =
            if at < most || needed.contains(node) { &mut shown.nodes } else { &mut shown.hidden };
        list.push(*node);
    }
    let direct = shown.hidden.len() as u32;
    shown.fold = (direct > 0).then(|| Fold { direct, ..Fold::default() });
    shown
}

/// A node and everybody it stands below.
fn needed(forest: &Forest<'_>, node: Option<u32>) -> BTreeSet<u32> {
    std::iter::successors(node, |node| Some(forest.via(*node)?.blocker)).collect()
}

/// Those that pass and everybody they stand below.
fn with_blockers(forest: &Forest<'_>, only: &[bool]) -> Vec<bool> {
    let mut kept = vec![false; forest.links.len()];
    for (passes, node) in only.iter().zip(0_u32..) {
        let mut next = passes.then_some(node);
        while let Some(node) = next {
            match kept.get_mut(node as usize) {
                Some(kept) if !*kept => *kept = true,
                _ => break,
            }
            next = forest.via(node).map(|link| link.blocker);
        }
    }
    kept
}
