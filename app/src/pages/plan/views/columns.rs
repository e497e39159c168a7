//! The figures of a node as columns: for the table, its order and its copies. Pure.

use std::cmp::Ordering;

use model::Unit;
use plan::Node;
use plan::derive::{Counter, DerivedNode};

use crate::pages::plan::analysis::Case;

/// A column of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the address and in copies.
    pub id: &'static str,
    /// Its heading.
    pub words: &'static str,
    /// The unit of its figures.
    pub unit: Unit,
    /// Whether it is shown before anybody chooses.
    pub first: bool,
}

const fn column(id: &'static str, words: &'static str, unit: Unit, first: bool) -> Column {
    Column { id, words, unit, first }
}

/// All columns beside the node itself.
pub const COLUMNS: [Column; 16] = [
    column("self", "Self time", Unit::Ms, true),
    column("total", "Total time", Unit::Ms, true),
    column("rows", "Rows", Unit::Count, true),
    column("planned", "Planned rows", Unit::Count, true),
    column("factor", "Estimate off by", Unit::Count, true),
    column("loops", "Loops", Unit::Count, true),
    column("removed", "Rows removed", Unit::Count, true),
    column("cost", "Own cost", Unit::Count, false),
    column("total_cost", "Total cost", Unit::Count, false),
    column("hit", "Blocks hit", Unit::Count, true),
    column("read", "Blocks read", Unit::Count, true),
    column("dirtied", "Blocks dirtied", Unit::Count, false),
    column("temp", "Temp blocks", Unit::Count, false),
    column("io", "I/O time", Unit::Ms, false),
    column("wal", "WAL", Unit::Bytes, false),
    column("workers", "Processes", Unit::Count, false),
];

/// The figure of a node in a column; `None` where it is not printed.
pub fn figure(id: &str, node: &Node, own: &DerivedNode) -> Option<f64> {
    let counter = |which: &[Counter]| {
        own.counters.map(|counters| which.iter().map(|one| counters.get(*one)).sum::<f64>())
    };
    match id {
        "self" => own.self_ms,
        "total" => own.total_ms,
        "rows" => own.rows,
        "planned" => node.cost.map(|cost| cost.rows),
        "factor" => own.estimate.map(|estimate| estimate.factor),
        "loops" => node.actual.map(|actual| actual.loops),
        "removed" => own.removed_rows,
        "cost" => own.self_cost,
        "total_cost" => node.cost.map(|cost| cost.total),
        "hit" => counter(&[Counter::SharedHit]),
        "read" => counter(&[Counter::SharedRead]),
        "dirtied" => counter(&[Counter::SharedDirtied]),
        "temp" => counter(&[Counter::TempRead, Counter::TempWritten]),
        "io" => counter(&[Counter::IoRead, Counter::IoWrite]),
        "wal" => counter(&[Counter::WalBytes]),
        "workers" => own.parallel.then_some(own.processes),
        _ => None,
    }
}

/// The nodes in the order of a column, greatest first or (`up`) least first; unknown ones last.
/// Without a column, in the plan's order.
pub fn sorted(case: &Case, by: Option<(&str, bool)>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..case.plan.nodes.len()).collect();
    let Some((id, up)) = by else { return order };
    let figures: Vec<Option<f64>> = case
        .plan
        .nodes
        .iter()
        .zip(&case.derived.nodes)
        .map(|(node, own)| figure(id, node, own))
        .collect();
    let of = |at: &usize| figures.get(*at).copied().flatten();
    order.sort_by(|a, b| match (of(a), of(b)) {
        (Some(a), Some(b)) if up => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::plan::analysis::tests::{JOIN, case};

    #[test]
    fn sorting_puts_the_unknown_last() {
        let case = case(JOIN);
        let order = sorted(&case, Some(("self", false)));
        let own = |at: usize| case.derived.nodes[at].self_ms;
        assert!(order.windows(2).all(|pair| own(pair[0]) >= own(pair[1])));
        assert_eq!(sorted(&case, None)[0], 0);
        let workers = sorted(&case, Some(("workers", true)));
        assert_eq!(workers.len(), case.plan.nodes.len());
    }

    #[test]
    fn every_column_has_a_figure_somewhere_or_says_nothing() {
        let case = case(JOIN);
        let (node, own) = case.node(0).unwrap();
        for column in COLUMNS {
            assert!(figure(column.id, node, own).is_none_or(f64::is_finite), "{}", column.id);
        }
        assert_eq!(figure("nonsense", node, own), None);
    }
}
