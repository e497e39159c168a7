//! Rule: many sessions wait behind one root blocker.

use model::locks::Locks;
use model::{About, Finding, Known, Limit, Severity, Unit};

use super::describe::{count, ending, for_ms, hurts, seconds, sessions, who};
use crate::rule::InForce;

/// Sessions behind one root at which the rule warns.
const WARN_FROM_WAITERS: Limit = Limit {
    name: "warn_from_waiters",
    default: 3.0,
    unit: Unit::Count,
    source: "pganalyze's check for blocking queries begins at three blocked sessions",
};
/// Sessions at which it is critical.
const CRITICAL_FROM_WAITERS: Limit = Limit {
    name: "critical_from_waiters",
    default: 30.0,
    unit: Unit::Count,
    source: "as many as a usual connection pool holds: the application stands still",
};
/// How long the longest of them must have waited, seconds.
const HELD_FOR_S: Limit = Limit {
    name: "held_for_s",
    default: 5.0,
    unit: Unit::Seconds,
    source: "shorter queues come and go in a busy database",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Sessions pile up behind a lock",
    effect: "Each waiting session keeps its connection and its own locks; soon no connection is left.",
    remedy: "End the root blocker; set lock_timeout for DDL and idle_in_transaction_session_timeout for applications.",
    docs: "https://www.postgresql.org/docs/current/explicit-locking.html",
    limits: &[WARN_FROM_WAITERS, CRITICAL_FROM_WAITERS, HELD_FOR_S],
};

/// Judges roots by how many they hold up.
pub fn lock_pile_up(evidence: &Locks, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let graph = evidence.graph.as_ref().map_err(Clone::clone)?;
    let piled = graph.roots.iter().filter(|root| {
        f64::from(root.holds_up) >= limits.get(&WARN_FROM_WAITERS)
            && root.longest_ms >= limits.get(&HELD_FOR_S) * 1_000.0
    });
    let judged = piled.filter_map(|root| {
        let node = graph.node(root.node)?;
        let critical = f64::from(root.holds_up) >= limits.get(&CRITICAL_FROM_WAITERS);
        Some(Finding {
            rule: limits.rule(),
            severity: if critical { Severity::Critical } else { Severity::Warning },
            object: node.words().into(),
            message: format!(
                "{} wait for {}{}, the longest for {}. Ending it frees {} ({} at once).",
                sessions(root.holds_up),
                who(graph, root.node),
                node.doing(graph),
                for_ms(root.longest_ms),
                sessions(root.frees),
                root.frees_now,
            ),
            evidence: vec![
                count("sessions blocked", root.holds_up.into()),
                count("freed at once", root.frees_now.into()),
                count("freed in total", root.frees.into()),
                seconds("longest wait", root.longest_ms),
                seconds("total wait", root.waited_ms),
            ],
            harm: hurts(root),
            root: Some(node.words().into()),
            same_root: Vec::new(),
            remedy: ending(
                node,
                ABOUT.remedy,
                "the root blocker must not be interrupted and is about to end.",
            ),
        })
    });
    Ok(judged.collect())
}
