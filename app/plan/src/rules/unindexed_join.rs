//! Rule: a hash join reads a whole table for the few rows that join.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::conditions::conditions;
use super::index_proposal::{index_columns, index_remedy};
use super::proposal::{IndexKey, IndexProposal, Table};
use super::{Case, InForce, Judged, Missing};
use crate::derive::Counter;
use crate::node::Node;

/// Rows that are read and do not join, from which it is reported.
const MIN_ROWS: Limit = Limit {
    name: "min_rows",
    default: 10_000.0,
    unit: Unit::Count,
    source: "below that an index saves nothing noticeable",
};
/// Rows to look up and rows found, as a share of the rows read.
const MAX_PERCENT: Limit = Limit {
    name: "max_percent",
    default: 1.0,
    unit: Unit::Percent,
    source: "a look-up touches about four blocks, and a block of a table holds about a hundred rows",
};

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Join without an index",
    effect: "Every row of the table is read and hashed or looked up, although few of them join.",
    remedy: "With an index on the columns of the join only the rows that join are read.",
    docs: "https://www.postgresql.org/docs/current/indexes-intro.html",
    limits: &[MIN_ROWS, MAX_PERCENT],
};

/// Judges the sides of hash joins that are scans of a whole table.
pub fn unindexed_join(case: &Case<'_>, limits: &InForce<'_>) -> Result<Vec<Judged>, Missing> {
    case.analyzed()?;
    let mut found = vec![];
    for (at, node, own) in case.nodes().filter(|(_, node, _)| node.kind == "Hash Join") {
        let sides: Vec<usize> = sides(case, at);
        let [first, second] = sides.as_slice() else { continue };
        let joined = own.rows.unwrap_or(0.0);
        for (side, other) in [(*first, *second), (*second, *first)] {
            let rows = |at: usize| case.derived.nodes.get(at).and_then(|own| own.rows);
            let (Some(scan), Some(read), Some(looked_up)) =
                (case.plan.nodes.get(side), rows(side), rows(other))
            else {
                continue;
            };
            let percent = 100.0 * (looked_up + joined) / read.max(1.0);
            if scan.kind != "Seq Scan"
                || scan.get("Filter").is_some()
                || read < limits.get(&MIN_ROWS)
                || percent > limits.get(&MAX_PERCENT)
                || is_small(case, side, looked_up + joined)
            {
                continue;
            }
            let index = joining(case, scan, node);
            let message = format!(
                "{} read {} rows of which {} joined with {}.",
                scan.name(),
                count(read),
                count(joined),
                count(looked_up)
            );
            let numbers = vec![
                evidence("rows read", read, Unit::Count),
                evidence("rows to look up", looked_up, Unit::Count),
                evidence("rows joined", joined, Unit::Count),
            ];
            let remedy = index_remedy(
                ABOUT.remedy,
                index.as_ref(),
                "an index on these columns exists already: then the estimates kept the planner from it.",
            );
            let of_scan = case.derived.nodes.get(side).and_then(|own| own.self_ms);
            let saves = of_scan.zip(own.self_ms).map(|(scan, join)| scan + join);
            let one = case.finding(limits, side, saves, message, numbers, remedy);
            found.push(one.proposing(index.into()));
        }
    }
    Ok(found)
}

/// What is joined: the outer side, and what is hashed.
fn sides(case: &Case<'_>, at: usize) -> Vec<usize> {
    let inputs = case.children(at).filter(|(_, node)| node.subplan.is_none());
    let below = |(at, node): (usize, &Node)| match node.kind.as_str() {
        "Hash" => case.first_child(at).map(|(below, _)| below),
        _ => Some(at),
    };
    inputs.filter_map(below).collect()
}

/// Whether the table has so few blocks that as many look-ups touch more.
fn is_small(case: &Case<'_>, at: usize, rows: f64) -> bool {
    let counters = case.derived.nodes.get(at).and_then(|own| own.counters);
    let blocks = counters.map(|own| own.get(Counter::SharedHit) + own.get(Counter::SharedRead));
    blocks.is_some_and(|blocks| blocks < 2.0 * rows)
}

/// The index on the columns by which a scan's rows are joined.
fn joining(case: &Case<'_>, scan: &Node, join: &Node) -> Option<IndexProposal> {
    let condition = join.get("Hash Cond")?;
    let relation = case.catalog.and_then(|catalog| catalog.relation_of(scan));
    let columns = index_columns(&conditions(scan, relation, [condition.as_ref()]))?;
    let keys = columns.into_iter().map(IndexKey::plain).collect();
    Some(IndexProposal::new(Table::to_index(scan)?, keys))
}
