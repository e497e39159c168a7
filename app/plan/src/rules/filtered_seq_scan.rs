//! Rule: a sequential scan whose filter removes nearly all rows.

use model::{About, Limit, Unit};

use super::case::{count, evidence};
use super::conditions::{Asks, Conditions, Key, computed_key};
use super::index_proposal::{asked, index_remedy, index_serving, key_sql};
use super::leading_wildcard::pattern_key;
use super::proposal::{IndexProposal, Table};
use super::{Case, InForce, Judged, Missing};
use crate::derive::{Counter, DerivedNode};
use crate::node::Node;

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
/// Size of a table from which a B-tree on a range of its order is worth less than the space it takes.
const MIN_BRIN_BYTES: Limit = Limit {
    name: "min_brin_bytes",
    default: 10_737_418_240.0,
    unit: Unit::Bytes,
    source: "a B-tree on 100 million rows takes 2 GB and more, a BRIN index a few hundred kB",
};
/// From this correlation the values lie in the order of the table.
const ORDERED: f64 = 0.99;
/// Share of the table's blocks that hold wanted rows up to which the planner takes an index.
const MOST_BLOCKS: f64 = 0.5;
/// What is left where an index finds the rows and saves little.
const SCATTERED: &str = "An index on the columns of the condition would find the rows, but they lie in about every block of the table: only an index that holds all columns that are asked for (INCLUDE), or a table in that order (CLUSTER, partitions), reads less.";

/// What is left for a catalog.
const OWN: &str = "This is a table of PostgreSQL's own, which takes no other indexes: compare a column that one of its indexes begins with, and VACUUM it if many temporary or dropped objects have bloated it.";

/// Metadata of the rule: title, effect, remedy, manual chapter and limits.
pub const ABOUT: About = About {
    title: "Sequential scan for few rows",
    effect: "Every row of the table is read and tested, however few are kept; the cost grows with the table.",
    remedy: "An index on the columns of the condition reads only the rows that are kept.",
    docs: "https://www.postgresql.org/docs/current/indexes-intro.html",
    limits: &[MIN_REMOVED_ROWS, MIN_REMOVED_PERCENT, MIN_BRIN_BYTES],
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
        let asked = asked(case, node, &["Filter"]);
        if computed_key(&asked).is_some() || pattern_key(&asked).is_some() {
            // Rules of their own say what is special about these.
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
        let scattered = is_scattered(case, node, own, &asked);
        // Of a flag that no row has, nothing says that it is asked for again.
        let only_flags = asked.tests.iter().all(|test| matches!(test.asks, Asks::Always(_)));
        let index = index_serving(case, node, &asked).filter(|_| rows > 0.0 || !only_flags);
        // Of one that is there the catalog's check says why it was not used.
        let index = index.filter(|index| !scattered || exists(case, node, index));
        let index = index.map(|index| or_brin(case, node, &asked, limits, index));
        let words = match index {
            _ if scattered => SCATTERED.into(),
            None if Table::of_node(node).is_some_and(|table| table.is_own()) => OWN.into(),
            None => part(&asked).unwrap_or_else(|| ABOUT.remedy.into()),
            Some(_) => ABOUT.remedy.into(),
        };
        let remedy = index_remedy(
            &words,
            index.as_ref(),
            "an index on these columns exists already, or the statement runs once a day.",
        );
        let share = if scattered { 0.0 } else { percent / 100.0 };
        let saves = own.self_ms.map(|ms| ms * share);
        let one = case.finding(limits, at, saves, message, numbers, remedy);
        found.push(one.proposing(index.into()));
    }
    Ok(found)
}

/// The part of a condition that an index of another method finds, where the rest is not understood.
fn part(asked: &Conditions) -> Option<String> {
    let searched = asked.tests.iter().find_map(|test| match test.asks {
        Asks::Search(search) => Some((search.method, key_sql(&test.key)?)),
        _ => None,
    });
    let (method, key) = searched.filter(|_| !asked.complete)?;
    let method = method.to_uppercase();
    Some(format!(
        "A {method} index on {key} would find the rows by that part of the condition; whether they are few, and what the rest of it removes, the plan does not tell."
    ))
}

fn exists(case: &Case<'_>, node: &Node, index: &IndexProposal) -> bool {
    let relation = case.catalog.and_then(|catalog| catalog.relation_of(node));
    relation.is_some_and(|relation| relation.indexes.iter().any(|own| index.is_served_by(own)))
}

/// The correlation of the one column whose range is asked for, where the catalog knows it.
fn correlation(case: &Case<'_>, node: &Node, asked: &Conditions) -> Option<f64> {
    let mut names = asked.tests.iter().map(|test| match (&test.key, &test.asks) {
        (Key::Column(name), Asks::Range) => Some(name),
        _ => None,
    });
    let name = names.next()??;
    names.all(|other| other == Some(name)).then_some(())?;
    let columns = &case.catalog?.relation_of(node)?.columns;
    columns.iter().find(|column| column.name == *name)?.correlation
}

/// Whether the rows that are kept lie in so many of the blocks that were read that an index saves
/// nothing, unless they are known to lie together.
fn is_scattered(case: &Case<'_>, node: &Node, own: &DerivedNode, asked: &Conditions) -> bool {
    let (Some(counters), Some(rows)) = (own.counters, own.rows) else { return false };
    let loops = node.actual.map_or(1.0, |actual| actual.loops);
    let blocks = counters.get(Counter::SharedHit) + counters.get(Counter::SharedRead);
    let together = correlation(case, node, asked).is_some_and(|value| value.abs() >= ORDERED);
    loops <= own.processes.max(1.0) && blocks > 0.0 && rows > blocks * MOST_BLOCKS && !together
}

/// Of a range of a huge table's own order a BRIN index finds the blocks, and takes hardly any space.
fn or_brin(
    case: &Case<'_>,
    node: &Node,
    asked: &Conditions,
    limits: &InForce<'_>,
    index: IndexProposal,
) -> IndexProposal {
    let size = case.catalog.and_then(|catalog| catalog.relation_of(node)?.size_bytes);
    let huge = size.is_some_and(|bytes| bytes >= limits.get(&MIN_BRIN_BYTES));
    let ordered = correlation(case, node, asked).is_some_and(|value| value.abs() >= ORDERED);
    let method = if huge && ordered { Some("brin") } else { index.method };
    IndexProposal { method, ..index }
}
