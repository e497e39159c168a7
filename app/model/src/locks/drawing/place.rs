//! Coordinates of the graph layout: boxes and lines, layers from left to right.

use std::collections::HashMap;

use super::forest::Forest;
use super::outline::{Item, Outline};
use crate::locks::EdgeKind;

/// A box's width, in the drawing's own units.
pub const BOX_WIDTH: f64 = 320.0;
/// A box's height.
pub const BOX_HEIGHT: f64 = 76.0;
/// Between layers; the lines run there.
const GAP_ACROSS: f64 = 40.0;
/// Between boxes of one layer.
const GAP_DOWN: f64 = 12.0;
/// Around the drawing.
const MARGIN: f64 = 6.0;

/// A box.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its upper left corner.
    pub x: f64,
    /// Its upper left corner.
    pub y: f64,
    /// What stands in it.
    pub item: Item,
}

/// A line from the right of one box to the left of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Where it begins, at the blocker.
    pub from: (f64, f64),
    /// Where it ends, at the waiter.
    pub to: (f64, f64),
    /// None for a line to a fold.
    pub kind: Option<EdgeKind>,
    /// Whether it closes a cycle.
    pub closes: bool,
}

/// The drawing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// Boxes, depth first.
    pub boxes: Vec<Placed>,
    /// Lines.
    pub lines: Vec<Line>,
}

impl Picture {
    /// The drawing of an outline.
    pub fn of(forest: &Forest<'_>, outline: &Outline) -> Self {
        let mut picture = Self::default();
        let (mut row, mut depth_before) = (0_u32, None);
        let mut corners: HashMap<u32, (f64, f64)> = HashMap::new();
        let mut layers: Vec<u32> = Vec::new();
        for (depth, item) in &outline.items {
            // The first below a node stands beside it, every other one in a row of its own.
            if depth_before.is_some_and(|before| *depth <= before) {
                row += 1;
            }
            depth_before = Some(*depth);
            layers.truncate(*depth as usize);
            let parent = layers.last().copied();
            let layer = match item {
                Item::Node { node, .. } => {
                    forest.layers.get(*node as usize).copied().unwrap_or_default()
                }
                Item::Fold(_) => parent.map_or(0, |layer| layer + 1),
            };
            layers.push(layer);
            let x = MARGIN + f64::from(layer) * (BOX_WIDTH + GAP_ACROSS);
            let y = MARGIN + f64::from(row) * (BOX_HEIGHT + GAP_DOWN);
            match item {
                Item::Node { node, .. } => {
                    corners.insert(*node, (x, y));
                }
                Item::Fold(fold) => {
                    let under = fold.under.and_then(|node| corners.get(&node));
                    let line = under.map(|from| line(*from, (x, y), None, false));
                    picture.lines.extend(line);
                }
            }
            picture.width = picture.width.max(x + BOX_WIDTH + MARGIN);
            picture.height = picture.height.max(y + BOX_HEIGHT + MARGIN);
            picture.boxes.push(Placed { x, y, item: item.clone() });
        }
        picture.tie(forest, &corners);
        picture
    }

    /// Every drawn link between two boxes.
    fn tie(&mut self, forest: &Forest<'_>, corners: &HashMap<u32, (f64, f64)>) {
        for placed in &self.boxes {
            let Item::Node { node, .. } = &placed.item else { continue };
            for link in forest.links.get(*node as usize).into_iter().flatten() {
                let Some(from) = corners.get(&link.blocker) else { continue };
                let closes = from.0 >= placed.x;
                self.lines.push(line(*from, (placed.x, placed.y), Some(link.kind), closes));
            }
        }
    }
}

fn line(from: (f64, f64), to: (f64, f64), kind: Option<EdgeKind>, closes: bool) -> Line {
    let middle = BOX_HEIGHT / 2.0;
    Line { from: (from.0 + BOX_WIDTH, from.1 + middle), to: (to.0, to.1 + middle), kind, closes }
}
