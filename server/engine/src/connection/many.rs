//! Takes in an answer of very many rows: each is decoded as it comes and not kept, for as sqlx keeps them
//! a hundred thousand rows of fifty columns are eighty megabytes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use futures::{Stream, TryStreamExt};
use model::{Known, Reason};
use sqlx::postgres::{PgQueryResult, PgRow};
use sqlx::{AssertSqlSafe, Either, FromRow};

use super::Observer;
use super::answer::{Meter, Rows, awaited, row_bytes, unending};
use super::batch::batch;
use super::observer::DEADLINE;
use crate::sql::{Fill, SqlFile};

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

impl Observer {
    /// Runs files in one read-only transaction, of which the one at `many` gives more rows than others may:
    /// at most `most`, each decoded as it comes. Not asked again in parts where one of them fails.
    ///
    /// The outer error means the connection is lost: drop the observer.
    pub async fn read_many<T: for<'r> FromRow<'r, PgRow>>(
        &mut self,
        files: &[SqlFile],
        fill: Fill<'_>,
        (many, most): (usize, usize),
    ) -> Result<Known<Many<T>>, Reason> {
        let text = batch(self.settings, files, &self.refused, fill);
        let started = Instant::now();
        // From our own files, constants and what `Fill` quotes.
        let answers = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(&mut self.connection);
        let names = files.iter().map(|file| file.name);
        let sets = collect_many(names, self.settings.preamble(), (many, most), answers);
        let answer = awaited(DEADLINE, "the server", sets).await;
        let answer = self.answered(answer, files).await?;
        self.overhead.round_trip(started.elapsed());
        let large = files.get(many).map_or("", |file| file.name);
        if let Ok(all) = &answer {
            self.overhead.query(large, all.rows, all.bytes);
        }
        Ok(answer.and_then(|all| all.within_limits(large)))
    }
}

/// Collects the rows of these queries, as `collect` does; those of the query at `many` are decoded at once.
async fn collect_many<T: for<'r> FromRow<'r, PgRow>>(
    queries: impl Iterator<Item = &'static str>,
    preamble: usize,
    (many, most): (usize, usize),
    mut answers: impl Stream<Item = Result<Either<PgQueryResult, PgRow>, sqlx::Error>> + Unpin,
) -> Result<Many<T>, sqlx::Error> {
    let mut others: Vec<Rows> = queries.map(Rows::new).collect();
    let last = preamble + others.len() + 1;
    let mut large =
        Many { all: Vec::new(), others: Vec::new(), rows: 0, bytes: 0, most, undecodable: None };
    let (mut statement, mut meter) = (0, Meter::default());
    while let Some(answer) = answers.try_next().await? {
        match answer {
            Either::Left(_) => statement += 1,
            Either::Right(row) => {
                let set = usize::checked_sub(statement, preamble).ok_or_else(unending)?;
                if set == many {
                    large.push(&row)?;
                } else {
                    others.get_mut(set).ok_or_else(unending)?.push(row, &mut meter);
                }
            }
        }
        if statement > last {
            return Err(unending());
        }
        meter.turn().await?;
    }
    if many < others.len() {
        others.remove(many);
    }
    large.others = others;
    Ok(large)
}
