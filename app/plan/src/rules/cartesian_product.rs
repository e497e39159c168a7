//! Rule: a nested loop joins every row of one side with every row of the other.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::{CONDITIONS, read_short, words};
use super::{Case, InForce, Judged, Missing};
use crate::expression::{Expression, Id, Part, read};

/// Pairs of rows from which it is reported where there is no condition.
const MIN_PAIRS: Limit = Limit {
    name: "min_pairs",
    default: 100_000.0,
    unit: Unit::Count,
    source: "small grids, as of days and shops, are made on purpose",
};
/// Pairs from which it is reported where an OR holds the condition.
const MIN_OR_PAIRS: Limit = Limit {
    name: "min_or_pairs",
    default: 10_000.0,
    unit: Unit::Count,
    source: "pairs are cheap until there are many",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Cartesian product",
    effect: "Each row of one side is joined with each row of the other: the result grows with the product.",
    remedy: "Add the condition that joins both.",
    docs: "https://www.postgresql.org/docs/current/queries-table-expressions.html#QUERIES-JOIN",
    limits: &[MIN_PAIRS, MIN_OR_PAIRS],
};

const BRACKETS: &str = "AND binds more tightly than OR: where an arm of the OR holds no condition between both tables, each row that meets it is joined with all rows of the other. Put the OR in brackets and the join condition beside it.";
/// What surely takes nothing from the outer side where its conditions do not name it.
const OF_TABLES: [&str; 9] = [
    "Seq Scan",
    "Index Scan",
    "Index Only Scan",
    "Bitmap Heap Scan",
    "Bitmap Index Scan",
    "Hash Join",
    "Hash",
    "Sort",
    "Append",
];

/// Judges nested loops whose condition is missing, or stands in one arm of an OR only.
pub fn cartesian_product(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let mut found = vec![];
    for (at, node, _) in case.nodes().filter(|(_, node, _)| node.kind == "Nested Loop") {
        let Some((outer, inner)) = case.inputs(at) else { continue };
        let (left, right) = (case.rows(outer), case.rows_per_loop(inner));
        let one_sided = node.get("Join Filter").map(|text| has_one_sided_arm(&text));
        let least = limits.get(if one_sided.is_some() { &MIN_OR_PAIRS } else { &MIN_PAIRS });
        let kind = node.get("Join Type").unwrap_or_default();
        if left < 2.0
            || right < 2.0
            || left * right < least
            || !["", "Inner", "Left"].contains(&kind.as_ref())
        {
            continue;
        }
        let multiplied = case.rows(at) >= 2.0 * left.max(right);
        let is_product = match one_sided {
            Some(one_sided) => one_sided && multiplied,
            None => is_without_condition(case, inner) && !is_held_by_constant(case, outer, inner),
        };
        if !is_product {
            continue;
        }
        let would = if case.is_analyzed() { "joined" } else { "would join" };
        let by = match node.get("Join Filter") {
            Some(condition) => format!("by {condition}"),
            None => "without a condition".into(),
        };
        let message = format!(
            "{} {would} {} rows with {} each {by}: {} rows.{}",
            node.name(),
            count(left),
            count(right),
            count(case.rows(at)),
            case.untimed()
        );
        let numbers = vec![
            evidence("rows of the outer side", left, Unit::Count),
            evidence("rows of the inner side", right, Unit::Count),
        ];
        let remedy = words(
            if one_sided.is_some() { BRACKETS } else { ABOUT.remedy },
            "every combination is wanted.",
        );
        let (saves, claim) = case.comparing(at, inner).unzip();
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.claiming(claim.unwrap_or_default()));
    }
    Ok(found)
}

/// Whether no condition of the inner side names a row of the outer one. A function may take one without
/// showing it, unless its rows are kept.
fn is_without_condition(case: &Case<'_>, inner: usize) -> bool {
    let kept = case.plan.nodes.get(inner).is_some_and(|node| node.kind == "Materialize");
    let tables = || case.below(inner).all(|(_, node, _)| OF_TABLES.contains(&node.kind.as_str()));
    kept || (tables() && case.takes_from_outside(inner) == Some(false))
}

/// Whether both sides are held to one constant: then the planner has put it in place of the join condition.
fn is_held_by_constant(case: &Case<'_>, outer: usize, inner: usize) -> bool {
    let left = constants(case, outer);
    !left.is_empty() && constants(case, inner).iter().any(|own| left.contains(own))
}

/// The constants and parameters that conditions below a node compare by `=`.
fn constants(case: &Case<'_>, at: usize) -> Vec<String> {
    let texts = case.below(at).flat_map(|(_, node, _)| CONDITIONS.map(|key| node.get(key)));
    let expressions = texts.flatten().filter_map(|text| read_short(&text));
    let compared = expressions.flat_map(|expression| {
        let ids = expression.below(expression.root()).into_iter();
        let constant = |id| {
            let Part::Operator { name, right, .. } = expression.part(id)? else { return None };
            match expression.part(expression.bare(*right))? {
                Part::Constant(text) | Part::Parameter(text) if name == "=" => Some(text.clone()),
                _ => None,
            }
        };
        ids.filter_map(constant).collect::<Vec<_>>()
    });
    compared.take(MOST_CONSTANTS).collect()
}

/// The most constants that are compared with those of the other side.
const MOST_CONSTANTS: usize = 100;

/// Whether a condition is an OR of which one arm is about both sides, and another one about one of them.
fn has_one_sided_arm(text: &str) -> bool {
    let Some(expression) = read(text) else { return false };
    let arms = expression.disjuncts();
    let joins = |id: &Id| relations(&expression, *id) > 1;
    arms.len() > 1 && arms.iter().any(joins) && !arms.iter().all(joins)
}

fn relations(expression: &Expression, id: Id) -> usize {
    let mut found: Vec<_> =
        expression.columns(id).into_iter().map(|(relation, _)| relation).collect();
    found.sort_unstable();
    found.dedup();
    found.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_without_the_other_table_is_seen() {
        assert!(has_one_sided_arm("((u.a = 1) OR ((u.b = 2) AND (u.id = o.user_id)))"));
        assert!(!has_one_sided_arm("((u.a = o.a) OR (u.b = o.b))"));
        assert!(!has_one_sided_arm("((u.a = 1) OR (o.b = 2))"));
        assert!(!has_one_sided_arm("(u.id = o.user_id)"));
    }
}
