//! Colour intensity of a node on each colour scale.

use serde::{Deserialize, Serialize};

use crate::derive::{Counter, Derived, DerivedNode};
use crate::node::Plan;

/// The factor by which an estimate must be off for the strongest colour: pev2's third threshold.
const WORST_FACTOR: f64 = 1000.0;

/// What colours stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Self time as a share of the execution.
    #[default]
    SelfTime,
    /// Rows over all loops, on a logarithmic scale up to the most of the plan.
    Rows,
    /// How far the planner's rows are off, on a logarithmic scale up to 1,000 times.
    Estimate,
    /// Own cost as a share of all.
    Cost,
    /// Own blocks, hit and read, as a share of all.
    Blocks,
}

impl Scale {
    /// All scales in their order.
    pub const ALL: [Self; 5] =
        [Self::SelfTime, Self::Rows, Self::Estimate, Self::Cost, Self::Blocks];

    /// Its name on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelfTime => "self time",
            Self::Rows => "rows",
            Self::Estimate => "estimate",
            Self::Cost => "cost",
            Self::Blocks => "buffers",
        }
    }
}

/// The sums and maxima that shades are measured by.
pub struct Shades<'a> {
    derived: &'a Derived,
    self_ms: f64,
    most_rows: f64,
    cost: f64,
    blocks: f64,
}

impl<'a> Shades<'a> {
    /// Measures a plan once, for any number of shades.
    pub fn new(plan: &Plan, derived: &'a Derived) -> Self {
        let sum = |figure: fn(&DerivedNode) -> Option<f64>| -> f64 {
            derived.nodes.iter().filter_map(figure).sum()
        };
        Self {
            derived,
            self_ms: plan.execution_ms().or(derived.nodes_ms).unwrap_or_default(),
            most_rows: derived.nodes.iter().filter_map(|node| node.rows).fold(0.0, f64::max),
            cost: sum(|node| node.self_cost),
            blocks: sum(blocks),
        }
    }

    /// The shade of a node from 0 to 1; `None` where the figure is not printed.
    pub fn of(&self, scale: Scale, node: usize) -> Option<f64> {
        let own = self.derived.nodes.get(node)?;
        let share = |own: Option<f64>, whole: f64| {
            own.map(|own| if whole > 0.0 { own / whole } else { 0.0 })
        };
        let shade = match scale {
            Scale::SelfTime => share(own.self_ms, self.self_ms),
            Scale::Rows => share(own.rows.map(f64::ln_1p), self.most_rows.ln_1p()),
            Scale::Estimate => {
                share(own.estimate.map(|estimate| estimate.factor.ln()), WORST_FACTOR.ln())
            }
            Scale::Cost => share(own.self_cost, self.cost),
            Scale::Blocks => share(blocks(own), self.blocks),
        };
        shade.filter(|shade| shade.is_finite()).map(|shade| shade.clamp(0.0, 1.0))
    }
}

/// Own shared blocks, hit and read.
fn blocks(own: &DerivedNode) -> Option<f64> {
    let counters = own.counters?;
    Some(counters.get(Counter::SharedHit) + counters.get(Counter::SharedRead))
}
