//! Rule: a BRIN index leaves nearly the whole table to be read and tested.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::measured::words;
use super::{Case, InForce, Judged, Missing};

/// Rows removed from which it is reported.
const MIN_REMOVED_ROWS: Limit = Limit {
    name: "min_removed_rows",
    default: 10_000.0,
    unit: Unit::Count,
    source: "a range of 128 pages holds about as many",
};
/// Share of rows removed.
const MIN_REMOVED_PERCENT: Limit = Limit {
    name: "min_removed_percent",
    default: 90.0,
    unit: Unit::Percent,
    source: "from here ten times too much is read",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "BRIN finds too many pages",
    effect: "The index knows the least and greatest value of each range of pages: all rows of each range that may match are read and tested.",
    remedy: "BRIN needs values in the order of the table (correlation in pg_stats near 1 or -1): a smaller pages_per_range reads less around them, minmax_multi operators (PostgreSQL 14) bear outliers, and brin_summarize_new_values() describes ranges that are new. Where values lie in no order, a B-tree finds few rows.",
    docs: "https://www.postgresql.org/docs/current/brin.html",
    limits: &[MIN_REMOVED_ROWS, MIN_REMOVED_PERCENT],
};

/// `bringetbitmap` counts ten rows for each page that it gives.
const ROWS_PER_PAGE: f64 = 10.0;

/// Judges bitmap heap scans that got nothing but whole pages.
pub fn coarse_brin(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    if !case.nodes().any(|(_, node, _)| node.kind == "Bitmap Heap Scan") {
        return Ok(vec![]);
    }
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let lossy = node.number("Lossy Heap Blocks").unwrap_or(0.0);
        let (removed, rows) = (own.removed_rows.unwrap_or(0.0), own.rows.unwrap_or(0.0));
        let percent = 100.0 * removed / (removed + rows).max(1.0);
        if !is_brin(case, at)
            || removed < limits.get(&MIN_REMOVED_ROWS)
            || percent < limits.get(&MIN_REMOVED_PERCENT)
        {
            continue;
        }
        let message = format!(
            "{} read {} pages that BRIN could not rule out, and {} of {} rows did not match.",
            node.name(),
            count(lossy),
            count(removed),
            count(removed + rows)
        );
        let numbers = vec![
            evidence("pages", lossy, Unit::Count),
            evidence("rows removed", removed, Unit::Count),
            evidence("rows kept", rows, Unit::Count),
        ];
        let remedy = words(
            ABOUT.remedy,
            "few rows are asked for on other days, and the index is small on purpose.",
        );
        let saves = own.self_ms.map(|ms| ms * percent / 100.0);
        found.push(case.finding(limits, at, saves, message, numbers, remedy));
    }
    Ok(found)
}

/// Whether the bitmap of a heap scan came from BRIN: it names whole pages and no rows.
pub(super) fn is_brin(case: &Case<'_>, at: usize) -> bool {
    let number =
        |key: &str| case.plan.nodes.get(at).and_then(|node| node.number(key)).unwrap_or(0.0);
    if number("Lossy Heap Blocks") <= 0.0 || number("Exact Heap Blocks") > 0.0 {
        return false;
    }
    let mut scans =
        case.below(at).filter(|(_, node, _)| node.kind == "Bitmap Index Scan").peekable();
    scans.peek().is_some()
        && scans.all(|(_, node, _)| {
            node.actual.is_some_and(|actual| {
                actual.rows >= ROWS_PER_PAGE && actual.rows % ROWS_PER_PAGE == 0.0
            })
        })
}
