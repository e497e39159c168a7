//! How many bytes a rewrite would give back, estimated from catalog numbers alone, with a band.
//!
//! *Reclaimable* is the size now less the size after a rewrite: `VACUUM FULL` for a table, `REINDEX` for an
//! index. Free space that a rewrite keeps (fillfactor, page ends that no row fits) is not in it; space that only
//! a rewrite removes (dropped columns in old rows, half-empty leaf pages) is. So the estimate computes the pages
//! after a rewrite: rows times the length of a rebuilt row, and a replay of the B-tree build with deduplication.
//! What the catalog does not tell (padding, how nulls fall, how often keys repeat) widens the band, each doubt
//! with a [`Reason`].
//!
//! No I/O, no clock: [`estimate`] takes what has been read of a table ([`Shape`], which changes with ANALYZE and
//! DDL, and [`Table`], which changes all the time) and answers for its heap, its TOAST table and each index.

mod band;
mod btree;
mod build;
mod counters;
mod distinct;
mod estimate;
mod heap;
mod input;
mod items;
mod key;
mod layout;
mod pages;
mod predicate;
mod reason;
mod row;
mod rows;
mod shape;
mod table;
mod toast;

pub use estimate::{Estimate, TableEstimate, Unknown};
pub use input::Server;
pub use predicate::{NullsLeft, nulls_left};
pub use reason::{Cause, Reason};
pub use shape::{
    Alignment, Btree, Column, ColumnNumbers, Key, KeySource, Shape, Statistics, Storage,
};
pub use table::{Activity, Counters, IndexSize, Size, Table, Toast};

/// Estimates a table: its heap, its TOAST table and each of its indexes.
#[must_use]
pub fn estimate(server: &Server, shape: &Shape, table: &Table) -> TableEstimate {
    let case = input::Case { server, shape, table, layout: layout::Layout::new(server.block_size) };
    let indexes = table
        .indexes
        .iter()
        .map(|(oid, size)| (*oid, btree::estimate(&case, *oid, size)))
        .collect();
    TableEstimate {
        heap: heap::estimate(&case),
        toast: table.toast.as_ref().map(|toast| toast::estimate(&case, toast)),
        indexes,
    }
}
