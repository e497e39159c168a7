//! Rule: many rows are sorted for a LIMIT that needs the first few.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::index_proposal::{asked, equal_columns, index_remedy, predicate, sort_columns};
use super::proposal::{IndexKey, IndexProposal, Table};
use super::{Case, InForce, Judged, Missing};

/// Rows sorted from which it is reported.
const MIN_SORTED_ROWS: Limit = Limit {
    name: "min_sorted_rows",
    default: 10_000.0,
    unit: Unit::Count,
    source: "fewer are sorted in a few milliseconds",
};
/// Share of the rows that are used up to which an index in order pays.
const MAX_USED_PERCENT: Limit = Limit {
    name: "max_used_percent",
    default: 10.0,
    unit: Unit::Percent,
    source: "an index reads a tenth of the table at most",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Full sort for a few rows",
    effect: "All rows are read and compared although only the first ones are wanted.",
    remedy: "An index gives them in order: first the columns compared by =, then those of ORDER BY.",
    docs: "https://www.postgresql.org/docs/current/indexes-ordering.html",
    limits: &[MIN_SORTED_ROWS, MAX_USED_PERCENT],
};

/// What is left where an index in this order would not find the rows.
const FEWER_ROWS: &str = "The rows are found by another condition than equality, so an index in this order may be walked from end to end for the first of them. Narrow the condition; the sort itself is the small part.";

/// Judges sorts below a Limit whose input is a scan of one table.
pub fn unsorted_limit(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes() {
        if !["Sort", "Incremental Sort"].contains(&node.kind.as_str()) || !under_limit(case, at) {
            continue;
        }
        let Some((below, scan)) = case.first_child(at) else { continue };
        let Some(table) = Table::of_node(scan) else { continue };
        let rows = case.derived.nodes.get(below).and_then(|own| own.rows).unwrap_or(0.0);
        let used = own.rows.unwrap_or(rows);
        let percent = 100.0 * used / rows.max(1.0);
        if rows < limits.get(&MIN_SORTED_ROWS) || percent > limits.get(&MAX_USED_PERCENT) {
            continue;
        }
        let key = node.get("Sort Key").unwrap_or_default();
        let Some(order) = sort_columns(&key) else { continue };
        // Equality first, then the order; a range in between would break it. Where the rows are found by
        // anything else, an index in this order alone may be walked from end to end for the first of them.
        let asked = asked(case, scan, &["Index Cond", "Recheck Cond", "Filter"]);
        let by = order.first().map(|key| key.key.clone());
        let index = equal_columns(&asked, by.as_deref()).zip(Table::to_index(scan)).map(
            |(equal, table)| {
                let order = order.into_iter().filter(|key| !equal.contains(&key.key));
                let keys = equal.iter().map(IndexKey::plain).chain(order).collect();
                IndexProposal { predicate: predicate(&asked), ..IndexProposal::new(table, keys) }
            },
        );
        let message = format!(
            "{} rows of {table} were sorted by {key} for the first {}.",
            count(rows),
            count(used)
        );
        let numbers = vec![
            evidence("rows sorted", rows, Unit::Count),
            evidence("rows used", used, Unit::Count),
        ];
        let remedy = index_remedy(
            if index.is_some() { ABOUT.remedy } else { FEWER_ROWS },
            index.as_ref(),
            "an index in this order exists already: then find out why it is not used.",
        );
        // Without such an index the rows are still read: only the sort itself can be saved.
        let saves = match index {
            Some(_) => own.total_ms.map(|ms| ms * (100.0 - percent) / 100.0),
            None => own.self_ms,
        };
        let mut one = case.finding(limits, at, saves, message, numbers, remedy);
        one.finding.object = scan.name().into();
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}

/// Whether a Limit stands above, with nothing in between that changes the rows.
fn under_limit(case: &Case<'_>, at: usize) -> bool {
    let above = case.plan.nodes.get(at).and_then(|node| node.parent);
    let node = above.and_then(|above| case.plan.nodes.get(above));
    match node.map(|node| (node.kind.as_str(), node.parent)) {
        Some(("Limit", _)) => true,
        Some(("Gather Merge", Some(above))) => {
            case.plan.nodes.get(above).is_some_and(|node| node.kind == "Limit")
        }
        _ => false,
    }
}
