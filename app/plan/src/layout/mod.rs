//! Layout of a plan's views: tree, folded groups, flame graph, totals, colour scales.
//!
//! Pure and linear: everything follows from `(Plan, Derived)` and from what the reader has folded.
//! Knows nothing of pixels on a screen but the size of one tile; never draws.

mod flame;
mod groups;
mod shade;
mod tidy_tree;
mod totals;
mod tree;
mod visible;

use crate::node::Plan;

pub use flame::{Flame, Measure, Rect, flame};
pub use groups::{Group, groups};
pub use shade::{Scale, Shades};
pub use totals::{Total, Totals, totals};
pub use tree::{Layout, Size, Tile, What, Window, tree};
pub use visible::Piece;

/// By node: the first node behind its subtree. The subtree of `at` is `at..ends[at]`.
pub(crate) fn ends(plan: &Plan) -> Vec<usize> {
    let mut ends: Vec<usize> = (1..=plan.nodes.len()).collect();
    for (at, node) in plan.nodes.iter().enumerate().rev() {
        let own = ends.get(at).copied().unwrap_or_default();
        if let Some(parent) = node.parent.and_then(|parent| ends.get_mut(parent)) {
            *parent = own.max(*parent);
        }
    }
    ends
}

/// By node: the sum of a figure over its subtree.
pub(crate) fn sums(plan: &Plan, own: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sums: Vec<f64> = own.collect();
    for (at, node) in plan.nodes.iter().enumerate().rev() {
        let below = sums.get(at).copied().unwrap_or_default();
        if let Some(parent) = node.parent.and_then(|parent| sums.get_mut(parent)) {
            *parent += below;
        }
    }
    sums
}
