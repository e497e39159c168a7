//! One page of a table or B-tree as pageinspect shows it: what is asked for, what was found, or why nothing was.
//! No value of a row or key is in it.

pub mod btree;
pub mod chain;
pub mod heap;
pub mod infomask;

use serde::{Deserialize, Serialize};

use crate::reason::{Known, Reason};

/// The page that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The database; empty for that of the connection string.
    pub database: String,
    /// The schema; empty for `public`.
    pub schema: String,
    /// The table or index.
    pub name: String,
    /// The block, from 0.
    pub block: u32,
    /// The line pointer whose row's sizes are asked for, from 1.
    pub item: Option<u16>,
}

/// What every page begins with (manual: *Database Page Layout*).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Where the WAL record of its last change ends.
    pub lsn: String,
    /// Checksum; 0 while it is not written yet, or checksums are off.
    pub checksum: u16,
    /// Flags (`heap::PAGE_FLAGS`).
    pub flags: u16,
    /// Where free space begins, bytes.
    pub lower: u32,
    /// Where free space ends, bytes.
    pub upper: u32,
    /// Where what the access method keeps for itself begins, bytes.
    pub special: u32,
    /// Size of the page, bytes; 0 where it was never initialised.
    pub page_bytes: u32,
    /// The oldest transaction whose end may let something be pruned; 0 for none.
    pub prune_xid: u32,
}

impl Header {
    /// Free space between line pointers and rows, bytes.
    pub fn free_bytes(&self) -> u32 {
        self.upper.saturating_sub(self.lower)
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspected {
    /// What was asked for, with database and schema filled in.
    pub asked: Asked,
    /// Blocks of the relation.
    pub blocks: u64,
    /// Its header.
    pub header: Header,
    /// What is on it.
    pub content: Content,
}

/// What is on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Content {
    /// A page of a table, materialised view or TOAST table.
    Heap(Box<heap::HeapPage>),
    /// A page of a B-tree.
    Btree(btree::BtreePage),
    /// The metapage of a B-tree.
    BtreeMeta(btree::Meta),
}

/// The TOAST table of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Toast {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its size, bytes.
    pub bytes: u64,
    /// The columns whose values may go there.
    pub columns: Vec<Column>,
    /// Sizes of the values of the row that was asked for.
    pub values: Known<Vec<ValueSize>>,
}

/// A column of variable length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its storage: `plain`, `external`, `extended`, `main`.
    pub storage: String,
}

/// The size of one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueSize {
    /// The column.
    pub column: String,
    /// Bytes as stored (`pg_column_size`); None: null.
    pub bytes: Option<u64>,
    /// How it is compressed; None: it is not.
    pub compression: Option<String>,
    /// Whether it lies in the TOAST table; None: lengths alone do not tell.
    pub is_out_of_line: Option<bool>,
}

/// Room for TOAST chunks on a page: four of them (`EXTERN_TUPLES_PER_PAGE` of `heaptoast.h`).
const CHUNKS_PER_PAGE: u32 = 4;
/// Page header with its line pointers, and header of a chunk's row with its columns and the length of its value
/// (`EXTERN_TUPLE_MAX_SIZE` and `TOAST_MAX_CHUNK_SIZE` of `heaptoast.h`), bytes.
const PAGE_HEAD_BYTES: u32 = 24 + CHUNKS_PER_PAGE * 4;
const CHUNK_HEAD_BYTES: u32 = 24 + 4 + 4 + 4;

/// The most bytes of a value in one chunk of a TOAST table: 1,996 where pages have 8 kB.
pub fn chunk_bytes(page_bytes: u32) -> u32 {
    let row = (page_bytes.saturating_sub(PAGE_HEAD_BYTES) / CHUNKS_PER_PAGE) & !7;
    row.saturating_sub(CHUNK_HEAD_BYTES).max(1)
}

impl ValueSize {
    /// Into how many chunks it is cut; None where it lies in the row, or where that is not known.
    pub fn chunks(&self, page_bytes: u32) -> Option<u64> {
        let bytes = self.bytes.filter(|_| self.is_out_of_line == Some(true))?;
        Some(bytes.div_ceil(u64::from(chunk_bytes(page_bytes))))
    }
}

/// Whether a value of that size lies in the TOAST table, by what its row's header tells and how long the row is.
pub fn is_out_of_line(bytes: u64, row: &heap::Tuple, row_bytes: u32) -> Option<bool> {
    if !row.has_external() {
        return Some(false);
    }
    let is_too_long = bytes > u64::from(row_bytes.saturating_sub(row.header_bytes));
    is_too_long.then_some(true)
}

/// Why no page is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotInspected {
    /// The server, the role or an extension does not let us.
    Unknown(Reason),
    /// There is no relation of that name.
    NoRelation,
    /// It is no table stored as a heap and no B-tree.
    Unfit {
        /// What it is: `a partitioned table`, `a gin index`.
        what: String,
    },
    /// A session holds or awaits ACCESS EXCLUSIVE on it: what reads it would queue.
    Locked {
        /// Its process id; None where the lock was taken as we began to read.
        pid: Option<i32>,
    },
    /// It has fewer blocks.
    NoBlock {
        /// How many it has.
        blocks: u64,
    },
}

impl From<Reason> for NotInspected {
    fn from(reason: Reason) -> Self {
        Self::Unknown(reason)
    }
}

impl NotInspected {
    /// What happened, in words.
    pub fn message(&self) -> String {
        match self {
            Self::Unknown(reason) => reason.message(),
            Self::NoRelation => "There is no table or index of that name in this database.".into(),
            Self::Unfit { what } => {
                format!("It is {what}; pages of heaps and B-trees are drawn here.")
            }
            Self::Locked { pid: Some(pid) } => format!(
                "Session {pid} holds or awaits ACCESS EXCLUSIVE on it. pgdeck does not queue behind it; look again when it is over."
            ),
            Self::Locked { pid: None } => {
                "Another session has just locked it. pgdeck does not queue behind it; look again later.".into()
            }
            Self::NoBlock { blocks: 0 } => {
                "It has no pages: nothing was ever written to it, or it was truncated.".into()
            }
            Self::NoBlock { blocks } => format!(
                "It has no such block: its last one is {}.",
                blocks.saturating_sub(1)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_has_the_size_of_heaptoast_h() {
        assert_eq!((chunk_bytes(8_192), chunk_bytes(16_384), chunk_bytes(0)), (1_996, 4_044, 1));
    }

    #[test]
    fn where_a_value_lies_is_told_only_where_lengths_tell_it() {
        let row = |infomask| heap::Tuple { header_bytes: 24, infomask, ..heap::Tuple::default() };
        assert_eq!(is_out_of_line(9_000, &row(0), 200), Some(false), "no value of it does");
        assert_eq!(is_out_of_line(9_000, &row(infomask::HAS_EXTERNAL), 200), Some(true));
        assert_eq!(is_out_of_line(176, &row(infomask::HAS_EXTERNAL), 200), None);
    }

    #[test]
    fn chunks_are_of_what_is_out_of_line() {
        let value = |bytes, is_out_of_line| {
            let (column, compression) = ("a".to_owned(), None);
            ValueSize { column, bytes, compression, is_out_of_line }.chunks(8_192)
        };
        assert_eq!(value(Some(1_997), Some(true)), Some(2));
        assert_eq!(value(Some(1_996), Some(true)), Some(1));
        assert_eq!((value(Some(10), Some(false)), value(None, Some(true))), (None, None));
    }
}
