//! Compares two plans: matches their nodes and describes what changed.
//!
//! Matching goes by what nodes read and not by where they stand, so that it survives another join
//! order, another way of scanning, added partitions, and nodes that were put between. It is the
//! same from both sides: comparing B with A gives the mirror image of comparing A with B.

mod changes;
mod describe;
mod joins;
mod matching;
mod scans;
mod settings;
mod spills;

use serde::{Deserialize, Serialize};

use crate::derive::{Counter, Derived, DerivedNode};
use crate::node::{Node, Plan};

/// A figure in both plans; `None` where a plan does not print it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// In the first plan.
    pub before: Option<f64>,
    /// In the second plan.
    pub after: Option<f64>,
}

impl Delta {
    /// How much there is more after, where both are known.
    pub fn more(&self) -> Option<f64> {
        Some(self.after? - self.before?)
    }
}

/// The figures that are compared, of a pair of nodes or of the whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Time with all that was called, ms; for the whole the execution time.
    pub total_ms: Delta,
    /// Time of the node itself, ms; for the whole the planning time is apart, below.
    pub self_ms: Delta,
    /// Rows over all loops.
    pub rows: Delta,
    /// Rows the planner expected per loop.
    pub plan_rows: Delta,
    /// How many times the estimate is off.
    pub estimate: Delta,
    /// Blocks hit and read, own; for the whole of all nodes.
    pub blocks: Delta,
    /// Blocks read, own; for the whole of all nodes.
    pub read_blocks: Delta,
    /// Total cost.
    pub cost: Delta,
}

/// A pair of matched nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The place in the first plan.
    pub before: usize,
    /// The place in the second plan.
    pub after: usize,
    /// Their figures.
    pub figures: Figures,
}

/// What a change is about; in the order in which changes without a measured effect are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Topic {
    /// Another index, or another way of reading a relation.
    Scan,
    /// Another join method.
    Join,
    /// Another join order.
    JoinOrder,
    /// A sort or hash that goes to disk, or does so no more.
    Spill,
    /// More or fewer partitions.
    Partitions,
    /// Another number of parallel workers.
    Workers,
    /// A node that was added or is gone.
    Shape,
    /// An estimate that got better or worse.
    Estimate,
    /// The same node, slower or faster.
    Time,
    /// JIT compilation, planning.
    Overhead,
    /// Settings.
    Settings,
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What it is about.
    pub topic: Topic,
    /// The node in the first plan.
    pub before: Option<usize>,
    /// The node in the second plan.
    pub after: Option<usize>,
    /// Milliseconds by which the second is slower (negative: faster), where both were timed.
    pub effect_ms: Option<f64>,
    /// It in one sentence.
    #[serde(rename = "says")]
    pub message: String,
}

/// Two plans compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Matched nodes, in the order of the first plan.
    pub pairs: Vec<Pair>,
    /// Nodes of the first plan that the second does not have.
    pub only_before: Vec<usize>,
    /// Nodes of the second plan that the first does not have.
    pub only_after: Vec<usize>,
    /// The figures of the whole.
    pub totals: Figures,
    /// Planning time, ms.
    pub planning_ms: Delta,
    /// What changed: the greatest measured effect first, then what has none.
    pub changes: Vec<Change>,
    /// Steps taken, for tests of linear time.
    #[serde(skip)]
    pub steps: usize,
}

/// A plan and what follows from it.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    plan: &'a Plan,
    derived: &'a Derived,
}

impl<'a> Side<'a> {
    fn node(&self, at: usize) -> Option<&'a Node> {
        self.plan.nodes.get(at)
    }

    fn own(&self, at: usize) -> Option<&'a DerivedNode> {
        self.derived.nodes.get(at)
    }
}

/// Both plans and their matched nodes.
struct Both<'a> {
    before: Side<'a>,
    after: Side<'a>,
    /// By node of the first plan, and by node of the second.
    matches: matching::Matches,
}

/// Compares two plans.
pub fn compare(
    (before, before_derived): (&Plan, &Derived),
    (after, after_derived): (&Plan, &Derived),
) -> Comparison {
    let before = Side { plan: before, derived: before_derived };
    let after = Side { plan: after, derived: after_derived };
    let matches = matching::matches(before.plan, after.plan);
    let both = Both { before, after, matches };
    let pairs = both
        .matches
        .pairs()
        .map(|(before, after)| Pair { before, after, figures: both.figures(before, after) })
        .collect();
    let alone = |matches: &[Option<usize>]| -> Vec<usize> {
        (0..matches.len()).filter(|at| matches.get(*at) == Some(&None)).collect()
    };
    Comparison {
        pairs,
        only_before: alone(&both.matches.of_before),
        only_after: alone(&both.matches.of_after),
        totals: both.totals(),
        planning_ms: both.whole(|side| side.plan.planning_ms()),
        changes: changes::changes(&both),
        steps: both.matches.steps,
    }
}

impl Both<'_> {
    fn whole(&self, figure: impl Fn(Side<'_>) -> Option<f64>) -> Delta {
        Delta { before: figure(self.before), after: figure(self.after) }
    }

    /// A figure of a pair of nodes.
    fn delta(
        &self,
        before: usize,
        after: usize,
        figure: impl Fn(&Node, &DerivedNode) -> Option<f64>,
    ) -> Delta {
        let of = |side: Side<'_>, at| figure(side.node(at)?, side.own(at)?);
        Delta { before: of(self.before, before), after: of(self.after, after) }
    }

    fn figures(&self, before: usize, after: usize) -> Figures {
        let delta =
            |figure: fn(&Node, &DerivedNode) -> Option<f64>| self.delta(before, after, figure);
        Figures {
            total_ms: delta(|_, own| own.total_ms),
            self_ms: delta(|_, own| own.self_ms),
            rows: delta(|_, own| own.rows),
            plan_rows: delta(|node, _| Some(node.cost?.rows)),
            estimate: delta(|_, own| Some(own.estimate?.factor)),
            blocks: delta(|_, own| Some(blocks(own)?.0)),
            read_blocks: delta(|_, own| Some(blocks(own)?.1)),
            cost: delta(|node, _| Some(node.cost?.total)),
        }
    }

    fn totals(&self) -> Figures {
        let sum = |which: fn((f64, f64)) -> f64| {
            self.whole(|side| {
                let own: Vec<f64> =
                    side.derived.nodes.iter().filter_map(blocks).map(which).collect();
                (!own.is_empty()).then(|| own.iter().sum())
            })
        };
        Figures {
            total_ms: self.whole(|side| side.plan.execution_ms().or(side.derived.nodes_ms)),
            self_ms: self.whole(|side| side.derived.nodes_ms),
            blocks: sum(|(all, _)| all),
            read_blocks: sum(|(_, read)| read),
            ..self.figures(0, 0)
        }
    }
}

/// Own shared blocks: hit and read together, and read alone.
fn blocks(own: &DerivedNode) -> Option<(f64, f64)> {
    let counters = own.counters?;
    let read = counters.get(Counter::SharedRead);
    Some((counters.get(Counter::SharedHit) + read, read))
}
