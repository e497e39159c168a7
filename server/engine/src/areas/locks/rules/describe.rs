//! Wording shared by the lock rules: nodes, remedies, durations.

use model::locks::{Graph, Node, Root, duration};
use model::{Evidence, Harm, Remedy, Unit};

use crate::error::quoted_literal;

/// ` (checkout, role shop)`: who stands behind a node.
pub fn named(node: &Node) -> String {
    let session = node.session.as_ref();
    let name = session.and_then(|s| s.application_name.as_deref()).filter(|name| !name.is_empty());
    match (name, session.and_then(|s| s.usename.as_deref())) {
        (Some(name), Some(role)) => format!(" ({name}, role {role})"),
        (Some(name), None) => format!(" ({name})"),
        (None, Some(role)) => format!(" (role {role})"),
        (None, None) => String::new(),
    }
}

/// A node of the graph with who stands behind it.
pub fn who(graph: &Graph, node: u32) -> String {
    graph.node(node).map_or_else(String::new, |node| format!("{}{}", node.words(), named(node)))
}

/// What ends a node, its lock and its undoing.
pub fn ending(node: &Node, message: &str, refuted_by: &str) -> Remedy {
    let (sql, undo) = match (&node.prepared, node.pid) {
        (Some(prepared), _) => (
            Some(format!("rollback prepared {};", quoted_literal(&prepared.gid))),
            "None: what it did is lost. commit prepared keeps it.",
        ),
        (None, Some(pid)) => (Some(ending_sql(node, pid)), "None: its transaction is rolled back."),
        (None, None) => (None, "None."),
    };
    Remedy {
        message: message.into(),
        sql,
        lock: Some("None; the locks it holds are released.".into()),
        undo: Some(undo.into()),
        refuted_by: Some(refuted_by.into()),
    }
}

/// Cancelling does nothing to a session that is idle in transaction; it has to be ended.
fn ending_sql(node: &Node, pid: i32) -> String {
    let idle = node.session.as_ref().is_some_and(|session| session.is_idle_in_transaction());
    match idle {
        true => format!("select pg_terminate_backend({pid});"),
        false => format!("select pg_cancel_backend({pid});"),
    }
}

/// Whom a root blocker hurts, and for how long together.
pub fn hurts(root: &Root) -> Harm {
    Harm::Hurts { sessions: root.holds_up, seconds: root.waited_ms / 1_000.0 }
}

/// A count.
pub fn count(name: &str, value: f64) -> Evidence {
    Evidence { name: name.into(), value, unit: Unit::Count }
}

/// A time, from milliseconds.
pub fn seconds(name: &str, value_ms: f64) -> Evidence {
    Evidence { name: name.into(), value: value_ms / 1_000.0, unit: Unit::Seconds }
}

/// `3 sessions`, `1 session`.
pub fn sessions(number: u32) -> String {
    if number == 1 { "1 session".into() } else { format!("{number} sessions") }
}

/// Milliseconds in words.
pub fn for_ms(value_ms: f64) -> String {
    duration(value_ms / 1_000.0)
}
