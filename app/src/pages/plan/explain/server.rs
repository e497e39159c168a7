//! Server side of "Run it on a server": permissions, run id, engine calls, and forms submitted
//! without JavaScript. Every entry point checks its own permission, even where the page disables
//! the button.

use engine::Engine;
use model::explain::{Preview, RunId};
use model::{ApiError, Known, Permission, ServerId, User};

use super::request::{ExplainRequest, Step, with_statement};
use super::{Choice, Choices, ExplainResult, ExplainSubmission, Outcome, RunResult};
use crate::pages::plan::catalog::{ServerCatalog, TableName, catalog_error, tables_of};
use crate::pages::plan::state::PlanTexts;

/// The data of `/plan` after a form was submitted without JavaScript.
#[derive(Clone, Debug, Default)]
pub struct PlanPageData {
    /// The plan to show, pasted or just explained.
    pub texts: PlanTexts,
    /// The form "Run it on a server".
    pub submission: ExplainSubmission,
    /// The catalog of the plan's tables.
    pub server_catalog: Option<ServerCatalog>,
}

/// The servers the user may see, by name.
pub fn choices(engine: &Engine, user: &User) -> Choices {
    let seen = engine.servers().into_iter().filter(|one| user.may_on(Permission::See, &one.id));
    let mut servers: Vec<Choice> = seen
        .map(|one| Choice {
            major: one.facts.as_ref().map(|facts| facts.major),
            database: one.facts.map(|facts| facts.database).unwrap_or_default(),
            id: one.id,
        })
        .collect();
    servers.sort_by(|a, b| a.id.cmp(&b.id));
    Choices { servers, may_analyze: user.may(Permission::Act) }
}

/// Previews an EXPLAIN run.
pub async fn preview(
    engine: &Engine,
    user: &User,
    request: &ExplainRequest,
) -> Result<ExplainResult<Preview>, ApiError> {
    let server = allowed(user, request)?;
    let answer = engine.preview_explain(&server, request.engine_request(new_run()?)).await;
    Ok(hidden(answer, user, &server))
}

/// Runs EXPLAIN, then reads the catalog of the plan's tables.
pub async fn run(
    engine: &Engine,
    user: &User,
    run: RunId,
    request: &ExplainRequest,
) -> Result<ExplainResult<RunResult>, ApiError> {
    let server = allowed(user, request)?;
    let answer = engine.explain(&server, user, request.engine_request(run)).await;
    let mut explained = match hidden(answer, user, &server) {
        Ok(explained) => explained,
        Err(why) => return Ok(Err(why)),
    };
    explained.plan = with_statement(&explained.plan, &explained.statement);
    let tables = tables(explained.plan.clone()).await;
    let server_catalog = read_catalog(engine, &server, &explained.database, &tables).await;
    Ok(Ok(RunResult { explained, server_catalog }))
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

/// Handles a submitted form of `/plan`.
pub async fn submit_plan_form(
    engine: &Engine,
    user: &User,
    pairs: &[(String, String)],
) -> PlanPageData {
    let get = |name: &str| {
        let found = pairs.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let texts = PlanTexts { plan: get("plan"), other: get("other") };
    let step = [Step::Open, Step::Preview, Step::Run]
        .into_iter()
        .find(|step| get("step") == step.as_str());
    match step {
        Some(step) => run_step(engine, user, step, get("run"), pairs).await,
        None => {
            with_catalog(engine, user, texts, &get("judge"), get("judge_database").trim()).await
        }
    }
}

/// A pasted plan, with the catalog of the selected server.
async fn with_catalog(
    engine: &Engine,
    user: &User,
    texts: PlanTexts,
    server: &str,
    database: &str,
) -> PlanPageData {
    let mut page_data = PlanPageData { texts, ..PlanPageData::default() };
    let server = ServerId::new(server);
    if server.as_str().is_empty() {
        return page_data;
    }
    if let Err(error) = user.require(Permission::Explain, Some(&server)) {
        page_data.submission.catalog_error = Some(error.to_string());
        return page_data;
    }
    let tables = tables(page_data.texts.plan.clone()).await;
    match read_catalog(engine, &server, database, &tables).await {
        Ok(catalog) => page_data.server_catalog = Some(catalog),
        Err(reason) => page_data.submission.catalog_error = Some(catalog_error(&reason)),
    }
    page_data
}

async fn run_step(
    engine: &Engine,
    user: &User,
    step: Step,
    name: String,
    pairs: &[(String, String)],
) -> PlanPageData {
    let mut request = ExplainRequest::from_pairs(pairs);
    let mut page_data = PlanPageData::default();
    let outcome = match step {
        Step::Open => {
            // A statement with parameters but no values: GENERIC_PLAN.
            let generic = super::request::parameters(&request.statement) > 0;
            let options = model::explain::Options { generic, ..ExplainRequest::default().options };
            request = ExplainRequest { options, ..request };
            None
        }
        Step::Preview => Some(match preview(engine, user, &request).await {
            Ok(Ok(preview)) => Outcome::Preview(preview),
            Ok(Err(why)) => Outcome::Not(why),
            Err(error) => Outcome::Broken(error),
        }),
        Step::Run => Some(match RunId::parse(&name) {
            None => Outcome::Broken(ApiError::NotFound),
            Some(name) => match run(engine, user, name, &request).await {
                Ok(Ok(RunResult { mut explained, server_catalog })) => {
                    page_data.texts.plan = std::mem::take(&mut explained.plan);
                    match server_catalog {
                        Ok(catalog) => page_data.server_catalog = Some(catalog),
                        Err(reason) => {
                            page_data.submission.catalog_error = Some(catalog_error(&reason))
                        }
                    }
                    Outcome::Ran(explained)
                }
                Ok(Err(why)) => Outcome::Not(why),
                Err(error) => Outcome::Broken(error),
            },
        }),
    };
    page_data.submission =
        ExplainSubmission { request, sent: true, outcome, ..page_data.submission };
    page_data
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
async fn tables(plan: String) -> Vec<TableName> {
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
    use model::explain::NotExplained;

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
