//! Verdict of the locks page: the number of waiters; of a recorded moment also the root blocker and what
//! ending it would have freed, which of now a panel of its own says, with the actions.

use model::locks::{Graph, Locks};
use model::{Known, Latest, Reason, Severity, ranking};

use super::labels;
use crate::ui::format;
use crate::ui::verdict::{Tone, blind};

/// The verdict and its tone.
pub fn verdict(
    latest: &Latest<Locks>,
    graph: Option<&Known<Graph>>,
    at: Option<i64>,
) -> (String, Tone) {
    let then = at.map(|at| format!("At {} UTC: ", format::time_of_day(at))).unwrap_or_default();
    let reading = latest.reading.as_ref();
    let first = reading.and_then(|reading| reading.findings.first());
    let first = first.filter(|first| first.severity > Severity::Info && at.is_none());
    let (message, calm) = match graph {
        None => ("The first reading is on its way.".to_owned(), Tone::Unknown),
        Some(Err(Reason::NotYet)) => match latest.value().map_or(0, |locks| locks.waiting) {
            0 => ("The first reading is on its way.".to_owned(), Tone::Unknown),
            n => {
                (format!("{} for a lock; the wait-for graph is being read.", waits(n)), Tone::Open)
            }
        },
        Some(Err(reason)) => (reason.message(), Tone::Unknown),
        Some(Ok(graph)) if graph.queues.is_empty() => match first {
            Some(first) => (ranking::headline(first), Tone::Open),
            None => match at.is_none().then(|| reading.and_then(|r| blind(&r.not_checked))) {
                Some(Some(blind)) => (blind, Tone::Unknown),
                _ => ("No session is waiting for a lock.".to_owned(), Tone::Fine),
            },
        },
        Some(Ok(graph)) if at.is_some() => (roots(graph), Tone::Open),
        Some(Ok(graph)) => (waiting(graph), Tone::Open),
    };
    let waits = matches!(graph, Some(Ok(graph)) if !graph.queues.is_empty());
    let severity = first.map(|first| first.severity);
    let message = match severity.filter(|_| waits) {
        Some(severity) => format!("{}: {message}", severity.title()),
        None => message,
    };
    (then + &message, severity.map_or(calm, Tone::Found))
}

fn waits(n: i64) -> String {
    format::plural(n, "session waits", "sessions wait")
}

/// `5 sessions wait for a lock, the longest for 52 s.`
fn waiting(graph: &Graph) -> String {
    let longest = format::age(graph.longest_ms());
    format!("{} for a lock, the longest for {longest}.", waits(graph.waiting() as i64))
}

/// `5 sessions wait for a lock, the longest for 52 s. checkout (pid 640) has been idle in transaction
/// for 12 min and blocks 5 sessions. Ending it frees 5 sessions.`
pub fn roots(graph: &Graph) -> String {
    let mut message = waiting(graph);
    if let Some(root) = graph.roots.first()
        && let Some(node) = graph.node(root.node)
    {
        message.push_str(&format!(
            " {}{}. {}.",
            labels::subject(node),
            labels::blocks(graph, node, root.holds_up),
            labels::ending(&graph.blocking(), root.node)
        ));
    }
    if graph.roots.len() > 1 {
        let more = graph.roots.len() as i64 - 1;
        let is = if more == 1 { "is" } else { "are" };
        let more = format::plural(more, "more root blocker", "more root blockers");
        message.push_str(&format!(" There {is} {more}."));
    }
    message
}
