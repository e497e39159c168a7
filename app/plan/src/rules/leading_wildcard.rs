//! Rule: a pattern that no btree index serves: LIKE that begins with a wildcard, ILIKE, a regular
//! expression.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::conditions::{Asks, Conditions, Key};
use super::index_proposal::{asked, index_remedy, key_sql};
use super::proposal::{IndexKey, IndexProposal, Table};
use super::search::has_trigrams;
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
    effect: "A B-tree cannot search within a value or without regard to case: every row is tested.",
    remedy: "A GIN index with gin_trgm_ops (extension pg_trgm) finds parts of words.",
    docs: "https://www.postgresql.org/docs/current/pgtrgm.html",
    limits: &[MIN_REMOVED_ROWS],
};

/// Share of the rows that a pattern has to remove before an index pays, as for any other condition.
const MIN_REMOVED_PERCENT: f64 = 90.0;

/// Judges scans that filter by such a pattern.
pub fn leading_wildcard(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let condition = node.get("Filter").unwrap_or_default();
        let removed = own.removed_rows.unwrap_or(0.0);
        let percent = 100.0 * removed / (removed + own.rows.unwrap_or(0.0)).max(1.0);
        let asked = asked(case, node, &["Filter"]);
        let Some(key) = pattern_key(&asked).filter(|_| removed >= limits.get(&MIN_REMOVED_ROWS))
        else {
            continue;
        };
        let message = format!(
            "{} tested {} rows that did not match the pattern in {condition}.",
            node.name(),
            count(removed)
        );
        let numbers = vec![evidence("rows removed", removed, Unit::Count)];
        let key = key_sql(key).filter(|_| percent >= MIN_REMOVED_PERCENT);
        let key = key.map(|key| IndexKey { key, options: "gin_trgm_ops".into() });
        let index = Table::to_index(node).zip(key).map(|(table, key)| IndexProposal {
            method: Some("gin"),
            ..IndexProposal::new(table, vec![key])
        });
        let remedy = index_remedy(
            ABOUT.remedy,
            index.as_ref(),
            "the patterns have fewer than three letters, so that trigrams do not help.",
        );
        let saves = own.self_ms.map(|ms| ms * percent / 100.0);
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}

/// What is searched by a pattern that only trigrams find: it does not begin with text, or case does not
/// matter, or it is a regular expression.
pub(super) fn pattern_key(asked: &Conditions) -> Option<&Key> {
    asked.tests.iter().find_map(|test| match &test.asks {
        Asks::Like { pattern: Some(pattern), any_case, is_regex } => {
            let open = *any_case || *is_regex || pattern.starts_with(['%', '_']);
            (open && has_trigrams(pattern, *is_regex)).then_some(&test.key)
        }
        _ => None,
    })
}
