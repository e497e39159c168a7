//! Flame graph layout: a rectangle per node, as wide as its share of the whole.

use serde::{Deserialize, Serialize};

use super::{ends, sums};
use crate::derive::Derived;
use crate::node::Plan;

/// What widths stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// Self times, ms, of the node and all beneath it.
    Time,
    /// Costs, where nothing was timed.
    Cost,
    /// Nodes, where not even costs are printed.
    Nodes,
}

/// One rectangle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// The node; `None` for a rectangle of several that are too narrow to be seen.
    pub node: Option<usize>,
    /// The node it stands under.
    pub parent: Option<usize>,
    /// How many nodes it stands for.
    pub nodes: usize,
    /// Left end, 0 to 1.
    pub x0: f64,
    /// Right end, 0 to 1.
    pub x1: f64,
    /// Steps from the root.
    pub depth: usize,
}

/// The rectangles, parents before children.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flame {
    /// What widths stand for.
    pub measure: Measure,
    /// The sum that the full width stands for, in the measure's unit.
    pub whole: f64,
    /// The rectangles.
    pub rects: Vec<Rect>,
}

/// Lays the flame graph out. Children stand within their parent's rectangle, side by side from its
/// left end; what is left over is the parent's own. Rectangles narrower than `least` (a share of the
/// whole) are drawn as one "n more" per parent.
pub fn flame(plan: &Plan, derived: &Derived, least: f64) -> Flame {
    let (measure, widths) = widths(plan, derived);
    let whole = widths.first().copied().unwrap_or_default();
    let ends = ends(plan);
    let mut flame = Flame { measure, whole, rects: vec![] };
    // By node: where its next child starts; and its narrow children: how many nodes, how wide.
    let mut starts: Vec<f64> = vec![0.0; plan.nodes.len()];
    let mut narrow: Vec<(usize, f64)> = vec![(0, 0.0); plan.nodes.len()];
    let mut at = 0;
    while let Some(node) = plan.nodes.get(at) {
        let width = widths.get(at).copied().unwrap_or_default();
        let share = if whole > 0.0 { width / whole } else { f64::from(u8::from(at == 0)) };
        let behind = ends.get(at).copied().unwrap_or_default().max(at + 1);
        if let Some(parent) = node.parent.filter(|_| share < least || share <= 0.0) {
            if let Some(narrow) = narrow.get_mut(parent) {
                narrow.0 += behind - at;
                narrow.1 += share;
            }
            at = behind;
            continue;
        }
        let x0 = node.parent.and_then(|parent| starts.get(parent)).copied().unwrap_or_default();
        let x1 = (x0 + share).min(1.0);
        if let Some(start) = node.parent.and_then(|parent| starts.get_mut(parent)) {
            *start = x1;
        }
        if let Some(start) = starts.get_mut(at) {
            *start = x0;
        }
        let (node, parent, depth) = (Some(at), node.parent, node.depth);
        flame.rects.push(Rect { node, parent, nodes: 1, x0, x1, depth });
        at += 1;
    }
    for (at, (nodes, share)) in narrow.into_iter().enumerate().filter(|(_, (nodes, _))| *nodes > 0)
    {
        let x0 = starts.get(at).copied().unwrap_or_default();
        let depth = plan.nodes.get(at).map_or(0, |node| node.depth + 1);
        let x1 = (x0 + share).min(1.0);
        flame.rects.push(Rect { node: None, parent: Some(at), nodes, x0, x1, depth });
    }
    flame
}

/// By node: its own figure and those of all beneath it, so that no child is wider than its parent.
fn widths(plan: &Plan, derived: &Derived) -> (Measure, Vec<f64>) {
    let own = derived.nodes.iter();
    let times = sums(plan, own.clone().map(|node| node.self_ms.unwrap_or_default()));
    if derived.nodes_ms.is_some_and(|ms| ms > 0.0) && times.first().is_some_and(|ms| *ms > 0.0) {
        return (Measure::Time, times);
    }
    let costs = sums(plan, own.map(|node| node.self_cost.unwrap_or_default()));
    if costs.first().is_some_and(|cost| *cost > 0.0) {
        return (Measure::Cost, costs);
    }
    (Measure::Nodes, sums(plan, plan.nodes.iter().map(|_| 1.0)))
}
