//! Explains a lock wait: who waits for which lock and who holds it, as one sentence.

use super::blocking::Blocking;
use super::graph::{Edge, EdgeKind, Graph, Node};
use super::object::ObjectKind;
use crate::duration;

/// How many blockers of one kind a sentence names before it counts the rest.
const NAMED: usize = 2;
/// How much of a statement a sentence quotes, characters.
const STATEMENT_CHARS: usize = 120;

impl Blocking<'_> {
    /// `pid 812 wants ROW EXCLUSIVE on orders; pid 640 has asked for ACCESS EXCLUSIVE before it;
    /// pid 77 holds ACCESS SHARE, idle in transaction for 41 min.` None when the node does not wait.
    pub fn why(&self, node: u32) -> Option<String> {
        let waiter = self.graph.node(node)?;
        let (index, queue) =
            self.queues(node).find(|(_, q)| q.waiters.iter().any(|w| w.node == node))?;
        let wait = queue.waiters.iter().find(|wait| wait.node == node)?;
        let (who, object) = (waiter.words(), queue.object.words());
        let mut message = match queue.object.kind {
            // The mode is PostgreSQL's own affair: nobody asks for a lock on a transaction.
            ObjectKind::Transactionid if queue.object.is_row() => format!("{who} wants {object}"),
            ObjectKind::Transactionid => format!("{who} waits for {object} to end"),
            _ => format!("{who} wants {} on {object}", wait.mode.words()),
        };
        let direct: Vec<Edge> =
            self.blockers(node).into_iter().filter(|edge| edge.queue == index).collect();
        let soft: Vec<&Edge> = direct.iter().filter(|e| e.kind == EdgeKind::Soft).collect();
        let hard: Vec<&Edge> = direct.iter().filter(|e| e.kind == EdgeKind::Hard).collect();
        if hard.is_empty() {
            message.push_str(&self.ahead(&soft));
            message.push_str(&self.behind_that(index, &soft));
        } else {
            message.push_str(&self.holding(&hard));
        }
        message.push('.');
        Some(message)
    }

    /// `why` with the statement of who is in the way, for readers who may see it.
    pub fn why_with_statement(&self, node: u32) -> Option<String> {
        let why = self.why(node)?;
        let blockers = self.blockers(node);
        let first = blockers.iter().find(|e| e.kind == EdgeKind::Hard).or(blockers.first());
        let session = first.and_then(|edge| self.graph.node(edge.blocker)?.session.as_ref());
        let statement = session.and_then(|s| s.query.as_deref()).filter(|text| !text.is_empty());
        let (Some(edge), Some(statement)) = (first, statement) else { return Some(why) };
        let line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(STATEMENT_CHARS).collect();
        let more = if short.len() < line.len() { " …" } else { "" };
        Some(format!("{why} Last statement of {}: {short}{more}", self.words(edge.blocker)))
    }

    /// `; pid 640 has asked for ACCESS EXCLUSIVE before it`.
    fn ahead(&self, soft: &[&Edge]) -> String {
        let Some(first) = soft.first() else { return "; it is next in the queue".to_owned() };
        let others = match soft.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let first = self.first_in_queue(soft).unwrap_or(first);
        format!(
            "; {}{others} {} asked for {} before it",
            self.words(first.blocker),
            if others.is_empty() { "has" } else { "have" },
            first.has.words()
        )
    }

    /// Of several ahead in the queue, the one that waits longest.
    fn first_in_queue<'e>(&self, soft: &[&'e Edge]) -> Option<&'e Edge> {
        let queue = self.graph.queues.get(soft.first()?.queue as usize)?;
        let place = |edge: &Edge| queue.waiters.iter().position(|w| w.node == edge.blocker);
        soft.iter().copied().min_by_key(|edge| place(edge))
    }

    /// What those ahead wait for themselves: `; pid 77 holds ACCESS SHARE, idle in …`.
    fn behind_that(&self, queue: u32, soft: &[&Edge]) -> String {
        let Some(first) = self.first_in_queue(soft) else { return String::new() };
        let theirs = self.blockers(first.blocker);
        let hard: Vec<&Edge> =
            theirs.iter().filter(|e| e.queue == queue && e.kind == EdgeKind::Hard).collect();
        self.holding(&hard)
    }

    fn holding(&self, hard: &[&Edge]) -> String {
        let mut message = String::new();
        for edge in hard.iter().take(NAMED) {
            let state = self.graph.node(edge.blocker).map(|n| n.doing(self.graph));
            let object = self.graph.queues.get(edge.queue as usize).map(|queue| &queue.object);
            let holds = match object {
                Some(o) if o.kind == ObjectKind::Transactionid && o.is_row() => {
                    "has changed or locked it".to_owned()
                }
                Some(o) if o.kind == ObjectKind::Transactionid => "has it open".to_owned(),
                _ => format!("holds {}", edge.has.words()),
            };
            message.push_str(&format!(
                "; {} {holds}{}",
                self.words(edge.blocker),
                state.unwrap_or_default()
            ));
        }
        if hard.len() > NAMED {
            message.push_str(&format!("; {} more hold it too", hard.len() - NAMED));
        }
        message
    }

    fn words(&self, node: u32) -> String {
        self.graph.node(node).map_or("?".to_owned(), Node::words)
    }
}

impl Node {
    /// `, idle in transaction for 41 min`: what a blocker does meanwhile, for sentences.
    pub fn doing(&self, graph: &Graph) -> String {
        let since = |start: Option<i64>| {
            start.map(|start| duration(graph.server_now_ms.saturating_sub(start) as f64))
        };
        if let Some(prepared) = &self.prepared {
            let age = since(Some(prepared.prepared_ms)).unwrap_or_default();
            return format!(", prepared {age} ago and neither committed nor rolled back");
        }
        let Some(session) = &self.session else { return String::new() };
        if session.to_prevent_wraparound == Some(true) {
            return ", an autovacuum to prevent wraparound, which does not yield".to_owned();
        }
        if session.is_autovacuum() {
            return ", an autovacuum, which yields after deadlock_timeout".to_owned();
        }
        if session.is_startup() {
            return ", replaying WAL of the primary".to_owned();
        }
        if session.is_idle_in_transaction() {
            let age = since(session.state_change_ms).map(|age| format!(" for {age}"));
            return format!(", idle in transaction{}", age.unwrap_or_default());
        }
        let age =
            since(session.xact_start_ms).map(|age| format!(", its transaction open for {age}"));
        age.unwrap_or_default()
    }
}
