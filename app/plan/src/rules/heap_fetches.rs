//! Rule: an index-only scan with many heap fetches (visibility map out of date).

use model::{About, Limit, Remedy, Unit};

use super::case::{count, evidence};
use super::proposal::{Proposal, Table};
use super::{Case, InForce, Judged, Missing};

/// Heap fetches from which it is reported.
const MIN_FETCHES: Limit = Limit {
    name: "min_fetches",
    default: 1000.0,
    unit: Unit::Count,
    source: "each is a page access",
};
/// Share of the rows.
const MIN_PERCENT: Limit = Limit {
    name: "min_percent",
    default: 10.0,
    unit: Unit::Percent,
    source: "pev2 marks from 10 % up",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Index-only scan fetches from the heap",
    effect: "Rows on pages that are not marked all-visible are read from the table.",
    remedy: "VACUUM the table, and let autovacuum run on it more often.",
    docs: "https://www.postgresql.org/docs/current/indexes-index-only-scans.html",
    limits: &[MIN_FETCHES, MIN_PERCENT],
};

/// Judges heap fetches against rows.
pub fn heap_fetches(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let fetches = node.number("Heap Fetches").unwrap_or(0.0);
        let rows = own.rows.unwrap_or(0.0).max(fetches).max(1.0);
        let percent = 100.0 * fetches / rows;
        if fetches < limits.get(&MIN_FETCHES) || percent < limits.get(&MIN_PERCENT) {
            continue;
        }
        let message = format!(
            "{} had to look up {} rows in the table, {percent:.0} % of all.",
            node.name(),
            count(fetches)
        );
        let numbers = vec![
            evidence("heap fetches", fetches, Unit::Count),
            evidence("share of rows", percent, Unit::Percent),
        ];
        let table = Table::of_node(node);
        let remedy = Remedy {
            message: table.as_ref().map_or_else(
                || ABOUT.remedy.into(),
                |table| format!("VACUUM {table}, and let autovacuum run on it more often."),
            ),
            lock: Some(
                "Takes SHARE UPDATE EXCLUSIVE on the table; reads and writes continue.".into(),
            ),
            refuted_by: Some(
                "an old transaction keeps the rows from becoming visible to all.".into(),
            ),
            ..Remedy::default()
        };
        let saves = own.self_ms.map(|ms| ms * percent / 100.0 / 2.0);
        let proposal = table.map_or(Proposal::Nothing, Proposal::Vacuum);
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(proposal));
    }
    Ok(found)
}
