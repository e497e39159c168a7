//! Decodes an entry of `pg_stat_statements` by the place of its columns: a hundred thousand rows of fifty
//! columns are read without a look at a name.

use model::statements::{Key, Measure, Sums};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

/// The first column that is a measure; the files keep the order of `Measure::ALL`.
const FIRST_MEASURE: usize = 9;

/// What one entry has counted since it was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counters {
    /// What it added up.
    pub sums: Sums,
    /// Its shortest execution, ms; zero before the first.
    pub min_ms: f64,
    /// Its longest execution, ms.
    pub max_ms: f64,
    /// When the entry was made, µs since the epoch by the server's clock; None before 1.11.
    pub since_us: Option<i64>,
    /// Since when the extremes are kept; None before 1.11.
    pub extremes_since_us: Option<i64>,
}

/// An entry as read.
#[derive(Clone, Debug)]
pub struct EntryRow {
    /// Which; None where the queryid is hidden from our role.
    pub key: Option<Key>,
    /// What it counted.
    pub counters: Counters,
}

impl<'r> FromRow<'r, PgRow> for EntryRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let oid = |at: usize| row.try_get::<i64, _>(at).map(|oid| u32::try_from(oid).unwrap_or(0));
        let queryid: Option<i64> = row.try_get(3)?;
        let key = match queryid {
            Some(queryid) => {
                Some(Key { userid: oid(0)?, dbid: oid(1)?, toplevel: row.try_get(2)?, queryid })
            }
            None => None,
        };
        let mut values = [0.0; Measure::COUNT];
        let counted = Measure::ALL.into_iter().filter(|m| *m != Measure::ExecTimeSquares);
        for (measure, at) in counted.zip(FIRST_MEASURE..row.len()) {
            if let Some(value) = values.get_mut(measure as usize) {
                *value = number(row, at)?;
            }
        }
        add_squares(&mut values, number(row, 6)?);
        Ok(Self {
            key,
            counters: Counters {
                sums: Sums::of(&values),
                min_ms: number(row, 4)?,
                max_ms: number(row, 5)?,
                since_us: row.try_get(7)?,
                extremes_since_us: row.try_get(8)?,
            },
        })
    }
}

/// A number in its text form, as the simple protocol sends all values: a check of types for each of five
/// million would take longer than the server takes.
fn number(row: &PgRow, at: usize) -> Result<f64, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    let parsed = raw.as_str().ok().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| sqlx::Error::ColumnDecode {
        index: at.to_string(),
        source: "no number".into(),
    })
}

/// Σx² = calls × stddev² + total² / calls: `stddev_exec_time` is the deviation of all executions, not of a
/// sample of them.
fn add_squares(values: &mut [f64; Measure::COUNT], stddev_ms: f64) {
    let [calls, total] = [Measure::Calls, Measure::ExecTime]
        .map(|m| values.get(m as usize).copied().unwrap_or_default());
    if let Some(squares) = values.get_mut(Measure::ExecTimeSquares as usize).filter(|_| calls > 0.0)
    {
        *squares = calls * stddev_ms * stddev_ms + total * total / calls;
    }
}
