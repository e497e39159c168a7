//! The page on the server: what it starts from, and a form that was sent without JavaScript.

use engine::Engine;
use engine::measure::DEFAULT_BUDGET;
use model::measure::{Budget, Method, Request, Target};
use model::{ApiError, Permission, ServerId, User};

use super::start::{MeasureStart, Outcome};

/// What came of a form that was sent without JavaScript, in the context of its page.
#[derive(Clone, Debug)]
pub struct MeasuredForm(pub Outcome);

/// What the page starts from.
pub async fn start(
    engine: &Engine,
    server: &ServerId,
    mut target: Target,
    sent: Option<MeasuredForm>,
) -> Result<MeasureStart, ApiError> {
    let summary = engine.servers().into_iter().find(|one| one.id == *server);
    let summary = summary.ok_or(ApiError::NotFound)?;
    if target.database.is_empty() {
        target.database = summary.facts.map(|facts| facts.database).unwrap_or_default();
    }
    if target.schema.is_empty() {
        target.schema = "public".into();
    }
    let offers = match target.relation.is_empty() {
        true => None,
        false => Some(engine.measure_offers(server, &target).await),
    };
    Ok(MeasureStart {
        offers,
        newest: engine.measured(server, &target),
        sent: sent.map(|sent| sent.0),
        budget: DEFAULT_BUDGET,
        running: engine.measuring(server),
        target,
    })
}

/// Measures as the fields of a form ask for.
///
/// Errors: a method that there is not.
pub async fn submit_measurement(
    engine: &Engine,
    user: &User,
    server: &ServerId,
    pairs: &[(String, String)],
) -> Result<MeasuredForm, ApiError> {
    user.require(Permission::Explain, Some(server))?;
    let field = |name: &str| {
        let found = pairs.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let target = Target {
        database: field("database"),
        schema: field("schema"),
        relation: field("relation"),
    };
    let declined =
        || ApiError::Declined { message: "There is no such way to measure.".into(), remedy: None };
    let method: Method = field("method").parse().map_err(|_| declined())?;
    let budget = Budget::from_fields(&field("mib"), &field("seconds"), DEFAULT_BUDGET);
    let request = Request { target, method, budget };
    Ok(MeasuredForm(engine.measure(server, user, request).await))
}
