//! A session for what a person asks for, a measurement or a page: each query is a transaction of its own, so that
//! no lock and no snapshot outlives it, and the server gives up at the time limit, or soon after the socket is
//! closed.

use std::time::{Duration, Instant};

use model::inspect::NotInspected;
use model::measure::NotMeasured;
use model::{Known, Reason};
use sqlx::FromRow;
use sqlx::postgres::{PgArguments, PgRow};

use crate::connection::batch::BEGIN;
use crate::connection::on_demand::{OnDemand, Statement, Stop};
use crate::server::WatchedServer;
use crate::sql::{Fill, Query};

/// Added to the server's own timeout for the network (`docs/limits.md#connections`).
const NETWORK: Duration = Duration::from_secs(2);
/// A lock that comes between our look at the lock table and the query is not waited for, ms.
const LOCK_TIMEOUT_MS: u64 = 10;
/// A server that looks this often whether its client is still there ends what was aborted, ms
/// (`client_connection_check_interval`; PostgreSQL on Windows cannot).
const CHECK_CLIENT_MS: u64 = 500;

/// Why a query gave nothing.
pub enum Stopped {
    /// The server or the role does not let us.
    Unknown(Reason),
    /// The relation is locked.
    Locked,
}

impl From<Reason> for Stopped {
    fn from(reason: Reason) -> Self {
        Self::Unknown(reason)
    }
}

impl From<Stopped> for NotMeasured {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Unknown(reason) => Self::Unknown(reason),
            Stopped::Locked => Self::Locked { pid: None },
        }
    }
}

impl From<Stopped> for NotInspected {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Unknown(reason) => Self::Unknown(reason),
            Stopped::Locked => Self::Locked { pid: None },
        }
    }
}

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
            message: "This server is shown from a recording, so nothing can be asked of it.".into(),
        };
        let dsn = server.dsn.as_ref().ok_or_else(recorded)?.with_database(database);
        let open = OnDemand::open(&dsn, &server.budget, server.overhead.clone()).await?;
        let until = Instant::now() + Duration::from_millis(time_ms);
        Ok(Self { open, until, time_ms, checks_client: true })
    }

    /// The only row of a query.
    pub async fn row<T>(
        &mut self,
        query: &Query,
        schema: &str,
        arguments: PgArguments,
    ) -> Result<Option<T>, Stopped>
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
    ) -> Result<Vec<T>, Stopped>
    where
        T: for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        // What is read on request has one form; a function that is missing was found out before.
        let file = query.files.first().copied().ok_or(Reason::NotYet)?;
        let left = self.begin().await?;
        let fill = Fill { schema, ..Fill::default() };
        let answer = self.open.rows_with(file, fill, arguments, left + NETWORK).await;
        let rows = answer.map_err(|stop| self.stopped(stop))?;
        self.command("rollback".to_owned()).await?;
        Ok(rows)
    }

    /// The first column of the only row of a statement made of our own text, numbers and quoted identifiers; read
    /// in a transaction of its own.
    pub async fn text(&mut self, sql: String) -> Result<Option<String>, Stopped> {
        let left = self.begin().await?;
        let answer = self.open.run(&Statement::own(sql), left + NETWORK).await;
        let text = answer.map_err(|stop| self.stopped(stop))?;
        self.command("rollback".to_owned()).await?;
        Ok(text)
    }

    /// Ends the session in good order.
    pub async fn close(self) {
        self.open.close().await;
    }

    /// Begins a transaction with what is left of the time.
    async fn begin(&mut self) -> Result<Duration, Stopped> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Reason::TimedOut { after_ms: self.time_ms }.into());
        }
        let limits = format!(
            "{BEGIN};set local statement_timeout = {};set local lock_timeout = {LOCK_TIMEOUT_MS};set local search_path = pg_catalog",
            left.as_millis().max(1)
        );
        if self.checks_client {
            let checked =
                format!("{limits};set local client_connection_check_interval = {CHECK_CLIENT_MS}");
            match self.open.command(checked, NETWORK).await {
                Ok(()) => return Ok(left),
                // invalid_parameter_value: not on this platform.
                Err(Stop::Refused(error)) if error.code().as_deref() == Some("22023") => {
                    self.checks_client = false;
                    self.command("rollback".to_owned()).await?;
                }
                Err(stop) => return Err(self.stopped(stop)),
            }
        }
        self.command(limits).await?;
        Ok(left)
    }

    async fn command(&mut self, text: String) -> Result<(), Stopped> {
        let answer = self.open.command(text, NETWORK).await;
        answer.map_err(|stop| self.stopped(stop))
    }

    fn stopped(&self, stop: Stop) -> Stopped {
        match stop {
            Stop::Refused(error) if error.code().as_deref() == Some("55P03") => Stopped::Locked,
            stop => self.open.reason(stop, self.time_ms).into(),
        }
    }
}
