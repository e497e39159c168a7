//! Columns of a node's figures, for the table, its sort order and copies. Pure.

use std::cmp::Ordering;

use model::Unit;
use plan::Node;
use plan::derive::{Counter, DerivedNode};

use crate::pages::plan::analysis::Analysis;

/// A column of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its id in the sort order and in copies.
    pub id: &'static str,
    /// Its heading.
    pub words: &'static str,
    /// The unit of its figures.
    pub unit: Unit,
    /// Whether it is shown by default.
    pub first: bool,
}

const fn column(id: &'static str, words: &'static str, unit: Unit, first: bool) -> Column {
    Column { id, words, unit, first }
}

/// All columns except the node itself.
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

/// The figure of a node in a column; `None` if not printed.
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

/// The nodes sorted by a column, descending or (`up`) ascending; unknown values last. Without a
/// column, in plan order.
pub fn sorted(analysis: &Analysis, by: Option<(&str, bool)>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..analysis.plan.nodes.len()).collect();
    let Some((id, up)) = by else { return order };
    let figures: Vec<Option<f64>> = analysis
        .plan
        .nodes
        .iter()
        .zip(&analysis.derived.nodes)
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
    use crate::pages::plan::analysis::tests::{JOIN, analysis};

    #[test]
    fn sorting_puts_the_unknown_last() {
        let analysis = analysis(JOIN);
        let order = sorted(&analysis, Some(("self", false)));
        let own = |at: usize| analysis.derived.nodes[at].self_ms;
        assert!(order.windows(2).all(|pair| own(pair[0]) >= own(pair[1])));
        assert_eq!(sorted(&analysis, None)[0], 0);
        let workers = sorted(&analysis, Some(("workers", true)));
        assert_eq!(workers.len(), analysis.plan.nodes.len());
    }

    #[test]
    fn every_column_has_a_figure_somewhere_or_says_nothing() {
        let analysis = analysis(JOIN);
        let (node, own) = analysis.node(0).unwrap();
        for column in COLUMNS {
            assert!(figure(column.id, node, own).is_none_or(f64::is_finite), "{}", column.id);
        }
        assert_eq!(figure("nonsense", node, own), None);
    }
}
