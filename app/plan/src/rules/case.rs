//! Input of the rules (plan, derived figures, catalog) and how they build a finding: traversal,
//! severity, evidence.

use model::{Evidence, Finding, Harm, Remedy, Severity, Unit};

use super::claims::Claim;
use super::{InForce, Judged, Missing, Proposal, Whole};
use crate::catalog::Catalog;
use crate::derive::{Derived, DerivedNode};
use crate::node::{Node, Plan};

/// Share of the execution from which a finding is critical.
const CRITICAL_SHARE: f64 = 0.5;
/// Share of the execution from which a finding is a warning.
const WARNING_SHARE: f64 = 0.05;
/// A person notices from about 100 ms; less than 10 ms is worth knowing only.
const CRITICAL_MS: f64 = 100.0;
const WARNING_MS: f64 = 10.0;

/// What rules judge.
pub struct Case<'a> {
    /// The plan as printed.
    pub plan: &'a Plan,
    /// What follows from it.
    pub derived: &'a Derived,
    /// What the server it ran on says about its relations, where that is known.
    pub catalog: Option<&'a Catalog>,
    /// By node: its first child, and its parent's next one.
    links: Vec<(Option<usize>, Option<usize>)>,
}

impl<'a> Case<'a> {
    /// A plan and what follows from it, ready to be judged.
    pub fn new(plan: &'a Plan, derived: &'a Derived) -> Self {
        let mut links: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); plan.nodes.len()];
        // From the last to the first: each becomes its parent's first child so far.
        for (at, node) in plan.nodes.iter().enumerate().rev() {
            let parent = node.parent.and_then(|parent| links.get_mut(parent));
            let next = parent.and_then(|(first, _)| first.replace(at));
            if let Some(own) = links.get_mut(at) {
                own.1 = next;
            }
        }
        Self { plan, derived, catalog: None, links }
    }

    /// All nodes with their place and what follows for them.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (usize, &'a Node, &'a DerivedNode)> {
        let both = self.plan.nodes.iter().zip(&self.derived.nodes);
        both.enumerate().map(|(at, (node, own))| (at, node, own))
    }

    /// Whether the plan was executed; if not, why a rule cannot be run.
    pub(super) fn analyzed(&self) -> Result<(), Missing> {
        let ran = self.plan.nodes.first().is_some_and(|root| root.actual.is_some());
        ran.then_some(()).ok_or(Missing { option: "ANALYZE".into() })
    }

    /// The children of a node, in their order.
    pub(super) fn children(&self, of: usize) -> impl Iterator<Item = (usize, &'a Node)> {
        let next = |at: &usize| self.links.get(*at).and_then(|(_, next)| *next);
        let first = self.links.get(of).and_then(|(first, _)| *first);
        let places = std::iter::successors(first, next);
        places.filter_map(|at| self.plan.nodes.get(at).map(|node| (at, node)))
    }

    /// The first child that is not a subplan.
    pub(super) fn first_child(&self, of: usize) -> Option<(usize, &'a Node)> {
        self.children(of).find(|(_, node)| node.subplan.is_none())
    }

    /// Whether a node runs once in each round of a recursion.
    pub(super) fn is_recursive(&self, at: usize) -> bool {
        let parent = |at: &usize| self.plan.nodes.get(*at).and_then(|node| node.parent);
        let mut above = std::iter::successors(parent(&at), parent);
        above.any(|at| self.plan.nodes.get(at).is_some_and(|node| node.kind == "Recursive Union"))
    }

    /// The value of a setting that is known to have been in force: printed by SETTINGS, which tells what
    /// the session had, or from the catalog.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        let mut printed = self.plan.settings().filter(|(own, _)| *own == name);
        let printed = printed.next().map(|(_, value)| value.into_owned());
        printed.or_else(|| self.catalog?.settings.get(name).cloned())
    }

    /// Whether the catalog is known and has no index that starts with this column.
    pub(super) fn has_no_index(&self, node: &Node, column: &str) -> bool {
        self.catalog.is_some_and(|catalog| catalog.has_no_index_on(node, column))
    }

    /// Time of the whole execution, ms.
    pub(super) fn whole_ms(&self) -> Option<f64> {
        self.derived.whole_ms(self.plan)
    }

    /// What of it no node took, ms.
    pub(super) fn outside_ms(&self) -> f64 {
        let nodes = self.derived.nodes_ms.unwrap_or(0.0);
        self.whole_ms().map_or(0.0, |whole| (whole - nodes).max(0.0))
    }

    /// How bad it is that this much time is at stake.
    pub(super) fn severity(&self, saves_ms: Option<f64>) -> Severity {
        let Some((saves, whole)) = saves_ms.zip(self.whole_ms()) else {
            return Severity::Warning;
        };
        let share = saves / whole.max(0.001);
        if share >= CRITICAL_SHARE && saves >= CRITICAL_MS {
            Severity::Critical
        } else if share >= WARNING_SHARE && saves >= WARNING_MS {
            Severity::Warning
        } else {
            Severity::Info
        }
    }

    /// A finding on a node.
    pub(super) fn finding(
        &self,
        limits: &InForce<'_>,
        at: usize,
        saves_ms: Option<f64>,
        message: String,
        evidence: Vec<Evidence>,
        remedy: Remedy,
    ) -> Judged {
        let object = self.plan.nodes.get(at).map_or_else(String::new, Node::name);
        let whole = self.whole_finding(limits, object, saves_ms, message, evidence, remedy);
        Judged { node: Some(at), ..whole }
    }

    /// A finding on the execution as a whole, or on something in it that is no node.
    pub(super) fn whole_finding(
        &self,
        limits: &InForce<'_>,
        object: String,
        saves_ms: Option<f64>,
        message: String,
        evidence: Vec<Evidence>,
        remedy: Remedy,
    ) -> Judged {
        let (rule, severity) = (limits.rule(), self.severity(saves_ms));
        let finding = Finding {
            rule,
            severity,
            object: object.into(),
            message,
            evidence,
            remedy,
            harm: Harm::Hygiene,
            root: None,
            same_root: Vec::new(),
        };
        Judged {
            node: None,
            saves_ms,
            whole: Whole::Execution,
            within: None,
            finding,
            proposal: Proposal::Nothing,
            claim: Claim::Node,
            parts: vec![],
        }
    }
}

impl Judged {
    /// The finding with the statement it proposes.
    pub(super) fn proposing(self, proposal: Proposal) -> Self {
        Self { proposal, ..self }
    }

    /// The finding, where its node does not tell whose time it is about.
    pub(super) fn claiming(self, claim: Claim) -> Self {
        Self { claim, ..self }
    }
}

/// A number a finding rests on.
pub(super) fn evidence(name: &str, value: f64, unit: Unit) -> Evidence {
    Evidence { name: name.into(), value, unit }
}

/// A count in words: `1,234`.
pub(super) fn count(number: f64) -> String {
    let digits = format!("{:.0}", number.max(0.0));
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        assert_eq!((count(1_234_567.0), count(12.0)), ("1,234,567".into(), "12".into()));
    }
}
