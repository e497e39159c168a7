//! Tidy tree layout in linear time: Buchheim, Jünger and Leipert, "Improving Walker's Algorithm to
//! Run in Linear Time" (2002), with loops in place of recursion.
//!
//! Parents stand before their children in the list, so the list read backwards meets every subtree
//! after all that is beneath it, and siblings from right to left: the picture is built mirrored.

/// What the algorithm keeps for each tile. Names follow the paper, in its mirrored sense: the
/// *previous* sibling stands to the right.
#[derive(Clone, Default)]
struct Tile {
    parent: Option<usize>,
    /// Outermost children: the first one laid out, and the last.
    first: Option<usize>,
    last: Option<usize>,
    /// The sibling laid out before it.
    previous: Option<usize>,
    /// Its number among its siblings.
    number: usize,
    prelim: f64,
    modifier: f64,
    shift: f64,
    change: f64,
    thread: Option<usize>,
    ancestor: usize,
    /// For a parent: the ancestor that `apportion` carries from child to child.
    default_ancestor: Option<usize>,
}

struct Tidy {
    tiles: Vec<Tile>,
    distance: f64,
    steps: usize,
}

/// The left edge of each tile when neighbours stand `distance` apart, and the steps it took.
pub(super) fn places(parents: &[Option<usize>], distance: f64) -> (Vec<f64>, usize) {
    let mut tidy = Tidy::new(parents, distance);
    for at in (0..parents.len()).rev() {
        tidy.walk(at);
    }
    // The sum of the modifiers above each tile, from the root down.
    let mut above: Vec<f64> = Vec::with_capacity(parents.len());
    let mut places: Vec<f64> = Vec::with_capacity(parents.len());
    for tile in &tidy.tiles {
        let sum = tile.parent.map_or(0.0, |parent| {
            let own = tidy.tiles.get(parent).map_or(0.0, |parent| parent.modifier);
            above.get(parent).copied().unwrap_or_default() + own
        });
        above.push(sum);
        places.push(-(tile.prelim + sum));
    }
    let least = places.iter().copied().fold(f64::INFINITY, f64::min);
    places.iter_mut().for_each(|place| *place -= least);
    (places, tidy.steps)
}

impl Tidy {
    fn new(parents: &[Option<usize>], distance: f64) -> Self {
        let mut tiles: Vec<Tile> = vec![Tile::default(); parents.len()];
        for (at, parent) in parents.iter().enumerate().rev() {
            let previous = parent.and_then(|parent| tiles.get(parent)).and_then(|tile| tile.last);
            let number =
                previous.and_then(|tile| tiles.get(tile)).map_or(0, |tile| tile.number + 1);
            if let Some(tile) = tiles.get_mut(at) {
                (tile.parent, tile.previous, tile.number) = (*parent, previous, number);
                tile.ancestor = at;
            }
            if let Some(parent) = parent.and_then(|parent| tiles.get_mut(parent)) {
                parent.first = parent.first.or(Some(at));
                parent.last = Some(at);
            }
        }
        Self { tiles, distance, steps: 0 }
    }

    fn get(&self, at: usize) -> Tile {
        self.tiles.get(at).cloned().unwrap_or_default()
    }

    fn with(&mut self, at: usize, change: impl FnOnce(&mut Tile)) {
        if let Some(tile) = self.tiles.get_mut(at) {
            change(tile);
        }
    }

    /// Places one subtree against those of its siblings that are placed already.
    fn walk(&mut self, at: usize) {
        self.steps += 1;
        let tile = self.get(at);
        let beside = tile.previous.map(|previous| self.get(previous).prelim + self.distance);
        match tile.first.zip(tile.last) {
            Some((first, last)) => {
                self.execute_shifts(last);
                let middle = (self.get(first).prelim + self.get(last).prelim) / 2.0;
                self.with(at, |tile| {
                    tile.prelim = beside.unwrap_or(middle);
                    tile.modifier = beside.map_or(0.0, |beside| beside - middle);
                });
            }
            None => self.with(at, |tile| tile.prelim = beside.unwrap_or(0.0)),
        }
        let Some(parent) = tile.parent else { return };
        let mut ancestor =
            self.get(parent).default_ancestor.or(self.get(parent).first).unwrap_or(at);
        if let Some(previous) = tile.previous {
            ancestor = self.apportion(at, previous, ancestor);
        }
        self.with(parent, |parent| parent.default_ancestor = Some(ancestor));
    }

    /// Spreads what later siblings were moved by over those in between.
    fn execute_shifts(&mut self, last: usize) {
        let (mut shift, mut change) = (0.0, 0.0);
        let mut at = Some(last);
        while let Some(child) = at {
            self.steps += 1;
            self.with(child, |tile| {
                tile.prelim += shift;
                tile.modifier += shift;
                change += tile.change;
                shift += tile.shift + change;
            });
            at = self.get(child).previous;
        }
    }

    /// Moves a subtree away from its neighbours, following both contours; gives the new ancestor.
    fn apportion(&mut self, at: usize, previous: usize, ancestor: usize) -> usize {
        let tile = self.get(at);
        let leftmost = tile.parent.and_then(|parent| self.get(parent).first).unwrap_or(at);
        let (mut inner_plus, mut outer_plus, mut inner_minus, mut outer_minus) =
            (at, at, previous, leftmost);
        let (mut sum_ip, mut sum_op) = (tile.modifier, tile.modifier);
        let mut sum_im = self.get(inner_minus).modifier;
        let mut sum_om = self.get(outer_minus).modifier;
        let (mut right, mut left) = (self.next_right(inner_minus), self.next_left(inner_plus));
        while let (Some(minus), Some(plus)) = (right, left) {
            self.steps += 1;
            (inner_minus, inner_plus) = (minus, plus);
            outer_minus = self.next_left(outer_minus).unwrap_or(outer_minus);
            outer_plus = self.next_right(outer_plus).unwrap_or(outer_plus);
            self.with(outer_plus, |tile| tile.ancestor = at);
            let (minus, plus) = (self.get(inner_minus), self.get(inner_plus));
            let shift = minus.prelim + sum_im - plus.prelim - sum_ip + self.distance;
            if shift > 0.0 {
                let owner = if self.get(minus.ancestor).parent == tile.parent {
                    minus.ancestor
                } else {
                    ancestor
                };
                self.move_subtree(owner, at, shift);
                sum_ip += shift;
                sum_op += shift;
            }
            sum_im += minus.modifier;
            sum_ip += plus.modifier;
            sum_om += self.get(outer_minus).modifier;
            sum_op += self.get(outer_plus).modifier;
            (right, left) = (self.next_right(inner_minus), self.next_left(inner_plus));
        }
        if right.is_some() && self.next_right(outer_plus).is_none() {
            self.with(outer_plus, |tile| {
                tile.thread = right;
                tile.modifier += sum_im - sum_op;
            });
        }
        if left.is_some() && self.next_left(outer_minus).is_none() {
            self.with(outer_minus, |tile| {
                tile.thread = left;
                tile.modifier += sum_ip - sum_om;
            });
            return at;
        }
        ancestor
    }

    fn move_subtree(&mut self, from: usize, to: usize, shift: f64) {
        let between = self.get(to).number.saturating_sub(self.get(from).number).max(1) as f64;
        let change = shift / between;
        self.with(to, |tile| {
            tile.change -= change;
            tile.shift += shift;
            tile.prelim += shift;
            tile.modifier += shift;
        });
        self.with(from, |tile| tile.change += change);
    }

    fn next_left(&self, at: usize) -> Option<usize> {
        self.tiles.get(at).and_then(|tile| tile.first.or(tile.thread))
    }

    fn next_right(&self, at: usize) -> Option<usize> {
        self.tiles.get(at).and_then(|tile| tile.last.or(tile.thread))
    }
}
