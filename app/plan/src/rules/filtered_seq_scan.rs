//! Rule: a sequential scan whose filter removes nearly all rows.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::index_proposal::{index_for, index_remedy};
use super::{Case, InForce, Judged, Missing};

/// Rows removed, over all loops, from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 5000.0,
    unit: Unit::Count,
    source: "below that an index saves nothing noticeable",
};
/// Share of rows removed from which an index pays.
const MIN_REMOVED_PERCENT: Limit = Limit {
    name: "min_removed_percent",
    default: 90.0,
    unit: Unit::Percent,
    source: "half of pev2 c4: from here an index reads a tenth of the table at most",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Sequential scan for few rows",
    effect: "Every row of the table is read and tested, however few are kept; the cost grows with the table.",
    remedy: "An index on the columns of the condition reads only the rows that are kept.",
    docs: "https://www.postgresql.org/docs/current/indexes-intro.html",
    limits: &[MIN_REMOVED_ROWS, MIN_REMOVED_PERCENT],
};

/// Judges the share of rows a sequential scan removes by its filter.
pub fn filtered_seq_scan(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let (Some(removed), Some(rows)) = (own.removed_rows, own.rows) else { continue };
        let percent = 100.0 * removed / (removed + rows).max(1.0);
        if node.kind != "Seq Scan"
            || removed < limits.get(&MIN_REMOVED_ROWS)
            || percent < limits.get(&MIN_REMOVED_PERCENT)
        {
            continue;
        }
        let condition = node.get("Filter").unwrap_or_default();
        let message = format!(
            "{} read {} rows to keep {}; the filter is {condition}.",
            node.name(),
            count(removed + rows),
            count(rows)
        );
        let numbers = vec![
            evidence("rows removed", removed, Unit::Count),
            evidence("rows kept", rows, Unit::Count),
            evidence("share removed", percent, Unit::Percent),
        ];
        let index = index_for(node, &["Filter"]);
        let remedy = index_remedy(
            ABOUT.remedy,
            index.as_ref(),
            "an index on these columns exists already, or the statement runs once a day.",
        );
        let saves = own.self_ms.map(|ms| ms * percent / 100.0);
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}
