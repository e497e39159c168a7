//! Rule: one index scan descends the index many times (`Index Searches`, from PostgreSQL 18).

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::conditions::Asks;
use super::index_proposal::{asked, index_remedy, index_serving};
use super::{Case, InForce, Judged, Missing};

/// Searches from which it is reported.
const MIN_SEARCHES: Limit = Limit {
    name: "min_searches",
    default: 1000.0,
    unit: Unit::Count,
    source: "each reads three to four blocks of the index",
};
/// Searches per loop from which the index does not fit the condition.
const MIN_PER_LOOP: Limit = Limit {
    name: "min_per_loop",
    default: 10.0,
    unit: Unit::Count,
    source: "a suitable index needs one search per loop, a short IN list a few",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Many searches of one index",
    effect: "The scan skips from value to value of the index's first column, or looks up each item of a long list.",
    remedy: "Create an index whose first column is the one that is compared; join a long list as a table instead.",
    docs: "https://www.postgresql.org/docs/current/indexes-multicolumn.html",
    limits: &[MIN_SEARCHES, MIN_PER_LOOP],
};

/// Judges the searches per loop of index scans.
pub fn many_index_searches(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let loops = node.actual.map_or(0.0, |actual| actual.loops);
        let Some(searches) = node.number("Index Searches").filter(|_| loops > 0.0) else {
            continue;
        };
        let per_loop = searches / loops;
        if searches < limits.get(&MIN_SEARCHES) || per_loop < limits.get(&MIN_PER_LOOP) {
            continue;
        }
        let condition = node.get("Index Cond").unwrap_or_default();
        let message = format!(
            "{} searched the index {} times in {} loops for {condition}.",
            node.name(),
            count(searches),
            count(loops)
        );
        let numbers = vec![
            evidence("index searches", searches, Unit::Count),
            evidence("loops", loops, Unit::Count),
        ];
        // A Bitmap Index Scan does not name its table; the node above it does.
        let reader = node.parent.and_then(|above| case.plan.nodes.get(above));
        let table = if node.relation.is_some() { Some(node) } else { reader };
        // Each element of a list is searched for, whatever the index.
        let asked = asked(case, node, &["Index Cond"]);
        let of_list = asked.tests.iter().any(|test| test.asks == Asks::AnyOf);
        let table = table.filter(|_| !of_list);
        let index = table.and_then(|table| index_serving(case, table, &asked));
        let remedy = index_remedy(
            ABOUT.remedy,
            index.as_ref(),
            "the list has to be that long, or the first column has few values.",
        );
        let one = case.finding(limits, at, own.self_ms, message, numbers, remedy);
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}
