//! Rule: an index scan finds many rows and its filter removes most of them.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::index_proposal::{asked, equal_columns, index_for, index_remedy, predicate};
use super::proposal::{IndexKey, IndexProposal, Table};
use super::{Case, InForce, Judged, Missing};
use crate::node::Node;

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

/// What helps where an index is read for its order.
const IN_ORDER: &str = "An index on the filter's columns and then those of the order finds the rows in order; or ANALYZE, if far fewer rows pass than were expected.";

/// What helps where the planner would walk all the same.
const OUT_OF_ORDER: &str = "An index on the filter's columns and then those of the order finds the rows in order; ANALYZE, if far fewer rows pass than were expected. Where the planner still walks in the hope of an early match, ORDER BY an expression (at + interval '0', id + 0) keeps it from that.";

/// Judges the share of rows removed by a filter or recheck behind an index.
pub fn filtered_index_scan(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        let (Some(removed), Some(rows)) = (own.removed_rows, own.rows) else { continue };
        let percent = 100.0 * removed / (removed + rows).max(1.0);
        let loops = node.actual.map_or(1.0, |actual| actual.loops);
        // A look-up by a unique key finds one row; no more columns find it faster.
        let unique = removed + rows < 2.0 * loops;
        if unique
            || !matches!(node.kind.as_str(), "Index Scan" | "Index Only Scan" | "Bitmap Heap Scan")
            || node.get("Filter").is_none()
            || removed < limits.get(&MIN_REMOVED_ROWS)
            || percent < limits.get(&MIN_REMOVED_PERCENT)
        {
            continue;
        }
        let condition = node.get("Filter").unwrap_or_default();
        let found_by = node.get("Index Cond").or(node.get("Recheck Cond"));
        let found_by_nothing = found_by.is_none();
        let message = match &found_by {
            Some(found_by) => format!(
                "{} found {} rows by {found_by} and kept {} after the filter {condition}.",
                node.name(),
                count(removed + rows),
                count(rows)
            ),
            None => walked(case, at, removed, rows),
        };
        let numbers = vec![
            evidence("rows removed", removed, Unit::Count),
            evidence("rows kept", rows, Unit::Count),
            evidence("share removed", percent, Unit::Percent),
        ];
        let by = if node.get("Index Cond").is_some() { "Index Cond" } else { "Recheck Cond" };
        let index = match found_by {
            Some(_) => index_for(case, node, &[by, "Filter"]),
            // On the condition alone it would lose the order, and may be there already.
            None => in_order(case, node).filter(|_| expects_a_long_walk(case, node)),
        };
        let remedy = index_remedy(
            match (found_by_nothing, index.is_some()) {
                (true, true) => IN_ORDER,
                (true, false) => OUT_OF_ORDER,
                (false, _) => ABOUT.remedy,
            },
            index.as_ref(),
            "the filter's value differs from call to call and removes few rows on average.",
        );
        let saves = own.total_ms.map(|ms| ms * percent / 100.0);
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}

/// The words for an index that was read for its order alone.
fn walked(case: &Case<'_>, at: usize, removed: f64, rows: f64) -> String {
    let Some(node) = case.plan.nodes.get(at) else { return String::new() };
    let above = node.parent.and_then(|above| case.plan.nodes.get(above));
    let hope = match (above.map(|above| above.kind.as_str()), node.cost) {
        (Some("Limit"), Some(cost)) => format!(
            " The planner hoped that the first of {} expected rows would come early.",
            count(cost.rows)
        ),
        _ => String::new(),
    };
    format!(
        "{} read its index from one end for the order: {} rows did not pass the filter {}, {} did.{hope}",
        node.name(),
        count(removed),
        node.get("Filter").unwrap_or_default(),
        count(rows)
    )
}

/// Whether the planner expected to pay more for its walk than for a look-up of each row that is wanted
/// (`random_page_cost`): otherwise it walks on beside any other index.
fn expects_a_long_walk(case: &Case<'_>, node: &Node) -> bool {
    let above = node.parent.and_then(|above| case.plan.nodes.get(above));
    let Some(limit) = above.filter(|above| above.kind == "Limit").and_then(|above| above.cost)
    else {
        return true;
    };
    let of_a_page = case.setting("random_page_cost").and_then(|value| value.parse().ok());
    limit.total > limit.rows * of_a_page.unwrap_or(4.0)
}

/// The index that finds the rows and keeps the order in which the scan walks: the condition's columns,
/// then those of the index, which only the catalog knows.
fn in_order(case: &Case<'_>, node: &Node) -> Option<IndexProposal> {
    let relation = case.catalog?.relation_of(node)?;
    let walked = relation.indexes.iter().find(|index| Some(&index.name) == node.index.as_ref())?;
    let asked = asked(case, node, &["Filter"]);
    let equal = equal_columns(&asked, None).filter(|columns| !columns.is_empty())?;
    let empty = String::new();
    let order = walked.keys.iter().enumerate().filter(|(_, key)| !equal.contains(key));
    let order = order.map(|(at, key)| {
        let options = walked.directions.get(at).unwrap_or(&empty).clone();
        IndexKey { key: key.clone(), options }
    });
    let keys = equal.clone().into_iter().map(IndexKey::plain).chain(order).collect();
    let predicate = predicate(&asked);
    Some(IndexProposal { predicate, ..IndexProposal::new(Table::to_index(node)?, keys) })
}
