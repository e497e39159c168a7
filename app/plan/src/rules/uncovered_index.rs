//! Rule: an index scan fetches heap rows for a column or two that a covering index (INCLUDE) could
//! hold.

use model::identifier::quote_ident;
use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::conditions::SYSTEM;
use super::index_proposal::{asked, index_columns, index_remedy, plain_columns};
use super::proposal::{IndexKey, IndexProposal, Proposal, Table};
use super::{Case, InForce, Judged, Missing};
use crate::derive::Counter;
use crate::expression::read;
use crate::node::Node;

/// Rows fetched from which it is reported.
const MIN_ROWS: Limit = Limit {
    name: "min_rows",
    default: 1000.0,
    unit: Unit::Count,
    source: "each is a block of the table at worst",
};
/// Columns that may be added; more make the index as large as the table.
const MAX_COLUMNS: Limit = Limit {
    name: "max_columns",
    default: 3.0,
    unit: Unit::Count,
    source: "each column widens every entry of the index",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Index does not cover the query",
    effect: "Each row the index finds is fetched from the table only for a few small columns.",
    remedy: "Add the columns to the index with INCLUDE; VACUUM must have marked the pages for an index-only scan.",
    docs: "https://www.postgresql.org/docs/current/indexes-index-only-scans.html",
    limits: &[MIN_ROWS, MAX_COLUMNS],
};

/// Average width of the columns to add, where the catalog knows it, from which an index with them is no
/// smaller than the table.
const MOST_BYTES: f64 = 64.0;

/// Judges index scans that need few columns besides those of their condition.
pub fn uncovered_index(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    if case.plan.nodes.iter().all(|node| node.get("Output").is_none()) {
        return Err(Missing { option: "VERBOSE".into() });
    }
    let mut found = vec![];
    for (at, node, own) in case.nodes().filter(|(_, node, _)| node.kind == "Index Scan") {
        let rows = own.rows.unwrap_or(0.0);
        let (Some(table), Some(output)) = (Table::of_node(node), node.get("Output")) else {
            continue;
        };
        let keys = index_columns(&asked(case, node, &["Index Cond"]));
        let wanted = aggregated(case, node).or_else(|| plain_columns(&output));
        let (Some(keys), Some(wanted)) = (keys, wanted) else { continue };
        let filter = node.get("Filter").map(|_| index_columns(&asked(case, node, &["Filter"])));
        if rows < limits.get(&MIN_ROWS) || filter == Some(None) {
            continue;
        }
        let filtered = filter.flatten().unwrap_or_default();
        let mut more: Vec<String> = wanted.into_iter().chain(filtered).collect();
        more.retain(|column| !column.is_empty() && !keys.contains(column));
        more.sort_unstable();
        more.dedup();
        let loops = node.actual.map_or(1.0, |actual| actual.loops);
        if loops > own.processes.max(1.0) && rows < 2.0 * loops {
            // A look-up by a unique key: most of it is the descent.
            continue;
        }
        // Where the rows lie together, few blocks are read for all of them.
        let blocks =
            own.counters.map(|own| own.get(Counter::SharedHit) + own.get(Counter::SharedRead));
        if blocks.is_some_and(|blocks| blocks < rows / 2.0) {
            continue;
        }
        let wide = width(case, node, &more) > MOST_BYTES;
        if more.is_empty() || more.len() as f64 > limits.get(&MAX_COLUMNS) || wide {
            continue;
        }
        let message = format!(
            "{} fetched {} rows from the table only for {}.",
            node.name(),
            count(rows),
            more.join(", ")
        );
        let numbers = vec![
            evidence("rows fetched", rows, Unit::Count),
            evidence("columns to add", more.len() as f64, Unit::Count),
        ];
        let keys = keys.into_iter().map(IndexKey::plain).collect();
        let index = IndexProposal { include: more, ..IndexProposal::new(table, keys) };
        let remedy = index_remedy(
            ABOUT.remedy,
            Some(&index),
            "the columns are wide or change often: then every change touches the index and no update is HOT.",
        );
        let share = if loops > own.processes.max(1.0) { 0.25 } else { 0.5 };
        let saves = own.self_ms.map(|ms| ms * share);
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(Proposal::Index(index)));
    }
    Ok(found)
}

/// The columns that the aggregate above a scan takes, quoted: the scan itself prints all that the table
/// has, since handing them on costs nothing. `None` if there is none, or it takes more than columns.
fn aggregated(case: &Case<'_>, node: &Node) -> Option<Vec<String>> {
    let above = case.plan.nodes.get(node.parent?).filter(|above| above.kind == "Aggregate")?;
    let mut columns: Vec<String> = vec![];
    for list in ["Output", "Group Key", "Filter"].iter().filter_map(|key| above.get(key)) {
        let expression = read(&format!("row({list})"))?;
        for (_, name) in expression.columns(expression.root()) {
            let plain = name != "*" && !SYSTEM.contains(&name);
            columns.push(plain.then(|| quote_ident(name))?);
        }
    }
    // count(*) takes no column.
    (!columns.is_empty()).then_some(columns)
}

fn width(case: &Case<'_>, node: &Node, columns: &[String]) -> f64 {
    let relation = case.catalog.and_then(|catalog| catalog.relation_of(node));
    let known = relation.map(|relation| relation.columns.as_slice()).unwrap_or_default();
    let widths = known.iter().filter(|own| columns.contains(&quote_ident(&own.name)));
    widths.filter_map(|own| own.avg_width).sum()
}
