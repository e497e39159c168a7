//! Executes one EXPLAIN: connect, begin with timeouts, check for volatile functions, EXPLAIN,
//! roll back. Every await has a deadline; after it the socket is dropped and the backend cancelled.

use std::time::{Duration, Instant};

use model::Reason;
use model::explain::{Explained, NotExplained, Position, Refusal, Request};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArguments, PgDatabaseError, PgErrorPosition};

use super::guard::Guarded;
use super::privileges::{self, Need};
use super::registry::{Backend, Run};
use super::script;
use super::{BACKENDS, cancel, reached};
use crate::capability::{OLDEST_MAJOR, unsupported};
use crate::connection::on_demand::{OnDemand, Statement, Stop};
use crate::dsn::Dsn;
use crate::error::shortened;
use crate::error_text;
use crate::server::WatchedServer;

/// Added to the server's own timeout for the network (`docs/limits.md#connections`).
pub(super) const NETWORK: Duration = Duration::from_secs(2);
/// The largest plan we hand on, bytes: 50,000 nodes of JSON take half of it.
const PLAN_BYTES: usize = 64 << 20;

#[derive(sqlx::FromRow)]
struct BackendRow {
    pid: i32,
    backend_start_us: i64,
    major: i32,
    #[sqlx(try_from = "model::text::Text")]
    database: String,
    #[sqlx(try_from = "model::text::Text")]
    role: String,
    superuser: bool,
}

/// How to reach the server on demand.
pub fn dsn(server: &WatchedServer, database: Option<&str>) -> Result<Dsn, Reason> {
    let recorded = || Reason::Nothing {
        message: "This server is shown from a recording, so nothing can be explained on it.".into(),
    };
    let dsn = server.dsn.as_ref().ok_or_else(recorded)?;
    Ok(database.map_or_else(|| dsn.clone(), |database| dsn.with_database(database)))
}

/// A guarded statement on its way.
pub struct Execution<'a> {
    /// Where.
    pub server: &'a WatchedServer,
    /// Its entry.
    pub run: &'a Run,
    /// The statement.
    pub guarded: &'a Guarded,
    /// What was asked.
    pub request: &'a Request,
    /// When the server gives up, ms.
    pub timeout_ms: u64,
    /// Privileges that are looked up first. A person is told by PostgreSQL itself.
    pub needs: &'a [Need],
}

/// Why a run ended without a plan, and whether its backend may still be busy.
struct Ended {
    why: NotExplained,
    late: bool,
}

impl<T: Into<NotExplained>> From<T> for Ended {
    fn from(why: T) -> Self {
        Self { why: why.into(), late: false }
    }
}

impl Execution<'_> {
    /// Runs it; the session is closed in any case, and a backend that is late is cancelled.
    pub async fn run(&self) -> Result<Explained, NotExplained> {
        let (answer, is_late) = self.until_deadline().await;
        if is_late {
            self.cancel().await;
        }
        answer
    }

    /// Runs it, and says whether its backend may still be busy, so that `cancel` is called for.
    pub async fn until_deadline(&self) -> (Result<Explained, NotExplained>, bool) {
        match self.session().await {
            Ok(explained) => (Ok(explained), false),
            Err(Ended { why, late }) => (Err(why), late),
        }
    }

    /// Cancels the backend of a run that was given up: with the session only the socket is gone.
    pub async fn cancel(&self) {
        if let Err(reason) = cancel::make_sure(self.server, self.run).await {
            tracing::warn!(server = %self.server.id, reason = %reason.message(), "a late EXPLAIN cannot be cancelled");
        }
    }

    async fn session(&self) -> Result<Explained, Ended> {
        let dsn = dsn(self.server, self.request.database.as_deref())?;
        let mut session =
            OnDemand::open(&dsn, &self.server.budget, self.server.overhead.clone()).await?;
        let mut end = script::ROLLBACK.to_owned();
        let ended = match self.explain(&mut session, &mut end).await {
            Ok(explained) => {
                self.leave(session, end).await;
                return Ok(explained);
            }
            Err(ended) => ended,
        };
        if !ended.late {
            self.leave(session, end).await;
        }
        Err(ended)
    }

    /// Rolls back and closes. When that fails the session is dropped, and the server rolls back.
    async fn leave(&self, mut session: OnDemand, end: String) {
        if session.command(end, NETWORK).await.is_ok() {
            session.close().await;
        }
    }

    async fn explain(&self, session: &mut OnDemand, end: &mut String) -> Result<Explained, Ended> {
        let begin = script::begin(self.guarded, self.request, self.timeout_ms);
        let begun = session.command(begin, self.within()).await;
        begun.map_err(|stop| match stop {
            // Only a transaction that may write is refused at its beginning, by a standby.
            Stop::Refused(error) if error.code().as_deref() == Some("0A000") => {
                Refusal::Standby.into()
            }
            stop => self.stopped(stop, None, Instant::now()),
        })?;
        let backend = self.backend(session).await?;
        let major = u16::try_from(backend.major).unwrap_or(0);
        self.allowed(&backend, major)?;
        self.run.served_by(Backend { pid: backend.pid, start_us: backend.backend_start_us });
        let executes = self.request.mode.executes();
        if executes {
            let asked = Instant::now();
            let what = (self.guarded, self.request.mode.functions());
            let unwanted = reached::unwanted(session, major, what, self.within()).await;
            if let Some(refusal) = unwanted.map_err(|stop| self.stopped(stop, None, asked))? {
                return Err(refusal.into());
            }
        }
        let asked = Instant::now();
        let lacking = privileges::lacking(session, self.needs, &backend.role, self.within()).await;
        if let Some(reason) = lacking.map_err(|stop| self.stopped(stop, None, asked))? {
            return Err(reason.into());
        }
        let script = script::script(self.guarded, self.request, major, self.timeout_ms)?;
        let started = Instant::now();
        if let Some(prepare) = &script.prepare {
            self.send(session, prepare).await?;
            let saved = session.command(script::SAVEPOINT.to_owned(), self.within()).await;
            saved.map_err(|stop| self.stopped(stop, None, started))?;
            end.clone_from(&script.end);
        }
        let started = Instant::now();
        let plan = self.send(session, &script.explain).await?;
        let took_ms = started.elapsed().as_secs_f64() * 1_000.0;
        Ok(Explained {
            run: self.run.id.clone(),
            plan: plan.filter(|plan| plan.len() <= PLAN_BYTES).ok_or_else(no_plan)?,
            sql: script.sql(),
            statement: self.request.statement.clone(),
            at_ms: crate::clock::now_ms(),
            took_ms,
            major,
            database: backend.database,
            role: backend.role,
            executed: executes,
            left_out: script.left_out,
        })
    }

    fn within(&self) -> Duration {
        Duration::from_millis(self.timeout_ms) + NETWORK
    }

    async fn backend(&self, session: &mut OnDemand) -> Result<BackendRow, Ended> {
        let file = BACKENDS.pick(OLDEST_MAJOR).ok_or(Reason::NotYet)?;
        let asked = Instant::now();
        let rows = session.rows(file, PgArguments::default(), self.within()).await;
        let mut rows: Vec<BackendRow> = rows.map_err(|stop| self.stopped(stop, None, asked))?;
        Ok(rows.pop().ok_or(Reason::NotYet)?)
    }

    fn allowed(&self, backend: &BackendRow, major: u16) -> Result<(), Ended> {
        if let Some(reason) = unsupported(major) {
            return Err(reason.into());
        }
        // Planning runs code too: functions that are called IMMUTABLE or STABLE.
        if backend.superuser && !self.server.explains.superuser_may_explain() {
            return Err(Refusal::Superuser { role: backend.role.clone() }.into());
        }
        Ok(())
    }

    async fn send(&self, session: &mut OnDemand, it: &Statement) -> Result<Option<String>, Ended> {
        let started = Instant::now();
        if self.run.cancelled_by().is_some() {
            return Err(self.cancelled().into());
        }
        let answer = session.run(it, self.within()).await;
        answer.map_err(|stop| self.stopped(stop, Some(it), started))
    }

    fn cancelled(&self) -> NotExplained {
        let by = self.run.cancelled_by().unwrap_or("somebody on the server").to_owned();
        NotExplained::Cancelled { after_ms: self.run.elapsed_ms(), by }
    }

    /// What a stopped statement means.
    fn stopped(&self, stop: Stop, it: Option<&Statement>, started: Instant) -> Ended {
        let waited = started.elapsed();
        let late = |what: &str| NotExplained::TimedOut {
            after_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            waited_for: what.into(),
        };
        match stop {
            Stop::Lost(reason) => reason.into(),
            Stop::Late(_) => Ended { why: late("any answer"), late: true },
            Stop::Refused(error) => match &*error.code().unwrap_or_default() {
                // One code for a cancel and for statement_timeout, and the message is translated.
                "57014" if self.run.cancelled_by().is_some() => self.cancelled().into(),
                "57014" if waited >= Duration::from_millis(self.timeout_ms) => {
                    late("the statement").into()
                }
                "57014" => self.cancelled().into(),
                "55P03" => late("a lock that another session holds").into(),
                _ => self.failed(&*error, it).into(),
            },
        }
    }

    fn failed(&self, error: &dyn DatabaseError, it: Option<&Statement>) -> NotExplained {
        let error = error.try_downcast_ref::<PgDatabaseError>();
        let position = error.and_then(|error| match error.position() {
            Some(PgErrorPosition::Original(position)) => it?.position(position),
            _ => None,
        });
        let (message, hint) = match error {
            Some(error) => match error_text::instead(error) {
                Some(instead) => (instead, None),
                None => (shortened(error.message()), error.hint().map(shortened)),
            },
            None => (String::new(), None),
        };
        NotExplained::Failed {
            sqlstate: error.map_or_else(|| "XX000".into(), |error| error.code().to_owned()),
            message,
            hint,
            at: position.map(|position| self.place(position)),
        }
    }

    /// The place of a character, counted from 1, of the user's text.
    fn place(&self, character: usize) -> Position {
        let text = self.guarded.text();
        let offset = text.char_indices().nth(character - 1).map_or(text.len(), |(at, _)| at);
        Position::of(text, offset)
    }
}

fn no_plan() -> Ended {
    let message = format!("EXPLAIN gave no plan, or one of more than {PLAN_BYTES} bytes");
    Reason::Failed { sqlstate: "XX000".into(), message }.into()
}
