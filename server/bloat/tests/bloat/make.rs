//! Short ways to write down what a catalog says.

use std::collections::BTreeMap;

use bloat::{
    Alignment, Btree, Column, ColumnNumbers, Counters, Estimate, IndexSize, Key, KeySource,
    NullsLeft, Server, Shape, Size, Statistics, Storage, Table, TableEstimate,
};

/// PostgreSQL 18 as it is installed.
pub const SERVER: Server = Server { major: 18, block_size: 8_192, default_statistics_target: 100 };
/// The oid of the only index.
pub const INDEX: u32 = 1;
/// Pages of what the size does not matter of: the target is then the difference.
pub const PAGES: u64 = 100_000;

/// A column that is never null.
pub fn column(attnum: i16, len: i16, align: Alignment) -> Column {
    Column {
        attnum,
        len,
        align,
        storage: if len < 0 { Storage::Extended } else { Storage::Plain },
        is_not_null: true,
        is_dropped: false,
        is_virtual: false,
        has_missing: false,
        is_stepped: false,
        characters: None,
        is_padded: false,
        statistics_target: None,
        statistics: numbers(0.0, f64::from(len), -1.0),
    }
}

pub fn int(attnum: i16) -> Column {
    column(attnum, 4, Alignment::Int)
}

pub fn bigint(attnum: i16) -> Column {
    column(attnum, 8, Alignment::Double)
}

pub fn boolean(attnum: i16) -> Column {
    Column { statistics: numbers(0.0, 1.0, 2.0), ..column(attnum, 1, Alignment::Char) }
}

pub fn text(attnum: i16, avg_width: f64) -> Column {
    Column { statistics: numbers(0.0, avg_width, -1.0), ..column(attnum, -1, Alignment::Int) }
}

pub fn numbers(null_frac: f64, avg_width: f64, n_distinct: f64) -> Statistics {
    Statistics::Known(ColumnNumbers { null_frac, avg_width, n_distinct, frequencies: Vec::new() })
}

pub fn nullable(column: Column, null_frac: f64) -> Column {
    let avg_width = f64::from(column.len);
    Column { is_not_null: false, statistics: numbers(null_frac, avg_width, -1.0), ..column }
}

pub fn unknown(column: Column, statistics: Statistics) -> Column {
    Column { is_not_null: false, statistics, ..column }
}

/// A table of `live` rows, analyzed a moment ago, of which the counters say no more.
pub fn table(live: u64, pages: u64) -> Table {
    let mut table = Table { is_heap: true, ..Table::default() };
    table.counters.size = Size { pages: Some(pages), relpages: pages, reltuples: live as f64 };
    table.counters.activity.n_live_tup = live;
    table
}

pub fn shape(columns: Vec<Column>) -> Shape {
    Shape { columns, btrees: Vec::new() }
}

/// A B-tree on columns of the table.
pub fn btree(columns: &[&Column]) -> Btree {
    let key = |column: &&Column| Key {
        source: KeySource::Column(column.attnum),
        len: column.len,
        align: column.align,
        storage: column.storage,
        nulls_left: NullsLeft::AsInTable,
    };
    Btree {
        oid: INDEX,
        keys: columns.iter().map(key).collect(),
        key_columns: columns.len(),
        is_unique: false,
        is_valid: true,
        is_partial: false,
        fillfactor: None,
        deduplicate_items: None,
        is_equal_image: true,
    }
}

pub fn index(pages: u64, reltuples: f64) -> IndexSize {
    IndexSize { is_btree: true, size: Size { pages: Some(pages), relpages: pages, reltuples } }
}

pub fn estimate(shape: &Shape, table: &Table) -> TableEstimate {
    bloat::estimate(&SERVER, shape, table)
}

/// The estimate of the heap.
pub fn heap(shape: &Shape, table: &Table) -> Estimate {
    estimate(shape, table).heap.unwrap()
}

/// Pages of a heap after a rewrite.
pub fn heap_pages(live: u64, columns: Vec<Column>) -> u64 {
    left(&heap(&shape(columns), &table(live, PAGES)))
}

/// The estimate of a B-tree on a table of `live` rows.
pub fn tree(live: u64, columns: Vec<Column>, btree: Btree, pages: u64) -> Estimate {
    let mut table = table(live, 10);
    table.indexes = BTreeMap::from([(INDEX, index(pages, live as f64))]);
    let shape = Shape { columns, btrees: vec![btree] };
    estimate(&shape, &table).indexes.remove(&INDEX).unwrap().unwrap()
}

/// Pages of a B-tree after REINDEX, for a table of one column and 300,000 rows.
pub fn tree_pages(column: &Column, btree: Btree) -> u64 {
    left(&tree(300_000, vec![column.clone()], btree, PAGES))
}

/// Pages that a rewrite leaves by the point of an estimate.
pub fn left(estimate: &Estimate) -> u64 {
    (estimate.bytes - estimate.point.unwrap()) / 8_192
}

/// Fewest and most pages that a rewrite leaves.
pub fn band(estimate: &Estimate) -> (u64, u64) {
    ((estimate.bytes - estimate.high) / 8_192, (estimate.bytes - estimate.low) / 8_192)
}

pub fn pages(bytes: u64) -> u64 {
    bytes / 8_192
}

pub fn counters(pages: u64, relpages: u64, reltuples: f64) -> Counters {
    Counters { size: Size { pages: Some(pages), relpages, reltuples }, ..Counters::default() }
}
