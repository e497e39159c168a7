//! What the queries say that are copied most often, restated from their arithmetic: ioguix
//! (pgsql-bloat-estimation, also in check_pgactivity), pgexperts (pgx_scripts) and PgHero.
//!
//! All take pages and rows of the last VACUUM or ANALYZE from `pg_class`, and none the deduplication of B-trees.
//! They are given the statistics as a superuser sees them.

use bloat::{Btree, Column, ColumnNumbers, KeySource, Shape, Statistics, Table};

const BLOCK: f64 = 8_192.0;
const ALIGN: f64 = 8.0;
const PAGE_HEADER: f64 = 24.0;
const BTREE_SPECIAL: f64 = 16.0;
const LINE_POINTER: f64 = 4.0;

/// Bytes said to be bloat, by the name of a query; without a value where it has no answer.
pub type Answers = Vec<(&'static str, Option<f64>)>;

fn aligned(bytes: f64) -> f64 {
    (bytes / ALIGN).ceil() * ALIGN
}

fn numbers(statistics: &Statistics) -> Option<&ColumnNumbers> {
    match statistics {
        Statistics::Known(numbers) => Some(numbers),
        _ => None,
    }
}

fn is_name(column: &Column) -> bool {
    column.len == 64
}

/// A table with its TOAST table.
pub fn table(shape: &Shape, table: &Table) -> Answers {
    let columns: Vec<&Column> = shape.columns.iter().filter(|column| !column.is_dropped).collect();
    let known: Option<Vec<&ColumnNumbers>> =
        columns.iter().map(|column| numbers(&column.statistics)).collect();
    let known = known.filter(|known| !known.is_empty());
    let toast = table.toast.map(|toast| toast.counters.size).unwrap_or_default();
    let pages = (table.counters.size.relpages + toast.relpages) as f64;
    let toast_pages = (toast.reltuples / 4.0).ceil();
    let bytes = |expected: f64| (BLOCK * (pages - expected - toast_pages)).max(0.0);
    let rows = table.counters.size.reltuples;
    let ioguix =
        known.as_ref().filter(|_| !columns.iter().any(|column| is_name(column))).map(|known| {
            let row = LINE_POINTER + aligned(23.0 + bitmap(known)) + aligned(data(known).ceil());
            let fillfactor = f64::from(table.fillfactor.unwrap_or(100)) / 100.0;
            bytes((rows / ((BLOCK - PAGE_HEADER) * fillfactor / row)).ceil())
        });
    // Its row has the nulls' header in proportion to the column that is null most often.
    let pgexperts = known.as_ref().map(|known| {
        let nullable = known.iter().filter(|numbers| numbers.null_frac > 0.0).count();
        let most = known.iter().map(|numbers| numbers.null_frac).fold(0.0, f64::max);
        let header = aligned(24.0 + (nullable / 8) as f64);
        bytes(
            (rows * (aligned(data(known) + 24.0) + most * header + LINE_POINTER) / (BLOCK - 20.0))
                .ceil(),
        )
    });
    vec![("ioguix", ioguix), ("pgexperts", pgexperts)]
}

fn data(known: &[&ColumnNumbers]) -> f64 {
    known.iter().map(|numbers| (1.0 - numbers.null_frac) * numbers.avg_width).sum()
}

fn bitmap(known: &[&ColumnNumbers]) -> f64 {
    let has_nulls = known.iter().any(|numbers| numbers.null_frac > 0.0);
    if has_nulls { known.len().div_ceil(8) as f64 } else { 0.0 }
}

/// A B-tree.
pub fn btree(shape: &Shape, table: &Table, btree: &Btree) -> Answers {
    let Some(index) = table.indexes.get(&btree.oid) else { return Vec::new() };
    let (pages, rows) = (index.size.relpages as f64, index.size.reltuples);
    let column = |attnum: i16| shape.columns.iter().find(|column| column.attnum == attnum);
    let of = |source: &KeySource| match source {
        KeySource::Column(attnum) => {
            column(*attnum).and_then(|column| numbers(&column.statistics)).cloned()
        }
        KeySource::Expression(statistics) => numbers(statistics).cloned(),
    };
    let has_name = btree.keys.iter().any(|key| key.len == -2);
    let known: Vec<ColumnNumbers> = btree.keys.iter().filter_map(|key| of(&key.source)).collect();
    let bytes = |expected: f64| (BLOCK * (pages - expected)).max(0.0);
    let has_answer = pages > 0.0 && !known.is_empty();
    let ioguix = (has_answer && !has_name).then(|| {
        let header = if known.iter().any(|numbers| numbers.null_frac > 0.0) { 12.0 } else { 8.0 };
        let entry = LINE_POINTER
            + aligned(header)
            + aligned(data(&known.iter().collect::<Vec<_>>()).round());
        let fillfactor = f64::from(btree.fillfactor.unwrap_or(90)) / 100.0;
        let per_page = ((BLOCK - BTREE_SPECIAL - PAGE_HEADER) * fillfactor / entry).floor();
        bytes(1.0 + (rows / per_page.max(1.0)).ceil())
    });
    // The other family: six bytes and a header, no fillfactor.
    let family = |known: &[ColumnNumbers]| {
        let data = data(&known.iter().collect::<Vec<_>>());
        bytes((rows * (6.0 + ALIGN + aligned(data.round())) / (BLOCK - PAGE_HEADER) + 1.0).ceil())
    };
    let pghero = (has_answer && known.len() == btree.keys.len()).then(|| family(&known));
    // It compares the places of columns in the index with those in the table.
    let in_place: Vec<ColumnNumbers> = (1_i16..)
        .zip(&btree.keys)
        .filter(|(place, key)| key.source == KeySource::Column(*place))
        .filter_map(|(_, key)| of(&key.source))
        .collect();
    let pgexperts = (pages > 0.0 && !in_place.is_empty()).then(|| family(&in_place));
    vec![("ioguix", ioguix), ("pghero", pghero), ("pgexperts", pgexperts)]
}
