//! A read-write connection for one action (cancel, terminate, VACUUM, ANALYZE), opened on demand over
//! the `operate` DSN and closed after it; it counts against the same budget as reading. Only
//! `actions` holds one.
//!
//! Needs a session of its own: behind a pooler that keeps our limits from being set it refuses.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Cause, Reason};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::batch::session_settings;
use super::{Budget, Rows, byte_size, connect, shown_ms};
use crate::dsn::Dsn;
use crate::error::{connect_reason, is_lost, shortened};
use crate::overhead::Overhead;
use crate::sql::SqlFile;

/// `lock_timeout` of an action, ms: long enough for a lock that is just being released, short enough
/// that our own wait is no link in a chain (`docs/limits.md#action-lock-timeout`).
pub const ACTION_LOCK_TIMEOUT_MS: u64 = 2_000;
/// Added to the server's own timeout for the network (`docs/limits.md#connections`).
const SLACK: Duration = Duration::from_secs(2);

/// A connection that acts.
pub struct Operator {
    connection: PgConnection,
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
        overhead.connect();
        let mut settings = session_settings();
        for (name, value) in &mut settings {
            match *name {
                "statement_timeout" => *value = statement_timeout_ms.to_string(),
                "lock_timeout" => *value = ACTION_LOCK_TIMEOUT_MS.to_string(),
                _ => {}
            }
        }
        let options = dsn.options().options(settings);
        let connection = match connect(&options, &dsn.address()).await {
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
        let read = sqlx::raw_sql("show lock_timeout").fetch_one(&mut self.connection);
        let ours = shown_ms(ACTION_LOCK_TIMEOUT_MS);
        match timeout(SLACK, read).await {
            Ok(Ok(row)) if row.try_get::<String, _>(0).is_ok_and(|shown| shown == ours) => Ok(()),
            Ok(Ok(_)) => Err(pooled()),
            Ok(Err(error)) => Err(connect_reason(&error, "the server")),
            Err(_) => Err(super::deadline_passed()),
        }
    }

    /// Runs one statement: `file` with its values filled in. The extended protocol takes one only.
    pub(crate) async fn run(&mut self, file: &SqlFile, text: &str) -> Result<Rows, Failed> {
        let started = Instant::now();
        let marked = format!("/* pgdeck {} */ {text}", file.name);
        let query = sqlx::query(AssertSqlSafe(marked)).persistent(false);
        let answer = timeout(self.deadline, query.fetch_all(&mut self.connection)).await;
        self.overhead.round_trip(started.elapsed());
        match answer {
            Ok(Ok(rows)) => {
                self.overhead.query(file.name, rows.len() as u64, byte_size(&rows));
                Ok(Rows { query: file.name, rows })
            }
            Ok(Err(error)) => {
                self.overhead.failure(file.name);
                Err(failed(&error))
            }
            Err(_) => {
                self.overhead.failure(file.name);
                Err(Failed::Lost(super::deadline_passed()))
            }
        }
    }

    /// Says goodbye; a server that does not answer is left alone.
    pub(crate) async fn close(self) {
        // Dropping the socket ends the session as well, only with a line in the server's log.
        let _ = timeout(SLACK, self.connection.close()).await;
    }
}

fn failed(error: &sqlx::Error) -> Failed {
    match error.as_database_error() {
        Some(database) if !is_lost(error) => Failed::Refused {
            sqlstate: database.code().unwrap_or_default().into_owned(),
            message: shortened(database.message()),
        },
        _ => Failed::Lost(connect_reason(error, "the server")),
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
