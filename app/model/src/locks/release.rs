//! Simulates the release of locks when sessions end: PostgreSQL's own wake-up of the wait queues.
//!
//! A waiter gets its lock when its mode conflicts neither with what others hold nor with what those
//! ahead of it still ask for (`ProcLockWakeup`). Those woken at once are counted apart from those
//! who get through only as each freed one ends in turn. What a freed session would lock next, and
//! how long it works, is not known to anybody: the first number is certain, the second assumes that
//! everybody who is freed finishes.

use std::collections::{BTreeMap, VecDeque};

use super::blocking::Blocking;
use super::graph::{Graph, Queue};
use super::mode::{LockMode, ModeSet};

/// Who gets on when some nodes end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Freed {
    /// Nodes that wait for nothing any more, at once.
    pub now: Vec<u32>,
    /// Nodes that get there as those freed before them end in turn.
    pub later: Vec<u32>,
    /// Sum of the waits of all of them so far, ms.
    pub waited_ms: f64,
}

impl Freed {
    /// How many get on in all.
    pub fn count(&self) -> usize {
        self.now.len() + self.later.len()
    }

    /// `frees 12 sessions (3 at once, the others in turn)`, for sentences.
    pub fn words(&self) -> String {
        let sessions = if self.count() == 1 { "session" } else { "sessions" };
        let at_once = match self.now.len() {
            now if now == self.count() => String::new(),
            now => format!(" ({now} at once, the others in turn)"),
        };
        format!("frees {} {sessions}{at_once}", self.count())
    }
}

impl Blocking<'_> {
    /// What happens when all of `ended` end at once. Exact for the locks in the graph.
    pub fn ending(&self, ended: &[u32]) -> Freed {
        let mut play = Play { blocking: self, queues: BTreeMap::new(), left: BTreeMap::new() };
        let mut freed = Freed::default();
        let mut woken = Vec::new();
        for node in ended {
            woken.extend(play.end(*node));
        }
        freed.now = woken.iter().copied().filter(|node| !ended.contains(node)).collect();
        let mut due: VecDeque<u32> = freed.now.iter().copied().collect();
        while let Some(node) = due.pop_front() {
            for next in play.end(node) {
                freed.later.push(next);
                due.push_back(next);
            }
        }
        freed.waited_ms = waited_ms(self.graph, self, freed.now.iter().chain(&freed.later));
        freed
    }
}

/// The longest wait of each node, summed.
fn waited_ms<'a>(
    graph: &Graph,
    blocking: &Blocking<'_>,
    nodes: impl Iterator<Item = &'a u32>,
) -> f64 {
    nodes.map(|node| blocking.waited_ms(graph, *node)).sum()
}

impl Blocking<'_> {
    /// The longest wait of a node so far, ms.
    fn waited_ms(&self, graph: &Graph, node: u32) -> f64 {
        let waits = self.queues(node).flat_map(|(_, queue)| queue.waiters.iter());
        waits.filter(|w| w.node == node).map(|w| graph.waited_ms(w)).fold(0.0, f64::max)
    }
}

/// The queues as they are while it plays; only those touched are copied.
struct Play<'a> {
    blocking: &'a Blocking<'a>,
    queues: BTreeMap<u32, Playing>,
    /// Waits a node still has, once one of its waits has ended.
    left: BTreeMap<u32, usize>,
}

impl Play<'_> {
    /// Takes a node out of every queue and says who waits for nothing any more because of it.
    fn end(&mut self, node: u32) -> Vec<u32> {
        let mut free = Vec::new();
        let indexes: Vec<u32> = self.blocking.queues(node).map(|(index, _)| index).collect();
        for index in indexes {
            let Some(queue) = self.blocking.graph.queues.get(index as usize) else { continue };
            let playing = self.queues.entry(index).or_insert_with(|| Playing::of(queue));
            playing.leave(node);
            for granted in playing.wake() {
                let all = || self.blocking.wait_count(granted);
                let left = self.left.entry(granted).or_insert_with(all);
                *left = left.saturating_sub(1);
                if *left == 0 {
                    free.push(granted);
                }
            }
        }
        free
    }
}

impl Blocking<'_> {
    fn wait_count(&self, node: u32) -> usize {
        let waits = self.queues(node).flat_map(|(_, queue)| queue.waiters.iter());
        waits.filter(|wait| wait.node == node).count()
    }
}

/// One queue while it plays.
struct Playing {
    held: BTreeMap<u32, ModeSet>,
    /// How many nodes hold each mode.
    counts: [u32; LockMode::ALL.len()],
    /// Node, mode and what the mode conflicts with, first in the queue first.
    waiting: VecDeque<(u32, LockMode, ModeSet)>,
    /// Modes anybody here asks for.
    wanted: ModeSet,
}

impl Playing {
    fn of(queue: &Queue) -> Self {
        let waiting = queue.waiters.iter().map(|w| (w.node, w.mode, w.mode.conflict_set()));
        let mut playing = Self {
            held: BTreeMap::new(),
            counts: [0; LockMode::ALL.len()],
            waiting: waiting.collect(),
            wanted: queue.waiters.iter().map(|wait| wait.mode).collect(),
        };
        for hold in queue.holders.iter().filter(|hold| !hold.fastpath) {
            hold.modes.modes().for_each(|mode| playing.grant(hold.node, mode));
        }
        playing
    }

    fn grant(&mut self, node: u32, mode: LockMode) {
        let held = self.held.entry(node).or_default();
        if !held.has(mode) {
            held.add(mode);
            if let Some(count) = self.counts.get_mut(mode as usize) {
                *count += 1;
            }
        }
    }

    fn leave(&mut self, node: u32) {
        for mode in self.held.remove(&node).unwrap_or_default().modes() {
            if let Some(count) = self.counts.get_mut(mode as usize) {
                *count = count.saturating_sub(1);
            }
        }
        // A freed node waits no more; only those that end while they wait are to be found.
        if self.waiting.iter().any(|(waiter, ..)| *waiter == node) {
            self.waiting.retain(|(waiter, ..)| *waiter != node);
        }
    }

    /// The modes that nodes other than this one hold.
    fn held_by_others(&self, node: u32) -> ModeSet {
        let own = self.held.get(&node).copied().unwrap_or_default();
        let others = LockMode::ALL.into_iter().zip(self.counts);
        others.filter(|(mode, count)| *count > u32::from(own.has(*mode))).map(|(m, _)| m).collect()
    }

    /// Grants what can be granted, in the order of the queue.
    fn wake(&mut self) -> Vec<u32> {
        let (mut granted, mut ahead, mut place) = (Vec::new(), ModeSet::default(), 0);
        while let Some((node, mode, conflicts)) = self.waiting.get(place).copied() {
            if conflicts.meets(ahead) || conflicts.meets(self.held_by_others(node)) {
                ahead.add(mode);
                place += 1;
                if self.wanted.modes().all(|wanted| wanted.conflict_set().meets(ahead)) {
                    break;
                }
            } else {
                self.waiting.remove(place);
                self.grant(node, mode);
                granted.push(node);
            }
        }
        granted
    }
}
