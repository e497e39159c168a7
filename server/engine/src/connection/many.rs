//! Reads very many rows through a cursor: the first one says what is there, then those that are wanted come in the
//! same transaction. Each is decoded as it comes and not kept, for sqlx needs several times their bytes.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use futures::{Stream, TryStreamExt};
use model::{Known, Reason};
use sqlx::postgres::{PgQueryResult, PgRow};
use sqlx::{AssertSqlSafe, Either, FromRow};

use super::Observer;
use super::answer::{Meter, Rows, awaited, collect, row_bytes, unending};
use super::batch::{COMMIT, beginning, marked};
use super::observer::DEADLINE;
use crate::error::THE_SERVER;
use crate::sql::{Fill, SqlFile};

/// Rows that are fetched by one statement: half a second of a busy machine.
const PART: usize = 25_000;
/// Opens the cursor.
const DECLARE: &str = "declare pgdeck_rows no scroll cursor for ";
/// Fetches its first row.
const FETCH_FIRST: &str = "fetch 1 from pgdeck_rows";
/// The end of what fetches others.
const FROM: &str = "from pgdeck_rows";

/// The answers of a transaction in which one query gives very many rows.
pub struct Many<T> {
    /// Its rows.
    pub all: Vec<T>,
    /// The answers of the other queries, in their order.
    pub others: Vec<Rows>,
    /// How many rows came, those beyond the limit included.
    rows: u64,
    bytes: u64,
    most: usize,
    undecodable: Option<Option<String>>,
}

impl<T: for<'r> FromRow<'r, PgRow>> Many<T> {
    fn push(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        self.rows += 1;
        self.bytes += row_bytes(row);
        if self.rows > 2 * self.most as u64 {
            return Err(unending());
        }
        if self.rows > self.most as u64 || self.undecodable.is_some() {
            self.all = Vec::new();
            return Ok(());
        }
        // A row with fewer values than columns panics as it is read.
        match catch_unwind(AssertUnwindSafe(|| T::from_row(row))) {
            Ok(Ok(decoded)) => self.all.push(decoded),
            Ok(Err(sqlx::Error::ColumnDecode { index, .. })) => {
                self.undecodable = Some(Some(index))
            }
            _ => self.undecodable = Some(None),
        }
        Ok(())
    }

    /// The rows, unless there were too many or one does not decode.
    fn within_limits(self, query: &str) -> Known<Self> {
        if self.rows > self.most as u64 {
            let limit = format!("{} rows", self.most);
            return Err(Reason::TooLarge { what: query.into(), limit });
        }
        match self.undecodable {
            Some(column) => Err(Reason::Undecodable { what: query.into(), column }),
            None => Ok(self),
        }
    }
}

/// The files of the second half of a transaction: those before the rows of the cursor, and those after them.
pub struct Around<'a> {
    /// Before.
    pub before: &'a [SqlFile],
    /// After.
    pub after: &'a [SqlFile],
}

impl Observer {
    /// Begins a read-only transaction, runs files, opens a cursor for another one and fetches its first row. On
    /// success the transaction stays open: `rest` or `leave` ends it.
    ///
    /// The outer error means the connection is lost: drop the observer.
    pub async fn first_of_many(
        &mut self,
        files: &[SqlFile],
        large: SqlFile,
        fill: Fill<'_>,
    ) -> Result<Known<(Vec<Rows>, Rows)>, Reason> {
        let mut text = beginning(self.settings);
        for file in files {
            text.push_str(&marked(file, "", &fill.fill(file.without(&[]))));
        }
        text.push_str(&marked(&large, DECLARE, &fill.fill(large.without(&[]))));
        text.push_str(&marked(&large, FETCH_FIRST, ""));
        let (started, ending) = (Instant::now(), self.connection.ending());
        // From our own files, constants and what `Fill` quotes.
        let answers = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(&mut *self.connection);
        let names = files.iter().map(|file| file.name).chain([large.name; 2]);
        let sets = collect(names, self.settings.preamble(), answers);
        let answer = awaited(DEADLINE, THE_SERVER, &ending, sets).await;
        let answer = self.answered(answer, &[large]).await?;
        self.overhead.round_trip(started.elapsed());
        Ok(answer.and_then(|mut sets| {
            let first = sets.pop().ok_or(Reason::NotYet)?.within_limits()?;
            sets.truncate(files.len());
            Ok((sets, first))
        }))
    }

    /// Fetches the other rows of the cursor, at most `most`, each decoded as it comes, and ends the transaction.
    /// They are fetched in parts, so that each has the time that a statement has.
    ///
    /// The outer error means the connection is lost: drop the observer.
    pub async fn rest_of_many<T: for<'r> FromRow<'r, PgRow>>(
        &mut self,
        around: &Around<'_>,
        large: SqlFile,
        fill: Fill<'_>,
        most: usize,
    ) -> Result<Known<Many<T>>, Reason> {
        let parts = most.div_ceil(PART).max(1);
        let mut text = String::new();
        for file in around.before {
            text.push_str(&marked(file, "", &fill.fill(file.without(&[]))));
        }
        (0..parts)
            .for_each(|_| text.push_str(&marked(&large, &format!("fetch {PART} {FROM}"), "")));
        for file in around.after {
            text.push_str(&marked(file, "", &fill.fill(file.without(&[]))));
        }
        text.push_str(COMMIT);
        let (started, ending) = (Instant::now(), self.connection.ending());
        // From our own files, constants and what `Fill` quotes.
        let answers = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(&mut *self.connection);
        let (before, after) = (around.before.iter(), around.after.iter());
        let of_parts = std::iter::repeat_n(large.name, parts);
        let names = before.map(|file| file.name).chain(of_parts).chain(after.map(|file| file.name));
        let many = around.before.len()..around.before.len() + parts;
        let sets = collect_many(names, (many, most), answers);
        let answer = awaited(DEADLINE, THE_SERVER, &ending, sets).await;
        let answer = self.answered(answer, &[large]).await?;
        self.overhead.round_trip(started.elapsed());
        if let Ok(all) = &answer {
            self.overhead.query(large.name, all.rows, all.bytes);
        }
        Ok(answer.and_then(|all| all.within_limits(large.name)))
    }

    /// Ends the transaction without the other rows.
    ///
    /// The error means the connection is lost: drop the observer.
    pub async fn leave(&mut self) -> Result<(), Reason> {
        self.command("rollback".into()).await
    }
}

/// Collects the rows of these queries, as `collect` does; those of the queries in `many` are decoded at once.
async fn collect_many<T: for<'r> FromRow<'r, PgRow>>(
    queries: impl Iterator<Item = &'static str>,
    (many, most): (Range<usize>, usize),
    mut answers: impl Stream<Item = Result<Either<PgQueryResult, PgRow>, sqlx::Error>> + Unpin,
) -> Result<Many<T>, sqlx::Error> {
    let mut others: Vec<Rows> = queries.map(Rows::new).collect();
    let last = others.len() + 1;
    let mut large =
        Many { all: Vec::new(), others: Vec::new(), rows: 0, bytes: 0, most, undecodable: None };
    let (mut set, mut meter) = (0, Meter::default());
    while let Some(answer) = answers.try_next().await? {
        match answer {
            Either::Left(_) => set += 1,
            Either::Right(row) if many.contains(&set) => large.push(&row)?,
            Either::Right(row) => {
                others.get_mut(set).ok_or_else(unending)?.push(row, &mut meter).await;
            }
        }
        if set > last {
            return Err(unending());
        }
        meter.turn().await?;
    }
    meter.share(&mut others);
    if many.end <= others.len() {
        others.drain(many);
    }
    large.others = others;
    Ok(large)
}
