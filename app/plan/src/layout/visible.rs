//! Viewport culling: the tiles and lines of a layout that intersect a rectangle. Both are sorted
//! from left to right on each level, so a binary search finds either end.

use serde::{Deserialize, Serialize};

use super::tree::{Layout, Tile};

/// Something to draw. Lines are drawn as a comb: one trunk under each parent, one tooth over each
/// child; a parent of 10,000 children then needs as few lines as there are children in sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// A tile.
    Tile(usize),
    /// The line from a tile down and across the tiles beneath it: [`Tile::trunk`].
    Trunk(usize),
    /// The line from the trunk down to a tile.
    Tooth(usize),
}

impl Layout {
    /// The pieces that cross the rectangle from `(left, top)` to `(right, bottom)`: lines first.
    ///
    /// Takes a step per level in sight and per piece given, and a few to find them.
    pub fn visible(
        &self,
        left: f64,
        top: f64,
        right: f64,
        bottom: f64,
    ) -> impl Iterator<Item = Piece> + '_ {
        let pitch = self.size.height + self.size.gap_y;
        let level = |y: f64| (y / pitch).floor().max(0.0) as usize;
        // The lines under a level end where the next one starts.
        let from = level(top).saturating_sub(1);
        let to = level(bottom).saturating_add(1).min(self.levels.len());
        let inside = move |y: f64, height: f64| y <= bottom && y + height >= top;
        let half = self.size.width / 2.0;
        let (height, gap) = (self.size.height, self.size.gap_y);
        let trunks = self.levels_between(&self.trunks, from, to).flat_map(move |level| {
            let shown = self.between(
                level,
                move |tile| tile.trunk.1 < left,
                move |tile| tile.trunk.0 <= right,
            );
            shown
                .filter(move |(_, tile)| inside(tile.y + height, gap))
                .map(|(at, _)| Piece::Trunk(at))
        });
        let teeth =
            self.levels_between(&self.levels, from, to.saturating_add(1)).flat_map(move |level| {
                let shown = self.between(
                    level,
                    move |tile| tile.x + half < left,
                    move |tile| tile.x + half <= right,
                );
                shown
                    .filter(move |(_, tile)| {
                        tile.parent.is_some() && inside(tile.y - gap / 2.0, gap / 2.0)
                    })
                    .map(|(at, _)| Piece::Tooth(at))
            });
        let tiles = self.levels_between(&self.levels, from, to).flat_map(move |level| {
            let shown = self.between(
                level,
                move |tile| tile.x + 2.0 * half < left,
                move |tile| tile.x <= right,
            );
            shown.filter(move |(_, tile)| inside(tile.y, height)).map(|(at, _)| Piece::Tile(at))
        });
        trunks.chain(teeth).chain(tiles)
    }

    fn levels_between<'a>(
        &self,
        levels: &'a [Vec<usize>],
        from: usize,
        to: usize,
    ) -> impl Iterator<Item = &'a Vec<usize>> {
        let to = to.min(levels.len());
        levels.get(from.min(to)..to).unwrap_or_default().iter()
    }

    /// The tiles of a level from the first that is not before the window to the last that starts in it.
    fn between<'a>(
        &'a self,
        level: &'a [usize],
        before: impl Fn(&Tile) -> bool,
        starts: impl Fn(&Tile) -> bool,
    ) -> impl Iterator<Item = (usize, &'a Tile)> {
        let is = |at: &usize, test: &dyn Fn(&Tile) -> bool| self.tiles.get(*at).is_some_and(test);
        let first = level.partition_point(|at| is(at, &before));
        let last = level.partition_point(|at| is(at, &starts)).max(first);
        let shown = level.get(first..last).unwrap_or_default().iter();
        shown.filter_map(|at| Some((*at, self.tiles.get(*at)?)))
    }
}
