//! What lies on the leaves of a B-tree after a build that deduplicates: entries and posting lists.

use crate::layout::{ITEM_POINTER_BYTES, LINE_POINTER_BYTES, Layout, aligned};
use crate::pages::waste;

/// With items shorter than this, the mean length says enough.
const SHORT_ITEM_BYTES: f64 = 120.0;
/// Keys that are placed one by one, at most: enough for a mean.
const PLACED_KEYS: usize = 400;
/// Posting lists of one key that are placed one by one, at most.
const PLACED_ITEMS: f64 = 64.0;
/// A key with more pages than this of full lists has whole pages of them.
const WHOLE_PAGES: f64 = 4.0;
/// Above this mean, keys are taken to occur equally often.
const MOST_POISSON_MEAN: f64 = 400.0;

/// Keys that occur equally often.
#[derive(Clone, Copy)]
struct Group {
    /// How often each occurs.
    entries: f64,
    /// Bytes of an entry without its line pointer.
    base: f64,
    /// How many such keys there are.
    keys: f64,
}

/// One kind of item on a leaf.
#[derive(Clone, Copy)]
struct Item {
    bytes: f64,
    /// Of these, item pointers of a posting list.
    list: f64,
    count: f64,
}

/// The entries of an index by key.
pub(crate) struct Items {
    layout: Layout,
    /// Bytes that the fillfactor keeps free.
    reserve: f64,
    groups: Vec<Group>,
}

impl Items {
    pub(crate) fn new(layout: Layout, reserve: f64) -> Self {
        Self { layout, reserve, groups: Vec::new() }
    }

    /// `keys` keys that occur `entries` times each.
    pub(crate) fn add(&mut self, entries: f64, base: f64, keys: f64) {
        self.groups.push(Group { entries: entries.round().max(1.0), base, keys });
    }

    /// `keys` keys that occur `mean` times in the mean, but for chance: Poisson, given that they occur.
    pub(crate) fn add_by_chance(&mut self, mean: f64, base: f64, keys: f64) {
        if mean <= 1.0001 {
            return self.add(1.0, base, keys * mean);
        }
        // The parameter of the distribution whose mean, given at least one, is `mean`.
        let parameter = (0..60).fold(mean, |m, _| mean * (1.0 - (-m).exp()));
        if parameter > MOST_POISSON_MEAN {
            return self.add(mean, base, keys);
        }
        let occurs = 1.0 - (-parameter).exp();
        let mut chance = (-parameter).exp();
        let top = (parameter + 5.0 * parameter.sqrt() + 6.0) as u32;
        for entries in 1..top {
            chance *= parameter / f64::from(entries);
            if chance > 1e-4 {
                self.add(f64::from(entries), base, keys * chance / occurs);
            }
        }
    }

    /// Leaf pages. `room` is what the fillfactor leaves of a page, `variance` that of the length of an entry.
    pub(crate) fn leaf_pages(&self, room: f64, variance: f64) -> f64 {
        let mut pages = 0.0;
        let mut groups = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let whole = self.whole_pages(group);
            pages += whole.pages * group.keys;
            groups.push(Group { entries: group.entries - whole.entries, ..*group });
        }
        let items: Vec<Item> =
            groups.iter().flat_map(|group| self.items(group, group.keys)).collect();
        let sum =
            |of: fn(&Item) -> f64| items.iter().map(|item| item.count * of(item)).sum::<f64>();
        let count = sum(|_| 1.0);
        let bytes = sum(|item| item.bytes + LINE_POINTER_BYTES);
        let (square, lists) =
            (sum(|item| (item.bytes + LINE_POINTER_BYTES).powi(2)), sum(|item| item.list));
        if count <= 0.0 {
            return pages;
        }
        let mean = bytes / count;
        if lists == 0.0 || mean < SHORT_ITEM_BYTES {
            let room = (room + lists / count).min(self.layout.leaf_room() - 8.0);
            let spread = (square / count - mean * mean).max(0.0) + variance;
            return pages + bytes / (room - waste(room, mean, spread)).max(mean);
        }
        let placed = self.sampled(groups);
        let placed_bytes: f64 = placed.iter().map(|item| item.bytes + LINE_POINTER_BYTES).sum();
        pages + self.fill(&placed).pages * bytes / placed_bytes.max(1.0)
    }

    /// Pages that hold nothing but full lists of one key, and the entries on them.
    fn whole_pages(&self, group: &Group) -> Whole {
        let most = self.most_pointers(group.base);
        if most < 2.0 {
            return Whole { pages: 0.0, entries: 0.0 };
        }
        let list = self.layout.posting_list();
        let full = Item { bytes: list, list: list - group.base, count: 1.0 };
        let per_page = self.fill(&[full; 40]).first;
        if group.entries <= WHOLE_PAGES * per_page * most {
            return Whole { pages: 0.0, entries: 0.0 };
        }
        let pages = (group.entries / (per_page * most)).floor() - 1.0;
        Whole { pages, entries: pages * per_page * most }
    }

    /// Item pointers in the longest posting list.
    fn most_pointers(&self, base: f64) -> f64 {
        ((self.layout.posting_list() - base) / ITEM_POINTER_BYTES).floor()
    }

    /// The items that the entries of a key become.
    fn items(&self, group: &Group, keys: f64) -> Vec<Item> {
        let Group { entries, base, .. } = *group;
        let plain = |count: f64| Item { bytes: base, list: 0.0, count: count * keys };
        let most = self.most_pointers(base);
        if most < 2.0 || entries <= 1.0 {
            return vec![plain(entries)];
        }
        let full = (entries / most).floor();
        let rest = entries - full * most;
        let list = |bytes: f64, count: f64| Item { bytes, list: bytes - base, count: count * keys };
        let mut items = Vec::with_capacity(2);
        if full > 0.0 {
            items.push(list(self.layout.posting_list(), full));
        }
        if rest == 1.0 {
            items.push(plain(1.0));
        } else if rest > 1.0 {
            items.push(list(aligned(base + ITEM_POINTER_BYTES * rest), 1.0));
        }
        items
    }

    /// Some keys in proportion to how many there are of each kind, in mixed order, with all their items.
    fn sampled(&self, mut groups: Vec<Group>) -> Vec<Item> {
        let total: f64 = groups.iter().map(|group| group.keys).sum();
        let step = (total / PLACED_KEYS as f64).max(1.0);
        groups.sort_by_key(|group| (group.entries as u64).wrapping_mul(7_919) % 101);
        let mut chosen = Vec::new();
        let mut seen = 0.0;
        for group in groups {
            seen += group.keys;
            while seen >= step * (chosen.len() as f64 + 0.5) && chosen.len() < PLACED_KEYS {
                chosen.push(group);
            }
        }
        let count = chosen.len().max(1);
        // 167 is prime, so multiples of it visit each place once unless it divides their number.
        let stride = if count.is_multiple_of(167) { 1 } else { 167 };
        let order = (0..chosen.len()).filter_map(|at| chosen.get(at * stride % count));
        let items = order.flat_map(|group| self.items(group, 1.0));
        items
            .flat_map(|item| std::iter::repeat_n(item, item.count.min(PLACED_ITEMS) as usize))
            .collect()
    }

    /// Places items as a build does (`_bt_buildadd` in nbtsort.c): the last item of a full page moves on to the
    /// next one, where it comes first.
    fn fill(&self, items: &[Item]) -> Filled {
        let room = self.layout.leaf_room();
        let (mut pages, mut first) = (0.0, 0.0);
        let (mut free, mut on_page) = (room, 0.0);
        let mut last = Item { bytes: 0.0, list: 0.0, count: 0.0 };
        for item in items {
            let is_full =
                free < item.bytes + 8.0 || (free + last.list < self.reserve && on_page > 1.0);
            if on_page > 0.0 && is_full {
                pages += 1.0;
                let moves_on = on_page > 1.0;
                first = if first > 0.0 { first } else { f64::max(on_page - 1.0, 1.0) };
                free = if moves_on { room - last.bytes - LINE_POINTER_BYTES } else { room };
                on_page = if moves_on { 1.0 } else { 0.0 };
            }
            free -= item.bytes + LINE_POINTER_BYTES;
            on_page += 1.0;
            last = *item;
        }
        let used = (room - free) / (room - self.reserve);
        Filled { pages: pages + used.min(1.0), first: if first > 0.0 { first } else { on_page } }
    }
}

struct Whole {
    pages: f64,
    entries: f64,
}

struct Filled {
    pages: f64,
    /// Items on the first page that is full.
    first: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_nine_full_posting_lists_at_fillfactor_90() {
        let layout = Layout::new(8_192);
        let items = Items::new(layout, layout.reserve(90.0));
        let full = Item { bytes: 808.0, list: 792.0, count: 1.0 };
        assert_eq!(items.fill(&[full; 40]).first, 9.0);
    }

    #[test]
    fn entries_of_a_key_become_full_lists_and_a_rest() {
        let layout = Layout::new(8_192);
        let items = Items::new(layout, layout.reserve(90.0));
        let of = |entries: f64| items.items(&Group { entries, base: 16.0, keys: 1.0 }, 1.0);
        let shapes =
            |entries: f64| of(entries).iter().map(|i| (i.bytes, i.count)).collect::<Vec<_>>();
        assert_eq!(shapes(1.0), [(16.0, 1.0)]);
        assert_eq!(shapes(2.0), [(32.0, 1.0)]);
        assert_eq!(shapes(132.0), [(808.0, 1.0)]);
        assert_eq!(shapes(133.0), [(808.0, 1.0), (16.0, 1.0)]);
        assert_eq!(shapes(300.0), [(808.0, 2.0), (232.0, 1.0)]);
    }

    #[test]
    fn chance_leaves_the_number_of_entries() {
        let layout = Layout::new(8_192);
        let mut items = Items::new(layout, layout.reserve(90.0));
        items.add_by_chance(3.0, 16.0, 1_000.0);
        let entries: f64 = items.groups.iter().map(|group| group.entries * group.keys).sum();
        assert!((entries - 3_000.0).abs() < 5.0, "{entries}");
    }
}
