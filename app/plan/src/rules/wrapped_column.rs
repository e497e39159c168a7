//! Rule: a condition on a function or cast of a column, which no plain index serves.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::conditions::computed_key;
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
    title: "Condition on a computed value",
    effect: "An index on the plain column cannot be used: the expression is computed and tested for every row.",
    remedy: "Compare the plain column, or create an index on the same expression.",
    docs: "https://www.postgresql.org/docs/current/indexes-expressional.html",
    limits: &[MIN_REMOVED_ROWS],
};

/// Judges scans whose filter wraps a column.
pub fn wrapped_column(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let condition = node.get("Filter").unwrap_or_default();
        let removed = own.removed_rows.unwrap_or(0.0);
        let Some((expression, immutable)) = computed_key(node, &condition) else { continue };
        if node.kind != "Seq Scan" || removed < limits.get(&MIN_REMOVED_ROWS) {
            continue;
        }
        let message = format!(
            "{} computed {expression} for {} rows that it then discarded.",
            node.name(),
            count(removed)
        );
        let numbers = vec![evidence("rows removed", removed, Unit::Count)];
        let key = IndexKey::plain(format!("({expression})"));
        // PostgreSQL refuses an index on what may change with the session (its time zone, for example).
        let index = Table::to_index(node)
            .filter(|_| immutable)
            .map(|table| IndexProposal::new(table, vec![key]));
        let remedy = index_remedy(
            ABOUT.remedy,
            index.as_ref(),
            "the function is not immutable and cannot be indexed: then rewrite the condition.",
        );
        let one = case.finding(limits, at, own.self_ms, message, numbers, remedy);
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}
