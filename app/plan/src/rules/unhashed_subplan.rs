//! Rule: NOT IN, or IN within OR, is tested against the rows of its subquery one by one.

use std::collections::HashMap;

use model::quantity::number;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::{CONDITIONS, read_short, words};
use super::{Case, InForce, Judged, Missing};
use crate::expression::Part;
use crate::node::Node;

/// Comparisons from which it is reported.
const MIN_PAIRS: Limit = Limit {
    name: "min_pairs",
    default: 1_000_000.0,
    unit: Unit::Count,
    source: "a million comparisons take about a tenth of a second",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Subquery compared row by row",
    effect: "The subquery's rows are kept in a list, and each row is compared with them one after the other.",
    remedy: "Write NOT IN as NOT EXISTS, which becomes an anti join; IN beside OR as a UNION.",
    docs: "https://www.postgresql.org/docs/current/functions-subquery.html#FUNCTIONS-SUBQUERY-NOTIN",
    limits: &[MIN_PAIRS],
};

/// Memory that a hash table may always take: the default of work_mem, and of hash_mem_multiplier before
/// PostgreSQL 15.
const ALWAYS_HASHED_BYTES: f64 = 4_194_304.0;
/// What a row takes besides its columns in `subplan_is_hashable` of `subselect.c`.
const ROW_BYTES: f64 = 24.0;

/// How a condition uses a subplan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Use {
    NotIn,
    In,
    All,
}

/// Judges the subplans that conditions compare with, and that are not hashed.
pub fn unhashed_subplan(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let mut found = vec![];
    for (at, node, _) in case.nodes() {
        let Some((used, parent)) = is_compared_with(case, at).zip(node.parent) else { continue };
        let Some(above) = case.plan.nodes.get(parent) else { continue };
        let name = node.subplan.as_deref().unwrap_or_default();
        let expected = node.cost.map_or(0.0, |cost| cost.rows);
        let (calls, rows) = match node.actual {
            Some(actual) => (actual.loops, actual.rows),
            None => (above.cost.map_or(0.0, |cost| cost.rows), expected),
        };
        if calls * rows < limits.get(&MIN_PAIRS) {
            continue;
        }
        let message = match node.actual {
            Some(_) => format!(
                "{} compared each of {} rows with the rows of {name} one by one, {} on average: {name} is not hashed.{}",
                above.name(),
                count(calls),
                count(rows),
                case.untimed()
            ),
            None => format!(
                "{} would compare each of {} or more rows with up to {} of {name}, one by one: {name} is not hashed.",
                above.name(),
                count(calls),
                count(rows)
            ),
        };
        let numbers = vec![
            evidence("rows compared", calls, Unit::Count),
            evidence("with", rows, Unit::Count),
        ];
        let remedy = words(
            format!("{}{}", rewrite(used), memory(node, expected)),
            "the subquery yields a few rows on other days, or the statement runs once a week.",
        );
        let (saves, claim) = case.comparing(parent, at).unzip();
        let mut one = case.finding(limits, at, saves, message, numbers, remedy);
        one.finding.object = above.name().into();
        found.push(one.claiming(claim.unwrap_or_default()));
    }
    Ok(found)
}

/// How the node above a subplan compares with its rows one by one.
pub(super) fn is_compared_with(case: &Case<'_>, at: usize) -> Option<Use> {
    let node = case.plan.nodes.get(at).filter(|node| node.subplan.is_some())?;
    let is_subplan = node.relationship.as_deref() == Some("SubPlan");
    let above = node.parent.and_then(|above| case.plan.nodes.get(above)).filter(|_| is_subplan)?;
    let used = use_of(above, node.subplan.as_deref()?)?;
    // What is compared again and again is kept by a Materialize. Without one, before PostgreSQL 17 EXISTS
    // looks the same, but depends on the row; and a function may take one without showing it.
    let hides =
        |kind: &str| matches!(kind, "Function Scan" | "Result" | "ProjectSet" | "Values Scan");
    let alone = || !case.below(at).any(|(_, node, _)| hides(&node.kind));
    let kept =
        node.kind == "Materialize" || (alone() && case.takes_from_outside(at) == Some(false));
    kept.then_some(used)
}

/// How the conditions of a node use a subplan that is not hashed; from PostgreSQL 17 they say so.
fn use_of(node: &Node, name: &str) -> Option<Use> {
    let keys = CONDITIONS.into_iter().chain(["Output"]);
    let mut texts = keys.filter_map(|key| Some((key, node.get(key)?)));
    texts.find_map(|(key, text)| {
        // A list of columns is no expression without brackets.
        let expression = text.contains(name).then(|| read_short(&format!("({text})"))).flatten()?;
        let all = expression.below(expression.root());
        let mut above = HashMap::new();
        for id in &all {
            let parts = expression.part(*id).map(Part::parts).unwrap_or_default();
            above.extend(parts.into_iter().map(|part| (part, *id)));
        }
        let is_it =
            |part: &Part| matches!(part, Part::SubPlan { name: own, hashed: false } if own == name);
        let at = all.iter().find(|id| expression.part(**id).is_some_and(is_it))?;
        let parent = |id: &usize| above.get(id).copied();
        let part = |id: usize| expression.part(id);
        let not = |id: &usize| matches!(parent(id).and_then(part), Some(Part::Not(_)));
        let told = std::iter::successors(parent(at), parent).take(NESTED).find_map(|id| {
            let Part::Call { name, .. } = part(id)? else { return None };
            match name.to_ascii_lowercase().as_str() {
                "any" => Some(if not(&id) { Use::NotIn } else { Use::In }),
                "all" => Some(Use::All),
                _ => None,
            }
        });
        told.or(match parent(at).and_then(part) {
            Some(Part::Not(_)) => Some(Use::NotIn),
            Some(Part::And(_) | Part::Or(_)) => Some(Use::In),
            None if key != "Output" => Some(Use::In),
            _ => None,
        })
    })
}

/// From a subplan to the ANY it is compared by: its column, the comparison, a row of them, casts.
const NESTED: usize = 8;

fn rewrite(used: Use) -> &'static str {
    match used {
        Use::NotIn => {
            "Write NOT EXISTS (a subquery that compares the columns by =): that is an anti join, which reads each side once. Mind NULL: NOT IN keeps no row at all once the subquery yields a NULL, NOT EXISTS does; PostgreSQL 19 makes the anti join itself where neither side can be NULL."
        }
        Use::In => {
            "PostgreSQL makes a join of IN only where it is joined to the rest by AND. Beside OR, write each side of the OR as a statement of its own and join them by UNION."
        }
        Use::All => "Compare with max() or min() of the subquery, or write <> ALL as NOT EXISTS.",
    }
}

/// What memory would let PostgreSQL hash it, where memory is the reason.
fn memory(node: &Node, rows: f64) -> String {
    let width = node.cost.map_or(0.0, |cost| (cost.width / 8.0).ceil() * 8.0);
    let needed = rows * (width + ROW_BYTES);
    if needed <= ALWAYS_HASHED_BYTES {
        return String::new();
    }
    format!(
        " Or let it be hashed: that takes work_mem × hash_mem_multiplier above {}.",
        number(needed, Unit::Bytes)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Prop, Value};

    #[test]
    fn both_spellings_are_told_from_hashed_ones() {
        let of = |text: &str| {
            let value = Value::One(text.into());
            let prop = Prop { key: "Filter".into(), value, line: 0 };
            use_of(&Node { props: vec![prop], ..Node::default() }, "SubPlan 1")
        };
        assert_eq!(of("(NOT (SubPlan 1))"), Some(Use::NotIn));
        assert_eq!(of("((a > 1) AND (NOT (SubPlan 1)))"), Some(Use::NotIn));
        assert_eq!(of("((SubPlan 1) OR (a = 1))"), Some(Use::In));
        assert_eq!(of("(NOT (ANY (a = (SubPlan 1).col1)))"), Some(Use::NotIn));
        assert_eq!(of("((ANY (a = (SubPlan 1).col1)) OR b)"), Some(Use::In));
        assert_eq!(of("(NOT (hashed SubPlan 1))"), None);
        assert_eq!(of("(NOT (ANY (a = (hashed SubPlan 1).col1)))"), None);
        assert_eq!(of("(NOT EXISTS(SubPlan 1))"), None);
        assert_eq!(of("(NOT (SubPlan 12))"), None);
        assert_eq!(of("((SubPlan 1) > 3)"), None);
        assert_eq!(
            of("(NOT (ANY ((a = (SubPlan 1).col1) AND (b = (SubPlan 1).col2))))"),
            Some(Use::NotIn)
        );
        assert_eq!(of("(ALL (a <> (SubPlan 1).col1))"), Some(Use::All));
    }
}
