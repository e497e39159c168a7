//! Labels of a node of the wait-for graph: name, lock it waits for, state, key in the URL. Pure.

use model::locks::drawing::Link;
use model::locks::{Blocking, Graph, LockMode, Node, ObjectKind, Queue};

use crate::ui::format;

/// `pid 812 · checkout`.
pub fn who(node: &Node) -> String {
    match application(node) {
        Some(name) => format!("{} · {name}", node.words()),
        None => node.words(),
    }
}

/// The application name, or the backend type where there is no client.
fn application(node: &Node) -> Option<&str> {
    let session = node.session.as_ref()?;
    let kind = session.backend_type.as_deref().filter(|kind| *kind != "client backend");
    kind.or(session.application_name.as_deref()).filter(|name| !name.is_empty())
}

/// The state of a root blocker, with its age.
pub fn doing(graph: &Graph, node: &Node) -> String {
    let words = node.doing(graph);
    let words = words.trim_start_matches(", ");
    match (words.is_empty(), &node.session) {
        (false, _) => words.to_owned(),
        (true, Some(session)) => session.state.clone().unwrap_or_else(|| "state unknown".into()),
        (true, None) => "state unknown".into(),
    }
}

/// `checkout (pid 812)`, for sentences.
pub fn subject(node: &Node) -> String {
    match application(node) {
        Some(name) => format!("{name} ({})", node.words()),
        None => node.words(),
    }
}

/// ` has been idle in transaction for 12 min and blocks 5 sessions`, after a subject.
pub fn blocks(graph: &Graph, node: &Node, sessions: u32) -> String {
    let doing = node.doing(graph);
    let blocks = format!("blocks {}", format::plural(i64::from(sessions), "session", "sessions"));
    match doing.strip_prefix(", idle in transaction") {
        Some("") => format!(" is idle in transaction and {blocks}"),
        Some(age) => format!(" has been idle in transaction{age} and {blocks}"),
        None if doing.is_empty() => format!(" {blocks}"),
        None => format!("{doing}, {blocks}"),
    }
}

/// `Ending it frees 12 sessions (1 at once, the others in turn)`.
pub fn ending(blocking: &Blocking<'_>, index: u32) -> String {
    let freed = blocking.ending(&[index]);
    match freed.count() {
        0 => "Ending it alone frees no session: others block them as well".to_owned(),
        _ => format!("Ending it {}", freed.words()),
    }
}

/// `SHARE on orders`, `row (0,5) of orders`.
pub fn wants(graph: &Graph, link: &Link) -> String {
    let object = graph.queues.get(link.queue as usize).map(|queue| &queue.object);
    match object {
        // The mode is that of a lock on a transaction, which nobody asks for.
        Some(o) if o.kind == ObjectKind::Transactionid && o.is_row() => o.words(),
        Some(o) => format!("{} on {}", link.wants.words(), o.words()),
        None => link.wants.words().to_owned(),
    }
}

/// `holds SHARE on orders`, `has locked a row of orders`: the longest queue that a node is in the way
/// of.
pub fn holds(graph: &Graph, index: u32) -> Option<String> {
    let mine = |queue: &&Queue| queue.holders.iter().any(|hold| hold.node == index);
    let queue = graph.queues.iter().find(mine)?;
    let object = &queue.object;
    if object.kind == ObjectKind::Transactionid && object.is_row() {
        return Some(format!("has locked {}", object.words()));
    }
    let modes = queue.holders.iter().filter(|hold| hold.node == index);
    let mode = modes.flat_map(|hold| hold.modes.modes()).last()?;
    Some(format!("holds {} on {}", mode.words(), object.words()))
}

/// The statement of a node, with whether it is over; None where it has none or it is hidden.
pub fn statement(node: &Node) -> Option<String> {
    let session = node.session.as_ref()?;
    let text = session.query.as_deref().filter(|text| !text.trim().is_empty())?;
    let runs = session.state.as_deref() == Some("active");
    Some(if runs { text.to_owned() } else { format!("last: {text}") })
}

/// The duration of a wait, as text.
pub fn waited(graph: &Graph, since_us: Option<i64>) -> String {
    let ms = since_us.map_or(0.0, |us| graph.server_now_ms as f64 - us as f64 / 1_000.0);
    format::age(ms.max(0.0))
}

/// The CSS class of a lock mode.
pub fn mode_class(mode: LockMode) -> String {
    format!("mode-{}", mode.words().to_lowercase().replace(' ', "-"))
}

/// Truncates text to fit a box.
pub fn shortened(text: &str, most: usize) -> String {
    model::shorten::fitted(text, most).into_owned()
}

/// The key of a node in the URL.
pub fn key(node: &Node) -> String {
    match (node.pid, &node.prepared) {
        (Some(pid), _) => pid.to_string(),
        (None, Some(prepared)) => format!("x{}", prepared.transaction),
        (None, None) => String::new(),
    }
}

/// The node of a key, also by the pid of a parallel worker.
pub fn find(graph: &Graph, called: &str) -> Option<u32> {
    if let Some(transaction) = called.strip_prefix('x').and_then(|id| id.parse::<i64>().ok()) {
        let is = |node: &Node| node.prepared.as_ref().is_some_and(|p| p.transaction == transaction);
        return graph.nodes.iter().position(is).and_then(|at| u32::try_from(at).ok());
    }
    graph.node_of(called.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::locks::PreparedTransaction;

    #[test]
    fn nodes_are_found_by_what_they_are_called() {
        let prepared = PreparedTransaction { transaction: 740, ..PreparedTransaction::default() };
        let nodes = vec![
            Node { pid: Some(10), workers: vec![11], ..Node::default() },
            Node { prepared: Some(prepared), ..Node::default() },
        ];
        let graph = Graph { nodes, ..Graph::default() };
        assert_eq!((find(&graph, "10"), find(&graph, "11")), (Some(0), Some(0)));
        assert_eq!(find(&graph, &key(&graph.nodes[1])), Some(1));
        assert_eq!((find(&graph, ""), find(&graph, "x")), (None, None));
    }
}
