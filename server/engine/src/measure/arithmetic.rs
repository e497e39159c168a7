//! What a rewrite would give back, from what the methods count. Pure.

/// Bytes of the header of a page (`PageHeaderData`, PostgreSQL manual, chapter "Database Page Layout").
const PAGE_HEADER_BYTES: f64 = 24.0;
/// Bytes of a line pointer (`ItemIdData`).
const LINE_POINTER_BYTES: f64 = 4.0;
/// Tuples begin at multiples of this many bytes (`MAXALIGN` on 64-bit machines).
const ALIGNMENT_BYTES: f64 = 8.0;
/// The fillfactor of a table where none is set, per cent (`CREATE TABLE`, storage parameters).
const HEAP_FILLFACTOR: i32 = 100;
/// The fillfactor of the leaves of a B-tree where none is set, per cent (`CREATE INDEX`, storage parameters).
const BTREE_FILLFACTOR: i32 = 90;

/// A page and how full a rewrite leaves it.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// `block_size`.
    pub block_bytes: u64,
    /// The fillfactor that is set.
    pub fillfactor: Option<i32>,
}

impl Page {
    fn share(self, default: i32) -> f64 {
        f64::from(self.fillfactor.unwrap_or(default).clamp(10, 100)) / 100.0
    }

    /// Bytes of a heap page that a rewrite fills.
    fn room(self) -> f64 {
        let block = self.block_bytes as f64;
        block * self.share(HEAP_FILLFACTOR) - PAGE_HEADER_BYTES
    }

    /// Of a heap with this much free space: its rows, packed. `live` is the share of its rows that live.
    pub fn reclaimable_of_free(self, bytes: u64, free_bytes: f64, live: f64) -> u64 {
        let pages = self.pages(bytes);
        let used = (pages * (self.block_bytes as f64 - PAGE_HEADER_BYTES) - free_bytes) * live;
        self.rest(bytes, (used / self.room()).ceil())
    }

    /// Of a heap with these live rows of this mean length: pages that hold a whole number of them. Of rows of
    /// varied length half a row stays free at the end of each page.
    pub fn reclaimable_of_rows(self, bytes: u64, rows: f64, row_bytes: f64) -> u64 {
        if rows < 1.0 {
            return bytes;
        }
        let is_fixed = row_bytes.fract() == 0.0;
        let aligned = match is_fixed {
            true => (row_bytes / ALIGNMENT_BYTES).ceil() * ALIGNMENT_BYTES,
            false => row_bytes + (ALIGNMENT_BYTES - 1.0) / 2.0,
        };
        let placed = aligned + LINE_POINTER_BYTES;
        let on_a_page = match is_fixed {
            true => (self.room() / placed).floor(),
            false => (self.room() - placed / 2.0) / placed,
        };
        self.rest(bytes, (rows / on_a_page.max(1.0)).ceil())
    }

    /// Of a B-tree: its leaves packed to the fillfactor, inner pages in proportion, and the metapage.
    /// `density` is the share of a leaf that is used.
    pub fn reclaimable_of_leaves(self, bytes: u64, leaves: f64, inner: f64, density: f64) -> u64 {
        let after = leaves * density / self.share(BTREE_FILLFACTOR);
        let inner = if leaves > 0.0 { inner * after / leaves } else { 0.0 };
        self.rest(bytes, after.max(1.0).ceil() + inner.ceil() + 1.0)
    }

    fn pages(self, bytes: u64) -> f64 {
        (bytes / self.block_bytes.max(1)) as f64
    }

    /// What is left of the size when this many pages are kept.
    fn rest(self, bytes: u64, kept_pages: f64) -> u64 {
        let given = (self.pages(bytes) - kept_pages).max(0.0) as u64;
        given.saturating_mul(self.block_bytes)
    }
}

/// `count` of `pages` block numbers from `first` on: one at random in each of as many equal parts. `random`
/// gives any number for each part.
pub fn sample(first: u64, pages: u64, count: u64, random: impl Fn(u64) -> u64) -> Vec<i64> {
    let all = pages.saturating_sub(first);
    let count = count.min(all);
    let place = |part: u64| {
        let (from, to) = (part * all / count, (part + 1) * all / count);
        first + from + random(part) % (to - from).max(1)
    };
    (0..count).filter_map(|part| i64::try_from(place(part)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Page = Page { block_bytes: 8_192, fillfactor: None };

    #[test]
    fn a_full_table_gives_nothing_back_and_an_empty_one_all() {
        // int4 rows: 28 bytes, 32 aligned, 36 with the line pointer, 226 on a page.
        let pages = 1_000_u64;
        let bytes = pages * 8_192;
        assert_eq!(PAGE.reclaimable_of_rows(bytes, 226_000.0, 28.0), 0);
        assert_eq!(PAGE.reclaimable_of_rows(bytes, 113_000.0, 28.0), bytes / 2);
        assert_eq!(PAGE.reclaimable_of_rows(bytes, 0.0, 0.0), bytes);
        assert_eq!(PAGE.reclaimable_of_free(bytes, 0.0, 1.0), 0);
        assert_eq!(PAGE.reclaimable_of_free(bytes, 0.0, 0.5), bytes / 2);
    }

    #[test]
    fn what_the_fillfactor_keeps_free_is_not_reclaimable() {
        let half = Page { block_bytes: 8_192, fillfactor: Some(50) };
        // 113 rows of 36 bytes are what half a page holds.
        assert_eq!(half.reclaimable_of_rows(8_192_000, 113_000.0, 28.0), 0);
        assert_eq!(half.reclaimable_of_free(8_192_000, 4_096_000.0, 1.0), 0);
    }

    #[test]
    fn leaves_are_packed_to_ninety_per_cent() {
        let bytes = 1_011 * 8_192;
        assert_eq!(PAGE.reclaimable_of_leaves(bytes, 1_000.0, 10.0, 0.9), 0);
        assert_eq!(PAGE.reclaimable_of_leaves(bytes, 1_000.0, 10.0, 0.45), 505 * 8_192);
        assert_eq!(PAGE.reclaimable_of_leaves(8_192, 0.0, 0.0, 0.0), 0);
    }

    #[test]
    fn each_part_of_the_table_gives_one_block() {
        let blocks = sample(0, 10_000, 100, |part| part * 31 + 7);
        assert_eq!(blocks.len(), 100);
        assert!(blocks.iter().zip(0..).all(|(block, part)| block / 100 == part));
        assert_eq!(sample(1, 4, 200, |_| 9), [1, 2, 3]);
        assert!(sample(0, 0, 5, |_| 1).is_empty());
    }
}
