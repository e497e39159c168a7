//! Wording shared by the lock rules: nodes, remedies, durations.

use model::locks::{Graph, Node, Root};
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

/// What ends a node, its lock and its undoing: the statement that does so in the state it is in, or
/// why there is none.
pub fn ending(node: &Node, message: &str, refuted_by: &str) -> Remedy {
    let (sql, words) = match (&node.prepared, node.pid) {
        (Some(prepared), _) => {
            (Some(format!("rollback prepared {};", quoted_literal(&prepared.gid))), None)
        }
        (None, Some(pid)) => ending_session(node, pid),
        (None, None) => (None, None),
    };
    let undo = match (&node.prepared, &sql) {
        (Some(_), _) => Some("None: what it did is lost. commit prepared keeps it."),
        (None, Some(_)) => Some("None: its transaction is rolled back."),
        (None, None) => None,
    };
    Remedy {
        message: words.map_or_else(|| message.to_owned(), |words| format!("{words} {message}")),
        lock: sql.as_ref().map(|_| "None; the locks it holds are released.".into()),
        undo: undo.map(Into::into),
        sql,
        refuted_by: Some(refuted_by.into()),
    }
}

/// Cancelling does nothing to a session that runs nothing; it has to be ended. Where ending is wrong,
/// or what it would do is not known, there are words instead.
fn ending_session(node: &Node, pid: i32) -> (Option<String>, Option<String>) {
    let words = |text: String| (None, Some(text));
    let Some(session) = &node.session else {
        return words(format!("What pid {pid} does is unknown, so no statement is offered."));
    };
    if session.to_prevent_wraparound == Some(true) {
        return words(format!(
            "Do not cancel pid {pid}: a vacuum to prevent wraparound starts again, from the beginning of the table."
        ));
    }
    if session.is_autovacuum() {
        return words(format!(
            "pid {pid} is an autovacuum and yields by itself after deadlock_timeout."
        ));
    }
    if session.vacuums {
        return words(format!(
            "pid {pid} runs VACUUM: cancelled, it must be begun again, and if it freezes it protects from wraparound."
        ));
    }
    let state = session.state.as_deref();
    match state {
        _ if session.is_startup() => words(format!(
            "pid {pid} replays WAL and cannot be cancelled; max_standby_streaming_delay limits how long it waits."
        )),
        Some("active") if session.wait_event.as_deref() == Some("SyncRep") => words(format!(
            "pid {pid} has already committed and waits for a synchronous standby: ending it undoes nothing."
        )),
        Some("active" | "fastpath function call") => {
            (Some(format!("select pg_cancel_backend({pid});")), None)
        }
        Some(state) if state.starts_with("idle") => {
            (Some(format!("select pg_terminate_backend({pid});")), None)
        }
        Some("disabled") => words(format!(
            "track_activities is off for pid {pid}, so it is unknown whether it runs anything and no statement is offered."
        )),
        _ => words(format!("What pid {pid} does is unknown, so no statement is offered.")),
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
    model::duration(value_ms)
}
