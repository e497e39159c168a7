//! The plans of a statement for its page: what each does, and what is different from the one before.

use history::StatementPlan;
use model::statements::plans::{PlanSource, SeenPlan, SeenPlans};
use model::{AreaName, ServerId};

use super::super::StatementsArea;
use crate::engine::Engine;
use crate::past::unreadable;
use crate::store::source;

/// The most plans that a page is given.
const MOST: usize = 12;
/// The most changes of a plan that are told.
const MOST_CHANGES: usize = 6;

/// The plans of a statement, under its query id or its fingerprint; None: no such server.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn of(
    engine: &Engine,
    id: &ServerId,
    queryid: i64,
    fingerprint: &str,
) -> Result<Option<SeenPlans>, String> {
    let Some(latest) = engine.newest::<StatementsArea>(id) else { return Ok(None) };
    let looks = latest.value().map(|value| value.plan_looks.clone()).unwrap_or_default();
    let failed = looks.into_iter().filter(|one| one.queryid == queryid && one.failure.is_some());
    let mut seen = SeenPlans { failures: failed.collect(), ..SeenPlans::default() };
    let (Some(past), Some(facts)) = (engine.past(), engine.facts(id)) else {
        return Ok(Some(seen));
    };
    seen.is_kept = true;
    let cluster = source(&facts, id.as_str(), AreaName::Statements).cluster;
    let plans = past.plans(&cluster, &queryid.to_string(), fingerprint).await;
    let plans = plans.map_err(|error| unreadable(&error))?;
    // Parsing and comparing take milliseconds each.
    let told = tokio::task::spawn_blocking(move || told(&plans)).await;
    seen.plans = told.map_err(|_| "the plans could not be compared".to_owned())?;
    Ok(Some(seen))
}

/// A plan that was read again.
struct Read<'a> {
    stored: &'a StatementPlan,
    source: PlanSource,
    plan: plan::Plan,
}

fn read(stored: &StatementPlan) -> Option<Read<'_>> {
    let source = stored.how.parse().ok()?;
    let plan = plan::parse(&stored.plan).ok()?.plans.into_iter().next()?;
    Some(Read { stored, source, plan })
}

/// All of them, newest first, each compared with the one before that was had in the same way.
fn told(stored: &[StatementPlan]) -> Vec<SeenPlan> {
    let all: Vec<Read<'_>> = stored.iter().filter_map(read).take(MOST).collect();
    let same = |a: &Read<'_>, b: &Read<'_>| {
        a.source == b.source
            && a.stored.database == b.stored.database
            && a.stored.shape != b.stored.shape
    };
    let tell = |(at, one): (usize, &Read<'_>)| {
        let before =
            (at + 1..all.len()).find(|other| all.get(*other).is_some_and(|o| same(one, o)));
        let compared = before.and_then(|before| all.get(before));
        SeenPlan {
            database: one.stored.database.clone(),
            source: one.source,
            line: plan::shape::line(&one.plan),
            cost: one.plan.nodes.first().and_then(|root| Some(root.cost?.total)),
            took_ms: one.plan.execution_ms(),
            first_ms: one.stored.first_ms,
            last_ms: one.stored.last_ms,
            plan: one.stored.plan.clone(),
            before,
            changes: compared.map(|before| changes(&before.plan, &one.plan)).unwrap_or_default(),
        }
    };
    all.iter().enumerate().map(tell).collect()
}

/// What is different, a sentence each.
fn changes(before: &plan::Plan, after: &plan::Plan) -> Vec<String> {
    let (one, other) = (plan::derive(before), plan::derive(after));
    let compared = plan::diff::compare((before, &one), (after, &other));
    compared.changes.into_iter().take(MOST_CHANGES).map(|change| change.message).collect()
}
