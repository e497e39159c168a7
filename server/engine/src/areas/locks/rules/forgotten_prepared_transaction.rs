//! Rule: a prepared transaction is neither committed nor rolled back.

use model::locks::{Locks, PreparedTransaction, Root};
use model::{About, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

use super::describe::{count, for_ms, hurts, seconds, sessions};
use crate::error::quoted_literal;
use crate::rule::InForce;

/// Age at which the rule warns, seconds.
const WARN_FROM_S: Limit = Limit {
    name: "warn_from_s",
    default: 300.0,
    unit: Unit::Seconds,
    source: "a transaction manager commits within seconds; the manual: unwise to leave for a long time",
};
/// Age at which it is critical, seconds.
const CRITICAL_FROM_S: Limit = Limit {
    name: "critical_from_s",
    default: 3_600.0,
    unit: Unit::Seconds,
    source: "an hour of held locks and of vacuum that cannot clean up",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A prepared transaction was forgotten",
    effect: "It keeps its locks and holds vacuum back, without a session and even across restarts.",
    remedy: "Ask the transaction manager, then COMMIT PREPARED or ROLLBACK PREPARED in its database, as its owner or a superuser.",
    docs: "https://www.postgresql.org/docs/current/sql-prepare-transaction.html",
    limits: &[WARN_FROM_S, CRITICAL_FROM_S],
};

/// Judges prepared transactions by age; one that holds others up is critical at once.
pub fn forgotten_prepared_transaction(
    evidence: &Locks,
    limits: &InForce<'_>,
) -> Known<Vec<Finding>> {
    let prepared = evidence.prepared.as_ref().map_err(Clone::clone)?;
    Ok(prepared.iter().filter_map(|one| judged(one, evidence, limits)).collect())
}

fn judged(one: &PreparedTransaction, evidence: &Locks, limits: &InForce<'_>) -> Option<Finding> {
    let age_ms = evidence.server_now_ms.saturating_sub(one.prepared_ms).max(0) as f64;
    let root = root_of(one, evidence);
    let holds_up = root.map_or(0, |root| root.holds_up);
    let severity = if holds_up > 0 || age_ms >= limits.get(&CRITICAL_FROM_S) * 1_000.0 {
        Severity::Critical
    } else if age_ms >= limits.get(&WARN_FROM_S) * 1_000.0 {
        Severity::Warning
    } else {
        return None;
    };
    let blocks = match holds_up {
        0 => String::new(),
        some => format!(" and blocks {}", sessions(some)),
    };
    Some(Finding {
        rule: limits.rule(),
        severity,
        object: Object::PreparedTransaction { gid: one.gid.clone() },
        message: format!(
            "Prepared transaction '{}' of {} in {} has been neither committed nor rolled back for {}{blocks}.",
            one.gid,
            one.owner.as_deref().unwrap_or("an unknown role"),
            one.database.as_deref().unwrap_or("an unknown database"),
            for_ms(age_ms),
        ),
        evidence: vec![seconds("age", age_ms), count("sessions blocked", holds_up.into())],
        harm: root.map_or(Harm::Risk { due_s: None }, hurts),
        root: Some(Object::PreparedTransaction { gid: one.gid.clone() }),
        same_root: Vec::new(),
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!("rollback prepared {};", quoted_literal(&one.gid))),
            lock: Some("None; the locks it holds are released.".into()),
            undo: Some("None: what it did is lost. commit prepared keeps it.".into()),
            refuted_by: Some("A transaction manager that is still deciding.".into()),
        },
    })
}

/// What it blocks, if anybody waits for it.
fn root_of<'a>(one: &PreparedTransaction, evidence: &'a Locks) -> Option<&'a Root> {
    let graph = evidence.graph.as_ref().ok()?;
    let is_it = |node: u32| {
        let prepared = graph.node(node).and_then(|node| node.prepared.as_ref());
        prepared.is_some_and(|prepared| prepared.transaction == one.transaction)
    };
    graph.roots.iter().find(|root| is_it(root.node))
}
