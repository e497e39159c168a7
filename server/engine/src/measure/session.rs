//! A session of one measurement, or of another reading on request: each query is a transaction of its own, so that no lock and no snapshot outlives
//! it, and the server gives up at the time limit, or soon after the socket is closed.

use std::time::{Duration, Instant};

use model::measure::NotMeasured;
use model::{Known, Reason};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments, FromRow};

use super::FUNCTIONS;
use super::needs::{Function, FunctionRow};
use crate::connection::batch::BEGIN;
use crate::connection::on_demand::{OnDemand, Stop};
use crate::server::WatchedServer;
use crate::sql::{Fill, Query};

/// Added to the server's own timeout for the network (`docs/limits.md#connections`).
const NETWORK: Duration = Duration::from_secs(2);
/// A lock that comes between our look at the lock table and the query is not waited for, ms.
const LOCK_TIMEOUT_MS: u64 = 10;
/// A server that looks this often whether its client is still there ends what was aborted, ms
/// (`client_connection_check_interval`; PostgreSQL on Windows cannot).
const CHECK_CLIENT_MS: u64 = 500;

/// Parameters of one of our queries.
pub fn bound<A>(
    add: impl FnOnce(&mut PgArguments) -> Result<A, sqlx::error::BoxDynError>,
) -> Known<PgArguments> {
    let mut arguments = PgArguments::default();
    let added = add(&mut arguments).is_ok();
    added.then_some(arguments).ok_or_else(|| Reason::Broken { what: "Binding a parameter".into() })
}

/// The session.
pub struct Session {
    open: OnDemand,
    until: Instant,
    time_ms: u64,
    checks_client: bool,
}

impl Session {
    /// Connects to a database of the server.
    pub async fn open(server: &WatchedServer, database: &str, time_ms: u64) -> Known<Self> {
        let recorded = || Reason::Nothing {
            message: "This server is shown from a recording, so nothing can be measured.".into(),
        };
        let dsn = server.dsn.as_ref().ok_or_else(recorded)?.with_database(database);
        let open = OnDemand::open(&dsn, &server.budget, server.overhead.clone()).await?;
        let until = Instant::now() + Duration::from_millis(time_ms);
        Ok(Self { open, until, time_ms, checks_client: true })
    }

    /// What the server says of functions of extensions.
    pub async fn functions(
        &mut self,
        functions: &[Function],
    ) -> Result<Vec<(Function, FunctionRow)>, NotMeasured> {
        let column =
            |of: fn(&Function) -> &'static str| functions.iter().map(of).collect::<Vec<_>>();
        let arguments = bound(|to| {
            to.add(column(|function| function.extension))?;
            to.add(column(|function| function.name))?;
            to.add(column(|function| function.types))
        })?;
        let rows: Vec<FunctionRow> = self.rows(&FUNCTIONS, "", arguments).await?;
        let placed = |row: FunctionRow| {
            let place = usize::try_from(row.place).ok()?.checked_sub(1)?;
            Some((*functions.get(place)?, row))
        };
        Ok(rows.into_iter().filter_map(placed).collect())
    }

    /// The only row of a query.
    pub async fn row<T>(
        &mut self,
        query: &Query,
        schema: &str,
        arguments: PgArguments,
    ) -> Result<Option<T>, NotMeasured>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(self.rows(query, schema, arguments).await?.pop())
    }

    /// The rows of a query, read in a transaction of its own.
    pub async fn rows<T>(
        &mut self,
        query: &Query,
        schema: &str,
        arguments: PgArguments,
    ) -> Result<Vec<T>, NotMeasured>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        // What is read on request has one form; a function that is missing was found out before.
        let file = query.files.first().copied().ok_or(Reason::NotYet)?;
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Reason::TimedOut { after_ms: self.time_ms }.into());
        }
        self.begin(left).await?;
        let fill = Fill { schema, ..Fill::default() };
        let answer = self.open.rows_with(file, fill, arguments, left + NETWORK).await;
        let rows = answer.map_err(|stop| self.stopped(stop))?;
        self.command("rollback".to_owned()).await?;
        Ok(rows)
    }

    /// Ends the session in good order.
    pub async fn close(self) {
        self.open.close().await;
    }

    async fn begin(&mut self, left: Duration) -> Result<(), NotMeasured> {
        let limits = format!(
            "{BEGIN};set local statement_timeout = {};set local lock_timeout = {LOCK_TIMEOUT_MS};set local search_path = pg_catalog",
            left.as_millis().max(1)
        );
        if self.checks_client {
            let checked =
                format!("{limits};set local client_connection_check_interval = {CHECK_CLIENT_MS}");
            match self.open.command(checked, NETWORK).await {
                Ok(()) => return Ok(()),
                // invalid_parameter_value: not on this platform.
                Err(Stop::Refused(error)) if error.code().as_deref() == Some("22023") => {
                    self.checks_client = false;
                    self.command("rollback".to_owned()).await?;
                }
                Err(stop) => return Err(self.stopped(stop)),
            }
        }
        self.command(limits).await
    }

    async fn command(&mut self, text: String) -> Result<(), NotMeasured> {
        let answer = self.open.command(text, NETWORK).await;
        answer.map_err(|stop| self.stopped(stop))
    }

    fn stopped(&self, stop: Stop) -> NotMeasured {
        match stop {
            Stop::Refused(error) if error.code().as_deref() == Some("55P03") => {
                NotMeasured::Locked { pid: None }
            }
            stop => self.open.reason(stop, self.time_ms).into(),
        }
    }
}
