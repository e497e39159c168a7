//! The pages that a B-tree build writes: metapage, leaves, inner levels.

use crate::items::Items;
use crate::layout::{INNER_FILLFACTOR, LINE_POINTER_BYTES, Layout, NULL_ENTRY_HEADER_BYTES};
use crate::pages::rows_per_page;
use crate::row::Length;

/// The entries of an index before a build.
#[derive(Clone, Debug)]
pub(crate) struct Entries {
    pub(crate) layout: Layout,
    pub(crate) fillfactor: f64,
    /// How many there are.
    pub(crate) count: f64,
    /// Equal keys are stored once.
    pub(crate) deduplicates: bool,
    /// Share with a null, in an index of one column.
    pub(crate) null_frac: f64,
    /// Shares of the most common keys.
    pub(crate) frequencies: Vec<f64>,
}

impl Entries {
    /// Pages after a build, for `distinct` keys of this `length`.
    pub(crate) fn pages(&self, distinct: f64, length: Length) -> f64 {
        if self.count < 1.0 {
            return 1.0;
        }
        let leaves = self.leaves(distinct, length).max(1.0);
        let mut level = (leaves - 1e-6).ceil();
        let mut pages = level + 1.0;
        // Pages break where an entry is long.
        let pivot = length.mean + length.variance / length.mean.max(1.0) + LINE_POINTER_BYTES;
        let room = self.layout.leaf_room() - self.layout.reserve(INNER_FILLFACTOR);
        let fan_out = rows_per_page(room, pivot, 0.0).max(2.0);
        while level > 1.0 && level.is_finite() {
            level = (level / fan_out).ceil();
            pages += level;
        }
        pages
    }

    fn leaves(&self, distinct: f64, length: Length) -> f64 {
        let reserve = self.layout.reserve(self.fillfactor);
        let room = (self.layout.leaf_room() - reserve).min(self.layout.leaf_room() - 8.0);
        if !self.deduplicates {
            return self.count
                / rows_per_page(room, length.mean + LINE_POINTER_BYTES, length.variance);
        }
        self.items(distinct, length.mean, reserve).leaf_pages(room, length.variance)
    }

    /// Nulls, each common key, and the others, equal in number but for chance.
    fn items(&self, distinct: f64, bytes: f64, reserve: f64) -> Items {
        let mut items = Items::new(self.layout, reserve);
        let (mut left, mut keys, mut size) = (self.count, distinct, bytes);
        if self.null_frac > 0.0 {
            items.add(self.count * self.null_frac, NULL_ENTRY_HEADER_BYTES, 1.0);
            left -= self.count * self.null_frac;
            if self.null_frac < 1.0 {
                let present =
                    (bytes - NULL_ENTRY_HEADER_BYTES * self.null_frac) / (1.0 - self.null_frac);
                size = present.max(NULL_ENTRY_HEADER_BYTES);
            }
        }
        for frequency in &self.frequencies {
            let entries = self.count * frequency;
            if entries >= 1.0 && keys >= 1.0 && left > 0.0 {
                items.add(entries, size, 1.0);
                left -= entries;
                keys -= 1.0;
            }
        }
        if left > 0.5 {
            let keys = keys.max(1.0).min(left);
            items.add_by_chance(left / keys, size, keys);
        }
        items
    }
}
