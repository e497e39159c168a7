//! EXPLAIN of a user's statement (`docs/limits.md#explain-guard`): checked with PostgreSQL's own parser, run once in a
//! transaction that is always rolled back, cancellable.
//!
//! Server functions check the user's permission; what may run is decided here.

pub(crate) mod ast;
mod cancel;
pub mod catalog;
pub(crate) mod common_values;
pub(crate) mod denied_functions;
pub mod guard;
pub mod planner;
mod preview;
mod privileges;
mod reached;
pub(crate) mod registry;
mod rejected;
mod rules_catalog;
mod run;
mod script;
pub(crate) mod serial;

use std::sync::Arc;

use model::explain::{Cancelling, Explained, NotExplained, Preview, Refusal, Request, RunId};
use model::server::ConnectionState;
use model::{Cause, Permission, Reason, ServerId, User};
use tokio::sync::oneshot;

use crate::engine::Engine;
use crate::planning::{Had, Planner};
use crate::server::WatchedServer;
use crate::sql::sql;
use guard::Guarded;
use planner::ServerPlanner;
use registry::{Run, Running};
use run::Execution;

sql! {
    BACKENDS = "backends" [14];
    CANCELLATIONS = "cancellations" [14];
    REACHED_FUNCTIONS = "reached_functions" [14];
    PLAN_RELATIONS = "plan_relations" [14];
    PLAN_COLUMNS = "plan_columns" [14];
    PLAN_TYPES = "plan_types" [14];
    PLAN_INDEXES = "plan_indexes" [14];
    PLAN_EXTENDED = "plan_extended" [14];
    PLANNER_SETTINGS = "planner_settings" [14];
    COMMON_VALUES = "common_values" [14];
    TABLE_PRIVILEGES = "table_privileges" [14];
    HYPOTHETICAL_INDEXES = "hypothetical_indexes" [14];
    SAMPLE_VALUES = "sample_values" [14];
    TABLE_WRITES = "table_writes" [14];
    TRIGRAMS = "trigrams" [14];
}

/// When the server gives up unless the user says otherwise, ms.
pub const DEFAULT_TIMEOUT_MS: u64 = 10_000;
/// The longest a user may ask for, ms (`docs/limits.md#explain-time-limit`).
pub const LONGEST_TIMEOUT_MS: u64 = 60_000;

impl Engine {
    /// Lets EXPLAIN run on servers that are watched as a superuser: the administrator's decision
    /// (`explain_analyze = "allow_superuser"`).
    pub fn allow_superuser_explain(&self) {
        self.all_servers().iter().for_each(|server| server.explains.let_superuser(true));
    }

    /// What a run would do, without doing any of it: nothing is sent to the server.
    pub async fn preview_explain(
        &self,
        server: &ServerId,
        request: Request,
    ) -> Result<Preview, NotExplained> {
        let server = self.explained(server)?;
        let (guarded, request) = guarded(request).await?;
        preview::preview(&server, &guarded, &request, timeout_ms(&request)?)
    }

    /// Explains a statement. Ends within the time limit and a few seconds; when the caller goes away
    /// the run is cancelled.
    pub async fn explain(
        &self,
        id: &ServerId,
        who: &User,
        request: Request,
    ) -> Result<Explained, NotExplained> {
        let server = self.explained(id)?;
        let (guarded, request) = guarded(request).await?;
        let timeout_ms = timeout_ms(&request)?;
        script::check_values(&guarded, &request)?;
        let (executes, with_values) =
            (request.mode.executes(), request.parameters.iter().any(Option::is_some));
        let slot = server.explains.slot_for_person().await?;
        let database = request.database.as_deref();
        let running = self.runs().begin(&request.run, &server.id, database, &who.name)?;
        let mut abandoned = Abandoned {
            server: Arc::clone(&server),
            run: Arc::clone(&running.run),
            is_answered: false,
        };
        // Its own task, so that a page that is left does not leave a transaction behind.
        let (spawner, noted) = (Arc::clone(&server), Arc::clone(&server));
        let (tell, told) = oneshot::channel();
        spawner.spawn(async move {
            let Running { run, .. } = &running;
            let (server, guarded, request) = (&*server, &guarded, &request);
            let execution = Execution { server, run, guarded, request, timeout_ms, needs: &[] };
            let (answer, is_late) = execution.until_deadline().await;
            // Nobody listens when the page was left.
            if is_late {
                // Cancelling takes the same way, on which nothing may come through.
                let _ = tell.send(answer);
                execution.cancel().await;
            } else {
                drop((running, slot));
                let _ = tell.send(answer);
            }
        });
        let answer = told.await;
        abandoned.is_answered = true;
        drop(abandoned);
        // Who had what done, never the statement: its text and values are the user's.
        let plan = matches!(&answer, Ok(Ok(_)));
        if let Ok(Ok(explained)) = &answer
            && !executes
        {
            noted.explains.handover.had.put(Had { explained: explained.clone(), with_values });
        }
        tracing::info!(server = %id, who = who.name, executes, plan, "an EXPLAIN was run");
        answer.unwrap_or_else(|error| {
            tracing::error!(%error, "an EXPLAIN run broke");
            let message = "the run failed; see pgdeck's log".to_owned();
            Err(Reason::Failed { sqlstate: "XX000".into(), message }.into())
        })
    }

    /// Cancels a run under way: its starter may, and an administrator.
    ///
    /// Errors: the server cannot be reached.
    pub async fn cancel_explain(&self, run: &RunId, who: &User) -> Result<Cancelling, Reason> {
        let Some(run) = self.runs().find(run) else { return Ok(Cancelling::Over) };
        if run.who != who.name && !who.may(Permission::Administer) {
            return Ok(Cancelling::NotYours);
        }
        let Some(server) = self.server(&run.server) else { return Ok(Cancelling::Over) };
        run.cancel(&who.name);
        cancel::tell(&server, &run).await?;
        Ok(Cancelling::Sent)
    }

    /// What plans statements on a server without being asked; None: there is no such server.
    pub fn planner(&self, id: &ServerId) -> Option<Planner> {
        self.server(id).map(|server| Arc::new(ServerPlanner::new(&server)) as Planner)
    }

    /// The same for a person, who waits for a plan that pgdeck looks for by itself.
    pub fn planner_for_person(&self, id: &ServerId) -> Option<Planner> {
        self.server(id).map(|server| Arc::new(ServerPlanner::for_person(&server)) as Planner)
    }

    /// Why nothing can be planned on a server, as far as that is known without asking it; None: it may work.
    pub fn cannot_plan(&self, id: &ServerId) -> Option<NotExplained> {
        let server = match self.explained(id) {
            Ok(server) => server,
            Err(why) => return Some(why),
        };
        if let Err(reason) = run::dsn(&server, None) {
            return Some(reason.into());
        }
        let summary = server.summary();
        if let ConnectionState::Lost { reason, .. } = summary.link {
            return Some(reason.into());
        }
        let Some(facts) = summary.facts else { return Some(Reason::NotYet.into()) };
        let refused = facts.superuser && !server.explains.superuser_may_explain();
        refused.then(|| Refusal::Superuser { role: facts.role }.into())
    }

    /// A server on which statements may be explained.
    pub(crate) fn explained(&self, id: &ServerId) -> Result<Arc<WatchedServer>, NotExplained> {
        self.server(id).ok_or_else(|| {
            NotExplained::Unknown(Reason::Unreachable {
                cause: Cause::Configuration,
                message: "There is no server with that name.".into(),
                remedy: "Choose one from the fleet page.".into(),
            })
        })
    }
}

/// Parsing takes milliseconds of processor time: not on a thread that serves others.
async fn guarded(request: Request) -> Result<(Guarded, Request), NotExplained> {
    let parsing = tokio::task::spawn_blocking(move || {
        let guarded = guard::guard(&request.statement, request.mode)?;
        Ok((guarded, request))
    });
    let gave_up = Refusal::NotParsed { message: "it could not process this text".into(), at: None };
    parsing.await.unwrap_or(Err(gave_up)).map_err(NotExplained::Refused)
}

fn timeout_ms(request: &Request) -> Result<u64, Refusal> {
    let wanted = request.options.timeout_ms.map_or(DEFAULT_TIMEOUT_MS, u64::from);
    let fits = (1..=LONGEST_TIMEOUT_MS).contains(&wanted);
    fits.then_some(wanted).ok_or(Refusal::Timeout { limit_ms: LONGEST_TIMEOUT_MS })
}

/// Cancels a run whose caller went away before it was answered.
struct Abandoned {
    server: Arc<WatchedServer>,
    run: Arc<Run>,
    is_answered: bool,
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        if self.is_answered || self.run.is_over() {
            return;
        }
        let (server, run) = (Arc::clone(&self.server), Arc::clone(&self.run));
        run.cancel("pgdeck, because the page was closed,");
        // Bounded: `tell` gives up after five seconds.
        tokio::spawn(async move {
            if let Err(reason) = cancel::tell(&server, &run).await {
                tracing::warn!(server = %server.id, reason = %reason.message(), "an abandoned EXPLAIN cannot be cancelled");
            }
        });
    }
}
