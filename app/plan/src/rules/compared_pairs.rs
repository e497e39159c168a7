//! Rule: a nested loop compares nearly every pair of rows, for want of an index or a hash.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::{Case, InForce, Judged, Missing};
use crate::expression::{Part, read};

/// Pairs compared from which it is reported.
const MIN_PAIRS: Limit = Limit {
    name: "min_pairs",
    default: 1_000_000.0,
    unit: Unit::Count,
    source: "a million comparisons take about a tenth of a second",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Every pair of rows compared",
    effect: "The inner side is read again for each row of the outer one, and the join filter throws nearly all pairs away.",
    remedy: "Let it be a hash join, or look the rows up in an index.",
    docs: "https://www.postgresql.org/docs/current/planner-optimizer.html",
    limits: &[MIN_PAIRS],
};

const BY_EQUALITY: &str = "The condition has an equality, by which a hash join or an index on the inner side's column finds the rows. That neither was taken has a cause: too few rows expected of the outer side (compare them; ANALYZE), a join method switched off, or types without a common operator family.";
const BY_OTHERS: &str = "No hash or merge join serves such a condition. An index on the inner side's column lets the loop look rows up: B-tree for <, >= and the like, GiST for ranges that overlap; for the nearest row write LATERAL with ORDER BY and LIMIT 1.";

/// Judges the pairs that join filters were asked about.
pub fn compared_pairs(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let mut found = vec![];
    for (at, node, own) in case.nodes().filter(|(_, node, _)| node.kind == "Nested Loop") {
        let (Some(condition), Some((outer, inner))) = (node.get("Join Filter"), case.inputs(at))
        else {
            continue;
        };
        let kept = case.rows(at);
        let pairs = match own.removed_rows {
            Some(removed) => removed + kept,
            None if case.is_analyzed() => kept,
            None => case.rows(outer) * case.rows_per_loop(inner),
        };
        // An OR has its own cause, and a filter that keeps most of the pairs is no waste.
        let Some(expression) = read(&condition).filter(|one| one.disjuncts().len() == 1) else {
            continue;
        };
        if pairs < limits.get(&MIN_PAIRS) || kept * 2.0 > pairs {
            continue;
        }
        let (compared, kept_word) = if case.is_analyzed() {
            ("compared", "matched")
        } else {
            ("would compare", "expected")
        };
        let message = format!(
            "{} {compared} {} pairs of rows by {condition}; {} {kept_word}.{}",
            node.name(),
            count(pairs),
            count(kept),
            case.untimed()
        );
        let numbers = vec![
            evidence("pairs", pairs, Unit::Count),
            evidence("rows of the outer side", case.rows(outer), Unit::Count),
            evidence("rows of the inner side", case.rows_per_loop(inner), Unit::Count),
        ];
        let equality = expression.conjuncts().into_iter().any(|id| {
            matches!(expression.part(id), Some(Part::Operator { name, .. }) if name == "=")
                && expression.columns(id).len() > 1
        });
        let remedy = words(
            if equality { BY_EQUALITY } else { BY_OTHERS },
            "the condition holds for most pairs on other days.",
        );
        let (saves, claim) = case.comparing(at, inner).unzip();
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.claiming(claim.unwrap_or_default()));
    }
    Ok(found)
}
