//! Derived figures per node: self time, actual rows, row estimate error, own buffers.
//!
//! Nothing printed is changed. Where EXPLAIN's output leaves room, a figure comes with the interval
//! it lies in: printed times are rounded, several scans share one CTE, and workers run side by
//! side.

mod attribution;
mod counters;
mod estimate;
mod time;

use serde::{Deserialize, Serialize};

use crate::node::{Plan, Value, find};

pub use counters::{COUNTERS, Counter, Counters};
pub use estimate::Estimate;

/// The least and the greatest value that the output allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Interval {
    /// Half the distance between both ends.
    pub fn slack(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// What follows for one node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DerivedNode {
    /// Wall-clock time of the node itself, ms. Over all nodes it adds up to the root's time.
    pub self_ms: Option<f64>,
    /// The interval that the output allows for it.
    pub self_range: Option<Interval>,
    /// Wall-clock time of the node and what it called, over all loops, ms.
    pub total_ms: Option<f64>,
    /// Time over all loops and processes, ms: what the processors did.
    pub work_ms: Option<f64>,
    /// Self time as a share of the execution, 0 to 1.
    pub share: Option<f64>,
    /// Rows over all loops and processes.
    pub rows: Option<f64>,
    /// The interval for the rows: PostgreSQL rounds them per loop.
    pub rows_range: Option<Interval>,
    /// Rows it read and threw away (filters and rechecks), over all loops.
    pub removed_rows: Option<f64>,
    /// Processes that took part below a Gather; 1 elsewhere.
    pub processes: f64,
    /// Whether it ran below a Gather, its wall-clock time being a share of the workers' time.
    pub parallel: bool,
    /// Whether ANALYZE ran and this node did not.
    pub never_executed: bool,
    /// Whether the node above may have stopped before it was done, so that rows fell short.
    pub cut_short: bool,
    /// How far the planner's rows are off.
    pub estimate: Option<Estimate>,
    /// Cost of the node itself.
    pub self_cost: Option<f64>,
    /// Blocks, I/O time and WAL of the node itself; `None` when BUFFERS and WAL are not printed.
    pub counters: Option<Counters>,
    /// The nodes whose time includes this one's: its parent, or the scans of a CTE, or the node
    /// that asked for an InitPlan's value; with the milliseconds each is taken to have paid.
    pub payers: Vec<(usize, f64)>,
}

/// What follows for a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    /// By node, in the plan's order.
    pub nodes: Vec<DerivedNode>,
    /// Time of the root, ms, and of CTEs that change data behind it: what self times add up to.
    pub nodes_ms: Option<f64>,
    /// Execution time outside of nodes, ms: start and end of the executor, triggers after the
    /// statement, serialization.
    pub outside_ms: Option<f64>,
    /// Time in triggers, ms. Those before each row are part of their node's time.
    pub triggers_ms: Option<f64>,
    /// Time JIT took in each process, ms; it is part of the nodes' times.
    pub jit_ms: Option<f64>,
    /// Serialization time, ms; it is part of the execution.
    pub serialization_ms: Option<f64>,
    /// What self times lack to add up to the root's time, ms: children that claim more than their
    /// parent has, which only rounding explains.
    pub unaccounted_ms: f64,
    /// Steps taken, for tests of linear time.
    #[serde(skip)]
    pub steps: usize,
}

impl Derived {
    /// Time of the whole execution, ms; where it is not printed, of the nodes and the triggers behind
    /// them.
    pub fn whole_ms(&self, plan: &Plan) -> Option<f64> {
        let triggers = self.triggers_ms.unwrap_or(0.0);
        plan.execution_ms().or(self.nodes_ms.map(|nodes| nodes + triggers))
    }
}

/// Computes all of it.
pub fn derive(plan: &Plan) -> Derived {
    let shape = Shape::of(plan);
    let mut derived = Derived {
        nodes: vec![DerivedNode { processes: 1.0, ..DerivedNode::default() }; plan.nodes.len()],
        steps: plan.nodes.len(),
        ..Derived::default()
    };
    let payers = attribution::find(plan, &shape, &mut derived.steps);
    time::derive(plan, &shape, &payers, &mut derived);
    counters::derive(plan, &payers, &mut derived);
    estimate::derive(plan, &mut derived);
    let triggers: Vec<f64> = plan
        .triggers
        .iter()
        .filter_map(|trigger| find(&trigger.props, "Time").and_then(Value::number))
        .collect();
    derived.triggers_ms = (!triggers.is_empty()).then(|| triggers.iter().sum());
    // What all processes took together: they compile side by side.
    let processes = derived.nodes.iter().map(|own| own.processes).fold(1.0, f64::max);
    let jit_ms = plan.number("JIT/Timing/Total").or_else(|| plan.number("JIT/Total Time"));
    derived.jit_ms = jit_ms.map(|ms| ms / processes);
    derived.serialization_ms = plan.number("Serialization/Time");
    if let (Some(execution), Some(nodes)) = (plan.execution_ms(), derived.nodes_ms) {
        derived.outside_ms = Some((execution - nodes).max(0.0));
    }
    let whole = plan.execution_ms().or(derived.nodes_ms).filter(|whole| *whole > 0.0);
    for node in &mut derived.nodes {
        node.share = node.self_ms.zip(whole).map(|(own, whole)| (own / whole).min(1.0));
    }
    derived
}

/// Where each node's subtree ends, and which Gather it runs under.
struct Shape {
    /// The first node behind the subtree.
    end: Vec<usize>,
    /// The child of a Gather that it is or stands below.
    region: Vec<Option<usize>>,
}

impl Shape {
    fn of(plan: &Plan) -> Self {
        let count = plan.nodes.len();
        let mut end: Vec<usize> = (1..=count).collect();
        for (at, node) in plan.nodes.iter().enumerate().rev() {
            let own = end.get(at).copied().unwrap_or(count);
            if let Some(parent) = node.parent.and_then(|parent| end.get_mut(parent)) {
                *parent = own.max(*parent);
            }
        }
        let mut region: Vec<Option<usize>> = Vec::with_capacity(count);
        for (at, node) in plan.nodes.iter().enumerate() {
            let parent = node.parent;
            let gather = parent.and_then(|parent| plan.nodes.get(parent)).is_some_and(|parent| {
                matches!(parent.kind.as_str(), "Gather" | "Gather Merge") && node.subplan.is_none()
            });
            // Tasks of Citus run side by side as well, each in one process.
            let gather = gather || node.kind == "Task";
            let above = parent.and_then(|parent| region.get(parent).copied().flatten());
            region.push(above.or(gather.then_some(at)));
        }
        Self { end, region }
    }

    /// Whether a node stands in the subtree of another.
    fn within(&self, node: usize, root: usize) -> bool {
        node >= root && self.end.get(root).is_some_and(|end| node < *end)
    }
}
