//! The page on the server: permission, audit record, and forms that were sent without JavaScript.

use engine::Engine;
use engine::areas::statements::ranking::workload::workload;
use engine::suggestions::MOST_STATEMENTS;
use model::statements::Question;
use model::suggestions::{Weighted, Workload};
use model::what_if::Asked;
use model::{ApiError, Known, Permission, ServerId, User};

use super::start::{Found, Sent, SuggestionsStart, Tried};
use crate::{Deed, Explainer, explain_outcome};

const HIDDEN: &str = "The text of statements is hidden from you, and suggestions tell of it.";

/// What came of a form, in the context of its page.
#[derive(Clone, Debug)]
pub struct SuggestionsForm(pub Sent);

/// What the page starts from.
pub async fn start(
    engine: &Engine,
    user: &User,
    server: &ServerId,
    question: &Question,
    sent: Option<SuggestionsForm>,
) -> Result<SuggestionsStart, ApiError> {
    let found = statements(engine, server, question).await?;
    let hidden = (!user.sees_query_text(server)).then(|| HIDDEN.to_owned());
    let refusal = hidden.or_else(|| engine.cannot_plan(server).map(|why| why.message()));
    Ok(SuggestionsStart {
        workload: found.map(|workload| workload.facts),
        refusal,
        sent: sent.map(|sent| sent.0),
    })
}

/// The statements that are planned.
async fn statements(
    engine: &Engine,
    server: &ServerId,
    question: &Question,
) -> Result<Known<Workload>, ApiError> {
    let found = workload(engine, server, question, MOST_STATEMENTS).await;
    let found = found.map_err(|incident| ApiError::Internal { incident })?;
    found.ok_or(ApiError::NotFound)
}

/// Checks the permissions: plans tell of the text.
fn require(user: &User, server: &ServerId) -> Result<(), ApiError> {
    user.require(Permission::Explain, Some(server))?;
    user.require(Permission::QueryText, Some(server))
}

/// Looks for indexes, with a record in the audit log.
pub async fn suggest(
    explainer: &Explainer,
    user: &User,
    server: &ServerId,
    question: &Question,
) -> Result<Found, ApiError> {
    require(user, server)?;
    let engine = &explainer.engine;
    let Workload { facts, statements } = match statements(engine, server, question).await? {
        Ok(workload) => workload,
        Err(reason) => return Ok(Err(reason.into())),
    };
    let planned = statements.len();
    let deed = Deed {
        object: format!("{planned} statements in database {}", facts.database),
        ..deed(explainer, user, server, "suggest indexes")
    };
    let pending = explainer.journal.begin(deed).await?;
    let answer = engine.suggest_indexes(server, &facts.database, statements).await;
    let took_ms = answer.as_ref().ok().map(|found| found.took_ms);
    pending.end(explain_outcome(&answer, "Planned, not executed."), took_ms).await;
    Ok(answer)
}

/// Tries changes, with a record in the audit log.
pub async fn what_if(
    explainer: &Explainer,
    user: &User,
    server: &ServerId,
    (question, asked): (&Question, &Asked),
) -> Result<Tried, ApiError> {
    require(user, server)?;
    let engine = &explainer.engine;
    let found = statements(engine, server, question).await?;
    let statement = asked.statement.trim();
    let (database, statements) = match (found, statement.is_empty()) {
        (Ok(workload), true) => (workload.facts.database, workload.statements),
        (Err(reason), true) => return Ok(Err(reason.into())),
        (found, false) => {
            let of_workload = found.map(|workload| workload.facts.database);
            let database = match question.database.is_empty() {
                true => of_workload.unwrap_or_else(|_| own_database(engine, server)),
                false => question.database.clone(),
            };
            let text = statement.to_owned();
            (database, vec![Weighted { queryid: 0, text, total_ms: 1.0, calls: None }])
        }
    };
    let deed = Deed {
        object: format!("database {database}"),
        sql: asked.changes.clone(),
        ..deed(explainer, user, server, "try indexes")
    };
    let pending = explainer.journal.begin(deed).await?;
    let answer = engine.what_if(server, &database, asked.changes.clone(), statements).await;
    let took_ms = answer.as_ref().ok().map(|found| found.took_ms);
    let message = "Planned with hypothetical indexes; nothing was created or executed.";
    pending.end(explain_outcome(&answer, message), took_ms).await;
    Ok(answer)
}

fn own_database(engine: &Engine, server: &ServerId) -> String {
    engine.facts(server).map(|facts| facts.database).unwrap_or_default()
}

fn deed(explainer: &Explainer, user: &User, server: &ServerId, action: &'static str) -> Deed {
    Deed {
        user: user.name.clone(),
        server: server.clone(),
        action,
        object: String::new(),
        role: explainer.engine.facts(server).map(|facts| facts.role).unwrap_or_default(),
        sql: String::new(),
    }
}

/// Does what the fields of a form ask for.
///
/// Errors: a permission that is missing, and a form that is none of the page's.
pub async fn submit_suggestions(
    explainer: &Explainer,
    user: &User,
    server: &ServerId,
    pairs: &[(String, String)],
) -> Result<SuggestionsForm, ApiError> {
    let field = |name: &str| {
        let found = pairs.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let question = Question {
        range: field("range"),
        from: field("from"),
        to: field("to"),
        database: field("database"),
        ..Question::default()
    };
    let sent = match field("ask").as_str() {
        "suggest" => Sent::Found(suggest(explainer, user, server, &question).await?),
        "try" => {
            let asked = Asked { changes: field("changes"), statement: field("statement") };
            let tried = what_if(explainer, user, server, (&question, &asked)).await?;
            Sent::Tried(asked, tried)
        }
        _ => {
            let message = "The form data is invalid. Reload the page.".to_owned();
            return Err(ApiError::Declined { message, remedy: None });
        }
    };
    Ok(SuggestionsForm(sent))
}

#[cfg(test)]
mod tests {
    use model::Role;

    use super::*;

    #[test]
    fn only_who_plans_and_sees_texts_may_ask() {
        let one = ServerId::new("one");
        for (role, may) in [
            (Role::Viewer, false),
            (Role::Analyst, true),
            (Role::Operator, true),
            (Role::Admin, false),
        ] {
            let user = User { name: "ann".into(), roles: vec![role], servers: vec![] };
            assert_eq!(require(&user, &one).is_ok(), may, "{role:?}");
        }
    }
}
