//! Rule: a correlated subquery (SubPlan) is executed for every row.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::{Case, InForce, Judged, Missing};

/// Loops from which it is reported.
const MIN_LOOPS: Limit = Limit {
    name: "min_loops",
    default: 1000.0,
    unit: Unit::Count,
    source: "a few loops are cheaper than a join",
};
/// Share of the execution it must take.
const MIN_SHARE_PERCENT: Limit = Limit {
    name: "min_share_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "less than a fifth is not the cause",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Subquery per row",
    effect: "The subquery runs once per row of the statement around it.",
    remedy: "Write it as a join, with lateral or group by, so that it runs once.",
    docs: "https://www.postgresql.org/docs/current/functions-subquery.html",
    limits: &[MIN_LOOPS, MIN_SHARE_PERCENT],
};

/// Judges the loops of subplans.
pub fn repeated_subplan(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let loops = node.actual.map_or(0.0, |actual| actual.loops);
        let percent = own
            .total_ms
            .zip(case.whole_ms())
            .map_or(0.0, |(ms, whole)| 100.0 * ms / whole.max(0.001));
        if node.relationship.as_deref() != Some("SubPlan")
            || loops < limits.get(&MIN_LOOPS)
            || percent < limits.get(&MIN_SHARE_PERCENT)
        {
            continue;
        }
        let message = format!(
            "{} ran {} times, once per row, and took {percent:.0} % of the time.",
            node.subplan.as_deref().unwrap_or("A subquery"),
            count(loops)
        );
        let numbers = vec![
            evidence("loops", loops, Unit::Count),
            evidence("time", own.total_ms.unwrap_or(0.0), Unit::Ms),
        ];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some("a LIMIT stops the statement after a few rows.".into()),
            ..Remedy::default()
        };
        found.push(case.finding(limits, at, own.total_ms, message, numbers, remedy));
    }
    Ok(found)
}
