//! Decodes an entry of `pg_stat_statements` by the place of its numbers: of a hundred thousand rows of fifty
//! columns most are zero, and those are not sent.

use model::statements::{Key, Measure, Sums};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row, ValueRef};

/// The column with the key, moments and the first measures; the files keep the order of `Measure::ALL`.
const HEAD: usize = 1;
/// The column with the other measures.
const TAIL: usize = 2;

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
    /// Which.
    pub key: Key,
    /// What it counted.
    pub counters: Counters,
}

impl<'r> FromRow<'r, PgRow> for EntryRow {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let text = |at: usize| {
            let raw = row.try_get_raw(at)?;
            Ok::<_, sqlx::Error>(if raw.is_null() { None } else { raw.as_str().ok() })
        };
        let head = text(HEAD)?.unwrap_or_default();
        parsed(head, text(TAIL)?).ok_or_else(|| sqlx::Error::ColumnDecode {
            index: "an entry".into(),
            source: "not as it was asked for".into(),
        })
    }
}

/// An entry as the server puts it together: `(userid,dbid,toplevel,…)`. Zeros are left out, extremes that are the
/// total as well, and the second half of the measures where all of them are zero.
fn parsed(head: &str, tail: Option<&str>) -> Option<EntryRow> {
    let mut fields = fields(head)?;
    let [userid, dbid] = [fields.next()?, fields.next()?].map(|oid| oid.parse().ok());
    let toplevel = match fields.next()? {
        "t" => true,
        "f" => false,
        _ => return None,
    };
    let queryid = fields.next()?.parse().ok()?;
    let [min_ms, max_ms] = [fields.next()?, fields.next()?];
    let stddev_ms = number(fields.next()?)?;
    let [since_us, extremes_since_us] = [moment(fields.next()?)?, moment(fields.next()?)?];
    let mut values = [0.0; Measure::COUNT];
    let mut counted = Measure::ALL.into_iter().filter(|m| *m != Measure::ExecTimeSquares);
    let rest = tail.map(self::fields);
    let rest = if let Some(rest) = rest { Some(rest?) } else { None };
    for field in fields.chain(rest.into_iter().flatten()) {
        *values.get_mut(counted.next()? as usize)? = number(field)?;
    }
    add_squares(&mut values, stddev_ms);
    let total_ms = values.get(Measure::ExecTime as usize).copied()?;
    let extreme = |field: &str| if field.is_empty() { Some(total_ms) } else { number(field) };
    Some(EntryRow {
        key: Key { userid: userid?, dbid: dbid?, toplevel, queryid },
        counters: Counters {
            sums: Sums::of(&values),
            min_ms: extreme(min_ms)?,
            max_ms: extreme(max_ms)?,
            since_us,
            extremes_since_us,
        },
    })
}

/// The fields of a record of numbers, which needs no quotes.
fn fields(record: &str) -> Option<std::str::Split<'_, char>> {
    Some(record.strip_prefix('(')?.strip_suffix(')')?.split(','))
}

fn number(field: &str) -> Option<f64> {
    if field.is_empty() { Some(0.0) } else { field.parse().ok() }
}

/// A moment where the extension tells it.
fn moment(field: &str) -> Option<Option<i64>> {
    if field.is_empty() { Some(None) } else { field.parse().ok().map(Some) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_zero_or_the_total() {
        let once = parsed("(10,5,t,-7,,,,1700000000000001,1700000000000001,1,1,0.25,3,,)", None);
        let once = once.unwrap();
        assert_eq!(once.key, Key { userid: 10, dbid: 5, toplevel: true, queryid: -7 });
        let counters = once.counters;
        assert_eq!((counters.min_ms, counters.max_ms), (0.25, 0.25));
        assert_eq!(counters.since_us, Some(1_700_000_000_000_001));
        let sums: Vec<_> = counters.sums.iter().collect();
        let squares = (Measure::ExecTimeSquares, 0.0625);
        let [calls, rows, time] = [Measure::Calls, Measure::Rows, Measure::ExecTime];
        let rest = [(time, 0.25), squares, (Measure::SharedHit, 3.0)];
        assert_eq!(sums, [&[(calls, 1.0), (rows, 1.0)], &rest[..]].concat());

        let tail = Some("(,,,,,,,,,4,,320,,)");
        let often = parsed("(10,5,f,7,0.5,1e-05,0.5,,,2,,3,,,1)", tail).unwrap().counters;
        assert_eq!((often.min_ms, often.max_ms, often.since_us), (0.5, 1e-5, None));
        let of = |measure| often.sums.get(measure);
        assert_eq!(
            (of(Measure::Calls), of(Measure::Rows), of(Measure::SharedDirtied)),
            (2.0, 0.0, 1.0)
        );
        assert_eq!((of(Measure::WalRecords), of(Measure::WalBytes)), (4.0, 320.0));
        assert_eq!(of(Measure::ExecTimeSquares), 5.0);
    }

    #[test]
    fn what_is_no_entry_is_not_read() {
        let good = "(10,5,t,-7,,,,,,1,1,0.25,3,,)";
        assert!(parsed(good, None).is_some());
        let many = format!("({})", ",".repeat(60));
        for (head, tail) in [
            ("", None),
            ("(10,5,t,-7)", None),
            ("(10,5,t,-7,,,,,,1,x)", None),
            ("(10,5,1,-7,,,,,,1)", None),
            ("(10,-5,t,-7,,,,,,1)", None),
            (good, Some("1")),
            (good, Some(&*many)),
        ] {
            assert!(parsed(head, tail).is_none(), "{head} {tail:?}");
        }
    }
}
