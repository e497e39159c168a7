//! Server side of `/plan`: the servers to choose from, and forms submitted without JavaScript.

use engine::Engine;
use model::explain::RunId;
use model::{ApiError, Permission, ServerId, User};

use super::explainer::{Explainer, consult, preview, run, tables};
use super::request::{ExplainRequest, Step};
use super::{Choice, Choices, ExplainSubmission, Outcome, RunResult};
use crate::pages::plan::catalog::{ServerCatalog, catalog_error};
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

/// Handles a submitted form of `/plan`.
pub async fn submit_plan_form(
    explainer: &Explainer,
    user: &User,
    pairs: &[(String, String)],
) -> PlanPageData {
    let get = |name: &str| {
        let found = pairs.iter().rev().find(|(key, _)| key == name);
        // Browsers send the lines of a form with CR LF (HTML, "constructing the entry list").
        found.map(|(_, value)| value.replace("\r\n", "\n")).unwrap_or_default()
    };
    let texts = PlanTexts { plan: get("plan"), other: get("other") };
    let step = [Step::Open, Step::Preview, Step::Run]
        .into_iter()
        .find(|step| get("step") == step.as_str());
    match step {
        Some(step) => run_step(explainer, user, step, get("run"), pairs).await,
        None => {
            with_catalog(explainer, user, texts, &get("judge"), get("judge_database").trim()).await
        }
    }
}

/// A pasted plan, with the catalog of the selected server.
async fn with_catalog(
    explainer: &Explainer,
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
    match consult(explainer, user, &server, database, &tables).await {
        Ok(Ok(catalog)) => page_data.server_catalog = Some(catalog),
        Err(error) => page_data.submission.catalog_error = Some(error.to_string()),
        Ok(Err(reason)) => page_data.submission.catalog_error = Some(catalog_error(&reason)),
    }
    page_data
}

async fn run_step(
    explainer: &Explainer,
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
        Step::Preview => Some(match preview(explainer, user, &request).await {
            Ok(Ok(preview)) => Outcome::Preview(preview),
            Ok(Err(why)) => Outcome::Not(why),
            Err(error) => Outcome::Broken(error),
        }),
        Step::Run => Some(match RunId::parse(&name) {
            None => Outcome::Broken(ApiError::NotFound),
            Some(name) => match run(explainer, user, name, &request).await {
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
