//! Rule: a LIKE pattern begins with a wildcard, so that no btree index serves it.

use model::identifier::quote_ident;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::index_proposal::index_remedy;
use super::proposal::{IndexKey, IndexProposal, Table};
use super::{Case, InForce, Judged, Missing};

/// Rows removed from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 5000.0,
    unit: Unit::Count,
    source: "below that an index saves nothing noticeable",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "LIKE with a leading wildcard",
    effect: "A B-tree cannot search by the end of a value: every row is tested.",
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
        let message = format!(
            "{} tested {} rows that did not match the pattern in {condition}.",
            node.name(),
            count(removed)
        );
        let numbers = vec![evidence("rows removed", removed, Unit::Count)];
        let column = condition.trim_start_matches('(').split([' ', ')']).next().unwrap_or_default();
        let column = column.rsplit('.').next().unwrap_or_default();
        let key = IndexKey { key: quote_ident(column), options: "gin_trgm_ops".into() };
        let table = Table::of_node(node).filter(|_| !column.is_empty());
        let index = table.map(|table| IndexProposal {
            method: Some("gin"),
            ..IndexProposal::new(table, vec![key])
        });
        let remedy = index_remedy(
            ABOUT.remedy,
            index.as_ref(),
            "the patterns have fewer than three letters, so that trigrams do not help.",
        );
        let one = case.finding(limits, at, own.self_ms, message, numbers, remedy);
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}
