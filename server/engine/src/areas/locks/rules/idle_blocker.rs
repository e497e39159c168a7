//! Rule: a session is idle in transaction while others wait for its locks.

use model::locks::Locks;
use model::{About, Finding, Known, Limit, Severity, Unit};

use super::describe::{count, ending, for_ms, hurts, seconds, sessions, who};
use crate::rule::InForce;

/// The longest wait behind it at which the rule warns, seconds.
const WARN_FROM_S: Limit = Limit {
    name: "warn_from_s",
    default: 5.0,
    unit: Unit::Seconds,
    source: "a person at a page gives up after a few seconds, and nothing is being done meanwhile",
};
/// The longest wait at which it is critical, seconds.
const CRITICAL_FROM_S: Limit = Limit {
    name: "critical_from_s",
    default: 60.0,
    unit: Unit::Seconds,
    source: "a minute in which the blocker did no work",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Others wait for a session that is idle in transaction",
    effect: "They wait for a client that may never come back; PostgreSQL does not end it by itself.",
    remedy: "End the session; set idle_in_transaction_session_timeout for its role; fix the application's transaction handling.",
    docs: "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
    limits: &[WARN_FROM_S, CRITICAL_FROM_S],
};

/// Judges roots that are idle in transaction by the longest wait behind them.
pub fn idle_blocker(evidence: &Locks, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let graph = evidence.graph.as_ref().map_err(Clone::clone)?;
    if !graph.roots.is_empty() {
        // Whose state is hidden from us may be idle or not.
        evidence.others.clone()?;
    }
    let idle = graph.roots.iter().filter_map(|root| {
        let node = graph.node(root.node)?;
        let session = node.session.as_ref().filter(|s| s.is_idle_in_transaction())?;
        let waited_s = root.longest_ms / 1_000.0;
        let severity = if waited_s >= limits.get(&CRITICAL_FROM_S) {
            Severity::Critical
        } else if waited_s >= limits.get(&WARN_FROM_S) {
            Severity::Warning
        } else {
            return None;
        };
        let since = session.state_change_ms.unwrap_or(graph.server_now_ms);
        let idle_ms = graph.server_now_ms.saturating_sub(since).max(0) as f64;
        Some(Finding {
            rule: limits.rule(),
            severity,
            object: node.words().into(),
            message: format!(
                "{} has been idle in transaction for {} while {} up to {} for its locks.",
                who(graph, root.node),
                for_ms(idle_ms),
                match root.holds_up {
                    1 => "1 session waits".to_owned(),
                    many => format!("{} wait", sessions(many)),
                },
                for_ms(root.longest_ms),
            ),
            evidence: vec![
                seconds("idle in transaction", idle_ms),
                count("sessions blocked", root.holds_up.into()),
                seconds("longest wait", root.longest_ms),
            ],
            harm: hurts(root),
            root: Some(node.words().into()),
            same_root: Vec::new(),
            remedy: ending(node, ABOUT.remedy, "Somebody at a psql prompt who is about to commit."),
        })
    });
    Ok(idle.collect())
}
