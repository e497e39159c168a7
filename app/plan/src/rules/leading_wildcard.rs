//! A LIKE that begins with a wildcard.

use model::{About, Limit, Unit};

use super::support::{count, evidence, index_remedy, name, quoted, relation};
use super::{Case, InForce, Judged, Missing};

/// Rows removed from which it is worth a word.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 5000.0,
    unit: Unit::Count,
    source: "below that an index saves nothing one would notice",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "LIKE with a leading wildcard",
    effect: "No B-tree can find a value by its end: every row is tested.",
    remedy: "A GIN index with gin_trgm_ops (extension pg_trgm) finds parts of words.",
    docs: "https://www.postgresql.org/docs/current/pgtrgm.html",
    limits: &[MIN_REMOVED_ROWS],
};

/// Judges scans that filter by such a pattern.
pub fn leading_wildcard(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let condition = node.get("Filter").unwrap_or_default();
        let removed = own.removed_rows.unwrap_or(0.0);
        if !condition.contains("~~ '%") && !condition.contains("~~* '")
            || removed < limits.get(&MIN_REMOVED_ROWS)
        {
            continue;
        }
        let says = format!(
            "{} tested {} rows in vain for the pattern in {condition}.",
            name(node),
            count(removed)
        );
        let numbers = vec![evidence("rows removed", removed, Unit::Count)];
        let column = condition.trim_start_matches('(').split([' ', ')']).next().unwrap_or_default();
        let column = column.rsplit('.').next().unwrap_or_default();
        let sql = relation(node).filter(|_| !column.is_empty()).map(|relation| {
            format!(
                "create index concurrently on {relation} using gin ({} gin_trgm_ops);",
                quoted(column)
            )
        });
        let remedy = index_remedy(
            ABOUT.remedy,
            sql,
            "Patterns of fewer than three letters: trigrams do not help.",
        );
        found.push(case.finding(limits, at, own.self_ms, says, numbers, remedy));
    }
    Ok(found)
}
