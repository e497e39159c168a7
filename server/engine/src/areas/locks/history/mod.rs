//! In-memory history of lock waits over the last hour, one frame a second while a session waits,
//! within a budget of bytes: the graph at any recorded second, the root blockers over time, and the
//! incidents.
//!
//! Pure: given what was read and when, never asks. The oldest seconds go first.

mod chunk;
mod incidents;
mod recorded;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use model::locks::{Graph, LockHistory, Locks, Node, RootSpan, WaitTick};

use self::chunk::{Chunk, Tick};
use super::{cycles, roots};
use crate::history::{Chunks, Retention};

/// Bytes one server's history may use: an hour of a thousand waiters whose sessions change little
/// takes a few MiB (measured by `cargo bench -p engine --bench locks`).
pub const BUDGET_BYTES: usize = 32 << 20;
/// How long it reaches back, ms.
const REACH_MS: i64 = 3_600_000;
/// Ticks in a chunk. Chunks stand alone, so the oldest can go.
const CHUNK_TICKS: usize = 300;
/// Two ticks further apart than this have something unknown between them, ms: the area is read
/// every second, and stale after two missed ticks.
const GAP_MS: i64 = 3_500;

/// The history of one server's lock waits.
pub struct History {
    chunks: Chunks<Chunk>,
}

impl Default for History {
    fn default() -> Self {
        Self::within(BUDGET_BYTES)
    }
}

impl History {
    /// A history of at most so many bytes.
    pub fn within(budget_bytes: usize) -> Self {
        let retention = Retention { budget_bytes, reach_ms: REACH_MS, chunk_readings: CHUNK_TICKS };
        Self { chunks: Chunks::new(retention) }
    }

    /// Notes what one tick read. A tick whose graph is not known leaves a gap.
    pub fn record(&mut self, at_ms: i64, locks: &Locks) {
        match &locks.graph {
            Ok(graph) if graph.queues.is_empty() => self.quiet(at_ms),
            Ok(graph) => self.waits(at_ms, graph),
            Err(_) => return,
        }
        self.chunks.forget(at_ms);
    }

    fn quiet(&mut self, at_ms: i64) {
        if let Some(tick) = self.chunks.last_mut().and_then(|chunk| chunk.ticks.last_mut())
            && tick.waiting == 0
            && at_ms - tick.until_ms <= GAP_MS
        {
            tick.until_ms = at_ms;
            return;
        }
        let tick = Tick { at_ms, until_ms: at_ms, ..Tick::default() };
        self.chunks.open().push(tick, &Graph::default());
    }

    fn waits(&mut self, at_ms: i64, graph: &Graph) {
        let begins = self
            .chunks
            .last()
            .and_then(|chunk| chunk.ticks.last())
            .is_none_or(|last| last.waiting == 0 || at_ms - last.until_ms > GAP_MS);
        let root = graph.roots.first();
        let who = root.and_then(|root| graph.node(root.node)).map(label);
        let first = begins.then(|| first_waiter(graph)).flatten();
        let longest_ms = graph.longest_ms();
        let chunk = self.chunks.open();
        let tick = Tick {
            at_ms,
            until_ms: at_ms,
            server_now_ms: graph.server_now_ms,
            complete: graph.complete,
            waiting: graph.waiting() as u32,
            longest_ms: longest_ms.min(f64::from(u32::MAX)) as u32,
            root: who.map(|who| chunk.text(&who)),
            held_up: root.map_or(0, |root| root.holds_up),
            first: first.map(|message| chunk.text(&message)),
            ..Tick::default()
        };
        chunk.push(tick, graph);
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        self.chunks.bytes()
    }

    /// The graph as it was then, empty where no session waited. None: nothing is known of that moment.
    pub fn at(&self, at_ms: i64) -> Option<Graph> {
        let chunk = self
            .chunks
            .iter()
            .rev()
            .find(|chunk| chunk.ticks.first().is_some_and(|tick| tick.at_ms <= at_ms))?;
        let place = chunk.ticks.partition_point(|tick| tick.at_ms <= at_ms).checked_sub(1)?;
        let tick = chunk.ticks.get(place)?;
        if at_ms - tick.until_ms > GAP_MS {
            return None;
        }
        let mut graph = chunk.graph(place)?;
        graph.cycles = cycles::cycles(&graph);
        graph.roots = roots::roots(&graph);
        Some(graph)
    }

    /// What is kept, without the graphs.
    pub fn summary(&self) -> LockHistory {
        let mut history = LockHistory {
            bytes: self.bytes() as u64,
            budget_bytes: self.chunks.budget_bytes() as u64,
            ..LockHistory::default()
        };
        let mut incidents = incidents::Incidents::default();
        for chunk in self.chunks.iter() {
            for tick in &chunk.ticks {
                let who = tick.root.and_then(|symbol| chunk.read_text(symbol));
                let root = who.as_ref().map(|who| appearing(&mut history.roots, who, tick));
                let first = tick.first.and_then(|symbol| chunk.read_text(symbol));
                incidents.add(tick, who.as_deref(), first);
                history.ticks.push(WaitTick {
                    at_ms: tick.at_ms,
                    until_ms: tick.until_ms,
                    waiting: tick.waiting,
                    longest_ms: tick.longest_ms,
                    root,
                });
            }
        }
        history.incidents = incidents.done();
        history
    }
}

/// Notes that `who` was root in this tick; its place in the list.
fn appearing(roots: &mut Vec<RootSpan>, who: &str, tick: &Tick) -> u32 {
    let place = roots.iter().position(|root| root.who == who).unwrap_or(roots.len());
    if place == roots.len() {
        roots.push(RootSpan {
            who: who.to_owned(),
            seconds: 0,
            first_ms: tick.at_ms,
            last_ms: tick.at_ms,
            most_held_up: 0,
        });
    }
    if let Some(root) = roots.get_mut(place) {
        root.seconds += 1;
        root.last_ms = tick.at_ms;
        root.most_held_up = root.most_held_up.max(tick.held_up);
    }
    place as u32
}

/// `pid 77 (checkout, role shop)`.
fn label(node: &Node) -> String {
    let session = node.session.as_ref();
    let application = session.and_then(|s| s.application_name.as_deref()).filter(|a| !a.is_empty());
    let role = session.and_then(|s| s.usename.as_deref()).map(|role| format!("role {role}"));
    let parts: Vec<&str> = application.into_iter().chain(role.as_deref()).collect();
    match parts.as_slice() {
        [] => node.words(),
        parts => format!("{} ({})", node.words(), parts.join(", ")),
    }
}

/// The sentence of whoever waits longest.
fn first_waiter(graph: &Graph) -> Option<String> {
    let nodes: BTreeSet<(Option<i64>, u32)> =
        graph.waits().map(|(_, _, wait)| (wait.waitstart_us, wait.node)).collect();
    let (_, node) = nodes.iter().find(|(since, _)| since.is_some()).or(nodes.first())?;
    graph.blocking().why(*node)
}
