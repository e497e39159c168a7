//! Rule: planning takes longer than execution.

use model::quantity::number;
use model::{About, Limit, Remedy, Unit};

use super::case::evidence;
use super::claims::Claim;
use super::{Case, InForce, Judged, Missing};

/// Planning time from which it is reported.
const MIN_MS: Limit =
    Limit { name: "min_ms", default: 20.0, unit: Unit::Ms, source: "less is not felt" };

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Planning takes longer than execution",
    effect: "Many tables, partitions or indexes are considered for a statement that executes quickly.",
    remedy: "Prepare the statement, prune partitions by constants, or drop unused indexes.",
    docs: "https://www.postgresql.org/docs/current/sql-prepare.html",
    limits: &[MIN_MS],
};

/// Judges planning time against execution time.
pub fn slow_planning(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let (Some(ms), Some(whole)) = (case.plan.planning_ms(), case.whole_ms()) else {
        return Ok(vec![]);
    };
    if ms < limits.get(&MIN_MS) || ms < whole {
        return Ok(vec![]);
    }
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        refuted_by: Some(
            "it is the first statement of its session, which fills the catalog caches.".into(),
        ),
        ..Remedy::default()
    };
    let message =
        format!("Planning took {}, execution {}.", number(ms, Unit::Ms), number(whole, Unit::Ms));
    let numbers = vec![evidence("planning", ms, Unit::Ms), evidence("execution", whole, Unit::Ms)];
    let one = case.whole_finding(limits, "planning".into(), Some(ms), message, numbers, remedy);
    Ok(vec![one.claiming(Claim::Planning)])
}
