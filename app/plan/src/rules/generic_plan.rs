//! Rule: a generic plan, made without the values of its parameters, expects the wrong number of rows.

use std::collections::BTreeSet;

use model::quantity::times;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::{CONDITIONS, words};
use super::proposal::Proposal;
use super::setting::{Scope, Setting, SettingValue};
use super::{Case, InForce, Judged, Missing};
use crate::expression::{Part, read};
use crate::node::Node;

/// How many times off the rows must be.
const MIN_FACTOR: Limit = Limit {
    name: "min_factor",
    default: 10.0,
    unit: Unit::Count,
    source: "as for wrong estimates: pev2 and pgAdmin mark factors from 10",
};
/// The greater of both must be this much, per loop.
const MIN_ROWS: Limit = Limit {
    name: "min_rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "small numbers are off by chance",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Generic plan for a special value",
    effect: "From the sixth execution on, a prepared statement may keep one plan for all values; it was made for an average value.",
    remedy: "Let it be planned for each value: plan_cache_mode = force_custom_plan, for the session, the role or the function that runs it.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-PLAN-CACHE-MODE",
    limits: &[MIN_FACTOR, MIN_ROWS],
};

/// Judges the estimates of nodes that compare with a parameter.
pub fn generic_plan(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let mut found = vec![];
    // What an InitPlan returns is printed like a parameter before PostgreSQL 17.
    let names = case.plan.nodes.iter().filter_map(|node| node.subplan.as_deref());
    let returned = names
        .filter_map(|name| name.split_once("(returns "))
        .flat_map(|(_, own)| own.trim_end_matches(')').split(',').map(str::trim));
    let returned: BTreeSet<&str> = returned.collect();
    let mut of_parameters = case
        .nodes()
        .filter_map(|(at, node, own)| Some((at, node, own, parameter(node, &returned)?)))
        .peekable();
    if of_parameters.peek().is_none() {
        return Ok(found);
    }
    case.analyzed()?;
    for (at, node, own, condition) in of_parameters {
        let Some(estimate) = own.estimate.filter(|_| !own.cut_short) else { continue };
        let planned = node.cost.map_or(0.0, |cost| cost.rows);
        let real = case.rows_per_loop(at);
        if estimate.factor < limits.get(&MIN_FACTOR) || planned.max(real) < limits.get(&MIN_ROWS) {
            continue;
        }
        let message = format!(
            "{} was planned for any value of {condition}: {} rows were expected, and {} came, {} {}.",
            node.name(),
            count(planned),
            count(real),
            times(estimate.factor),
            if estimate.more { "more" } else { "fewer" }
        );
        let numbers = vec![
            evidence("rows expected", planned, Unit::Count),
            evidence("rows", real, Unit::Count),
        ];
        let mut remedy = words(
            ABOUT.remedy,
            "the plan with the value written in is the same, or planning takes longer than execution.",
        );
        remedy.lock = Some("Takes no lock; applies to the session.".into());
        remedy.undo = Some("reset plan_cache_mode;".into());
        let custom = Setting {
            scope: Scope::Session,
            name: "plan_cache_mode",
            value: SettingValue::Word("force_custom_plan"),
        };
        let one = case.finding(limits, at, None, message, numbers, remedy);
        found.push(one.proposing(Proposal::Setting(custom)));
    }
    Ok(found)
}

/// The condition of a scan that compares with a parameter of the statement.
fn parameter(node: &Node, returned: &BTreeSet<&str>) -> Option<String> {
    let texts = CONDITIONS.iter().filter_map(|key| node.get(key));
    let mut texts = texts.filter(|text| node.relation.is_some() && text.contains('$'));
    texts.find_map(|text| {
        let expression = read(&text)?;
        let given = expression.below(expression.root()).into_iter().any(|id| {
            matches!(expression.part(id), Some(Part::Parameter(name)) if !returned.contains(name.as_str()))
        });
        given.then(|| text.into_owned())
    })
}
