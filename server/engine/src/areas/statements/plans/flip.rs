//! Another plan as the cause of a regression.

use history::{Error, History};
use model::Unit;
use model::statements::plans::PlanSource;
use model::statements::regression::Cause;
use model::statements::{CauseKind, Regression};

/// How long before a change a plan may have been seen last and still be the one of before, ms.
const BEFORE_MS: i64 = 86_400_000;
/// The part of a change that a cause must explain to be named, percent.
const LEAST_PERCENT: f64 = 50.0;

/// Whether a statement got another plan between the last look before it became slower and `to_ms`, and what that
/// explains: as much as the planner's own costs say, or as the blocks that it touches more.
///
/// Errors: when the store cannot be read.
pub async fn cause(
    history: &History,
    cluster: &str,
    one: &Regression,
    to_ms: i64,
) -> Result<Option<Cause>, Error> {
    let plans = history.plans(cluster, &one.key.queryid.to_string(), "").await?;
    let mut here = plans.iter().filter(|plan| plan.database == one.database);
    let Some(now) = here.next() else { return Ok(None) };
    let Some(before) = here.find(|plan| plan.how == now.how && plan.shape != now.shape) else {
        return Ok(None);
    };
    let is_then = (one.since_ms - BEFORE_MS..=to_ms).contains(&before.last_ms);
    // Plans for other values each alternate, which explains nothing.
    let has_values = |how: &str| how.parse().is_ok_and(PlanSource::has_values_of_its_own);
    if has_values(&now.how) && now.first_ms < before.last_ms {
        return Ok(None);
    }
    let costs = cost(&before.plan).zip(cost(&now.plan));
    let Some(costs) = costs.filter(|_| is_then && now.last_ms >= one.since_ms) else {
        return Ok(None);
    };
    Ok(explained(one, costs))
}

/// The total cost of a plan.
fn cost(json: &str) -> Option<f64> {
    let plan = plan::parse(json).ok()?.plans.into_iter().next()?;
    Some(plan.nodes.first()?.cost?.total)
}

fn explained(one: &Regression, (before, now): (f64, f64)) -> Option<Cause> {
    let (then, since) = (one.before?.time_ms, one.now?.time_ms);
    let by_cost = if before > 0.0 && since > then {
        100.0 * (then * (now / before - 1.0) / (since - then)).min(1.0)
    } else {
        0.0
    };
    // More blocks for as many rows are the plan's doing.
    let touched = [CauseKind::Blocks, CauseKind::Temp];
    let by_blocks = one.causes.iter().filter(|cause| touched.contains(&cause.kind));
    let by_blocks = by_blocks.map(|cause| cause.explains_percent).fold(0.0, f64::max);
    let explains_percent = by_cost.max(by_blocks);
    (explains_percent >= LEAST_PERCENT).then(|| Cause {
        kind: CauseKind::PlanFlip,
        explains_percent,
        what: "the estimated cost of its plan".into(),
        before,
        now,
        unit: Unit::Count,
    })
}
