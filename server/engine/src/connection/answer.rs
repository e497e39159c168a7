//! Takes in what a server sends: row by row, within a deadline and within limits on rows and bytes, and
//! survives what sqlx does not. A server that sends without a pause never makes sqlx wait, so nothing
//! else on the thread would run, not even the deadline: every few messages the task gives way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, Stream, TryStreamExt};
use model::{Known, Reason, Unread};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgQueryResult, PgRow};
use sqlx::{Either, FromRow, Row, ValueRef};
use tokio::time::timeout;

use super::relay::{Ending, malformed};
use super::room::{ROOM_BYTES, Room};
use crate::error::{connect_reason, is_lost};

/// The most rows of one answer, five times the largest `limit` of our queries (`docs/limits.md#connections`).
pub const ANSWER_ROWS: u64 = 100_000;
/// The most bytes of one answer (`docs/limits.md#connections`).
pub const ANSWER_BYTES: u64 = 64 << 20;
/// What a row and each of its columns cost besides the values.
const ROW_BYTES: u64 = 128;
/// See `ROW_BYTES`.
const COLUMN_BYTES: u64 = 16;
/// Messages after which other tasks get their turn: less than a millisecond of work.
const TURN: u64 = 64;

/// Why there is no answer.
#[derive(Debug)]
pub enum Stop {
    /// PostgreSQL answered with an error; the session is fine.
    Refused(Box<dyn DatabaseError>),
    /// The connection is gone.
    Lost(Reason),
    /// No answer within the deadline: drop the session.
    Late(Duration),
}

impl Stop {
    /// What to show, where a statement of our own is never refused for its own sake.
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::Refused(error) => connect_reason(&sqlx::Error::Database(error), "the server"),
            Self::Lost(reason) => reason,
            Self::Late(after) => super::no_answer_within(after),
        }
    }
}

/// Awaits an answer until the deadline. sqlx trusts the lengths in a row and panics on a wrong one: then the
/// connection is lost, and nothing else. Where the relay ended the connection, it says why.
pub async fn awaited<T>(
    within: Duration,
    address: &str,
    ending: &Ending,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Stop> {
    match timeout(within, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error @ sqlx::Error::Database(_)))) if is_lost(&error) => {
            Err(Stop::Lost(connect_reason(&error, address)))
        }
        Ok(Ok(Err(sqlx::Error::Database(error)))) => Err(Stop::Refused(error)),
        Ok(Ok(Err(error))) => {
            let told = ending.reason(address);
            Err(Stop::Lost(told.unwrap_or_else(|| connect_reason(&error, address))))
        }
        Ok(Err(_)) => Err(Stop::Lost(malformed(address))),
        Err(_) => Err(Stop::Late(within)),
    }
}

/// Rows of one query, in text format where the simple protocol sent them.
pub struct Rows {
    query: &'static str,
    rows: Vec<PgRow>,
    bytes: u64,
    /// The limit that it passed.
    too_large: Option<String>,
    /// What it takes, with the other rows of its answer.
    room: Arc<Room>,
    missing: Vec<(&'static str, Reason)>,
}

impl Rows {
    pub(super) fn new(query: &'static str) -> Self {
        Self {
            query,
            rows: Vec::new(),
            bytes: 0,
            too_large: None,
            room: Arc::default(),
            missing: Vec::new(),
        }
    }

    /// Notes the parts of the query that were left out.
    pub(super) fn lacking(self, missing: Vec<(&'static str, Reason)>) -> Self {
        Self { missing, ..self }
    }

    /// Why an optional part of the query was left out; None when it is there.
    pub fn missing(&self, part: &str) -> Option<Reason> {
        self.missing.iter().find(|(name, _)| *name == part).map(|(_, reason)| reason.clone())
    }

    /// The optional parts that were left out, in the words of `name`; those without a name are not told.
    pub fn unread(&self, name: impl Fn(&str) -> Option<&'static str>) -> Vec<Unread> {
        let named = |(part, reason): &(&'static str, Reason)| {
            Some(Unread { what: name(part)?.to_owned(), reason: reason.clone() })
        };
        self.missing.iter().filter_map(named).collect()
    }

    /// How many rows and bytes came.
    pub(super) fn size(&self) -> (u64, u64) {
        (self.rows.len() as u64, self.bytes)
    }

    /// The rows, unless there were too many.
    pub(super) fn within_limits(self) -> Known<Self> {
        match self.too_large {
            Some(limit) => Err(Reason::TooLarge { what: self.query.into(), limit }),
            None => Ok(self),
        }
    }

    /// Decodes all rows.
    pub fn all<T: for<'r> FromRow<'r, PgRow>>(&self) -> Known<Vec<T>> {
        let decoding = AssertUnwindSafe(|| self.rows.iter().map(T::from_row).collect());
        // A row with fewer values than columns panics as it is read.
        let decoded: Result<Vec<T>, sqlx::Error> = catch_unwind(decoding)
            .unwrap_or_else(|_| Err(sqlx::Error::Protocol("a malformed row".into())));
        decoded.map_err(|error| {
            tracing::debug!(query = self.query, %error, "a row does not decode");
            let column = match error {
                sqlx::Error::ColumnDecode { index, .. } => Some(index.trim_matches('"').to_owned()),
                sqlx::Error::ColumnNotFound(name) => Some(name),
                _ => None,
            };
            Reason::Undecodable { what: self.query.into(), column }
        })
    }

    /// Decodes the only row.
    pub fn one<T: for<'r> FromRow<'r, PgRow>>(&self) -> Known<T> {
        self.all()?.pop().ok_or_else(|| Reason::Failed {
            sqlstate: "02000".into(),
            message: format!("{} gave no row", self.query),
        })
    }

    pub(super) async fn push(&mut self, row: PgRow, meter: &mut Meter) {
        let bytes = row_bytes(&row);
        meter.rows += 1;
        meter.bytes += bytes.saturating_add(ROW_BYTES + COLUMN_BYTES * row.len() as u64);
        if self.too_large.is_none() {
            self.too_large = meter.passed_limit().await;
        }
        if self.too_large.is_some() {
            // What is read on is not kept: the answers after it are still wanted.
            self.rows = Vec::new();
            return;
        }
        self.bytes += bytes;
        self.rows.push(row);
    }
}

/// How much of an answer has come.
#[derive(Default)]
pub(super) struct Meter {
    messages: u64,
    rows: u64,
    bytes: u64,
    room: Room,
}

impl Meter {
    /// The limit that the answer has passed with its newest row.
    async fn passed_limit(&mut self) -> Option<String> {
        if self.rows > ANSWER_ROWS || self.bytes > ANSWER_BYTES {
            return Some(format!("{ANSWER_ROWS} rows or {} MiB", ANSWER_BYTES >> 20));
        }
        let shared = || format!("{} MiB for the answers of all servers at once", ROOM_BYTES >> 20);
        (!self.room.reach(self.bytes).await).then(shared)
    }

    /// Lets go of the room when the last of these is decoded.
    pub(super) fn share(self, sets: &mut [Rows]) {
        let room = Arc::new(self.room);
        sets.iter_mut().for_each(|set| set.room = Arc::clone(&room));
    }

    /// Gives way now and then; an answer without an end is given up.
    pub(super) async fn turn(&mut self) -> Result<(), sqlx::Error> {
        self.messages += 1;
        if self.messages.is_multiple_of(TURN) {
            tokio::task::yield_now().await;
        }
        if self.rows > 2 * ANSWER_ROWS || self.bytes > 2 * ANSWER_BYTES {
            return Err(unending());
        }
        Ok(())
    }
}

pub(super) fn unending() -> sqlx::Error {
    sqlx::Error::Protocol("it sends more than was asked for".into())
}

/// Collects the rows of these queries; the first `preamble` statements of the text give none.
pub async fn collect(
    queries: impl Iterator<Item = &'static str>,
    preamble: usize,
    mut answers: impl Stream<Item = Result<Either<PgQueryResult, PgRow>, sqlx::Error>> + Unpin,
) -> Result<Vec<Rows>, sqlx::Error> {
    let mut sets: Vec<Rows> = queries.map(Rows::new).collect();
    // The statement that ends the transaction answers as well.
    let most = preamble + sets.len() + 1;
    let (mut statement, mut meter) = (0, Meter::default());
    while let Some(answer) = answers.try_next().await? {
        match answer {
            Either::Left(_) => statement += 1,
            Either::Right(row) => {
                let set = usize::checked_sub(statement, preamble);
                let set = set.and_then(|set| sets.get_mut(set)).ok_or_else(unending)?;
                set.push(row, &mut meter).await;
            }
        }
        if statement > most {
            return Err(unending());
        }
        meter.turn().await?;
    }
    meter.share(&mut sets);
    Ok(sets)
}

pub(super) fn row_bytes(row: &PgRow) -> u64 {
    let value_bytes = |column: usize| {
        row.try_get_raw(column)
            .ok()
            .filter(|value| !value.is_null())
            .and_then(|value| value.as_bytes().ok().map(<[u8]>::len))
            .unwrap_or(0) as u64
    };
    (0..row.len()).map(value_bytes).sum()
}
