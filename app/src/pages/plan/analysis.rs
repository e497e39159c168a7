//! Parsed plans and the analysis of the selected one (derived times, findings, colours), computed
//! once in a memo and shared by every view. Pure.

use std::ops::Deref;
use std::sync::Arc;

use model::Severity;
use plan::derive::DerivedNode;
use plan::diff::{Comparison, compare};
use plan::layout::{Group, Scale, Shades, groups};
#[cfg(feature = "ssr")]
use plan::rules::Whole;
use plan::rules::{Judged, Limits, Missing, judge_with};
use plan::{Catalog, Derived, Leftover, Node, Notice, ParseError, Plan};

/// Number of steps of a colour scale.
pub const HEATS: usize = 6;

/// A shared value, compared by pointer, so that memos compare at no cost.
#[derive(Debug)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Two plans and what differs between them.
#[derive(Debug)]
pub struct Compared {
    /// The plan before.
    pub before: Shared<Analysis>,
    /// The plan after.
    pub after: Shared<Analysis>,
    /// The differences.
    pub found: Comparison,
}

impl Compared {
    /// Compares them.
    pub fn of(before: Shared<Analysis>, after: Shared<Analysis>) -> Shared<Self> {
        let found = compare((&before.plan, &before.derived), (&after.plan, &after.derived));
        Shared::new(Self { before, after, found })
    }
}

/// A pasted text and the plans parsed from it.
#[derive(Debug)]
pub struct ParsedPlans {
    /// The source text.
    pub text: String,
    /// Its plans; at least one.
    pub plans: Vec<Arc<Plan>>,
    /// Lines that are neither part of a plan nor of a transcript.
    pub not_understood: Vec<Leftover>,
    /// What is doubtful about the reading.
    pub notices: Vec<Notice>,
}

impl ParsedPlans {
    /// Parses a text. Error: it contains no plan; tells what was expected where.
    pub fn read(text: String) -> Result<Shared<Self>, ParseError> {
        let plan::Parsed { plans, not_understood, notices, .. } = plan::parse(&text)?;
        let plans = plans.into_iter().map(Arc::new).collect();
        Ok(Shared::new(Self { text, plans, not_understood, notices }))
    }

    /// The analysis of the plan at an index, or of the first one.
    pub fn analysis(
        &self,
        chosen: usize,
        limits: &Limits,
        catalog: Option<&Catalog>,
    ) -> Option<Shared<Analysis>> {
        let plan = self.plans.get(chosen).or(self.plans.first())?;
        Some(Shared::new(Analysis::new(Arc::clone(plan), limits, catalog)))
    }
}

/// A plan with everything computed from it.
#[derive(Debug)]
pub struct Analysis {
    /// The plan as printed.
    pub plan: Arc<Plan>,
    /// Times, rows and blocks of each node.
    pub derived: Derived,
    /// Findings, by saved time.
    pub findings: Vec<Judged>,
    /// Rules that could not be run.
    pub not_checked: Vec<(&'static str, Missing)>,
    /// Groups of similar siblings.
    pub groups: Vec<Group>,
    /// By node: its colour on each scale; `None` where the figure is not printed.
    heats: Vec<[Option<u8>; Scale::ALL.len()]>,
    /// By node: the worst severity found on it.
    marks: Vec<Option<Severity>>,
}

impl Analysis {
    /// Analyses a plan; with a catalog the rules also know what exists already.
    pub fn new(plan: Arc<Plan>, limits: &Limits, catalog: Option<&Catalog>) -> Self {
        let derived = plan::derive(&plan);
        let (findings, not_checked) = judge_with(&plan, &derived, limits, catalog);
        let groups = groups(&plan, &derived);
        let shades = Shades::new(&plan, &derived);
        let heats = (0..plan.nodes.len())
            .map(|at| Scale::ALL.map(|scale| shades.of(scale, at).map(heat)))
            .collect();
        let mut marks: Vec<Option<Severity>> = vec![None; plan.nodes.len()];
        for found in &findings {
            if let Some(mark) = found.node.and_then(|at| marks.get_mut(at)) {
                *mark = (*mark).max(Some(found.finding.severity));
            }
        }
        Self { plan, derived, findings, not_checked, groups, heats, marks }
    }

    /// A node as printed, and its derived figures.
    pub fn node(&self, at: usize) -> Option<(&Node, &DerivedNode)> {
        Some((self.plan.nodes.get(at)?, self.derived.nodes.get(at)?))
    }

    /// The colour of a node, 0 to 5; `None` where its figure is not printed.
    pub fn heat(&self, scale: Scale, at: usize) -> Option<u8> {
        let place = Scale::ALL.iter().position(|one| *one == scale)?;
        self.heats.get(at)?.get(place).copied().flatten()
    }

    /// The time of which a finding has a part at stake, ms.
    #[cfg(feature = "ssr")]
    pub fn whole_ms(&self, of: Whole) -> Option<f64> {
        match of {
            Whole::Execution => self.derived.whole_ms(&self.plan),
            Whole::Planning => self.plan.planning_ms(),
        }
    }

    /// The worst severity found on a node.
    pub fn mark(&self, at: usize) -> Option<Severity> {
        self.marks.get(at).copied().flatten()
    }

    /// The node selected first: that of the first finding that saves time, or the most expensive
    /// one.
    pub fn worst(&self) -> Option<usize> {
        let found = self.findings.iter().find(|found| found.saves_ms.is_some_and(|ms| ms > 0.0));
        found.and_then(|found| found.node).or_else(|| self.heaviest())
    }

    /// The node with the greatest self time, or the greatest own cost where nothing was timed.
    pub fn heaviest(&self) -> Option<usize> {
        let timed = self.derived.nodes.iter().any(|own| own.self_ms.is_some());
        let weigh = |own: &DerivedNode| if timed { own.self_ms } else { own.self_cost };
        let nodes = self.derived.nodes.iter().enumerate();
        let weighed = nodes.map(|(at, own)| (weigh(own).unwrap_or(-1.0), at));
        weighed.rev().max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, at)| at)
    }

    /// The children of a node, in plan order.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let depth = self.plan.nodes.get(at).map_or(usize::MAX, |node| node.depth);
        let below = self.plan.nodes.iter().enumerate().skip(at.saturating_add(1));
        below
            .take_while(move |(_, node)| node.depth > depth)
            .filter(move |(_, node)| node.parent == Some(at))
            .map(|(place, _)| place)
    }
}

/// The step of a shade from 0 to 1. Steps are narrow at the cold end: 1, 5, 20, 40 and 70 %.
fn heat(shade: f64) -> u8 {
    const FROM: [f64; HEATS - 1] = [0.01, 0.05, 0.2, 0.4, 0.7];
    FROM.iter().take_while(|from| shade >= **from).count() as u8
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub const FILTERED: &str =
        include_str!("../../../plan/fixtures/rules/filtered_seq_scan/fires.txt");
    pub const JOIN: &str = include_str!("../../../plan/fixtures/17/hash_join.txt");

    pub fn analysis(text: &str) -> Shared<Analysis> {
        ParsedPlans::read(text.to_owned()).unwrap().analysis(0, &Limits::default(), None).unwrap()
    }

    #[test]
    fn the_worst_node_is_the_one_that_costs_time() {
        let analysis = analysis(FILTERED);
        assert_eq!(analysis.worst(), Some(0));
        assert_eq!(analysis.heat(Scale::SelfTime, 0), Some(5));
        assert!(analysis.mark(0).is_some());
        assert_eq!(analysis.heat(Scale::SelfTime, 99), None);
    }

    #[test]
    fn children_are_direct_ones() {
        let analysis = analysis(JOIN);
        for at in 0..analysis.plan.nodes.len() {
            for child in analysis.children(at) {
                assert_eq!(analysis.plan.nodes[child].parent, Some(at));
            }
        }
        let all: usize =
            (0..analysis.plan.nodes.len()).map(|at| analysis.children(at).count()).sum();
        assert_eq!(all + 1, analysis.plan.nodes.len());
    }

    #[test]
    fn what_is_not_a_plan_is_refused_with_a_place() {
        let error = ParsedPlans::read("hello".into()).unwrap_err();
        assert!(error.to_string().starts_with("Line 1"), "{error}");
    }
}
