//! Rebuilds the tree of a plan whose indentation is lost: nodes stand parents first, so the number of
//! inputs of each kind tells where each belongs. Where a node may have any number of them, costs and
//! rows decide, and the tree is a guess.

use crate::arity::{self, MANY, inputs};
use crate::node::Node;

/// How many open nodes are asked for the owner of a subplan.
const MAX_TRIES: usize = 64;
/// Bytes of conditions that are searched for the names of subplans, so that a hostile plan takes
/// linear time.
const MAX_SEARCHED: usize = 1 << 24;
/// How far a sum of printed costs may be off, relatively.
const SLACK: f64 = 1e-4;

/// A node that may get inputs.
struct Frame {
    node: usize,
    /// Inputs so far, subplans aside, and the first of them.
    have: usize,
    first: Option<usize>,
    /// Their costs and rows together.
    cost: f64,
    rows: f64,
    least: usize,
    most: usize,
    /// Whether a node further out could take the next one instead.
    outer: bool,
}

/// Places nodes one after the other.
#[derive(Default)]
pub(super) struct Rebuilder {
    frames: Vec<Frame>,
    /// The places in `frames` that own subplans, and wait for their inputs.
    owners: Vec<usize>,
    /// Frames that lack inputs.
    lacking: usize,
    parents: Vec<Option<usize>>,
    /// The first node for which there was a choice.
    pub guessed: Option<usize>,
    /// Whether a node had no place: then there is no tree.
    failed: bool,
    /// Bytes searched so far.
    searched: usize,
}

impl Rebuilder {
    /// Whether a node lacks an input, so that the next one belongs to the plan.
    pub(super) fn is_wanting(&self) -> bool {
        !self.failed && self.lacking > 0
    }

    /// Whether a node could take one more input.
    pub(super) fn can_take(&self) -> bool {
        let last = self.frames.last();
        !self.failed && last.is_some_and(|frame| frame.outer || frame.have < frame.most)
    }

    /// The parents, where every node had a place.
    pub(super) fn parents(self) -> Option<Vec<Option<usize>>> {
        (!self.failed).then_some(self.parents)
    }

    /// Places the last of the nodes.
    pub(super) fn place(&mut self, nodes: &[Node]) {
        let Some(at) = nodes.len().checked_sub(1).filter(|_| !self.failed) else { return };
        let Some(node) = nodes.get(at) else { return };
        self.count_targets(nodes);
        let owner = match &node.subplan {
            _ if at == 0 => None,
            Some(name) => self.owner(nodes, at, name),
            None => self.taker(nodes, node),
        };
        if at > 0 && owner.is_none() {
            self.failed = true;
            return;
        }
        let outer = owner.is_some_and(|owner| self.enter(owner, nodes, at));
        self.parents.push(owner.and_then(|owner| self.frames.get(owner)).map(|frame| frame.node));
        let (least, most) = inputs(&node.kind).unwrap_or((0, MANY));
        let most = if node.kind == "Foreign Scan" { 1 } else { most };
        // One without inputs says that all were removed, and is rare.
        let has_one = node.kind.ends_with("Append") || node.kind == "ModifyTable";
        let least = if has_one { 1 } else { least };
        self.lacking = self.lacking.saturating_add(usize::from(least > 0));
        self.frames.push(Frame {
            node: at,
            have: 0,
            first: None,
            cost: 0.0,
            rows: 0.0,
            least,
            most,
            outer,
        });
    }

    /// How many inputs the node above has, if it changes tables: now its lines are read.
    fn count_targets(&mut self, nodes: &[Node]) {
        let Some(frame) = self.frames.last_mut() else { return };
        let Some(node) = nodes.get(frame.node).filter(|node| node.kind == "ModifyTable") else {
            return;
        };
        let targets = node.props.iter().filter(|prop| prop.key == "Target Tables/Relation Name");
        frame.most = targets.count().max(1);
    }

    /// Closes what stands above a frame and counts a node as its input. Gives whether the frame or one
    /// further out may take more.
    fn enter(&mut self, owner: usize, nodes: &[Node], at: usize) -> bool {
        for frame in self.frames.drain(owner.saturating_add(1)..) {
            // A join that was left without its second input: the order says something else.
            self.failed |= frame.have < frame.least;
        }
        while self.owners.last().is_some_and(|last| *last > owner) {
            self.owners.pop();
        }
        let (Some(frame), Some(node)) = (self.frames.get_mut(owner), nodes.get(at)) else {
            return false;
        };
        if node.subplan.is_some() {
            if self.owners.last() != Some(&owner) {
                self.owners.push(owner);
            }
        } else {
            frame.have = frame.have.saturating_add(1);
            frame.first = frame.first.or(Some(at));
            frame.cost += node.cost.map_or(0.0, |cost| cost.total);
            frame.rows += rows(node);
            if frame.have == frame.least {
                self.lacking = self.lacking.saturating_sub(1);
            }
        }
        frame.outer || frame.have < frame.most
    }

    /// The innermost open node that takes a node as its input.
    fn taker(&mut self, nodes: &[Node], node: &Node) -> Option<usize> {
        let mut fallback = None;
        for place in (0..self.frames.len()).rev() {
            let frame = self.frames.get(place)?;
            let parent = nodes.get(frame.node)?;
            let is_open = frame.have < frame.most && !is_done_set_operation(nodes, frame);
            let fitting = is_open && fits(parent, frame.have, node);
            if frame.have < frame.least {
                return fitting.then_some(place);
            }
            if !fitting {
                continue;
            }
            // `SetOp` of PostgreSQL 18 has two inputs.
            if parent.kind == "SetOp" || !frame.outer {
                return Some(place);
            }
            self.guessed.get_or_insert(frame.node);
            if is_likely(parent, frame, node) {
                return Some(place);
            }
            fallback = fallback.or(Some(place));
        }
        fallback
    }

    /// The node that a subplan belongs to.
    fn owner(&mut self, nodes: &[Node], at: usize, name: &str) -> Option<usize> {
        let last = self.frames.len().checked_sub(1)?;
        let plain = name.split_once(" (").map_or(name, |(plain, _)| plain);
        if name.starts_with("SubPlan") {
            // Printed behind the inputs of the node that asks for it.
            let found =
                (0..=last).rev().take(MAX_TRIES).find(|place| self.asks(nodes, *place, plain));
            if found.is_none() {
                self.guessed.get_or_insert(at);
            }
            return Some(found.unwrap_or(last));
        }
        // Printed before the inputs of its owner: the node above the label, or the owner of the
        // subplan that has just ended.
        let frame = self.frames.last()?;
        let waits = frame.have < frame.least;
        if waits || self.asks(nodes, last, plain) {
            return Some(last);
        }
        Some(self.owners.last().copied().unwrap_or(last))
    }
}

impl Rebuilder {
    /// Whether the conditions of an open node name a subplan, and not one of which it is the start.
    fn asks(&mut self, nodes: &[Node], place: usize, name: &str) -> bool {
        let Some(node) = self.frames.get(place).and_then(|frame| nodes.get(frame.node)) else {
            return false;
        };
        let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        node.props.iter().any(|prop| {
            let text = prop.value.text();
            self.searched = self.searched.saturating_add(text.len());
            self.searched < MAX_SEARCHED && text.split(name).skip(1).any(is_end)
        })
    }
}

/// Whether a node can be the next input of another; of a kind that is not known anything can.
pub(super) fn fits(parent: &Node, have: usize, child: &Node) -> bool {
    inputs(&parent.kind).is_none() || arity::fits(&parent.kind, have, &child.kind)
}

/// Before PostgreSQL 18 a set operation reads one `Append`, sorted or not.
fn is_done_set_operation(nodes: &[Node], frame: &Frame) -> bool {
    let Some(first) = frame.first.filter(|_| frame.have == 1) else { return false };
    let kind = |at: usize| nodes.get(at).map_or("", |node| node.kind.as_str());
    let below = if kind(first) == "Sort" { kind(first.saturating_add(1)) } else { kind(first) };
    kind(frame.node) == "SetOp" && below == "Append"
}

/// Whether the figures allow one more input.
fn is_likely(parent: &Node, frame: &Frame, node: &Node) -> bool {
    let adds_up = matches!(parent.kind.as_str(), "Append" | "Merge Append" | "Custom Scan")
        && !parent.is("Parallel Aware");
    if let (Some(above), Some(below)) = (parent.cost, node.cost) {
        let sum = if adds_up { frame.cost + below.total } else { below.total };
        let room = above.total * SLACK + 0.01 * (frame.have as f64 + 1.0);
        if sum > above.total + room {
            return false;
        }
        // A Result has an input that costs less, or the same behind a condition that is checked once.
        let gate = parent.get("One-Time Filter").is_some_and(|filter| filter != "false");
        if parent.kind == "Result" && !gate && below.total >= above.total {
            return false;
        }
    }
    if let (true, Some(above), Some(below)) = (adds_up, parent.actual, node.actual) {
        let room = 1.0 + (above.loops + below.loops * (frame.have as f64 + 1.0)) / 2.0;
        let exact = above.loops <= 1.0 && below.loops <= 1.0;
        return frame.rows + rows(node) <= rows(parent) + if exact { 0.5 } else { room };
    }
    true
}

/// Rows over all loops.
fn rows(node: &Node) -> f64 {
    node.actual.map_or(0.0, |actual| actual.rows * actual.loops)
}
