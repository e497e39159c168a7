//! A read-write connection for one action (cancel, terminate, VACUUM, ANALYZE), opened on demand over
//! the `operate` DSN and closed after it; it counts against the same budget as reading. Only
//! `actions` holds one.
//!
//! Needs a session of its own: behind a pooler that keeps our limits from being set it refuses.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use model::{Cause, Reason};
use sqlx::{AssertSqlSafe, Either, Row};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::answer::{Stop, awaited, collect};
use super::batch::{STATEMENT_TIMEOUT_MS, later, start_up};
use super::relay::RelayedConnection;
use super::{Budget, Rows, connect, shown_ms};
use crate::dsn::Dsn;
use crate::error::{THE_SERVER, shortened};
use crate::overhead::Overhead;
use crate::sql::SqlFile;

/// `lock_timeout` of an action, ms: long enough for a lock that is just being released, short enough
/// that our own wait is no link in a chain (`docs/limits.md#action-lock-timeout`).
pub const ACTION_LOCK_TIMEOUT_MS: u64 = 2_000;
/// Added to the server's own timeout for the network (`docs/limits.md#connections`).
const SLACK: Duration = Duration::from_secs(2);
/// Our deadline for a query of a look, which takes as long as a reading; never an hour, as VACUUM may.
const LOOK_DEADLINE: Duration = Duration::from_millis(STATEMENT_TIMEOUT_MS).saturating_add(SLACK);

/// A connection that acts.
pub struct Operator {
    connection: RelayedConnection,
    /// For the statement that acts.
    deadline: Duration,
    overhead: Arc<Overhead>,
    _permit: OwnedSemaphorePermit,
}

/// Why a statement gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The connection is lost: whether the statement was run is not known.
    Lost(Reason),
    /// The server refused the statement.
    Refused {
        /// The SQLSTATE.
        sqlstate: String,
        /// Its message, one line.
        message: String,
    },
}

impl Operator {
    /// Connects within the budget; statements may take `statement_timeout_ms`.
    ///
    /// Errors: why there is no connection, or that a pooler stands between.
    pub(crate) async fn open(
        dsn: &Dsn,
        budget: &Budget,
        overhead: Arc<Overhead>,
        statement_timeout_ms: u64,
    ) -> Result<Self, Reason> {
        let permit = budget.permit().await?;
        let mut settings = start_up();
        for (name, value) in &mut settings {
            match *name {
                "statement_timeout" => *value = statement_timeout_ms.to_string(),
                "lock_timeout" => *value = ACTION_LOCK_TIMEOUT_MS.to_string(),
                _ => {}
            }
        }
        let options = dsn.options().options(settings);
        let connection = match connect(dsn, options, &overhead).await {
            Ok(connection) => connection,
            Err(reason) if super::refuses_options(&reason) => return Err(pooled()),
            Err(reason) => return Err(reason),
        };
        let deadline = Duration::from_millis(statement_timeout_ms) + SLACK;
        let mut operator = Self { connection, deadline, overhead, _permit: permit };
        operator.confirm_settings().await?;
        Ok(operator)
    }

    /// A pooler may swallow start-up options silently: then nothing limits what we would do.
    async fn confirm_settings(&mut self) -> Result<(), Reason> {
        let ending = self.connection.ending();
        let read = sqlx::raw_sql("show lock_timeout").fetch_one(&mut *self.connection);
        let row = awaited(SLACK, THE_SERVER, &ending, read).await.map_err(Stop::reason)?;
        let ours = shown_ms(ACTION_LOCK_TIMEOUT_MS);
        if row.try_get::<String, _>(0).is_ok_and(|shown| shown == ours) {
            let text = AssertSqlSafe(later(self.connection.server_version_num(), ""));
            let setting = sqlx::raw_sql(text).execute(&mut *self.connection);
            let set = awaited(SLACK, THE_SERVER, &ending, setting).await;
            return set.map(drop).map_err(Stop::reason);
        }
        Err(pooled())
    }

    /// Looks: runs a query, `file` with its values filled in.
    pub(crate) async fn look(&mut self, file: &SqlFile, text: &str) -> Result<Rows, Failed> {
        self.run(file, text, LOOK_DEADLINE).await
    }

    /// Acts: runs a statement, which may take as long as was said when the session was opened.
    pub(crate) async fn act(&mut self, file: &SqlFile, text: &str) -> Result<Rows, Failed> {
        self.run(file, text, self.deadline).await
    }

    /// The extended protocol takes one statement only.
    async fn run(&mut self, file: &SqlFile, text: &str, within: Duration) -> Result<Rows, Failed> {
        let (started, ending) = (Instant::now(), self.connection.ending());
        let marked = format!("/* pgdeck {} */ {text}", file.name);
        let query = sqlx::query(AssertSqlSafe(marked)).persistent(false);
        let answers = query.fetch(&mut *self.connection).map_ok(Either::Right);
        let sets = collect(std::iter::once(file.name), 0, answers);
        let answer = awaited(within, THE_SERVER, &ending, sets).await;
        self.overhead.round_trip(started.elapsed());
        let rows = answer.map_err(failed).and_then(|mut sets| {
            let rows = sets.pop().map(Rows::within_limits);
            rows.unwrap_or(Err(Reason::NotYet)).map_err(Failed::Lost)
        });
        match &rows {
            Ok(rows) => {
                let (count, bytes) = rows.size();
                self.overhead.query(file.name, count, bytes);
            }
            Err(_) => self.overhead.failure(file.name),
        }
        rows
    }

    /// Says goodbye; a server that does not answer is left alone.
    pub(crate) async fn close(self) {
        // Dropping the socket ends the session as well, only with a line in the server's log.
        let _ = timeout(SLACK, self.connection.close()).await;
    }
}

fn failed(stop: Stop) -> Failed {
    match stop {
        Stop::Refused(error) => Failed::Refused {
            sqlstate: error.code().unwrap_or_default().into_owned(),
            message: shortened(error.message()),
        },
        stop => Failed::Lost(stop.reason()),
    }
}

fn pooled() -> Reason {
    Reason::Unreachable {
        cause: Cause::Pooled,
        message:
            "The operate DSN leads through a pooler, where pgdeck's timeouts are not in force."
                .into(),
        remedy: "Point operate at the server itself, not at the pooler.".into(),
    }
}
