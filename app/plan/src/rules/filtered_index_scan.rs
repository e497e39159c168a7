//! Rule: an index scan finds many rows and its filter removes most of them.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::index_proposal::{index_for, index_remedy, partial_index_for};
use super::{Case, InForce, Judged, Missing};

/// Rows removed, over all loops, from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "each is a random read at worst",
};
/// Share of rows removed from which it is reported.
const MIN_REMOVED_PERCENT: Limit = Limit {
    name: "min_removed_percent",
    default: 50.0,
    unit: Unit::Percent,
    source: "pev2 marks filters from 50 %",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Index serves only part of the condition",
    effect: "Each row the index finds is fetched from the table and then discarded by a filter.",
    remedy: "Add the filtered column to the index, after the columns it has, or make the index partial.",
    docs: "https://www.postgresql.org/docs/current/indexes-multicolumn.html",
    limits: &[MIN_REMOVED_ROWS, MIN_REMOVED_PERCENT],
};

/// Judges the share of rows removed by a filter or recheck behind an index.
pub fn filtered_index_scan(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let (Some(removed), Some(rows)) = (own.removed_rows, own.rows) else { continue };
        let percent = 100.0 * removed / (removed + rows).max(1.0);
        if !matches!(node.kind.as_str(), "Index Scan" | "Index Only Scan" | "Bitmap Heap Scan")
            || node.get("Filter").is_none()
            || removed < limits.get(&MIN_REMOVED_ROWS)
            || percent < limits.get(&MIN_REMOVED_PERCENT)
        {
            continue;
        }
        let condition = node.get("Filter").unwrap_or_default();
        let found_by = node.get("Index Cond").or(node.get("Recheck Cond")).unwrap_or_default();
        let message = format!(
            "{} found {} rows by {found_by} and kept {} after the filter {condition}.",
            node.name(),
            count(removed + rows),
            count(rows)
        );
        let numbers = vec![
            evidence("rows removed", removed, Unit::Count),
            evidence("rows kept", rows, Unit::Count),
            evidence("share removed", percent, Unit::Percent),
        ];
        let both = if found_by.is_empty() {
            condition.to_string()
        } else {
            format!("{found_by} AND {condition}")
        };
        // A constant that the statement always names makes the index partial, and smaller.
        let partial = partial_index_for(node, &found_by, &condition);
        let index = partial.or_else(|| index_for(node, &both));
        let remedy = index_remedy(
            ABOUT.remedy,
            index.as_ref(),
            "the filter's value differs from call to call and removes few rows on average.",
        );
        let saves = own.total_ms.map(|ms| ms * percent / 100.0);
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}
