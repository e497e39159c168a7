//! The wait-for graph of locks, stored as queues: for every lock a session waits for, its holders
//! and, in the order of the queue, its waiters. N entries, where the list of all edges would have
//! N².
//!
//! Queues come in PostgreSQL's own order as far as `pg_locks` tells it: see `engine::areas::locks`.

use serde::{Deserialize, Serialize};

use super::mode::{LockMode, ModeSet};
use super::object::LockObject;
use super::session::{LockSession, PreparedTransaction};
use crate::action::cannot_cancel;

/// Who holds or waits: a backend with its parallel workers, or a prepared transaction. Members of a
/// parallel group never block each other, so they are one node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Process id, of the leader in a parallel group; None for a prepared transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// The session, where it was still there when sessions were read and is visible to us. Of the
    /// leader, when it takes part itself, otherwise of the worker that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<LockSession>,
    /// Set for a prepared transaction: it has no process, and outlives restarts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepared: Option<PreparedTransaction>,
    /// Parallel workers that hold or wait for a contested lock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workers: Vec<i32>,
}

impl Node {
    /// `pid 812`, `prepared transaction 'x'`: who it is, for sentences.
    pub fn words(&self) -> String {
        match (self.pid, &self.prepared) {
            (_, Some(prepared)) if !prepared.gid.is_empty() => {
                format!("prepared transaction '{}'", prepared.gid)
            }
            (Some(pid), _) => format!("pid {pid}"),
            (None, _) => "a prepared transaction".to_owned(),
        }
    }

    /// Why there is nothing to cancel in it, where it is a client's session whose state we see.
    pub fn cannot_cancel(&self) -> Option<String> {
        let session = self.session.as_ref()?;
        let is_client = session.backend_type.as_deref() == Some("client backend");
        let event = session.wait_event.as_deref();
        cannot_cancel(self.pid?, session.state.as_deref(), event).filter(|_| is_client)
    }
}

/// A lock that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Index of the node.
    pub node: u32,
    /// The process within the node; None for a prepared transaction.
    pub pid: Option<i32>,
    /// The modes held.
    pub modes: ModeSet,
    /// Whether it was taken on the fast path: such a lock blocks nobody.
    pub fastpath: bool,
}

/// A lock that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Index of the node.
    pub node: u32,
    /// The process within the node.
    pub pid: i32,
    /// The mode asked for.
    pub mode: LockMode,
    /// When the wait began, µs since the epoch by the server's clock; None in its first instant.
    pub waitstart_us: Option<i64>,
}

/// One contested lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// What is locked.
    pub object: LockObject,
    /// Who holds it, by process.
    pub holders: Vec<Hold>,
    /// Who waits, first in the queue first.
    pub waiters: Vec<Wait>,
}

/// Why one waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// The other holds a conflicting mode.
    Hard,
    /// The other waits too, ahead in the queue, and asks for a conflicting mode.
    Soft,
}

/// One waits for another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Edge {
    /// Index of the node that waits.
    pub waiter: u32,
    /// Index of the node it waits for.
    pub blocker: u32,
    /// Index of the queue.
    pub queue: u32,
    /// Why.
    pub kind: EdgeKind,
    /// The mode the waiter asks for.
    pub wants: LockMode,
    /// The strongest conflicting mode that the blocker holds (hard) or asks for (soft).
    pub has: LockMode,
}

/// A node that waits for nobody and is waited for, or the last to join a deadlock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Root {
    /// Index of the node.
    pub node: u32,
    /// How many nodes wait for it, directly or behind each other.
    pub holds_up: u32,
    /// Sum of their waits so far, ms.
    pub waited_ms: f64,
    /// The longest of their waits, ms.
    pub longest_ms: f64,
    /// How many get their lock at once when it ends.
    pub frees_now: u32,
    /// How many get theirs in all, as each freed one ends in turn.
    pub frees: u32,
    /// Sum of the waits of those, ms.
    pub freed_ms: f64,
    /// Whether it is part of a deadlock.
    pub in_cycle: bool,
}

/// Nodes that wait for each other in a cycle, each for the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// Indexes of nodes.
    pub nodes: Vec<u32>,
    /// Whether every edge of it is hard. A cycle with a soft edge is undone by moving the queue;
    /// otherwise PostgreSQL ends one of them after `deadlock_timeout`.
    pub hard: bool,
}

/// All contested locks of one server at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// The server's clock when it was read, ms since the epoch.
    pub server_now_ms: i64,
    /// Everybody who holds or waits for a contested lock.
    pub nodes: Vec<Node>,
    /// The contested locks, longest queue first.
    pub queues: Vec<Queue>,
    /// Roots, those that hold up most first.
    pub roots: Vec<Root>,
    /// Deadlocks that PostgreSQL has not broken yet.
    pub cycles: Vec<Cycle>,
    /// Whether every row was read; false when there were more than we read at once.
    pub complete: bool,
}

impl Default for Graph {
    fn default() -> Self {
        Self {
            server_now_ms: 0,
            nodes: Vec::new(),
            queues: Vec::new(),
            roots: Vec::new(),
            cycles: Vec::new(),
            complete: true,
        }
    }
}

impl Graph {
    /// The node at an index.
    pub fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    /// The node of a backend, by its pid or that of its parallel worker.
    pub fn node_of(&self, pid: i32) -> Option<u32> {
        let found = self.nodes.iter().position(|n| n.pid == Some(pid) || n.workers.contains(&pid));
        found.map(|index| index as u32)
    }

    /// Every wait with its queue.
    pub fn waits(&self) -> impl Iterator<Item = (u32, &Queue, &Wait)> {
        let queues = self.queues.iter().zip(0_u32..);
        queues.flat_map(|(queue, index)| queue.waiters.iter().map(move |w| (index, queue, w)))
    }

    /// How long a wait lasts so far, ms; 0 in its first instant.
    pub fn waited_ms(&self, wait: &Wait) -> f64 {
        wait.waitstart_us
            .map_or(0.0, |us| (self.server_now_ms as f64 - us as f64 / 1_000.0).max(0.0))
    }

    /// How many nodes wait.
    pub fn waiting(&self) -> usize {
        let nodes: std::collections::BTreeSet<u32> = self.waits().map(|(_, _, w)| w.node).collect();
        nodes.len()
    }

    /// The longest wait, ms.
    pub fn longest_ms(&self) -> f64 {
        self.waits().map(|(_, _, wait)| self.waited_ms(wait)).fold(0.0, f64::max)
    }

    /// The same without the text of statements, for people who may not see it.
    pub fn without_query_text(&self) -> Self {
        let mut redacted = self.clone();
        for session in redacted.nodes.iter_mut().filter_map(|node| node.session.as_mut()) {
            session.query = None;
        }
        redacted
    }
}

impl Hold {
    /// The strongest mode held that conflicts with `wanted`; None on the fast path, where locks are
    /// weak and move to the shared table before anybody may wait for them.
    pub fn against(&self, wanted: LockMode) -> Option<LockMode> {
        if self.fastpath {
            return None;
        }
        self.modes.modes().filter(|mode| mode.conflicts(wanted)).last()
    }
}
