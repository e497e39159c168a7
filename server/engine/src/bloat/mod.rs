//! Reads what the bloat estimate of a table is made of: its columns, what ANALYZE left of them, its B-trees.
//!
//! These change only with ANALYZE and DDL, so callers keep them and read them again where `last_analyze` or the
//! number of columns has changed. Sizes and counters are read by the caller. The arithmetic is the package
//! `bloat`.

mod rows;
mod view;

use std::collections::BTreeMap;

use bloat::{Server, Shape, TableEstimate};
use model::server::Facts;
use model::{Known, Reason};

use crate::connection::{Observer, Rows};
use crate::error::Error;
use crate::sql::{Fill, Query, SqlFile, sql};

pub use view::create_view;

sql! {
    SOURCES = "sources" [14];
    COLUMNS = "columns" [14];
    BTREES = "btrees" [14];
    NUMBERS_OF_VIEW = "numbers_of_view" [14];
    NUMBERS_OF_CATALOG = "numbers_of_catalog" [14];
    NUMBERS_OF_STATS = "numbers_of_stats" [14];
}

/// The most tables of one call of [`read_shapes`]: some 5,000 columns, 0.4 MB (measured on tables of ten columns).
pub const MOST_TABLES: usize = 500;

/// Where column statistics are read, in order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatisticsSource {
    /// The view `pgdeck.column_numbers`: numbers of all columns, and no values.
    View,
    /// `pg_statistic` itself, open to superusers and `pg_read_all_data`.
    Catalog,
    /// `pg_stats`, which shows columns that the role may select.
    Stats,
}

impl StatisticsSource {
    /// Its name in PostgreSQL.
    pub fn relation(self) -> &'static str {
        match self {
            Self::View => "pgdeck.column_numbers",
            Self::Catalog => "pg_statistic",
            Self::Stats => "pg_stats",
        }
    }

    fn query(self) -> Query {
        match self {
            Self::View => NUMBERS_OF_VIEW,
            Self::Catalog => NUMBERS_OF_CATALOG,
            Self::Stats => NUMBERS_OF_STATS,
        }
    }
}

/// What is asked once per connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Where column statistics are read.
    pub statistics: StatisticsSource,
    /// What the layout of pages depends on.
    pub server: Server,
}

/// Asks where column statistics can be read, and what the layout of pages depends on.
pub async fn read_sources(observer: &mut Observer, facts: &Facts) -> Result<Sources, Error> {
    let file = file(SOURCES, facts)?;
    let answers = observer.read(&[file]).await.map_err(Error::Lost)?;
    let row: Known<rows::SourceRow> = one(answers).and_then(|rows| rows.one());
    row.map(|row| row.sources(facts)).map_err(|reason| Error::Query { query: SOURCES.rows, reason })
}

/// Reads the shapes of these tables, at most [`MOST_TABLES`], in one round trip. A table that is not in the answer
/// is gone.
pub async fn read_shapes(
    observer: &mut Observer,
    facts: &Facts,
    sources: &Sources,
    tables: &[u32],
) -> Result<BTreeMap<u32, Shape>, Error> {
    let numbers = sources.statistics.query();
    let files = [file(COLUMNS, facts)?, file(BTREES, facts)?, file(numbers, facts)?];
    let oids: Vec<i64> = tables.iter().take(MOST_TABLES).copied().map(i64::from).collect();
    if oids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let fill = Fill { numbers: &oids, ..Fill::default() };
    let mut answers = observer.read_with(&files, fill).await.map_err(Error::Lost)?.into_iter();
    let mut next = || answers.next().unwrap_or(Err(Reason::NotYet));
    let failed = |query: Query| move |reason| Error::Query { query: query.rows, reason };
    let columns = next().and_then(|rows| rows.all()).map_err(failed(COLUMNS))?;
    let btrees = next().and_then(|rows| rows.all()).map_err(failed(BTREES))?;
    let numbers = next().and_then(|rows| rows.all()).map_err(failed(numbers))?;
    Ok(rows::shapes(sources.statistics, tables, columns, btrees, numbers))
}

/// Estimates these tables: reads their shapes, [`MOST_TABLES`] at a time, and takes sizes and counters from the
/// caller.
pub async fn estimate(
    observer: &mut Observer,
    facts: &Facts,
    tables: &BTreeMap<u32, bloat::Table>,
) -> Result<BTreeMap<u32, TableEstimate>, Error> {
    let sources = read_sources(observer, facts).await?;
    let oids: Vec<u32> = tables.keys().copied().collect();
    let mut estimates = BTreeMap::new();
    for some in oids.chunks(MOST_TABLES) {
        let shapes = read_shapes(observer, facts, &sources, some).await?;
        let known = shapes.iter().filter_map(|(oid, shape)| Some((*oid, shape, tables.get(oid)?)));
        estimates.extend(
            known.map(|(oid, shape, table)| (oid, bloat::estimate(&sources.server, shape, table))),
        );
    }
    Ok(estimates)
}

fn file(query: Query, facts: &Facts) -> Result<SqlFile, Error> {
    let missing = Error::Query { query: query.rows, reason: Reason::NotYet };
    query.pick_for(facts).ok_or(missing)
}

fn one(answers: Vec<Known<Rows>>) -> Known<Rows> {
    answers.into_iter().next().unwrap_or(Err(Reason::NotYet))
}
