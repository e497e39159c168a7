//! The order of findings on every page, in badges and in the CLI: harm first, folded by root.
//!
//! Sessions hurt now come first, by the time they have lost together; then risks, by their date; then
//! hygiene. What is only information comes last. Findings with one root are one problem, so they are
//! folded into the one that hurts most.

use std::cmp::Ordering;

use crate::finding::{Finding, Harm, Severity};
use crate::object::Object;

/// The findings in their order, those with one root folded into one. Applying it again, also to the
/// findings of several areas together, changes nothing that is already in order.
pub fn ranked(findings: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    let mut all: Vec<Finding> = findings.into_iter().flat_map(unfolded).collect();
    all.sort_by(order);
    let mut ranked: Vec<Finding> = Vec::new();
    for finding in all {
        let same = |one: &&mut Finding| finding.root.is_some() && one.root == finding.root;
        match ranked.iter_mut().find(same) {
            Some(first) => {
                first.severity = first.severity.max(finding.severity);
                first.same_root.push(finding);
            }
            None => ranked.push(finding),
        }
    }
    // A folded finding may be worse than the one it is in.
    ranked.sort_by(order);
    ranked
}

/// The worst severity, and how many findings there are.
pub fn worst(findings: &[Finding]) -> Option<(Severity, usize)> {
    findings.iter().map(|finding| finding.severity).max().map(|worst| (worst, findings.len()))
}

/// The sentence on a problem that stands above a list: its severity and what it is.
pub fn headline(first: &Finding) -> String {
    match first.severity {
        Severity::Info => first.message.clone(),
        severity => format!("{}: {}", severity.title(), first.message),
    }
}

/// Which of two findings comes first.
pub fn order(a: &Finding, b: &Finding) -> Ordering {
    by_harm((a.severity, a.harm), (b.severity, b.harm))
}

/// The same for what is kept of a finding.
pub fn by_harm(a: (Severity, Harm), b: (Severity, Harm)) -> Ordering {
    let info = |severity| severity == Severity::Info;
    info(a.0).cmp(&info(b.0)).then_with(|| harm(a.1, b.1)).then_with(|| b.0.cmp(&a.0))
}

fn harm(a: Harm, b: Harm) -> Ordering {
    let (seconds, sooner) = (f64::total_cmp, |due: Option<f64>| due.unwrap_or(f64::INFINITY));
    match (a, b) {
        (Harm::Hurts { sessions: n, seconds: s }, Harm::Hurts { sessions: m, seconds: t }) => {
            seconds(&t, &s).then(m.cmp(&n))
        }
        (Harm::Risk { due_s: a }, Harm::Risk { due_s: b }) => seconds(&sooner(a), &sooner(b)),
        (a, b) => class(a).cmp(&class(b)),
    }
}

fn class(harm: Harm) -> u8 {
    match harm {
        Harm::Hurts { .. } => 0,
        Harm::Risk { .. } => 1,
        Harm::Hygiene => 2,
    }
}

/// A finding and those folded into it, each for itself. The severity that it took from them goes
/// back with `ranked`, which folds the same ones again.
fn unfolded(mut finding: Finding) -> Vec<Finding> {
    let mut all = std::mem::take(&mut finding.same_root);
    all.insert(0, finding);
    all
}

impl Finding {
    /// The finding as caused by `root`.
    pub fn caused_by(mut self, root: Object) -> Self {
        self.root = Some(root);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &str, severity: Severity, harm: Harm, root: Option<i32>) -> Finding {
        Finding {
            rule: rule.into(),
            severity,
            object: Object::Server,
            message: rule.to_uppercase(),
            evidence: Vec::new(),
            remedy: crate::Remedy::default(),
            harm,
            root: root.map(|pid| Object::Session { pid }),
            same_root: Vec::new(),
        }
    }

    fn hurts(sessions: u32, seconds: f64) -> Harm {
        Harm::Hurts { sessions, seconds }
    }

    fn names(all: &[Finding]) -> Vec<&str> {
        all.iter().map(|finding| finding.rule.as_str()).collect()
    }

    #[test]
    fn who_is_hurt_now_comes_before_what_will_break_and_both_before_hygiene() {
        use Severity::{Critical, Info, Warning};
        let due = |due_s| Harm::Risk { due_s };
        let all = ranked([
            finding("cache", Info, hurts(9, 900.0), None),
            finding("hygiene", Critical, Harm::Hygiene, None),
            finding("undated", Critical, due(None), None),
            finding("tomorrow", Warning, due(Some(86_400.0)), None),
            finding("soon", Warning, due(Some(60.0)), None),
            finding("few", Critical, hurts(1, 60.0), None),
            finding("many", Warning, hurts(5, 300.0), None),
        ]);
        let expected = ["many", "few", "soon", "tomorrow", "undated", "hygiene", "cache"];
        assert_eq!(names(&all), expected);
    }

    #[test]
    fn one_root_is_one_finding_with_the_worst_severity_and_folding_again_changes_nothing() {
        use Severity::{Critical, Warning};
        let all = ranked([
            finding("idle", Critical, Harm::Risk { due_s: None }, Some(7)),
            finding("other", Critical, hurts(1, 100.0), Some(8)),
            finding("pile", Warning, hurts(5, 300.0), Some(7)),
            finding("wait", Warning, hurts(1, 90.0), Some(7)),
        ]);
        assert_eq!(names(&all), ["pile", "other"]);
        let pile = all.first().expect("a finding");
        assert_eq!(pile.severity, Critical);
        assert_eq!(names(&pile.same_root), ["wait", "idle"]);
        assert_eq!(worst(&all), Some((Critical, 2)));
        assert_eq!(ranked(all.clone()), all);
        assert_eq!(headline(pile), "Critical: PILE");
    }

    #[test]
    fn findings_without_a_root_stay_apart() {
        let one = || finding("deadlocks", Severity::Warning, Harm::Hygiene, None);
        assert_eq!(ranked([one(), one()]).len(), 2);
    }
}
