//! Tree layout: which nodes are visible (not folded away), and the position of each tile.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::groups::Group;
use super::{ends, tidy_tree};
use crate::node::Plan;

/// What the reader has folded and opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Nodes whose children are hidden.
    pub collapsed: BTreeSet<usize>,
    /// Groups, by their first member, whose members are shown one by one.
    pub opened: BTreeSet<usize>,
}

/// The size of a tile and the room between tiles, in any unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Size {
    /// Width of a tile.
    pub width: f64,
    /// Height of a tile.
    pub height: f64,
    /// Room between neighbours.
    pub gap_x: f64,
    /// Room between a tile and those beneath it.
    pub gap_y: f64,
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 220.0, height: 88.0, gap_x: 24.0, gap_y: 48.0 }
    }
}

/// What a tile shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A node, by its place in the plan.
    Node(usize),
    /// A folded group, by its place in the list of groups.
    Group(usize),
}

/// One box of the drawn tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// What it shows.
    pub what: What,
    /// The tile above it; always before its own.
    pub parent: Option<usize>,
    /// Steps from the root.
    pub level: usize,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Nodes that it stands for but does not show.
    pub hidden: usize,
    /// The least and the greatest centre among its own and those of the tiles beneath it.
    pub trunk: (f64, f64),
}

/// Tiles in depth-first order, and all that is needed to find those in sight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// The tiles; the first is the root.
    pub tiles: Vec<Tile>,
    /// The size they were laid out for.
    pub size: Size,
    /// Width and height of the whole.
    pub width: f64,
    /// Height of the whole.
    pub height: f64,
    /// By level: its tiles from left to right.
    pub(super) levels: Vec<Vec<usize>>,
    /// By level: its tiles that have others beneath them, from left to right.
    pub(super) trunks: Vec<Vec<usize>>,
    /// Steps taken, for tests of linear time.
    pub steps: usize,
}

/// Lays out what is in sight: no two tiles overlap, a parent stands over the middle of its
/// children, and the same plan always gives the same picture.
pub fn tree(plan: &Plan, groups: &[Group], window: &Window, size: Size) -> Layout {
    let mut layout = Layout { tiles: tiles(plan, groups, window), size, ..Layout::default() };
    let parents: Vec<Option<usize>> = layout.tiles.iter().map(|tile| tile.parent).collect();
    let (lefts, steps) = tidy_tree::places(&parents, size.width + size.gap_x);
    layout.steps = steps;
    let half = size.width / 2.0;
    for (at, (tile, left)) in layout.tiles.iter_mut().zip(&lefts).enumerate() {
        tile.x = *left;
        tile.y = tile.level as f64 * (size.height + size.gap_y);
        tile.trunk = (left + half, left + half);
        layout.width = layout.width.max(tile.x + size.width);
        layout.height = layout.height.max(tile.y + size.height);
        while layout.levels.len() <= tile.level {
            layout.levels.push(vec![]);
            layout.trunks.push(vec![]);
        }
        if let Some(level) = layout.levels.get_mut(tile.level) {
            level.push(at);
        }
    }
    trunks(&mut layout);
    layout
}

/// From the reader's window to tiles without a place.
fn tiles(plan: &Plan, groups: &[Group], window: &Window) -> Vec<Tile> {
    let ends = ends(plan);
    let folded: BTreeMap<usize, usize> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| !window.opened.contains(&group.first()))
        .map(|(place, group)| (group.first(), place))
        .collect();
    let mut tile_of: Vec<usize> = vec![0; plan.nodes.len()];
    let mut tiles: Vec<Tile> = vec![];
    let mut at = 0;
    while let Some(node) = plan.nodes.get(at) {
        let parent = node.parent.and_then(|parent| tile_of.get(parent).copied());
        let level = parent.and_then(|parent| tiles.get(parent)).map_or(0, |tile| tile.level + 1);
        let behind = ends.get(at).copied().unwrap_or_default().max(at + 1);
        let (what, hidden, next) =
            match folded.get(&at).and_then(|at| groups.get(*at).zip(Some(*at))) {
                Some((group, place)) => (What::Group(place), group.nodes, group.end.max(at + 1)),
                None if window.collapsed.contains(&at) => (What::Node(at), behind - at - 1, behind),
                None => (What::Node(at), 0, at + 1),
            };
        if let Some(own) = tile_of.get_mut(at) {
            *own = tiles.len();
        }
        tiles.push(Tile { what, parent, level, x: 0.0, y: 0.0, hidden, trunk: (0.0, 0.0) });
        at = next;
    }
    tiles
}

/// Spans each tile's trunk over the tiles beneath it.
fn trunks(layout: &mut Layout) {
    for at in 0..layout.tiles.len() {
        let Some((parent, x)) = layout.tiles.get(at).and_then(|tile| Some((tile.parent?, tile.x)))
        else {
            continue;
        };
        let centre = x + layout.size.width / 2.0;
        let Some(parent_tile) = layout.tiles.get_mut(parent) else { continue };
        let (low, high) = parent_tile.trunk;
        parent_tile.trunk = (low.min(centre), high.max(centre));
        let level = parent_tile.level;
        if let Some(trunks) = layout.trunks.get_mut(level)
            && trunks.last() != Some(&parent)
        {
            trunks.push(parent);
        }
    }
}
