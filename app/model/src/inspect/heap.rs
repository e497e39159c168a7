//! A page of a heap: line pointers, row versions, and what hint bits say of them (manual: *Database Page Layout*;
//! `src/include/access/htup_details.h`, `src/include/storage/itemid.h`, `src/include/storage/bufpage.h`).

use serde::{Deserialize, Serialize};

use super::Toast;
use super::infomask as bits;
use crate::reason::Known;

/// Flags of a page's header and their meaning.
pub const PAGE_FLAGS: [(u16, &str); 3] = [
    (1, "PD_HAS_FREE_LINES: there may be unused line pointers"),
    (2, "PD_PAGE_FULL: an update found no room here, so the next reader prunes"),
    (4, "PD_ALL_VISIBLE: all rows are visible to everybody"),
];

/// A page of a heap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeapPage {
    /// Its line pointers, from 1.
    pub items: Vec<Item>,
    /// Its bits in the visibility map.
    pub visibility: Known<Visibility>,
    /// Its free space by the free space map, bytes.
    pub free_space: Known<u64>,
    /// The TOAST table; None where the table has none.
    pub toast: Option<Toast>,
}

/// A page's bits in the visibility map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visibility {
    /// All its rows are visible to everybody.
    pub all_visible: bool,
    /// All its rows are frozen.
    pub all_frozen: bool,
}

/// What a line pointer is (`lp_flags`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pointer {
    /// Free for a new row.
    Unused,
    /// Points to a row version on this page.
    Normal,
    /// Points to another line pointer, which took the place of what index entries point here for.
    Redirect,
    /// Its row is gone; index entries may still point here, until VACUUM has removed them.
    Dead,
}

/// A line pointer with the row version that it points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its number, from 1.
    pub lp: u16,
    /// What it is.
    pub pointer: Pointer,
    /// Where its row begins, bytes; of a redirect the line pointer that it points to.
    pub offset: u32,
    /// Length of its row, bytes.
    pub length: u32,
    /// The header of its row.
    pub tuple: Option<Tuple>,
}

/// The header of a row version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuple {
    /// Who wrote it.
    pub xmin: u32,
    /// Who deleted, updated or locked it, or a multixact of those; 0 for none.
    pub xmax: u32,
    /// The block of the next version; its own where there is none.
    pub next_block: u32,
    /// The line pointer of the next version; its own where there is none.
    pub next_lp: u16,
    /// Length of the header, bytes.
    pub header_bytes: u32,
    /// Flags.
    pub infomask: u16,
    /// More flags, and the number of columns.
    pub infomask2: u16,
}

/// What the hint bits say of who wrote a row version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Committed so long ago that everybody sees it.
    Frozen,
    /// Committed.
    Committed,
    /// Aborted: nobody sees it.
    Aborted,
    /// Not hinted: at work, or nobody has looked since it ended.
    NotHinted,
}

/// What xmax means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xmax {
    /// Nothing: there is none, or it aborted or no longer locks.
    Nothing,
    /// It locks or has locked the row, which stays.
    Locks {
        /// The strongest lock.
        strength: &'static str,
        /// Whether it stands for several transactions.
        is_multixact: bool,
    },
    /// It ended this version.
    Ends {
        /// Whether the row was deleted, not updated.
        is_delete: bool,
        /// Whether it has committed; None where no bit says so.
        has_committed: bool,
        /// Whether others lock the row beside it.
        is_multixact: bool,
    },
}

/// What is to be seen of a row version, by hint bits alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Its writer committed and nobody ended it.
    Live,
    /// Nobody ended it, and no bit says whether its writer committed.
    WriterNotHinted,
    /// Somebody deleted or updated it, and no bit says whether that committed.
    EndNotHinted,
    /// Deleted or updated, committed: dead to new snapshots.
    Ended,
    /// Its writer aborted.
    Aborted,
}

/// `MovedPartitionsOffsetNumber` of `itemptr.h`: the row went to another partition.
const MOVED_TO_PARTITION: u16 = 0xfffd;

impl Tuple {
    fn has(&self, bits: u16) -> bool {
        self.infomask & bits == bits
    }

    /// Whether some of its values lie in the TOAST table.
    pub fn has_external(&self) -> bool {
        self.has(bits::HAS_EXTERNAL)
    }

    /// Whether no index points to it.
    pub fn is_heap_only(&self) -> bool {
        self.infomask2 & bits::HEAP_ONLY != 0
    }

    /// Whether its next version is heap-only and on this page: the bit holds while neither writer aborted
    /// (`HeapTupleHeaderIsHotUpdated`).
    pub fn is_hot_updated(&self) -> bool {
        let is_aborted = self.writer() == Writer::Aborted || self.has(bits::XMAX_INVALID);
        self.infomask2 & bits::HOT_UPDATED != 0 && !is_aborted
    }

    /// Its columns; those added to the table since have their default.
    pub fn columns(&self) -> u16 {
        self.infomask2 & bits::NATTS_MASK
    }

    /// Who wrote it.
    pub fn writer(&self) -> Writer {
        match (self.has(bits::XMIN_COMMITTED), self.has(bits::XMIN_INVALID)) {
            (true, true) => Writer::Frozen,
            (true, false) => Writer::Committed,
            (false, true) => Writer::Aborted,
            (false, false) => Writer::NotHinted,
        }
    }

    /// What its xmax means, for the version at this place.
    pub fn xmax(&self, block: u32, lp: u16) -> Xmax {
        if self.xmax == 0 || self.has(bits::XMAX_INVALID) {
            return Xmax::Nothing;
        }
        let is_multixact = self.has(bits::XMAX_IS_MULTI);
        let lock = self.infomask & bits::XMAX_SHR_LOCK;
        // Before 9.3 only a lock for UPDATE was marked, without LOCK_ONLY (`HEAP_XMAX_IS_LOCKED_ONLY`).
        let is_old_lock = !is_multixact && lock == bits::XMAX_EXCL_LOCK;
        if self.has(bits::XMAX_LOCK_ONLY) || is_old_lock {
            return Xmax::Locks { strength: self.strength(lock), is_multixact };
        }
        let is_self = (self.next_block, self.next_lp) == (block, lp);
        let is_delete = is_self && self.next_lp != MOVED_TO_PARTITION;
        let has_committed = self.has(bits::XMAX_COMMITTED);
        Xmax::Ends { is_delete, has_committed, is_multixact }
    }

    fn strength(&self, lock: u16) -> &'static str {
        match lock {
            bits::XMAX_KEYSHR_LOCK => "FOR KEY SHARE",
            bits::XMAX_SHR_LOCK => "FOR SHARE",
            _ if self.infomask2 & bits::KEYS_UPDATED != 0 => "FOR UPDATE",
            _ => "FOR NO KEY UPDATE",
        }
    }

    /// Whether its row went to another partition.
    pub fn went_to_partition(&self) -> bool {
        self.next_lp == MOVED_TO_PARTITION
    }

    /// What is to be seen of the version at this place.
    pub fn fate(&self, block: u32, lp: u16) -> Fate {
        match (self.writer(), self.xmax(block, lp)) {
            (Writer::Aborted, _) => Fate::Aborted,
            (_, Xmax::Ends { has_committed: true, .. }) => Fate::Ended,
            (_, Xmax::Ends { .. }) => Fate::EndNotHinted,
            (Writer::NotHinted, _) => Fate::WriterNotHinted,
            _ => Fate::Live,
        }
    }
}

impl Item {
    /// What is to be seen of its row version.
    pub fn fate(&self, block: u32) -> Option<Fate> {
        self.tuple.as_ref().map(|tuple| tuple.fate(block, self.lp))
    }
}

impl HeapPage {
    /// How many line pointers are of that kind.
    pub fn count(&self, pointer: Pointer) -> usize {
        self.items.iter().filter(|item| item.pointer == pointer).count()
    }

    /// How many row versions fare like that.
    pub fn fares(&self, block: u32, fate: Fate) -> usize {
        self.items.iter().filter(|item| item.fate(block) == Some(fate)).count()
    }

    /// How many row versions are frozen.
    pub fn frozen(&self) -> usize {
        let tuples = self.items.iter().filter_map(|item| item.tuple.as_ref());
        tuples.filter(|tuple| tuple.writer() == Writer::Frozen).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(infomask: u16, infomask2: u16) -> Tuple {
        let (xmin, xmax, next_lp) = (700, 701, 1);
        Tuple { xmin, xmax, next_lp, infomask, infomask2, ..Tuple::default() }
    }

    #[test]
    fn a_locker_ends_nothing() {
        let locked =
            tuple(bits::XMIN_COMMITTED | bits::XMAX_LOCK_ONLY | bits::XMAX_EXCL_LOCK, 0x2000);
        let strength = "FOR UPDATE";
        assert_eq!(locked.xmax(0, 1), Xmax::Locks { strength, is_multixact: false });
        assert_eq!(locked.fate(0, 1), Fate::Live);
        let many = tuple(
            bits::XMIN_COMMITTED | bits::XMAX_LOCK_ONLY | bits::XMAX_IS_MULTI | bits::XMAX_SHR_LOCK,
            0,
        );
        assert_eq!(many.xmax(0, 1), Xmax::Locks { strength: "FOR SHARE", is_multixact: true });
    }

    #[test]
    fn a_delete_points_to_itself_and_an_update_elsewhere() {
        let deleted = tuple(bits::XMIN_COMMITTED | bits::XMAX_COMMITTED, 0x2000);
        let ends = |is_delete| Xmax::Ends { is_delete, has_committed: true, is_multixact: false };
        assert_eq!((deleted.xmax(0, 1), deleted.fate(0, 1)), (ends(true), Fate::Ended));
        assert_eq!(deleted.xmax(0, 2), ends(false));
        let moved = Tuple { next_lp: 0xfffd, next_block: u32::MAX, ..deleted };
        assert!(moved.went_to_partition() && moved.xmax(0, 1) == ends(false));
    }

    #[test]
    fn without_a_hint_nothing_is_claimed() {
        assert_eq!(tuple(bits::XMAX_INVALID, 0).fate(0, 1), Fate::WriterNotHinted);
        assert_eq!(tuple(bits::XMIN_COMMITTED, 0).fate(0, 1), Fate::EndNotHinted);
        assert_eq!(tuple(bits::XMIN_INVALID, 0).fate(0, 1), Fate::Aborted);
        assert_eq!(tuple(bits::XMIN_FROZEN | bits::XMAX_INVALID, 0).fate(0, 1), Fate::Live);
    }
}
