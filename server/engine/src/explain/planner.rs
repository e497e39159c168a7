//! Plans of statements that are counted (`docs/limits.md#plans-seen`), looked for by pgdeck itself or at once for
//! a person: planned, never executed, through the same guard and in the same kind of session as EXPLAIN.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use model::Reason;
use model::explain::{Explained, Mode, NotExplained, Options, Refusal, Request, RunId};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;

use super::common_values::{Compared, compared};
use super::guard::Guarded;
use super::privileges::{self, Need};
use super::registry::Runs;
use super::rejected;
use super::run::{Execution, dsn};
use super::script::{LOCK_TIMEOUT_MS, ROLLBACK};
use super::{COMMON_VALUES, guarded, script};
use crate::capability::OLDEST_MAJOR;
use crate::connection::batch::BEGIN;
use crate::connection::on_demand::OnDemand;
use crate::planning::{Handover, Planning, Values};
use crate::server::WatchedServer;

/// When the server gives up on such a plan, ms: none is urgent.
const TIMEOUT_MS: u64 = 1_000;

/// Plans statements on one server.
pub struct ServerPlanner {
    server: Arc<WatchedServer>,
    is_asked: bool,
}

impl Planning for ServerPlanner {
    fn handover(&self) -> &Handover {
        &self.server.explains.handover
    }

    fn plan<'a>(
        &'a self,
        statement: &'a str,
        database: &'a str,
        values: Values,
    ) -> BoxFuture<'a, Result<Explained, NotExplained>> {
        self.planned(statement, database, values).boxed()
    }
}

impl ServerPlanner {
    /// Of this server.
    pub(crate) fn new(server: &Arc<WatchedServer>) -> Self {
        Self { server: Arc::clone(server), is_asked: false }
    }

    /// Of this server, for somebody who waits.
    pub(crate) fn for_person(server: &Arc<WatchedServer>) -> Self {
        Self { is_asked: true, ..Self::new(server) }
    }

    async fn planned(
        &self,
        statement: &str,
        database: &str,
        values: Values,
    ) -> Result<Explained, NotExplained> {
        let facts = self.server.facts().ok_or(Reason::NotYet)?;
        // Known without asking; the run would find out as well.
        if facts.superuser && !self.server.explains.superuser_may_explain() {
            return Err(Refusal::Superuser { role: facts.role }.into());
        }
        let options = Options {
            generic: values == Values::Any,
            settings: true,
            timeout_ms: u32::try_from(TIMEOUT_MS).ok(),
            ..Options::default()
        };
        let request = Request {
            run: own_run(),
            statement: statement.to_owned(),
            database: Some(database.to_owned()).filter(|name| *name != facts.database),
            parameters: Vec::new(),
            mode: Mode::Plan,
            options,
        };
        let (guarded, request) = guarded(request).await?;
        let (key, needs) = before_planning(&request, database, values).await?;
        // Who asks may have mended what was in the way: it is tried again.
        let rejected = &self.server.explains.rejected;
        if let Some(why) = rejected.why(key, Instant::now()).filter(|_| !self.is_asked) {
            return Err(why);
        }
        let slot = match self.is_asked {
            true => self.server.explains.slot_for_person().await?,
            false => self.server.explains.slot()?,
        };
        self.server.explains.set_own(true);
        let server = Arc::clone(&self.server);
        let task = self.server.spawn(async move {
            let answer = run(&server, &guarded, (request, &needs), values).await;
            server.explains.rejected.note(key, answer.as_ref().err(), Instant::now());
            server.explains.set_own(false);
            drop(slot);
            answer
        });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "planning broke");
            Err(Reason::Broken { what: "Planning".into() }.into())
        })
    }
}

/// How the statement is remembered, and which privileges it needs.
async fn before_planning(
    request: &Request,
    database: &str,
    values: Values,
) -> Result<(rejected::Key, Vec<Need>), NotExplained> {
    let (statement, database) = (request.statement.clone(), database.to_owned());
    let parsing = tokio::task::spawn_blocking(move || {
        (rejected::key(&statement, &database, values), privileges::needs(&statement))
    });
    parsing.await.map_err(|_| Reason::Broken { what: "Planning".into() }.into())
}

async fn run(
    server: &WatchedServer,
    guarded: &Guarded,
    (request, needs): (Request, &[Need]),
    values: Values,
) -> Result<Explained, NotExplained> {
    let request = match values {
        Values::Any | Values::OfText => request,
        Values::Common => with_common_values(server, request).await?,
    };
    script::check_values(guarded, &request)?;
    // Nobody cancels it: it ends within its second.
    let runs: Arc<Runs> = Arc::default();
    let running = runs.begin(&request.run, &server.id, request.database.as_deref(), "pgdeck")?;
    let (run, request, timeout_ms) = (&*running.run, &request, TIMEOUT_MS);
    Execution { server, run, guarded, request, timeout_ms, needs }.run().await
}

/// A value.
#[derive(sqlx::FromRow)]
struct ValueRow {
    #[sqlx(try_from = "model::text::MaybeText")]
    value: Option<String>,
}

/// The request with the most common value for each parameter.
async fn with_common_values(
    server: &WatchedServer,
    request: Request,
) -> Result<Request, NotExplained> {
    let nothing = |message: String| Reason::Nothing { message };
    let statement = request.statement.clone();
    let compared = tokio::task::spawn_blocking(move || compared(&statement)).await;
    let compared = compared.map_err(|_| Reason::Broken { what: "Planning".into() })?;
    let compared = compared.map_err(nothing)?;
    if compared.is_empty() {
        return Err(nothing("It has no parameters.".into()).into());
    }
    let dsn = dsn(server, request.database.as_deref())?;
    let mut session = OnDemand::open(&dsn, &server.budget, server.overhead.clone()).await?;
    let rows = read_values(&mut session, &compared).await;
    session.close().await;
    let rows = rows?;
    let missing = compared.iter().zip(&rows).find(|(_, row)| row.value.is_none());
    if let Some((column, _)) = missing.filter(|_| rows.len() == compared.len()) {
        return Err(nothing(format!(
            "There is no common value of column {} of {}: all its values differ, it was never analysed, or this role may not read it.",
            column.column, column.table
        ))
        .into());
    }
    Ok(Request { parameters: rows.into_iter().map(|row| row.value).collect(), ..request })
}

async fn read_values(
    session: &mut OnDemand,
    compared: &[Compared],
) -> Result<Vec<ValueRow>, NotExplained> {
    let file = COMMON_VALUES.pick(OLDEST_MAJOR).ok_or(Reason::NotYet)?;
    let schemas: Vec<Option<String>> = compared.iter().map(|one| one.schema.clone()).collect();
    let tables: Vec<String> = compared.iter().map(|one| one.table.clone()).collect();
    let columns: Vec<String> = compared.iter().map(|one| one.column.clone()).collect();
    let mut arguments = PgArguments::default();
    let added = arguments.add(schemas).and_then(|()| arguments.add(tables));
    let added = added.and_then(|()| arguments.add(columns));
    added.map_err(|_| Reason::NotSupported { what: "names of this kind".into() })?;
    let begin = format!(
        "{BEGIN};set local statement_timeout = {TIMEOUT_MS};set local lock_timeout = {LOCK_TIMEOUT_MS}"
    );
    let within = Duration::from_millis(2 * TIMEOUT_MS);
    let begun = session.command(begin, within).await;
    begun.map_err(|stop| session.reason(stop, TIMEOUT_MS))?;
    let rows = session.rows(file, arguments, within).await;
    let rows = rows.map_err(|stop| session.reason(stop, TIMEOUT_MS))?;
    let ended = session.command(ROLLBACK.to_owned(), within).await;
    ended.map_err(|stop| session.reason(stop, TIMEOUT_MS))?;
    Ok(rows)
}

/// A name that nobody guesses: the standard library seeds each of these from the system's random numbers.
pub(super) fn own_run() -> RunId {
    let random = || RandomState::new().build_hasher().finish();
    let bytes = (u128::from(random()) << 64) | u128::from(random());
    RunId::new(bytes.to_be_bytes())
}
