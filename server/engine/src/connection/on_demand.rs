//! A connection on demand, for EXPLAIN and catalog queries: opened within the budget for one request
//! of a user, closed after it.
//!
//! Nothing is set at start-up, so the login's own search_path and planner settings hold and a pooler
//! has nothing to refuse; limits are `set local` in the one transaction of the request. Statements
//! that hold a user's text go through the extended protocol, which takes one statement at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use model::{Known, Reason};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Either, Executor, FromRow, Row, SqlSafeStr, ValueRef};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

pub use super::answer::Stop;
use super::answer::{Rows, awaited, collect};
use super::batch::{BEGIN, LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS};
use super::relay::{Ending, RelayedConnection};
use super::{Budget, connect};
use crate::dsn::Dsn;
use crate::error::{THE_SERVER, query_reason};
use crate::error_text;
use crate::overhead::Overhead;
use crate::sql::{Fill, SqlFile};

/// Added to the server's own timeout for the network (`docs/limits.md#connections`).
const NETWORK: Duration = Duration::from_secs(2);
/// Time allowed to say good-bye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// One statement around a user's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    sql: String,
    /// Characters before the user's text, where it is in there.
    before: Option<usize>,
    /// Whether it has parameters that must stay without values.
    unbound: bool,
}

impl Statement {
    /// A statement that holds none of the user's text, or only as literals.
    pub(crate) fn own(sql: String) -> Self {
        Self { sql, before: None, unbound: false }
    }

    /// `before` in front of the user's text.
    pub(crate) fn around(before: &str, text: &str) -> Self {
        let sql = format!("{before}{text}");
        Self { sql, before: Some(before.chars().count()), unbound: false }
    }

    /// The same; `unbound` when it has parameters that must stay without values.
    pub(crate) fn with_parameters(self, unbound: bool) -> Self {
        Self { unbound, ..self }
    }

    /// What is sent.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Whether its parameters must stay without values. The extended protocol binds some, and EXPLAIN
    /// would plan for them: such a statement is first parsed by the server as one, then sent as it is.
    pub fn is_unbound(&self) -> bool {
        self.unbound
    }

    /// The character of the user's text that is the `position`th of what was sent, both from 1.
    pub fn position(&self, position: usize) -> Option<usize> {
        position.checked_sub(self.before?).filter(|position| *position > 0)
    }
}

/// A session of our own for one request.
pub struct OnDemand {
    connection: RelayedConnection,
    overhead: Arc<Overhead>,
    role: String,
    _permit: OwnedSemaphorePermit,
}

impl OnDemand {
    /// Connects within the budget.
    pub async fn open(dsn: &Dsn, budget: &Budget, overhead: Arc<Overhead>) -> Result<Self, Reason> {
        let permit = budget.permit().await?;
        // A user's statement and its values stay out of our log.
        let options = dsn.options().disable_statement_logging();
        let role = options.get_username().to_owned();
        let connection = connect(dsn, options, &overhead).await?;
        Ok(Self { connection, overhead, role, _permit: permit })
    }

    /// Runs commands of our own, several in one text: constants and numbers only.
    pub async fn command(&mut self, text: String, within: Duration) -> Result<(), Stop> {
        let ending = self.connection.ending();
        let running = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *self.connection);
        timed(&self.overhead, &ending, within, running).await.map(drop)
    }

    /// Reads a file's rows; its `$1`, `$2`, … are bound.
    pub async fn rows<T>(
        &mut self,
        file: SqlFile,
        arguments: PgArguments,
        within: Duration,
    ) -> Result<Vec<T>, Stop>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        self.rows_with(file, Fill::default(), arguments, within).await
    }

    /// The same for a file that leaves places open, such as the schema of an extension.
    pub async fn rows_with<T>(
        &mut self,
        file: SqlFile,
        fill: Fill<'_>,
        arguments: PgArguments,
        within: Duration,
    ) -> Result<Vec<T>, Stop>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let text = format!("/* pgdeck {} */ {}", file.name, fill.fill(file.without(&[])));
        let ending = self.connection.ending();
        let query = sqlx::query_with(AssertSqlSafe(text), arguments).persistent(false);
        let answers = query.fetch(&mut *self.connection).map_ok(Either::Right);
        let sets = collect(std::iter::once(file.name), 0, answers);
        let set =
            timed(&self.overhead, &ending, within, sets).await?.pop().map(Rows::within_limits);
        let rows = set.unwrap_or(Err(Reason::NotYet)).map_err(Stop::Lost)?;
        let (count, bytes) = rows.size();
        self.overhead.query(file.name, count, bytes);
        rows.all().map_err(Stop::Lost)
    }

    /// Reads a file's rows in a read-only transaction of its own, within the limits of a reading: no lock is
    /// waited for.
    pub async fn look<T>(&mut self, file: SqlFile, arguments: PgArguments) -> Known<Vec<T>>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let within = Duration::from_millis(STATEMENT_TIMEOUT_MS) + NETWORK;
        let begin = format!(
            "{BEGIN};set local statement_timeout = {STATEMENT_TIMEOUT_MS};\
             set local lock_timeout = {LOCK_TIMEOUT_MS}"
        );
        let answer = match self.command(begin, within).await {
            Ok(()) => self.rows(file, arguments, within).await,
            Err(stop) => Err(stop),
        };
        let rows = answer.map_err(|stop| self.reason(stop, STATEMENT_TIMEOUT_MS));
        match self.command("rollback".into(), within).await {
            Ok(()) => rows,
            Err(stop) => Err(self.reason(stop, STATEMENT_TIMEOUT_MS)),
        }
    }

    /// Runs one statement built around a user's text; the text of its first column, if it answers.
    pub async fn run(&mut self, it: &Statement, within: Duration) -> Result<Option<String>, Stop> {
        let text = || AssertSqlSafe(it.sql().to_owned());
        let ending = self.connection.ending();
        let row = if it.is_unbound() {
            // The server itself says that this very text is one statement, before it is sent alone.
            let parsing = (&mut *self.connection).prepare(text().into_sql_str());
            timed(&self.overhead, &ending, within, parsing).await?;
            let running = sqlx::raw_sql(text()).fetch_optional(&mut *self.connection);
            timed(&self.overhead, &ending, within, running).await?
        } else {
            let query = sqlx::query(text()).persistent(false);
            let running = query.fetch_optional(&mut *self.connection);
            timed(&self.overhead, &ending, within, running).await?
        };
        let value = row.as_ref().and_then(|row| row.try_get_raw(0).ok());
        Ok(value.filter(|value| !value.is_null()).and_then(|v| v.as_str().ok().map(str::to_owned)))
    }

    /// What a refused statement means; without a message that may hold data of a table.
    pub fn reason(&self, stop: Stop, timeout_ms: u64) -> Reason {
        let error = match stop {
            Stop::Refused(error) => error,
            stop => return stop.reason(),
        };
        match error_text::instead(&*error) {
            Some(message) => {
                let sqlstate = error.code().unwrap_or_default().into_owned();
                Reason::Failed { sqlstate, message }
            }
            None => query_reason(&*error, &self.role, "", timeout_ms),
        }
    }

    /// Ends the session in good order.
    pub async fn close(self) {
        // Whoever does not take leave in time is dropped, which ends the session as well.
        let _ = timeout(CLOSE_TIMEOUT, self.connection.close()).await;
    }
}

async fn timed<T>(
    overhead: &Overhead,
    ending: &Ending,
    within: Duration,
    running: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Stop> {
    let started = Instant::now();
    let answer = awaited(within, THE_SERVER, ending, running).await;
    overhead.round_trip(started.elapsed());
    answer
}
