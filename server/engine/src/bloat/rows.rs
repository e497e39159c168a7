//! From rows of the catalog to the input of the estimate.

use std::collections::{BTreeMap, HashMap};

use bloat::{
    Alignment, Btree, Column, ColumnNumbers, Key, KeySource, NullsLeft, Server, Shape, Statistics,
    Storage, nulls_left,
};
use model::server::Facts;

use super::{Sources, StatisticsSource};

/// A row of `sources`.
#[derive(sqlx::FromRow)]
pub(super) struct SourceRow {
    has_view: bool,
    has_catalog: bool,
    block_size: i32,
    default_statistics_target: i32,
}

impl SourceRow {
    pub(super) fn sources(&self, facts: &Facts) -> Sources {
        let statistics = match (self.has_view, self.has_catalog) {
            (true, _) => StatisticsSource::View,
            (false, true) => StatisticsSource::Catalog,
            (false, false) => StatisticsSource::Stats,
        };
        let server = Server {
            major: facts.major,
            block_size: self.block_size.unsigned_abs(),
            default_statistics_target: self.default_statistics_target.unsigned_abs(),
        };
        Sources { statistics, server }
    }
}

/// A row of `columns`: of a table or of an index.
#[derive(sqlx::FromRow)]
pub(super) struct ColumnRow {
    relid: i64,
    attnum: i16,
    attlen: i16,
    #[sqlx(try_from = "model::text::Text")]
    attalign: String,
    #[sqlx(try_from = "model::text::Text")]
    attstorage: String,
    attnotnull: bool,
    attisdropped: bool,
    is_virtual: bool,
    atthasmissing: bool,
    is_stepped: bool,
    characters: Option<i32>,
    is_padded: bool,
    attstattarget: Option<i32>,
    is_readable: bool,
}

/// A row of `btrees`.
#[derive(sqlx::FromRow)]
pub(super) struct BtreeRow {
    indexrelid: i64,
    indrelid: i64,
    indnkeyatts: i16,
    indisunique: bool,
    indisvalid: bool,
    indkey: Vec<i16>,
    #[sqlx(try_from = "model::text::MaybeText")]
    indpred: Option<String>,
    fillfactor: Option<i32>,
    deduplicate_items: Option<bool>,
    is_equal_image: bool,
}

/// A row of `numbers_of_…`.
#[derive(sqlx::FromRow)]
pub(super) struct NumbersRow {
    relid: i64,
    attnum: i16,
    null_frac: f64,
    avg_width: i32,
    n_distinct: f64,
    frequencies: Option<Vec<f64>>,
}

/// Statistics by relation and column.
struct Numbers {
    source: StatisticsSource,
    rows: HashMap<(i64, i16), ColumnNumbers>,
}

impl Numbers {
    fn new(source: StatisticsSource, rows: Vec<NumbersRow>) -> Self {
        let numbers = |row: NumbersRow| {
            let numbers = ColumnNumbers {
                null_frac: row.null_frac,
                avg_width: f64::from(row.avg_width),
                n_distinct: row.n_distinct,
                frequencies: row.frequencies.unwrap_or_default(),
            };
            ((row.relid, row.attnum), numbers)
        };
        Self { source, rows: rows.into_iter().map(numbers).collect() }
    }

    /// What is known of a column, or why nothing is.
    fn of(&self, column: &ColumnRow) -> Statistics {
        if let Some(numbers) = self.rows.get(&(column.relid, column.attnum)) {
            return Statistics::Known(numbers.clone());
        }
        if column.attstattarget == Some(0) {
            Statistics::TargetZero
        } else if self.source == StatisticsSource::Stats && !column.is_readable {
            Statistics::NotPermitted
        } else {
            Statistics::NeverAnalyzed
        }
    }
}

/// Puts the rows together, a shape for each table that has columns or is asked for.
pub(super) fn shapes(
    source: StatisticsSource,
    tables: &[u32],
    columns: Vec<ColumnRow>,
    btrees: Vec<BtreeRow>,
    numbers: Vec<NumbersRow>,
) -> BTreeMap<u32, Shape> {
    let numbers = Numbers::new(source, numbers);
    let mut shapes: BTreeMap<u32, Shape> =
        tables.iter().map(|oid| (*oid, Shape::default())).collect();
    let mut of_indexes: HashMap<i64, Vec<ColumnRow>> = HashMap::new();
    for row in columns {
        match oid(row.relid).and_then(|oid| shapes.get_mut(&oid)) {
            Some(shape) => shape.columns.push(column(&row, numbers.of(&row))),
            None => of_indexes.entry(row.relid).or_default().push(row),
        }
    }
    for row in btrees {
        let own = of_indexes.remove(&row.indexrelid).unwrap_or_default();
        let shape = oid(row.indrelid).and_then(|oid| shapes.get_mut(&oid));
        if let Some((shape, btree)) = shape.zip(btree(&row, &own, &numbers)) {
            shape.btrees.push(btree);
        }
    }
    shapes
}

fn oid(number: i64) -> Option<u32> {
    u32::try_from(number).ok()
}

fn unsigned(number: Option<i32>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok())
}

fn column(row: &ColumnRow, statistics: Statistics) -> Column {
    Column {
        attnum: row.attnum,
        len: row.attlen,
        align: Alignment::new(&row.attalign),
        storage: Storage::new(&row.attstorage),
        is_not_null: row.attnotnull,
        is_dropped: row.attisdropped,
        is_virtual: row.is_virtual,
        has_missing: row.atthasmissing,
        is_stepped: row.is_stepped,
        characters: unsigned(row.characters),
        is_padded: row.is_padded,
        statistics_target: unsigned(row.attstattarget),
        statistics,
    }
}

/// `None` while the index changes under us: its columns are not those of its definition.
fn btree(row: &BtreeRow, columns: &[ColumnRow], numbers: &Numbers) -> Option<Btree> {
    if columns.len() != row.indkey.len() {
        return None;
    }
    let key = |(attnum, own): (&i16, &ColumnRow)| Key {
        source: match attnum {
            0 => KeySource::Expression(numbers.of(own)),
            attnum => KeySource::Column(*attnum),
        },
        len: own.attlen,
        align: Alignment::new(&own.attalign),
        storage: Storage::new(&own.attstorage),
        nulls_left: match &row.indpred {
            Some(predicate) if *attnum != 0 => nulls_left(predicate, *attnum),
            _ => NullsLeft::AsInTable,
        },
    };
    Some(Btree {
        oid: oid(row.indexrelid)?,
        keys: row.indkey.iter().zip(columns).map(key).collect(),
        key_columns: usize::try_from(row.indnkeyatts).ok()?,
        is_unique: row.indisunique,
        is_valid: row.indisvalid,
        is_partial: row.indpred.is_some(),
        fillfactor: unsigned(row.fillfactor),
        deduplicate_items: row.deduplicate_items,
        is_equal_image: row.is_equal_image,
    })
}
