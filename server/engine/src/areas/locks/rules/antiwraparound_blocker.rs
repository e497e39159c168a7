//! Rule: an anti-wraparound autovacuum blocks others; unlike a normal one it does not yield.

use model::locks::Locks;
use model::{About, Finding, Known, Limit, Remedy, Severity, Unit};

use super::describe::{count, for_ms, hurts, seconds, sessions};
use crate::rule::InForce;

/// The longest wait behind it at which the rule warns, seconds.
const WARN_FROM_S: Limit = Limit {
    name: "warn_from_s",
    default: 5.0,
    unit: Unit::Seconds,
    source: "an ordinary autovacuum steps aside after deadlock_timeout, one second by default",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An autovacuum to prevent wraparound blocks others",
    effect: "It does not yield, and it starts again if it is cancelled: DDL on the table waits until it is done.",
    remedy: "Let it finish faster: raise autovacuum_vacuum_cost_limit and reload. Postpone the DDL and run it with lock_timeout, because waiting DDL blocks everything behind it.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND",
    limits: &[WARN_FROM_S],
};

/// Judges roots that are such workers.
pub fn antiwraparound_blocker(evidence: &Locks, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let graph = evidence.graph.as_ref().map_err(Clone::clone)?;
    if !graph.roots.is_empty() {
        evidence.others.clone()?;
    }
    let vacuums = graph.roots.iter().filter_map(|root| {
        let node = graph.node(root.node)?;
        node.session.as_ref().filter(|s| s.to_prevent_wraparound == Some(true))?;
        if root.longest_ms < limits.get(&WARN_FROM_S) * 1_000.0 {
            return None;
        }
        Some(Finding {
            rule: limits.rule(),
            severity: Severity::Warning,
            object: node.words().into(),
            message: format!(
                "{}, an autovacuum to prevent wraparound, blocks {} for up to {} and will not yield.",
                node.words(),
                sessions(root.holds_up),
                for_ms(root.longest_ms),
            ),
            evidence: vec![
                count("sessions blocked", root.holds_up.into()),
                seconds("longest wait", root.longest_ms),
            ],
            harm: hurts(root),
            root: Some(node.words().into()),
            same_root: Vec::new(),
            remedy: Remedy {
                message: ABOUT.remedy.into(),
                sql: Some("alter system set autovacuum_vacuum_cost_limit = 2000;".into()),
                lock: Some("None; takes effect after select pg_reload_conf().".into()),
                undo: Some("alter system reset autovacuum_vacuum_cost_limit;".into()),
                refuted_by: Some("the storage is already saturated, so a faster vacuum would slow everything down.".into()),
            },
        })
    });
    Ok(vacuums.collect())
}
