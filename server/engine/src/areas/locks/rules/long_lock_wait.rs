//! Rule: a session has waited long for a lock.

use model::locks::Locks;
use model::{About, Finding, Known, Limit, Object, Severity, Unit};

use super::describe::{count, ending, hurts, seconds};
use crate::rule::InForce;

/// Wait at which the rule warns, seconds.
const WARN_FROM_S: Limit = Limit {
    name: "warn_from_s",
    default: 60.0,
    unit: Unit::Seconds,
    source: "a minute is longer than most clients' own timeout",
};
/// Wait at which it is critical, seconds.
const CRITICAL_FROM_S: Limit = Limit {
    name: "critical_from_s",
    default: 600.0,
    unit: Unit::Seconds,
    source: "pganalyze calls blocked queries critical after ten minutes",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A session has been waiting for a lock for a long time",
    effect: "Its client sees a statement that does not finish; by default PostgreSQL sets no limit.",
    remedy: "End the blocker or cancel the waiter; set lock_timeout where waiting makes no sense.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT",
    limits: &[WARN_FROM_S, CRITICAL_FROM_S],
};

/// Judges the longest wait behind each root, so that one cause is one finding.
pub fn long_lock_wait(evidence: &Locks, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let graph = evidence.graph.as_ref().map_err(Clone::clone)?;
    let blocking = graph.blocking();
    let mut findings = Vec::new();
    for root in &graph.roots {
        let longest_s = root.longest_ms / 1_000.0;
        let severity = if longest_s >= limits.get(&CRITICAL_FROM_S) {
            Severity::Critical
        } else if longest_s >= limits.get(&WARN_FROM_S) {
            Severity::Warning
        } else {
            continue;
        };
        let behind = blocking.held_up_by(root.node);
        let longest = graph
            .waits()
            .filter(|(_, _, wait)| behind.contains(&wait.node))
            .max_by(|a, b| graph.waited_ms(a.2).total_cmp(&graph.waited_ms(b.2)));
        let (Some((_, _, wait)), Some(node)) = (longest, graph.node(root.node)) else { continue };
        let long = graph.waits().filter(|(_, _, w)| {
            behind.contains(&w.node) && graph.waited_ms(w) / 1_000.0 >= limits.get(&WARN_FROM_S)
        });
        findings.push(Finding {
            rule: limits.rule(),
            severity,
            object: Object::Session { pid: wait.pid },
            message: blocking.why(wait.node).unwrap_or_default(),
            evidence: vec![
                seconds("longest wait", root.longest_ms),
                count("waits that long behind the same root blocker", long.count() as f64),
            ],
            harm: hurts(root),
            root: Some(node.words().into()),
            same_root: Vec::new(),
            remedy: ending(node, ABOUT.remedy, "a batch is meant to wait its turn."),
        });
    }
    Ok(findings)
}
