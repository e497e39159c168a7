//! Rule: a correlated subquery (SubPlan) is executed for every row.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::unhashed_subplan::is_compared_with;
use super::{Case, InForce, Judged, Missing};
use crate::node::Node;

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
/// Rows that the subquery must have read where nothing was timed.
const MIN_UNTIMED_ROWS: Limit = Limit {
    name: "min_untimed_rows",
    default: 1_000_000.0,
    unit: Unit::Count,
    source: "a million rows take about a tenth of a second; fewer may not matter",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Subquery per row",
    effect: "The subquery runs once per row of the statement around it.",
    remedy: "Write it as a join, with lateral or group by, so that it runs once.",
    docs: "https://www.postgresql.org/docs/current/functions-subquery.html",
    limits: &[MIN_LOOPS, MIN_SHARE_PERCENT, MIN_UNTIMED_ROWS],
};

/// Judges how often subplans ran and what that took; of a plan that was not executed, what it would cost.
pub fn repeated_subplan(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let (mut found, mut any) = (vec![], false);
    for (at, node, own) in case.nodes() {
        // What is compared with the rows of a list one by one has a cause of its own.
        if node.relationship.as_deref() != Some("SubPlan") || is_compared_with(case, at).is_some() {
            continue;
        }
        any = true;
        let loops = match node.actual {
            Some(actual) => actual.loops,
            None => calls_expected(case, at, node),
        };
        let Some(much) = much(case, limits, at, loops).filter(|_| loops >= limits.get(&MIN_LOOPS))
        else {
            continue;
        };
        let message = format!(
            "{} {} {} times, once per row, {much}.",
            node.subplan.as_deref().unwrap_or("A subquery"),
            if case.is_analyzed() { "ran" } else { "would run" },
            count(loops)
        );
        let mut numbers = vec![evidence("loops", loops, Unit::Count)];
        numbers.extend(own.total_ms.map(|ms| evidence("time", ms, Unit::Ms)));
        let remedy = words(ABOUT.remedy, "a LIMIT stops the statement after a few rows.");
        found.push(case.finding(limits, at, own.total_ms, message, numbers, remedy));
    }
    case.or_analyze(found, any)
}

/// What the runs took, if that is much: of the time, in rows, or of the cost.
fn much(case: &Case<'_>, limits: &InForce<'_>, at: usize, loops: f64) -> Option<String> {
    let own = case.derived.nodes.get(at)?;
    let least = limits.get(&MIN_SHARE_PERCENT);
    if let Some(ms) = own.total_ms {
        let percent = 100.0 * ms / case.whole_ms()?.max(0.001);
        return (percent >= least).then(|| format!("and took {percent:.0} % of the time"));
    }
    if case.is_analyzed() {
        let rows = case.handled_rows(at);
        return (rows >= limits.get(&MIN_UNTIMED_ROWS)).then(|| {
            format!("and read {} rows; how long that took is not known without TIMING", count(rows))
        });
    }
    let whole = case.plan.nodes.first()?.cost?.total;
    let percent = 100.0 * loops * case.plan.nodes.get(at)?.cost?.total / whole.max(0.01);
    (percent >= least).then(|| format!("for {:.0} % of the cost", percent.min(100.0)))
}

/// How often a subplan would run at least that depends on the row: once for each row that is expected to be
/// left. What does not depend on it may be hashed and run once.
fn calls_expected(case: &Case<'_>, at: usize, node: &Node) -> f64 {
    let above = node.parent.and_then(|above| case.plan.nodes.get(above));
    let rows = above.and_then(|above| above.cost).map_or(0.0, |cost| cost.rows);
    if case.takes_from_outside(at) == Some(true) { rows } else { 0.0 }
}
