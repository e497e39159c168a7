//! Takes in an answer of very many rows: each is decoded as it comes and not kept, for as sqlx keeps them
//! a hundred thousand rows of fifty columns are eighty megabytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::{Stream, TryStreamExt};
use model::{Known, Reason};
use sqlx::postgres::{PgQueryResult, PgRow};
use sqlx::{Either, FromRow};

use super::answer::{Meter, Rows, row_bytes, unending};

/// The answers of a transaction in which one query gives very many rows.
pub struct Many<T> {
    /// Its rows.
    pub all: Vec<T>,
    /// The answers of the other queries, in their order.
    pub others: Vec<Rows>,
    /// How many rows came, those beyond the limit included.
    pub(super) rows: u64,
    pub(super) bytes: u64,
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
    pub(super) fn within_limits(self, query: &str) -> Known<Self> {
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

/// Collects the rows of these queries, as `collect` does; those of the query at `many` are decoded at once.
pub(super) async fn collect_many<T: for<'r> FromRow<'r, PgRow>>(
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
