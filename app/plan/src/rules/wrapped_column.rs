//! Rule: a condition on a function or cast of a column, which no plain index serves.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::index_proposal::{index_remedy, without_alias};
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
        let Some(expression) = wrapped(&condition) else { continue };
        if node.kind != "Seq Scan" || removed < limits.get(&MIN_REMOVED_ROWS) {
            continue;
        }
        let message = format!(
            "{} computed {expression} for {} rows that it then discarded.",
            node.name(),
            count(removed)
        );
        let numbers = vec![evidence("rows removed", removed, Unit::Count)];
        let key = IndexKey::plain(format!("({})", without_alias(node, &expression)));
        let index = Table::of_node(node).map(|table| IndexProposal::new(table, vec![key]));
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

/// The function call or cast that a condition compares, where it starts with one.
fn wrapped(condition: &str) -> Option<String> {
    let inner = condition.strip_prefix('(')?;
    let operator = [" = ", " >= ", " <= ", " > ", " < ", " ~~ "]
        .iter()
        .filter_map(|sign| inner.find(sign))
        .min()?;
    let left = inner.get(..operator)?;
    let call = left.ends_with(')') && left.starts_with(|c: char| c.is_ascii_lowercase());
    let cast = left.starts_with('(') && left.contains(")::");
    // A string column cast to text is how PostgreSQL prints a plain varchar column.
    let printed = left.ends_with(")::text") || left.ends_with(")::bpchar");
    let whole = left.matches('(').count() == left.matches(')').count();
    ((call || cast && !printed) && whole).then(|| left.to_owned())
}
