//! Connections to watched servers: the only module that opens one.
//!
//! An `Observer` reads: read-only, with timeouts, one round trip per tick, marked as ours by
//! `application_name`. Every await has a deadline; after it the socket is dropped, never parked in
//! a task. Behind a pooler nothing is set on the session: settings are `set local` in the one
//! transaction that reads (`docs/limits.md#poolers`). Never writes; never holds more than its permit. What acts
//! is the `Operator` in `operator.rs`.

pub mod batch;
pub mod budget;
pub mod on_demand;
pub mod operator;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use model::{Cause, Known, Reason};
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Either, FromRow, PgConnection, Row, ValueRef};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use self::batch::{RefusedQueries, Settings, batch, session_settings};
use self::budget::CONNECT_TIMEOUT;
use crate::dsn::Dsn;
use crate::error::{connect_reason, is_lost, query_reason};
use crate::overhead::Overhead;
use crate::sql::SqlFile;

pub use batch::STATEMENT_TIMEOUT_MS;
pub use budget::Budget;

/// Our own deadline: `statement_timeout` plus 2 s for the network (`docs/limits.md#connections`).
const DEADLINE: Duration = Duration::from_millis(STATEMENT_TIMEOUT_MS + 2_000);

/// A connection that reads and nothing else.
pub struct Observer {
    connection: PgConnection,
    settings: Settings,
    role: String,
    overhead: Arc<Overhead>,
    refused: RefusedQueries,
    _permit: OwnedSemaphorePermit,
}

/// Rows of one query, in text format as the simple protocol sends them.
pub struct Rows {
    query: &'static str,
    rows: Vec<PgRow>,
}

impl Rows {
    /// Decodes all rows.
    pub fn all<T: for<'r> FromRow<'r, PgRow>>(&self) -> Known<Vec<T>> {
        self.rows.iter().map(T::from_row).collect::<Result<_, _>>().map_err(|error| {
            tracing::error!(query = self.query, %error, "a row does not decode");
            Reason::Failed {
                sqlstate: "XX000".into(),
                message: format!("the answer to {} has an unexpected shape", self.query),
            }
        })
    }

    /// Decodes the only row.
    pub fn one<T: for<'r> FromRow<'r, PgRow>>(&self) -> Known<T> {
        self.all()?.pop().ok_or_else(|| Reason::Failed {
            sqlstate: "02000".into(),
            message: format!("{} gave no row", self.query),
        })
    }
}

impl Observer {
    /// Connects within the budget. First with our settings as start-up options; a pooler that
    /// refuses them is asked again without, and gets them per transaction.
    pub async fn open(dsn: &Dsn, budget: &Budget, overhead: Arc<Overhead>) -> Result<Self, Reason> {
        let permit = budget.permit().await?;
        overhead.connect();
        let plain = dsn.options();
        let address = dsn.address();
        let with_settings = plain.clone().options(session_settings());
        let (connection, settings) = match connect(&with_settings, &address).await {
            Ok(connection) => (connection, Settings::Session),
            Err(reason) if refuses_options(&reason) => {
                (connect(&plain, &address).await?, Settings::Transaction)
            }
            Err(reason) => return Err(reason),
        };
        let role = plain.get_username().to_owned();
        let mut observer = Self {
            connection,
            settings,
            role,
            overhead,
            refused: RefusedQueries::default(),
            _permit: permit,
        };
        observer.confirm_settings().await?;
        Ok(observer)
    }

    /// Whether a pooler stands between us and the server.
    pub fn through_pooler(&self) -> bool {
        self.settings == Settings::Transaction
    }

    /// A pooler may swallow start-up options silently: then they are not in force.
    async fn confirm_settings(&mut self) -> Result<(), Reason> {
        if self.settings == Settings::Transaction {
            return Ok(());
        }
        let read = sqlx::raw_sql("show statement_timeout").fetch_one(&mut self.connection);
        let shown: String = match timeout(DEADLINE, read).await {
            Ok(Ok(row)) => row.try_get(0).unwrap_or_default(),
            Ok(Err(error)) => return Err(connect_reason(&error, "the server")),
            Err(_) => return Err(deadline_passed()),
        };
        if shown != shown_ms(STATEMENT_TIMEOUT_MS) {
            self.settings = Settings::Transaction;
        }
        Ok(())
    }

    /// Runs the files in one read-only transaction and one round trip. When one of them fails,
    /// each is run alone, so that one failure hides nothing else; what a server refuses for good is
    /// not asked again at every tick, for each time leaves a line in its log.
    ///
    /// The outer error means the connection is lost: drop the observer.
    pub async fn read(&mut self, files: &[SqlFile]) -> Result<Vec<Known<Rows>>, Reason> {
        let now = Instant::now();
        let asked: Vec<SqlFile> =
            files.iter().filter(|file| self.refused.reason(file, now).is_none()).copied().collect();
        let mut answers = self.ask(&asked).await?.into_iter();
        let mut all = Vec::with_capacity(files.len());
        for file in files {
            all.push(match self.refused.reason(file, now) {
                Some(reason) => Err(reason),
                None => answers.next().unwrap_or(Err(Reason::NotYet)),
            });
        }
        for (file, answer) in files.iter().zip(&all) {
            if let Err(reason) = answer {
                self.refused.remember(file, reason, now);
            }
        }
        Ok(all)
    }

    async fn ask(&mut self, files: &[SqlFile]) -> Result<Vec<Known<Rows>>, Reason> {
        if files.is_empty() {
            return Ok(vec![]);
        }
        match self.run(files).await? {
            Ok(sets) => Ok(sets.into_iter().map(Ok).collect()),
            Err(reason) if files.len() == 1 => Ok(vec![Err(reason)]),
            Err(_) => {
                let mut answers = Vec::with_capacity(files.len());
                for file in files {
                    let answer = self.run(std::slice::from_ref(file)).await?;
                    let first = |sets: Vec<Rows>| sets.into_iter().next().ok_or(Reason::NotYet);
                    answers.push(answer.and_then(first));
                }
                Ok(answers)
            }
        }
    }

    async fn run(&mut self, files: &[SqlFile]) -> Result<Known<Vec<Rows>>, Reason> {
        let text = batch(self.settings, files);
        let skipped = self.settings.preamble();
        let started = Instant::now();
        let answer = match timeout(DEADLINE, self.fetch(text, files, skipped)).await {
            Ok(Ok(sets)) => Ok(sets),
            Ok(Err(error)) if is_lost(&error) => {
                return Err(connect_reason(&error, "the server"));
            }
            Ok(Err(error)) => {
                self.roll_back().await?;
                Err(match error.as_database_error() {
                    Some(error) => query_reason(error, &self.role, STATEMENT_TIMEOUT_MS),
                    None => Reason::Failed { sqlstate: "XX000".into(), message: error.to_string() },
                })
            }
            Err(_) => return Err(deadline_passed()),
        };
        self.overhead.round_trip(started.elapsed());
        for (file, set) in files.iter().zip(answer.iter().flatten()) {
            self.overhead.query(file.name, set.rows.len() as u64, byte_size(&set.rows));
        }
        if answer.is_err() {
            files.iter().for_each(|file| self.overhead.failure(file.name));
        }
        Ok(answer)
    }

    async fn fetch(
        &mut self,
        text: String,
        files: &[SqlFile],
        preamble: usize,
    ) -> Result<Vec<Rows>, sqlx::Error> {
        let mut sets: Vec<Rows> =
            files.iter().map(|file| Rows { query: file.name, rows: Vec::new() }).collect();
        let mut statement = 0;
        // The text is put together from our own files and constants only: see `batch`.
        let mut answers = sqlx::raw_sql(AssertSqlSafe(text)).fetch_many(&mut self.connection);
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(_) => statement += 1,
                Either::Right(row) => {
                    let set = usize::checked_sub(statement, preamble);
                    if let Some(set) = set.and_then(|set| sets.get_mut(set)) {
                        set.rows.push(row);
                    }
                }
            }
        }
        Ok(sets)
    }

    async fn roll_back(&mut self) -> Result<(), Reason> {
        let rolled_back = sqlx::raw_sql("rollback").execute(&mut self.connection);
        match timeout(DEADLINE, rolled_back).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(connect_reason(&error, "the server")),
            Err(_) => Err(deadline_passed()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one door")]
async fn connect(options: &PgConnectOptions, address: &str) -> Result<PgConnection, Reason> {
    match timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(connect_reason(&error, address)),
        Err(_) => Err(Reason::Unreachable {
            cause: Cause::TimedOut,
            message: format!("{address} did not answer within {} s.", CONNECT_TIMEOUT.as_secs()),
            remedy:
                "Check that no firewall drops the connection and that the server is not frozen."
                    .into(),
        }),
    }
}

fn deadline_passed() -> Reason {
    no_answer_within(DEADLINE)
}

fn no_answer_within(limit: Duration) -> Reason {
    Reason::Unreachable {
        cause: Cause::TimedOut,
        message: format!(
            "The server accepted the connection but did not answer within {} s.",
            limit.as_secs()
        ),
        remedy: "Check the server's load and the network; pgdeck has dropped the connection and reconnects automatically.".into(),
    }
}

/// Whether a pooler takes no start-up options.
fn refuses_options(reason: &Reason) -> bool {
    matches!(reason, Reason::Unreachable { cause: Cause::StartupOptions, .. })
}

/// A timeout as `show` prints it: in the largest unit that divides it.
fn shown_ms(ms: u64) -> String {
    match ms {
        ms if ms.is_multiple_of(60_000) => format!("{}min", ms / 60_000),
        ms if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        ms => format!("{ms}ms"),
    }
}

fn byte_size(rows: &[PgRow]) -> u64 {
    let value_size = |row: &PgRow, column: usize| {
        row.try_get_raw(column)
            .ok()
            .filter(|value| !value.is_null())
            .and_then(|value| value.as_bytes().ok().map(<[u8]>::len))
            .unwrap_or(0) as u64
    };
    rows.iter().map(|row| (0..row.len()).map(|column| value_size(row, column)).sum::<u64>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_compared_as_show_prints_it() {
        assert_eq!([250, 2_000, 90_000, 120_000].map(shown_ms), ["250ms", "2s", "90s", "2min"]);
    }
}
