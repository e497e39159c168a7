//! A page of a B-tree: its place in the tree and its entries, without their keys (manual: *B-Tree
//! Implementation*; `src/include/access/nbtree.h`).

use serde::{Deserialize, Serialize};

/// Flags of a B-tree page and their meaning (`btpo_flags`).
pub const PAGE_FLAGS: [(u32, &str); 9] = [
    (1, "leaf"),
    (2, "root"),
    (4, "deleted"),
    (8, "meta"),
    (16, "half dead"),
    (32, "rightmost page of a split"),
    (64, "has entries that were found dead"),
    (128, "a split was not finished"),
    (256, "deleted with its transaction ID"),
];

/// The metapage, block 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Version of the format.
    pub version: u32,
    /// The root; 0: there is none yet.
    pub root: u32,
    /// The root's level: how many levels are below it.
    pub level: u32,
    /// The lowest level with one page only, where searches begin.
    pub fast_root: u32,
    /// Its level.
    pub fast_level: u32,
    /// Whether equal keys may be merged (deduplication).
    pub all_equal_image: bool,
}

/// A page of a B-tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BtreePage {
    /// Its kind as `bt_page_stats` has it: `l` leaf, `r` root, `i` internal, `d` and `D` deleted, `e` half dead.
    pub kind: String,
    /// Its level; leaves are 0.
    pub level: u32,
    /// Its left neighbour; 0: none.
    pub left: u32,
    /// Its right neighbour; 0: none.
    pub right: u32,
    /// Flags (`PAGE_FLAGS`).
    pub flags: u32,
    /// Entries that are not marked dead.
    pub live_items: u32,
    /// Entries that are marked dead.
    pub dead_items: u32,
    /// Free space, bytes.
    pub free_bytes: u32,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place on the page, from 1.
    pub place: u16,
    /// Its length, bytes.
    pub length: u32,
    /// On an internal page the block below that it leads to.
    pub block: u32,
    /// Where its row is, `(block,line pointer)`; of a posting list the first.
    pub row: Option<String>,
    /// How many rows its posting list names; 0: it is none.
    pub rows: u32,
    /// The first rows of its posting list.
    pub first_rows: String,
    /// Whether a scan has marked it dead; None on internal pages.
    pub is_dead: Option<bool>,
    /// Whether a key column is null.
    pub has_nulls: bool,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The upper bound of the page's keys; it points to no row.
    HighKey,
    /// On an internal page: leads to the page below.
    Downlink,
    /// On a leaf: one row.
    Row,
    /// On a leaf: the rows of equal keys, merged.
    Posting,
}

impl BtreePage {
    /// Whether its entries point to rows.
    pub fn is_leaf(&self) -> bool {
        self.level == 0
    }

    /// What an entry is. The first entry of a page that has a right neighbour is its high key.
    pub fn kind(&self, entry: &Entry) -> Kind {
        match entry {
            entry if entry.place == 1 && self.right != 0 => Kind::HighKey,
            _ if !self.is_leaf() => Kind::Downlink,
            entry if entry.rows > 0 => Kind::Posting,
            _ => Kind::Row,
        }
    }

    /// How many entries are of that kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.entries.iter().filter(|entry| self.kind(entry) == kind).count()
    }

    /// How many rows its entries point to.
    pub fn rows(&self) -> u64 {
        let of = |entry: &Entry| match self.kind(entry) {
            Kind::Row => 1,
            Kind::Posting => u64::from(entry.rows),
            Kind::HighKey | Kind::Downlink => 0,
        };
        self.entries.iter().map(of).sum()
    }

    /// Its kind in words.
    pub fn kind_words(&self) -> &'static str {
        match (self.kind.as_str(), self.is_leaf()) {
            ("r", true) => "root and leaf",
            ("r", false) => "root",
            ("l", _) => "leaf",
            ("i", _) => "internal page",
            ("e", _) => "half-dead page",
            ("d" | "D", _) => "deleted page",
            _ => "page",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(place: u16, rows: u32) -> Entry {
        let (row, first_rows) = (None, String::new());
        let (length, block, is_dead, has_nulls) = (16, 3, None, false);
        Entry { place, length, block, row, rows, first_rows, is_dead, has_nulls }
    }

    fn page(level: u32, right: u32) -> BtreePage {
        let entries = vec![entry(1, 0), entry(2, 5), entry(3, 0)];
        BtreePage {
            kind: "l".into(),
            level,
            left: 0,
            right,
            flags: 1,
            live_items: 3,
            dead_items: 0,
            free_bytes: 8_000,
            entries,
        }
    }

    #[test]
    fn the_rightmost_page_has_no_high_key() {
        let kinds = |page: &BtreePage| -> Vec<Kind> {
            page.entries.iter().map(|entry| page.kind(entry)).collect()
        };
        assert_eq!(kinds(&page(0, 0)), [Kind::Row, Kind::Posting, Kind::Row]);
        assert_eq!(kinds(&page(0, 7)), [Kind::HighKey, Kind::Posting, Kind::Row]);
        assert_eq!(kinds(&page(1, 0)), [Kind::Downlink; 3]);
        assert_eq!((page(0, 0).rows(), page(0, 7).rows()), (7, 6));
    }
}
