//! Rule: a trigger takes a large part of the execution time.

use model::quantity::number;
use model::{About, Limit, Remedy, Severity, Unit};

use super::case::{count, evidence};
use super::{Case, InForce, Judged, Missing};
use crate::node::Trigger;

/// Time of a trigger from which it is reported.
const MIN_MS: Limit =
    Limit { name: "min_ms", default: 10.0, unit: Unit::Ms, source: "less is not felt" };
/// Share of the execution.
const MIN_SHARE_PERCENT: Limit = Limit {
    name: "min_share_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "less than a fifth is not the cause",
};

/// Time of one call from which it is more than information.
const MIN_CALL_MS: Limit = Limit {
    name: "min_call_ms",
    default: 0.1,
    unit: Unit::Ms,
    source: "a foreign key's check by an index takes 0.01 to 0.03 ms (measured)",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Slow trigger",
    effect: "It runs once per row, and the statement waits for it.",
    remedy: "For a foreign key, index the referencing columns; otherwise make it a statement-level trigger with transition tables.",
    docs: "https://www.postgresql.org/docs/current/sql-createtrigger.html",
    limits: &[MIN_MS, MIN_SHARE_PERCENT, MIN_CALL_MS],
};

/// Judges each trigger against the execution.
pub fn slow_trigger(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let time = |trigger: &Trigger| {
        crate::node::find(&trigger.props, "Time").and_then(crate::node::Value::number)
    };
    // Triggers run after the nodes: without the time of the execution the whole is both together.
    let all_ms: f64 = case.plan.triggers.iter().filter_map(time).sum();
    let both = case.derived.nodes_ms.map(|nodes| nodes + all_ms);
    let Some(whole) = case.plan.execution_ms().or(both) else { return Ok(vec![]) };
    let mut found = vec![];
    for trigger in &case.plan.triggers {
        let get = |key: &str| crate::node::find(&trigger.props, key);
        let ms = time(trigger).unwrap_or(0.0);
        let calls = get("Calls").and_then(crate::node::Value::number).unwrap_or(0.0);
        let percent = 100.0 * ms / whole.max(0.001);
        if ms < limits.get(&MIN_MS) || percent < limits.get(&MIN_SHARE_PERCENT) {
            continue;
        }
        let title = get("Constraint Name")
            .or(get("Trigger Name"))
            .map(|name| name.text().into_owned())
            .unwrap_or_default();
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some(
                "the trigger waited for a lock: then another session caused the delay.".into(),
            ),
            ..Remedy::default()
        };
        let message = format!(
            "The trigger {title} ran {} times and took {}, {percent:.0} % of the execution.",
            count(calls),
            number(ms, Unit::Ms)
        );
        let numbers = vec![evidence("time", ms, Unit::Ms), evidence("calls", calls, Unit::Count)];
        let mut one = case.whole_finding(limits, title, Some(ms), message, numbers, remedy);
        if ms / calls.max(1.0) < limits.get(&MIN_CALL_MS) {
            // Many rows, each checked as fast as it can be.
            one.finding.severity = Severity::Info;
        }
        found.push(one);
    }
    Ok(found)
}
