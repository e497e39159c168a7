//! Rule: a recursive CTE computes rows that the statement discards.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::cte_fence::is_recursive;
use super::measured::words;
use super::{Case, InForce, Judged, Missing};

/// Rows removed from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "small recursions cost nothing",
};
/// Share of rows removed.
const MIN_REMOVED_PERCENT: Limit = Limit {
    name: "min_removed_percent",
    default: 90.0,
    unit: Unit::Percent,
    source: "from here the recursion computes ten times too much",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Recursion goes further than needed",
    effect: "A recursive CTE is always computed as written, to its end: conditions outside it are applied to the finished rows.",
    remedy: "Write the condition into the CTE: into its first part if it selects where to start, into the recursive part if it says how far to go (where depth < …).",
    docs: "https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-RECURSIVE",
    limits: &[MIN_REMOVED_ROWS, MIN_REMOVED_PERCENT],
};

/// Judges the rows that scans of recursive CTEs filter away.
pub fn discarded_recursion(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    let (mut found, mut filtered) = (vec![], false);
    for (at, node, own) in case.nodes().filter(|(_, node, _)| node.kind == "CTE Scan") {
        let Some(condition) = node.get("Filter").filter(|_| is_recursive(case, node)) else {
            continue;
        };
        filtered = true;
        let (removed, rows) = (own.removed_rows.unwrap_or(0.0), own.rows.unwrap_or(0.0));
        let percent = 100.0 * removed / (removed + rows).max(1.0);
        if removed < limits.get(&MIN_REMOVED_ROWS) || percent < limits.get(&MIN_REMOVED_PERCENT) {
            continue;
        }
        let message = format!(
            "{} discards {} of the {} rows that the recursion made, by {condition}.",
            node.name(),
            count(removed),
            count(removed + rows)
        );
        let numbers = vec![
            evidence("rows removed", removed, Unit::Count),
            evidence("rows kept", rows, Unit::Count),
        ];
        let remedy = words(
            ABOUT.remedy,
            "the condition is about the end of each path, which only the end tells.",
        );
        let saves = own.total_ms.map(|ms| ms * percent / 100.0);
        found.push(case.finding(limits, at, saves, message, numbers, remedy));
    }
    case.or_analyze(found, filtered)
}
