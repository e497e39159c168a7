//! Sizes of PostgreSQL's pages and tuples, which follow from the block size.

/// The tuple header with its padding (src/include/access/htup_details.h, `SizeofHeapTupleHeader` is 23).
pub(crate) const ROW_HEADER_BYTES: f64 = 24.0;
/// An index tuple's header (src/include/access/itup.h).
pub(crate) const ENTRY_HEADER_BYTES: f64 = 8.0;
/// Header of an index tuple with a null: 8 and the bitmap of `INDEX_MAX_KEYS` bits, aligned.
pub(crate) const NULL_ENTRY_HEADER_BYTES: f64 = 16.0;
/// A line pointer (src/include/storage/itemid.h; documentation, "Database Page Layout").
pub(crate) const LINE_POINTER_BYTES: f64 = 4.0;
/// An item pointer in a posting list (src/include/storage/itemptr.h).
pub(crate) const ITEM_POINTER_BYTES: f64 = 6.0;
/// What stands in a row for a value kept in the TOAST table (documentation, "TOAST").
pub(crate) const TOAST_POINTER_BYTES: f64 = 18.0;
/// The longest key of a B-tree on pages of 8 kB (documentation, "B-Tree Indexes"; nbtree.h, `BTMaxItemSize`).
pub(crate) const LONGEST_KEY_BYTES: f64 = 2_704.0;
/// Default fillfactor of a heap (documentation, CREATE TABLE).
pub(crate) const HEAP_FILLFACTOR: f64 = 100.0;
/// Default fillfactor of a B-tree (documentation, CREATE INDEX).
pub(crate) const BTREE_FILLFACTOR: f64 = 90.0;
/// Fill of pages above the leaves (src/include/access/nbtree.h, `BTREE_NONLEAF_FILLFACTOR`).
pub(crate) const INNER_FILLFACTOR: f64 = 70.0;

const PAGE_HEADER_BYTES: f64 = 24.0;
const BTREE_SPECIAL_BYTES: f64 = 16.0;

/// Rounds up to the alignment of rows (`MAXALIGN`, 8 on 64-bit machines).
pub(crate) fn aligned(bytes: f64) -> f64 {
    (bytes / 8.0).ceil() * 8.0
}

fn aligned_down(bytes: f64) -> f64 {
    (bytes / 8.0).floor() * 8.0
}

/// What follows from the block size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) block: f64,
}

impl Layout {
    pub(crate) fn new(block_size: u32) -> Self {
        // PostgreSQL is built with 1 to 32 kB; anything else is not a block size.
        Self { block: f64::from(block_size.clamp(1_024, 32_768)) }
    }

    /// Room for rows and their line pointers on a heap page.
    pub(crate) fn heap_room(self) -> f64 {
        self.block - PAGE_HEADER_BYTES
    }

    /// Room for entries on a leaf: without the special space, the high key's line pointer and one more.
    pub(crate) fn leaf_room(self) -> f64 {
        self.block - PAGE_HEADER_BYTES - BTREE_SPECIAL_BYTES - 2.0 * LINE_POINTER_BYTES
    }

    /// `MaxHeapTuplesPerPage`.
    pub(crate) fn most_rows(self) -> f64 {
        (self.heap_room() / (ROW_HEADER_BYTES + LINE_POINTER_BYTES)).floor()
    }

    /// What a fillfactor keeps free on each page.
    pub(crate) fn reserve(self, fillfactor: f64) -> f64 {
        (self.block * (100.0 - fillfactor.clamp(10.0, 100.0)) / 100.0).floor()
    }

    /// `TOAST_TUPLE_TARGET`: rows longer than this have values compressed or moved out.
    pub(crate) fn toast_target(self) -> f64 {
        aligned_down((self.block - aligned(PAGE_HEADER_BYTES + 4.0 * LINE_POINTER_BYTES)) / 4.0)
    }

    /// `TOAST_MAX_CHUNK_SIZE`.
    pub(crate) fn chunk(self) -> f64 {
        self.toast_target() - ROW_HEADER_BYTES - 12.0
    }

    /// `TOAST_INDEX_TARGET`: an index compresses values that are longer.
    pub(crate) fn index_compresses_over(self) -> f64 {
        (self.block - aligned(PAGE_HEADER_BYTES + LINE_POINTER_BYTES)) / 16.0
    }

    /// The longest posting list that an index build writes (`_bt_load` in src/backend/access/nbtree/nbtsort.c).
    pub(crate) fn posting_list(self) -> f64 {
        aligned_down(aligned_down(self.block / 10.0) - LINE_POINTER_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_8_kb_have_the_sizes_of_the_source() {
        let layout = Layout::new(8_192);
        assert_eq!(layout.heap_room(), 8_168.0);
        assert_eq!(layout.leaf_room(), 8_144.0);
        assert_eq!(layout.most_rows(), 291.0);
        assert_eq!(layout.toast_target(), 2_032.0);
        assert_eq!(layout.chunk(), 1_996.0);
        assert_eq!(layout.index_compresses_over(), 510.0);
        assert_eq!(layout.posting_list(), 808.0);
        assert_eq!(layout.reserve(90.0), 819.0);
    }

    #[test]
    fn another_block_size_changes_them_all() {
        let layout = Layout::new(16_384);
        assert_eq!(layout.heap_room(), 16_360.0);
        assert_eq!(layout.most_rows(), 584.0);
        assert_eq!(layout.toast_target(), 4_080.0);
        assert_eq!(layout.posting_list(), 1_624.0);
    }
}
