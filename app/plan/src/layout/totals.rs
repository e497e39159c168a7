//! Totals per relation, per index and per node type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::derive::{Counter, Derived, DerivedNode};
use crate::node::{Node, Plan};

/// The sum over the nodes of one relation, index or kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// The relation (with its schema where that is printed), the index, or the kind.
    pub name: String,
    /// The nodes, in the plan's order.
    pub nodes: Vec<usize>,
    /// Self time, ms.
    pub self_ms: Option<f64>,
    /// Self time as a share of the execution, 0 to 1.
    pub share: Option<f64>,
    /// Rows over all loops.
    pub rows: Option<f64>,
    /// Blocks found in shared buffers.
    pub hit_blocks: Option<f64>,
    /// Blocks read from the operating system.
    pub read_blocks: Option<f64>,
    /// Time of reading and writing, ms over all processes.
    pub io_ms: Option<f64>,
    /// Own cost.
    pub cost: Option<f64>,
}

/// The three tables; each by self time, then by cost, then by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Per relation.
    pub relations: Vec<Total>,
    /// Per index.
    pub indexes: Vec<Total>,
    /// Per kind of node, in the words of FORMAT TEXT.
    pub kinds: Vec<Total>,
}

/// Sums them up.
pub fn totals(plan: &Plan, derived: &Derived) -> Totals {
    Totals {
        relations: table(plan, derived, |node| {
            let relation = node.relation.as_ref()?;
            let schema = node.schema.as_ref().map(|schema| format!("{schema}."));
            Some(format!("{}{relation}", schema.unwrap_or_default()))
        }),
        indexes: table(plan, derived, |node| node.index.clone()),
        kinds: table(plan, derived, |node| Some(node.title())),
    }
}

fn table(plan: &Plan, derived: &Derived, name: impl Fn(&Node) -> Option<String>) -> Vec<Total> {
    let mut by_name: BTreeMap<String, Total> = BTreeMap::new();
    for (at, (node, own)) in plan.nodes.iter().zip(&derived.nodes).enumerate() {
        let Some(name) = name(node) else { continue };
        let total = by_name.entry(name).or_default();
        total.nodes.push(at);
        add(total, own);
    }
    let mut totals: Vec<Total> =
        by_name.into_iter().map(|(name, total)| Total { name, ..total }).collect();
    let key = |total: &Total| (total.self_ms.unwrap_or(-1.0), total.cost.unwrap_or(-1.0));
    totals.sort_by(|a, b| {
        let ((a_ms, a_cost), (b_ms, b_cost)) = (key(a), key(b));
        b_ms.total_cmp(&a_ms).then(b_cost.total_cmp(&a_cost))
    });
    totals
}

fn add(total: &mut Total, own: &DerivedNode) {
    let sum = |sum: &mut Option<f64>, own: Option<f64>| {
        if let Some(own) = own {
            *sum = Some(sum.unwrap_or_default() + own);
        }
    };
    sum(&mut total.self_ms, own.self_ms);
    sum(&mut total.share, own.share);
    sum(&mut total.rows, own.rows);
    sum(&mut total.cost, own.self_cost);
    let counter = |which| own.counters.map(|counters| counters.get(which));
    sum(&mut total.hit_blocks, counter(Counter::SharedHit));
    sum(&mut total.read_blocks, counter(Counter::SharedRead));
    sum(&mut total.io_ms, counter(Counter::IoRead));
    sum(&mut total.io_ms, counter(Counter::IoWrite));
}
