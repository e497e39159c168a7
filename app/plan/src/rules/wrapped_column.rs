//! Rule: a condition on a function or cast of a column, which no plain index serves.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::conditions::computed_key;
use super::index_proposal::{asked, index_remedy, index_serving};
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

/// Share of the rows that the condition has to remove before an index pays, as for any other one.
const MIN_REMOVED_PERCENT: f64 = 90.0;
/// What helps where the expression takes the day or the month of a moment.
const RANGE: &str = "Ask for a range of the plain column, which an index on it serves: from the beginning of the day or month to before the beginning of the next.";

/// Judges scans whose filter wraps a column.
pub fn wrapped_column(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let removed = own.removed_rows.unwrap_or(0.0);
        let percent = 100.0 * removed / (removed + own.rows.unwrap_or(0.0)).max(1.0);
        let asked = asked(case, node, &["Filter"]);
        let Some(expression) = computed_key(&asked) else { continue };
        if node.kind != "Seq Scan" || removed < limits.get(&MIN_REMOVED_ROWS) {
            continue;
        }
        let message = format!(
            "{} computed {expression} for {} rows that it then discarded.",
            node.name(),
            count(removed)
        );
        let numbers = vec![evidence("rows removed", removed, Unit::Count)];
        // PostgreSQL refuses an index on what may change with the session (its time zone, for example).
        let index = index_serving(case, node, &asked).filter(|_| percent >= MIN_REMOVED_PERCENT);
        let of_time = expression.ends_with("::date") || expression.starts_with("date_trunc(");
        let remedy = index_remedy(
            if of_time { RANGE } else { ABOUT.remedy },
            index.as_ref(),
            "the function is not immutable and cannot be indexed: then rewrite the condition.",
        );
        let saves = own.self_ms.map(|ms| ms * percent / 100.0);
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}
