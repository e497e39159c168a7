//! Planning a statement at once for a person, on the server: permission, audit record, plans.

use engine::areas::statements::plans::{Subject, now, seen};
use engine::areas::statements::ranking::detail::text_of;
use model::explain::NotExplained;
use model::statements::explain::explain;
use model::statements::plans::{PlanNow, PlanSource, PlannedNow, SeenPlans};
use model::statements::{Detail, StatementText};
use model::{ApiError, Known, Permission, ServerId, User};

use crate::{Deed, Explainer, explain_outcome};

/// A form that was sent without JavaScript, in the context of its page.
#[derive(Clone, Debug)]
pub struct PlannedForm(pub Result<PlannedNow, ApiError>);

/// Plans it, and gives the plans that are known of it then.
pub async fn plan_and_read(
    explainer: &Explainer,
    user: &User,
    server: &ServerId,
    (queryid, database): (&str, &str),
) -> Result<(PlannedNow, SeenPlans), ApiError> {
    let planned = plan(explainer, user, server, (queryid, database)).await?;
    let number = numbered(queryid)?;
    let text = known_text(explainer, server, number).await?;
    let print = text.and_then(|text| text.fingerprint).unwrap_or_default();
    let seen = seen::of(&explainer.engine, server, number, &print).await;
    let seen = seen.map_err(|incident| ApiError::Internal { incident })?;
    Ok((planned, seen.unwrap_or_default()))
}

/// The same for a form, with the pairs of its fields.
pub async fn submit_planning(
    explainer: &Explainer,
    user: &User,
    server: &ServerId,
    (queryid, pairs): (&str, &[(String, String)]),
) -> PlannedForm {
    let database = pairs.iter().rev().find(|(key, _)| key == "database");
    let database = database.map(|(_, value)| value.as_str()).unwrap_or_default();
    PlannedForm(plan(explainer, user, server, (queryid, database)).await)
}

/// What the page is given of the button.
pub fn button(
    engine: &engine::Engine,
    (user, server): (&User, &ServerId),
    detail: &Known<Detail>,
    sent: Option<PlannedForm>,
) -> Option<PlanNow> {
    let may = user.may_on(Permission::Explain, server) && user.sees_query_text(server);
    may.then(|| {
        let entries = detail.iter().flat_map(|detail| &detail.entries);
        let mut databases: Vec<String> = Vec::new();
        for name in entries.map(|entry| &entry.database) {
            if !databases.contains(name) {
                databases.push(name.clone());
            }
        }
        let refusal = refusal(engine, server, detail).or_else(|| {
            databases.is_empty().then(|| "It is not known in which database it ran.".to_owned())
        });
        PlanNow { databases, refusal, sent: sent.map(|form| form.0) }
    })
}

/// Why nothing can be planned, as far as that is known without asking the server.
fn refusal(engine: &engine::Engine, server: &ServerId, detail: &Known<Detail>) -> Option<String> {
    if let Some(why) = engine.cannot_plan(server) {
        return Some(why.message());
    }
    if engine.past().is_none() {
        return Some("pgdeck keeps no history, so there is nowhere to keep plans.".into());
    }
    let text = match detail {
        Err(reason) => return Some(reason.message()),
        Ok(detail) => detail.text.as_ref(),
    };
    let Some(text) = text else { return Some("The text of the statement is not known.".into()) };
    let major = engine.facts(server).map_or(0, |facts| facts.major);
    let nothing = || "It has no plan, or its text was cut off.".to_owned();
    explain(text, major).is_none().then(nothing)
}

fn numbered(queryid: &str) -> Result<i64, ApiError> {
    queryid.parse().map_err(|_| ApiError::NotFound)
}

async fn known_text(
    explainer: &Explainer,
    server: &ServerId,
    queryid: i64,
) -> Result<Option<StatementText>, ApiError> {
    let text = text_of(&explainer.engine, server, queryid).await;
    text.map_err(|incident| ApiError::Internal { incident })
}

/// Checks the permission, writes the record, plans, and records the outcome.
async fn plan(
    explainer: &Explainer,
    user: &User,
    server: &ServerId,
    (queryid, database): (&str, &str),
) -> Result<PlannedNow, ApiError> {
    user.require(Permission::Explain, Some(server))?;
    // The plan tells of the text.
    user.require(Permission::QueryText, Some(server))?;
    let number = numbered(queryid)?;
    let engine = &explainer.engine;
    let declined = |message: String| ApiError::Declined { message, remedy: None };
    if let Some(why) = engine.cannot_plan(server) {
        return Err(declined(why.message()));
    }
    let text = known_text(explainer, server, number).await?;
    let text = text.ok_or_else(|| declined("The text of the statement is not known.".into()))?;
    if database.is_empty() {
        return Err(declined("It is not known in which database it ran.".into()));
    }
    let deed = Deed {
        user: user.name.clone(),
        server: server.clone(),
        action: "explain",
        object: format!("statement {number} in database {database}"),
        role: engine.facts(server).map(|facts| facts.role).unwrap_or_default(),
        sql: text.text.clone(),
    };
    let pending = explainer.journal.begin(deed).await?;
    let subject = Subject {
        queryid: number,
        database: database.to_owned(),
        fingerprint: text.fingerprint.unwrap_or_default(),
        text: text.text,
    };
    let started = std::time::Instant::now();
    let answer = now(engine, server, &subject).await;
    let ended = answer.as_ref().map_err(Clone::clone).and_then(|done| first_failure(&done.looks));
    let took_ms = started.elapsed().as_secs_f64() * 1_000.0;
    pending.end(explain_outcome(&ended, "Planned, not executed."), Some(took_ms)).await;
    let looks = match answer {
        Ok(done) => done.looks,
        Err(why) => return Err(declined(why.message())),
    };
    let failure = |how: &PlanSource, why: &NotExplained| {
        format!("No plan ({}). {}", how.words(), why.message())
    };
    let failed = looks.iter().filter_map(|(how, look)| Some(failure(how, look.as_ref().err()?)));
    Ok(PlannedNow {
        at_ms: engine::now_ms(),
        had: looks.iter().filter(|(_, look)| look.is_ok()).map(|(how, _)| *how).collect(),
        failures: failed.collect(),
    })
}

/// What the audit log is told: that it worked, if there is any plan.
fn first_failure(looks: &[(PlanSource, Result<(), NotExplained>)]) -> Result<(), NotExplained> {
    if looks.iter().any(|(_, look)| look.is_ok()) {
        return Ok(());
    }
    looks.iter().find_map(|(_, look)| look.clone().err()).map_or(Ok(()), Err)
}
