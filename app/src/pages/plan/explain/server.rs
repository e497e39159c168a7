//! The server's half of "Run it on a server": rights, the run's name, the engine, and what a form
//! brought without JavaScript. Each entry asks for its right, also those the page cannot press.

use engine::Engine;
use model::explain::{Preview, RunId};
use model::{ApiError, Known, Permission, ServerId, User};

use super::request::{Sheet, Step, with_statement};
use super::{Asked, Choice, Choices, Outcome, Ran, Started};
use crate::pages::plan::catalog::{Consulted, Named, named, unread};
use crate::pages::plan::state::Pasted;

/// What the form of `/plan` brought, and what came of it.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// The plan to show, pasted or just made.
    pub pasted: Pasted,
    /// The form "Run it on a server".
    pub started: Started,
    /// What a server says of the plan's tables.
    pub consulted: Option<Consulted>,
}

/// The servers a person may see, by name.
pub fn choices(engine: &Engine, who: &User) -> Choices {
    let seen = engine.servers().into_iter().filter(|one| who.may_on(Permission::See, &one.id));
    let mut servers: Vec<Choice> = seen
        .map(|one| Choice {
            major: one.facts.as_ref().map(|facts| facts.major),
            database: one.facts.map(|facts| facts.database).unwrap_or_default(),
            id: one.id,
        })
        .collect();
    servers.sort_by(|a, b| a.id.cmp(&b.id));
    Choices { servers, may_analyze: who.may(Permission::Act) }
}

/// What a run would do.
pub async fn preview(
    engine: &Engine,
    who: &User,
    sheet: &Sheet,
) -> Result<Asked<Preview>, ApiError> {
    let server = allowed(who, sheet)?;
    let answer = engine.preview_explain(&server, sheet.request(new_run()?)).await;
    Ok(hidden(answer, who, &server))
}

/// Runs it, and reads what the server says of the plan's tables.
pub async fn run(
    engine: &Engine,
    who: &User,
    run: RunId,
    sheet: &Sheet,
) -> Result<Asked<Ran>, ApiError> {
    let server = allowed(who, sheet)?;
    let answer = engine.explain(&server, who, sheet.request(run)).await;
    let mut explained = match hidden(answer, who, &server) {
        Ok(explained) => explained,
        Err(why) => return Ok(Err(why)),
    };
    explained.plan = with_statement(&explained.plan, &explained.statement);
    let tables = tables(explained.plan.clone()).await;
    let consulted = consult(engine, &server, &explained.database, &tables).await;
    Ok(Ok(Ran { explained, consulted }))
}

/// What a server's catalog says of these tables.
pub async fn consult(
    engine: &Engine,
    server: &ServerId,
    database: &str,
    tables: &[Named],
) -> Known<Consulted> {
    let named = Some(database).filter(|database| !database.is_empty());
    let read = engine.plan_catalog(server, named, tables).await?;
    Ok(Consulted::new(server.clone(), database.to_owned(), tables, read))
}

/// What came of the fields of the form of `/plan`.
pub async fn bring(engine: &Engine, who: &User, pairs: &[(String, String)]) -> Brought {
    let get = |name: &str| {
        let found = pairs.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let pasted = Pasted { plan: get("plan"), other: get("other") };
    let step = [Step::Open, Step::Preview, Step::Run]
        .into_iter()
        .find(|step| get("step") == step.as_str());
    match step {
        Some(step) => ran(engine, who, step, get("run"), pairs).await,
        None => judged(engine, who, pasted, &get("judge"), get("judge_database").trim()).await,
    }
}

/// A pasted plan, judged with a server's catalog where one was chosen.
async fn judged(
    engine: &Engine,
    who: &User,
    pasted: Pasted,
    server: &str,
    database: &str,
) -> Brought {
    let mut brought = Brought { pasted, ..Brought::default() };
    let server = ServerId::new(server);
    if server.as_str().is_empty() {
        return brought;
    }
    if let Err(error) = who.require(Permission::Explain, Some(&server)) {
        brought.started.unread = Some(error.to_string());
        return brought;
    }
    let tables = tables(brought.pasted.plan.clone()).await;
    match consult(engine, &server, database, &tables).await {
        Ok(told) => brought.consulted = Some(told),
        Err(reason) => brought.started.unread = Some(unread(&reason)),
    }
    brought
}

async fn ran(
    engine: &Engine,
    who: &User,
    step: Step,
    name: String,
    pairs: &[(String, String)],
) -> Brought {
    let mut sheet = Sheet::from_pairs(pairs);
    let mut brought = Brought::default();
    let outcome = match step {
        Step::Open => {
            // A statement with parameters and no values: the plan that fits any of them.
            let generic = super::request::parameters(&sheet.statement) > 0;
            let options = model::explain::Options { generic, ..Sheet::default().options };
            sheet = Sheet { options, ..sheet };
            None
        }
        Step::Preview => Some(match preview(engine, who, &sheet).await {
            Ok(Ok(preview)) => Outcome::Preview(preview),
            Ok(Err(why)) => Outcome::Not(why),
            Err(error) => Outcome::Broken(error),
        }),
        Step::Run => Some(match RunId::parse(&name) {
            None => Outcome::Broken(ApiError::NotFound),
            Some(name) => match run(engine, who, name, &sheet).await {
                Ok(Ok(Ran { mut explained, consulted })) => {
                    brought.pasted.plan = std::mem::take(&mut explained.plan);
                    match consulted {
                        Ok(told) => brought.consulted = Some(told),
                        Err(reason) => brought.started.unread = Some(unread(&reason)),
                    }
                    Outcome::Ran(explained)
                }
                Ok(Err(why)) => Outcome::Not(why),
                Err(error) => Outcome::Broken(error),
            },
        }),
    };
    brought.started = Started { sheet, sent: true, outcome, ..brought.started };
    brought
}

/// The rights a sheet needs: EXPLAIN, and for executing a statement the right to act.
fn allowed(who: &User, sheet: &Sheet) -> Result<ServerId, ApiError> {
    let server = sheet.server_id();
    who.require(Permission::Explain, Some(&server))?;
    if sheet.mode().executes() {
        who.require(Permission::Act, Some(&server))?;
    }
    Ok(server)
}

/// An error's text can hold data: it is for those who may see the text of statements.
fn hidden<T>(answer: Asked<T>, who: &User, server: &ServerId) -> Asked<T> {
    match who.sees_query_text(server) {
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

/// The tables of a plan. Reading one of 50,000 nodes takes processor time: not on a thread that serves
/// others. What is no plan has none.
async fn tables(plan: String) -> Vec<Named> {
    let reading = tokio::task::spawn_blocking(move || {
        let parsed = plan::parse(&plan).ok()?;
        let mut all: Vec<Named> = parsed.plans.iter().flat_map(named).collect();
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

    fn who(roles: &[Role], servers: &[&str]) -> User {
        let servers = servers.iter().map(|name| ServerId::new(*name)).collect();
        User { name: "ann".into(), roles: roles.to_vec(), servers }
    }

    fn sheet(analyze: bool) -> Sheet {
        Sheet { server: "one".into(), analyze, ..Sheet::default() }
    }

    #[test]
    fn planning_is_for_analysts_and_executing_for_operators() {
        for (role, plans, executes) in [
            (Role::Viewer, false, false),
            (Role::Analyst, true, false),
            (Role::Operator, true, true),
            (Role::Admin, false, false),
        ] {
            let who = who(&[role], &[]);
            assert_eq!(allowed(&who, &sheet(false)).is_ok(), plans, "{role:?}");
            assert_eq!(allowed(&who, &sheet(true)).is_ok(), executes, "{role:?}");
        }
        let elsewhere = who(&[Role::Operator], &["two"]);
        assert_eq!(allowed(&elsewhere, &sheet(false)), Err(ApiError::NotFound));
    }

    #[test]
    fn an_error_text_is_for_those_who_see_statements() {
        let failed = || -> Asked<()> {
            Err(NotExplained::Failed {
                sqlstate: "22P02".into(),
                message: "S3cret".into(),
                hint: None,
                at: None,
            })
        };
        let one = ServerId::new("one");
        let shown = |role| format!("{:?}", hidden(failed(), &who(&[role], &[]), &one));
        assert!(shown(Role::Analyst).contains("S3cret"));
        assert!(!shown(Role::Viewer).contains("S3cret"));
        assert!(!shown(Role::Admin).contains("S3cret"));
    }
}
