//! Rule: a LIKE pattern begins with a wildcard, so that no btree index serves it.

use model::identifier::quote_ident;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::conditions::{Asks, Key};
use super::index_proposal::{asked, index_remedy};
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
        let asked = asked(node, &["Filter"]);
        let searched = asked.tests.iter().find_map(|test| match (&test.key, &test.asks) {
            (Key::Column(name), Asks::Like { pattern: Some(pattern), any_case })
                if needs_trigrams(pattern, *any_case) =>
            {
                Some(name)
            }
            _ => None,
        });
        let Some(column) = searched.filter(|_| removed >= limits.get(&MIN_REMOVED_ROWS)) else {
            continue;
        };
        let message = format!(
            "{} tested {} rows that did not match the pattern in {condition}.",
            node.name(),
            count(removed)
        );
        let numbers = vec![evidence("rows removed", removed, Unit::Count)];
        let key = IndexKey { key: quote_ident(column), options: "gin_trgm_ops".into() };
        let table = Table::to_index(node);
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

/// Whether only trigrams find a pattern: it does not begin with text, or case does not matter, and it
/// holds a run of three letters or digits (manual, "pg_trgm").
fn needs_trigrams(pattern: &str, any_case: bool) -> bool {
    let open = any_case || pattern.starts_with(['%', '_']);
    let words = pattern.split(|c: char| !c.is_alphanumeric());
    open && words.map(|word| word.chars().count()).max().unwrap_or(0) >= 3
}
