//! Rule: JIT compilation takes longer than it saves.

use model::quantity::number;
use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::proposal::Proposal;
use super::setting::Setting;
use super::{Case, InForce, Judged, Missing};

/// Time of JIT from which it is reported.
const MIN_MS: Limit =
    Limit { name: "min_ms", default: 20.0, unit: Unit::Ms, source: "less is not felt" };
/// Share of the execution.
const MIN_SHARE_PERCENT: Limit = Limit {
    name: "min_share_percent",
    default: 20.0,
    unit: Unit::Percent,
    source: "a fifth of the time for compiling is too much",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "JIT takes a large share of the time",
    effect: "Expressions are compiled for each execution, before the first row.",
    remedy: "Turn jit off for this role or database, or raise jit_above_cost.",
    docs: "https://www.postgresql.org/docs/current/jit-decision.html",
    limits: &[MIN_MS, MIN_SHARE_PERCENT],
};

/// Judges the time of JIT against the execution.
pub fn jit_cost(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    if case.plan.number("JIT/Functions").is_none() {
        return Ok(vec![]);
    }
    case.timed()?;
    let (Some(ms), Some(whole)) = (case.derived.jit_ms, case.whole_ms()) else {
        return Ok(vec![]);
    };
    let percent = 100.0 * ms / whole.max(0.001);
    if ms < limits.get(&MIN_MS) || percent < limits.get(&MIN_SHARE_PERCENT) {
        return Ok(vec![]);
    }
    let functions = case.plan.number("JIT/Functions").unwrap_or(0.0);
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        lock: Some("Takes no lock; applies to one transaction.".into()),
        undo: Some("Undone when the transaction ends.".into()),
        refuted_by: Some("the statement takes longer without JIT.".into()),
        ..Remedy::default()
    };
    let message = format!(
        "JIT compiled {functions:.0} functions in {}, {percent:.0} % of the execution.{}",
        number(ms, Unit::Ms),
        why(case)
    );
    let numbers = vec![
        evidence("JIT", ms, Unit::Ms),
        evidence("share of the execution", percent, Unit::Percent),
    ];
    let one = case.whole_finding(limits, "jit".into(), Some(ms), message, numbers, remedy);
    Ok(vec![one.proposing(Proposal::Setting(Setting::off("jit")))])
}

/// Cost from which PostgreSQL optimises and inlines, by default.
const DEAR: f64 = 500_000.0;
/// Cost that a method switched off adds before PostgreSQL 18.
const SWITCHED_OFF: f64 = 10_000_000_000.0;

/// Why it was compiled at all, as far as the plan tells.
fn why(case: &Case<'_>) -> String {
    let Some(cost) = case.plan.nodes.first().and_then(|root| root.cost) else {
        return String::new();
    };
    let for_cost = format!(" The plan's cost of {} made it do so", count(cost.total));
    if cost.total >= SWITCHED_OFF {
        return format!("{for_cost}, which is that of a method switched off (enable_…).");
    }
    let optimised = ["JIT/Options/Optimization", "JIT/Options/Inlining"]
        .iter()
        .any(|key| case.plan.get(key).is_some_and(|value| value == "true"));
    match optimised && cost.total >= DEAR {
        true => format!("{for_cost}, and optimise or inline as well (jit_optimize_above_cost)."),
        false => format!("{for_cost}."),
    }
}
