//! Rule: a command that needs ACCESS EXCLUSIVE (ALTER TABLE, TRUNCATE) waits behind a reader or
//! writer, and all others behind it.

use model::locks::{Edge, EdgeKind, Graph, LockMode, Locks, ObjectKind, Queue, Wait};
use model::{About, Finding, Harm, Known, Limit, Severity, Unit};

use super::describe::{count, ending, for_ms, hurts, seconds, sessions, who};
use crate::rule::InForce;

/// How long it must have waited, seconds.
const HELD_FOR_S: Limit = Limit {
    name: "held_for_s",
    default: 2.0,
    unit: Unit::Seconds,
    source: "a sensible lock_timeout for DDL: after that it should step aside and try again",
};
/// Sessions queued behind it at which the rule is critical.
const CRITICAL_FROM_WAITERS: Limit = Limit {
    name: "critical_from_waiters",
    default: 10.0,
    unit: Unit::Count,
    source: "every new query on the table joins them, reads included",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "DDL waits for a table and blocks everything behind it",
    effect: "A waiting ACCESS EXCLUSIVE request blocks even plain SELECTs that do not conflict with its blocker.",
    remedy: "Cancel the DDL and run it again with lock_timeout set; or end the transaction it waits for.",
    docs: "https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES",
    limits: &[HELD_FOR_S, CRITICAL_FROM_WAITERS],
};

/// Judges waits for ACCESS EXCLUSIVE on a relation that others queue behind.
pub fn ddl_behind_reader(evidence: &Locks, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let graph = evidence.graph.as_ref().map_err(Clone::clone)?;
    let blocking = graph.blocking();
    let mut findings = Vec::new();
    for queue in graph.queues.iter().filter(|queue| queue.object.kind == ObjectKind::Relation) {
        let ddl =
            queue.waiters.iter().enumerate().find(|(_, w)| w.mode == LockMode::AccessExclusive);
        let Some((place, wait)) = ddl else { continue };
        let behind = queue.waiters.iter().skip(place + 1).filter(|w| w.node != wait.node).count();
        let hard = blocking.blockers(wait.node).into_iter().find(|e| e.kind == EdgeKind::Hard);
        let held = graph.waited_ms(wait) >= limits.get(&HELD_FOR_S) * 1_000.0;
        if let (true, true, Some(edge)) = (held, behind > 0, hard) {
            findings.extend(finding(graph, queue, wait, behind, &edge, limits));
        }
    }
    Ok(findings)
}

fn finding(
    graph: &Graph,
    queue: &Queue,
    wait: &Wait,
    behind: usize,
    edge: &Edge,
    limits: &InForce<'_>,
) -> Option<Finding> {
    let (node, blocker) = (graph.node(wait.node)?, graph.node(edge.blocker)?);
    let blocking = graph.blocking();
    let root = graph.roots.iter().find(|root| blocking.held_up_by(root.node).contains(&wait.node));
    let queued = queue.waiters.iter().map(|wait| graph.waited_ms(wait)).sum::<f64>();
    let here = Harm::Hurts { sessions: 1 + behind as u32, seconds: queued / 1_000.0 };
    let critical = behind as f64 >= limits.get(&CRITICAL_FROM_WAITERS);
    Some(Finding {
        rule: limits.rule(),
        severity: if critical { Severity::Critical } else { Severity::Warning },
        object: queue.object.words().into(),
        message: format!(
            "{} has waited {} for {} on {}, and {} behind it; {} holds {}{}.",
            who(graph, wait.node),
            for_ms(graph.waited_ms(wait)),
            wait.mode.words(),
            queue.object.words(),
            match behind {
                1 => "1 session queues".to_owned(),
                many => format!("{} queue", sessions(many as u32)),
            },
            who(graph, edge.blocker),
            edge.has.words(),
            blocker.doing(graph),
        ),
        evidence: vec![
            seconds("DDL waits", graph.waited_ms(wait)),
            count("sessions queued behind it", behind as f64),
        ],
        harm: root.map_or(here, hurts),
        root: root.and_then(|root| graph.node(root.node)).map(|node| node.words().into()),
        same_root: Vec::new(),
        remedy: ending(
            node,
            ABOUT.remedy,
            "the DDL is worth the downtime, as in a maintenance window.",
        ),
    })
}
