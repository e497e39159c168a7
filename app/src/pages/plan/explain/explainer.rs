//! EXPLAIN on a server, on a person's behalf: permission, preview, audit record, run, catalog. Every
//! entry point checks its own permission, even where the page disables the button.

use engine::Engine;
use leptos::prelude::use_context;
use model::action::Outcome;
use model::explain::{Cancelling, NotExplained, Preview, RunId};
use model::{ApiError, Known, Permission, ServerId, User};

use super::journal::{Deed, ExplainJournal, outcome};
use super::request::{ExplainRequest, with_statement};
use super::{ExplainResult, RunResult};
use crate::pages::plan::catalog::{ServerCatalog, TableName, tables_of};

/// The engine and the journal: what previews and runs need.
#[derive(Clone)]
pub struct Explainer {
    /// The watched servers.
    pub engine: Engine,
    /// Previews shown, and the audit log.
    pub journal: ExplainJournal,
}

impl Explainer {
    /// That of the request.
    pub fn of_request() -> Result<Self, ApiError> {
        let missing = || ApiError::Internal { incident: "no journal in the request".into() };
        let journal = use_context::<ExplainJournal>().ok_or_else(missing)?;
        Ok(Self { engine: crate::auth::engine()?, journal })
    }

    /// The entry of the audit log.
    fn deed(&self, user: &User, server: &ServerId, database: &str, action: &'static str) -> Deed {
        let facts = self.engine.servers().into_iter().find(|one| one.id == *server);
        let facts = facts.and_then(|one| one.facts);
        let own = facts.as_ref().map(|facts| facts.database.clone()).unwrap_or_default();
        let database = if database.is_empty() { &own } else { database };
        Deed {
            user: user.name.clone(),
            server: server.clone(),
            action,
            object: format!("database {database}"),
            role: facts.map(|facts| facts.role).unwrap_or_default(),
            sql: String::new(),
        }
    }
}

/// Previews an EXPLAIN run; the journal remembers it.
pub async fn preview(
    explainer: &Explainer,
    user: &User,
    request: &ExplainRequest,
) -> Result<ExplainResult<Preview>, ApiError> {
    let server = allowed(user, request)?;
    let run = new_run()?;
    let asked = request.engine_request(run.clone());
    let answer = explainer.engine.preview_explain(&server, asked).await;
    if answer.is_ok() {
        explainer.journal.previewed(user, &run, request);
    }
    Ok(hidden(answer, user, &server))
}

/// Runs a previewed EXPLAIN, then reads the catalog of the plan's tables.
pub async fn run(
    explainer: &Explainer,
    user: &User,
    run: RunId,
    request: &ExplainRequest,
) -> Result<ExplainResult<RunResult>, ApiError> {
    let server = allowed(user, request)?;
    explainer.journal.redeem(user, &run, request)?;
    let (action, message) = match request.mode().executes() {
        true => ("explain analyze", "Executed and rolled back."),
        false => ("explain", "Planned, not executed."),
    };
    let deed = explainer.deed(user, &server, &request.database, action);
    let pending = explainer.journal.begin(Deed { sql: request.statement.clone(), ..deed }).await?;
    let engine = &explainer.engine;
    let answer = engine.explain(&server, user, request.engine_request(run)).await;
    let took_ms = answer.as_ref().ok().map(|explained| explained.took_ms);
    pending.end(outcome(&answer, message), took_ms).await;
    let mut explained = match hidden(answer, user, &server) {
        Ok(explained) => explained,
        Err(why) => return Ok(Err(why)),
    };
    explained.plan = with_statement(&explained.plan, &explained.statement);
    let tables = tables(explained.plan.clone()).await;
    let server_catalog = read_catalog(engine, &server, &explained.database, &tables).await;
    Ok(Ok(RunResult { explained, server_catalog }))
}

/// Cancels a run. Recorded, because it sends a cancel request to the server.
pub async fn cancel(
    explainer: &Explainer,
    user: &User,
    server: &ServerId,
    run: &RunId,
) -> Result<Known<Cancelling>, ApiError> {
    let deed = explainer.deed(user, server, "", "cancel explain");
    let object = format!("run {}", run.as_str());
    let pending = explainer.journal.begin(Deed { object, ..deed }).await?;
    let answer = explainer.engine.cancel_explain(run, user).await;
    let ended = match &answer {
        Ok(Cancelling::Sent) => (Outcome::Worked, "A cancel request was sent.".to_owned()),
        Ok(Cancelling::Over) => (Outcome::Unseen, "It had already ended.".to_owned()),
        Ok(Cancelling::NotYours) => (Outcome::Refused, "Somebody else started it.".to_owned()),
        Err(reason) => outcome::<()>(&Err(NotExplained::Unknown(reason.clone())), ""),
    };
    pending.end(ended, None).await;
    Ok(answer)
}

/// Reads a server's catalog of a pasted plan's tables. Recorded, because a person sends it there.
pub async fn consult(
    explainer: &Explainer,
    user: &User,
    server: &ServerId,
    database: &str,
    tables: &[TableName],
) -> Result<Known<ServerCatalog>, ApiError> {
    let deed = explainer.deed(user, server, database, "read catalog");
    let pending = explainer.journal.begin(deed).await?;
    let answer = read_catalog(&explainer.engine, server, database, tables).await;
    let message = format!("Read what the catalog says of {} tables.", tables.len());
    let ended = answer.as_ref().map_err(|reason| NotExplained::Unknown(reason.clone()));
    pending.end(outcome(&ended, &message), None).await;
    Ok(answer)
}

/// Reads a server's catalog of these tables.
pub async fn read_catalog(
    engine: &Engine,
    server: &ServerId,
    database: &str,
    tables: &[TableName],
) -> Known<ServerCatalog> {
    let selected = Some(database).filter(|database| !database.is_empty());
    let read = engine.plan_catalog(server, selected, tables).await?;
    Ok(ServerCatalog::new(server.clone(), database.to_owned(), tables, read))
}

/// Checks the permissions of a request: EXPLAIN, and to act for executing the statement.
fn allowed(user: &User, request: &ExplainRequest) -> Result<ServerId, ApiError> {
    let server = request.server_id();
    user.require(Permission::Explain, Some(&server))?;
    if request.mode().executes() {
        user.require(Permission::Act, Some(&server))?;
    }
    Ok(server)
}

/// Error messages can contain data: redacted for users who may not see the text of statements.
fn hidden<T>(answer: ExplainResult<T>, user: &User, server: &ServerId) -> ExplainResult<T> {
    match user.sees_query_text(server) {
        true => answer,
        false => answer.map_err(model::explain::NotExplained::without_query_text),
    }
}

fn new_run() -> Result<RunId, ApiError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .map_err(|_| ApiError::Internal { incident: "no random numbers".into() })?;
    Ok(RunId::new(random))
}

/// The tables of a plan; none for a text without a plan. Parsing 50,000 nodes is CPU-bound, so it
/// runs in `spawn_blocking`.
pub async fn tables(plan: String) -> Vec<TableName> {
    let reading = tokio::task::spawn_blocking(move || {
        let parsed = plan::parse(&plan).ok()?;
        let mut all: Vec<TableName> = parsed.plans.iter().flat_map(tables_of).collect();
        all.sort();
        all.dedup();
        Some(all)
    });
    reading.await.ok().flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use model::Role;

    use super::*;

    fn user(roles: &[Role], servers: &[&str]) -> User {
        let servers = servers.iter().map(|name| ServerId::new(*name)).collect();
        User { name: "ann".into(), roles: roles.to_vec(), servers }
    }

    fn request(analyze: bool) -> ExplainRequest {
        ExplainRequest { server: "one".into(), analyze, ..ExplainRequest::default() }
    }

    #[test]
    fn planning_is_for_analysts_and_executing_for_operators() {
        for (role, plans, executes) in [
            (Role::Viewer, false, false),
            (Role::Analyst, true, false),
            (Role::Operator, true, true),
            (Role::Admin, false, false),
        ] {
            let user = user(&[role], &[]);
            assert_eq!(allowed(&user, &request(false)).is_ok(), plans, "{role:?}");
            assert_eq!(allowed(&user, &request(true)).is_ok(), executes, "{role:?}");
        }
        let elsewhere = user(&[Role::Operator], &["two"]);
        assert_eq!(allowed(&elsewhere, &request(false)), Err(ApiError::NotFound));
    }

    #[test]
    fn an_error_text_is_for_those_who_see_statements() {
        let failed = || -> ExplainResult<()> {
            Err(NotExplained::Failed {
                sqlstate: "22P02".into(),
                message: "S3cret".into(),
                hint: None,
                at: None,
            })
        };
        let one = ServerId::new("one");
        let shown = |role| format!("{:?}", hidden(failed(), &user(&[role], &[]), &one));
        assert!(shown(Role::Analyst).contains("S3cret"));
        assert!(!shown(Role::Viewer).contains("S3cret"));
        assert!(!shown(Role::Admin).contains("S3cret"));
    }
}
