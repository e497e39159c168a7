//! Rule: a join filter with OR tests nearly every pair of rows.

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::{Case, InForce, Judged, Missing};

/// Pairs removed from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 10000.0,
    unit: Unit::Count,
    source: "pairs are cheap until there are many",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "OR across tables",
    effect: "Neither side can use an index for its half of the condition; pairs of rows are tested one by one.",
    remedy: "Write it as UNION of two statements, each with one half of the condition; UNION ALL would repeat rows.",
    docs: "https://www.postgresql.org/docs/current/queries-union.html",
    limits: &[MIN_REMOVED_ROWS],
};

/// Judges the pairs a join filter removes.
pub fn late_or_filter(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let condition = node.get("Join Filter").unwrap_or_default();
        let loops = node.actual.map_or(0.0, |actual| actual.loops);
        let removed = node.number("Rows Removed by Join Filter").unwrap_or(0.0) * loops;
        if !condition.contains(" OR ") || removed < limits.get(&MIN_REMOVED_ROWS) {
            continue;
        }
        let kept = own.rows.unwrap_or(0.0);
        let message = format!(
            "{} compared {} row pairs by {condition}; {} matched.",
            node.name(),
            count(removed + kept),
            count(kept)
        );
        let numbers = vec![evidence("pairs removed", removed, Unit::Count)];
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some("both halves of the condition are on one table.".into()),
            ..Remedy::default()
        };
        found.push(case.finding(limits, at, own.self_ms, message, numbers, remedy));
    }
    Ok(found)
}
