//! What a plan tells about its nodes beyond single figures: whether anything was timed, what temporary
//! files took, what depends on rows from outside.

use model::Remedy;

use super::claims::Claim;
use super::{Case, Missing};
use crate::derive::{Counter, DerivedNode};
use crate::expression::{Expression, Part, read};
use crate::node::Node;

/// The most nodes looked at below one, so that a plan as deep as it is long takes linear time.
const MOST_BELOW: usize = 200;

/// A block of a temporary file at 80 MB/s, what a disk does that others use too.
const MOST_MS_PER_BLOCK: f64 = 0.1;

/// What a node compares or computes.
pub(super) const CONDITIONS: [&str; 10] = [
    "Filter",
    "Join Filter",
    "Index Cond",
    "Recheck Cond",
    "Hash Cond",
    "Merge Cond",
    "TID Cond",
    "One-Time Filter",
    "Order By",
    "Function Call",
];

/// Advice in words, without a statement.
pub(super) fn words(message: impl Into<String>, refuted_by: &str) -> Remedy {
    Remedy { message: message.into(), refuted_by: Some(refuted_by.into()), ..Remedy::default() }
}

/// The longest condition that is read more than once, so that a plan with many large ones takes linear time.
const LONGEST: usize = 16_384;

/// An expression, unless it is very long: then it is not known.
pub(super) fn read_short(text: &str) -> Option<Expression> {
    if text.len() > LONGEST { None } else { read(text) }
}

impl<'a> Case<'a> {
    /// Whether the nodes were timed; if not, why a rule cannot be run.
    pub(super) fn timed(&self) -> Result<(), Missing> {
        self.analyzed()?;
        self.is_timed().then_some(()).ok_or(Missing { option: "TIMING".into() })
    }

    /// Whether the nodes were executed with TIMING.
    pub(super) fn is_timed(&self) -> bool {
        let root = self.plan.nodes.first().and_then(|root| root.actual);
        root.is_some_and(|root| root.total_ms.is_some())
    }

    /// Whether the plan was executed.
    pub(super) fn is_analyzed(&self) -> bool {
        self.analyzed().is_ok()
    }

    /// What is said where loops and rows speak and times are not there.
    pub(super) fn untimed(&self) -> &'static str {
        if self.is_analyzed() && !self.is_timed() {
            " TIMING was off: how long that took is not known."
        } else {
            ""
        }
    }

    /// The findings of a rule that estimates may tell: without any, the plan would have to be executed.
    pub(super) fn or_analyze<T>(&self, found: Vec<T>, may_be: bool) -> Result<Vec<T>, Missing> {
        if found.is_empty() && may_be {
            self.analyzed()?;
        }
        Ok(found)
    }

    /// Whether blocks are counted; if not, why a rule cannot be run.
    pub(super) fn buffers(&self) -> Result<(), Missing> {
        self.analyzed()?;
        let counted = self.derived.nodes.iter().any(|own| own.counters.is_some());
        counted.then_some(()).ok_or(Missing { option: "BUFFERS".into() })
    }

    /// What the temporary files of some nodes may have taken at most, ms; `None` without BUFFERS.
    pub(super) fn temp_ms(&self, nodes: impl IntoIterator<Item = usize>) -> Option<f64> {
        let own = nodes.into_iter().filter_map(|at| self.derived.nodes.get(at)?.counters);
        let blocks: Vec<f64> =
            own.map(|own| own.get(Counter::TempRead) + own.get(Counter::TempWritten)).collect();
        (!blocks.is_empty()).then(|| blocks.iter().sum::<f64>() * MOST_MS_PER_BLOCK)
    }

    /// Rows of a node over all loops, or those expected of a plan that was not executed.
    pub(super) fn rows(&self, at: usize) -> f64 {
        let own = self.derived.nodes.get(at).and_then(|own| own.rows);
        let planned = self.plan.nodes.get(at).and_then(|node| node.cost).map(|cost| cost.rows);
        own.or(planned.filter(|_| !self.is_analyzed())).unwrap_or(0.0)
    }

    /// Rows of each run of a node, or those expected.
    pub(super) fn rows_per_loop(&self, at: usize) -> f64 {
        let node = self.plan.nodes.get(at);
        let real = node.and_then(|node| node.actual).map(|actual| actual.rows);
        let planned = node.and_then(|node| node.cost).map(|cost| cost.rows);
        real.or(planned.filter(|_| !self.is_analyzed())).unwrap_or(0.0)
    }

    /// Both inputs of a join: outer and inner.
    pub(super) fn inputs(&self, at: usize) -> Option<(usize, usize)> {
        let mut inputs = self.children(at).filter(|(_, node)| node.subplan.is_none());
        Some((inputs.next()?.0, inputs.next()?.0))
    }

    /// The time of a node itself, and that of another and all below it but for the first of its runs: what
    /// comparing row by row costs. Nothing where nothing was timed.
    pub(super) fn comparing(&self, at: usize, inner: usize) -> Option<(f64, Claim)> {
        let loops = self.plan.nodes.get(inner)?.actual?.loops.max(1.0);
        let mut parts = vec![(at, self.derived.nodes.get(at)?.self_ms?)];
        parts.extend(
            self.below(inner)
                .filter_map(|(below, _, own)| Some((below, own.self_ms? * (1.0 - 1.0 / loops)))),
        );
        Some((parts.iter().map(|(_, ms)| ms).sum(), Claim::Own(parts)))
    }

    /// What running a node again and again took, ms: all its runs but the first.
    pub(super) fn repeated_ms(&self, at: usize) -> Option<f64> {
        let loops = self.plan.nodes.get(at)?.actual?.loops.max(1.0);
        Some(self.derived.nodes.get(at)?.total_ms? * (1.0 - 1.0 / loops))
    }

    /// A node and those below it, the first ones of many.
    pub(super) fn below(
        &self,
        at: usize,
    ) -> impl Iterator<Item = (usize, &'a Node, &'a DerivedNode)> {
        let depth = self.plan.nodes.get(at).map_or(0, |node| node.depth);
        let places = at..self.plan.nodes.len().min(at.saturating_add(MOST_BELOW));
        places
            .filter_map(|at| Some((at, self.plan.nodes.get(at)?, self.derived.nodes.get(at)?)))
            .take_while(move |(own, node, _)| *own == at || node.depth > depth)
    }

    /// Rows that a node and those below it read, kept or not: the work of a plan that was not timed.
    pub(super) fn handled_rows(&self, at: usize) -> f64 {
        let handled = |own: &DerivedNode| own.rows.unwrap_or(0.0) + own.removed_rows.unwrap_or(0.0);
        self.below(at).map(|(_, _, own)| handled(own)).sum()
    }

    /// Whether what runs below a node depends on rows from outside of it; `None` where that is not
    /// known: a condition is not read, or too much stands below.
    pub(super) fn takes_from_outside(&self, at: usize) -> Option<bool> {
        let nodes: Vec<&Node> = self.below(at).map(|(_, node, _)| node).collect();
        if nodes.len() >= MOST_BELOW {
            return None;
        }
        let inside = |relation: &str| {
            let last = relation.rsplit('.').next();
            nodes.iter().any(|node| {
                let own = node.alias.as_deref().or(node.relation.as_deref());
                own.is_some_and(|own| own == relation || Some(own) == last)
            })
        };
        for node in &nodes {
            if node.kind == "Memoize" {
                return Some(true);
            }
            for text in CONDITIONS.iter().filter_map(|key| node.get(key)) {
                let expression = read_short(&text)?;
                let mut parts = expression.below(expression.root()).into_iter();
                let is_outside = |id| match expression.part(id) {
                    Some(Part::Column { relation: Some(relation), .. }) => !inside(relation),
                    _ => false,
                };
                if parts.any(is_outside) {
                    return Some(true);
                }
            }
        }
        Some(false)
    }
}
