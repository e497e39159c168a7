//! What a process read of servers that others record: kept for a moment, so that taking one over leaves no gap.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::names::Source;
use crate::pending::Tick;

/// A tick, and when this process had read the source before: its increments are of the time in between.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) tick: Tick,
    pub(crate) before_ms: Option<i64>,
}

/// Ticks of the last moments, within a bound.
#[derive(Debug)]
pub(crate) struct Standby {
    sources: HashMap<Source, VecDeque<Waiting>>,
    /// When each source was last read by this process.
    last_ms: HashMap<Source, i64>,
    keep: Duration,
    most: usize,
}

impl Standby {
    /// Keeps ticks for so long, and so many values.
    pub(crate) fn new(keep: Duration, most: usize) -> Self {
        Self { sources: HashMap::new(), last_ms: HashMap::new(), keep, most }
    }

    /// What waits of a source.
    pub(crate) fn of(&self, source: &Source) -> impl Iterator<Item = &Waiting> {
        self.sources.get(source).into_iter().flatten()
    }

    /// Sources of which something waits.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.keys()
    }

    /// When this process last read a source.
    pub(crate) fn last_ms(&self, source: &Source) -> Option<i64> {
        self.last_ms.get(source).copied()
    }

    /// A tick was written by this process.
    pub(crate) fn written(&mut self, tick: &Tick) {
        self.last_ms.insert(tick.source.clone(), tick.at_ms);
    }

    /// What waited of a source was written.
    pub(crate) fn forget(&mut self, source: &Source) {
        self.sources.remove(source);
    }

    /// A tick was not written: another process records it.
    pub(crate) fn keep(&mut self, tick: Tick) {
        let before_ms = self.last_ms.insert(tick.source.clone(), tick.at_ms);
        self.sources.entry(tick.source.clone()).or_default().push_back(Waiting { tick, before_ms });
    }

    /// Drops what is old, and the oldest where there is too much.
    pub(crate) fn trim(&mut self) {
        let keep = self.keep;
        let mut weight: usize = 0;
        for ticks in self.sources.values_mut() {
            ticks.retain(|waiting| waiting.tick.clock.elapsed() < keep);
            weight += ticks.iter().map(|waiting| 1 + waiting.tick.points.len()).sum::<usize>();
        }
        while weight > self.most {
            let oldest = self.sources.values_mut().filter(|ticks| !ticks.is_empty());
            let oldest = oldest.min_by_key(|ticks| ticks.front().map(|waiting| waiting.tick.clock));
            let Some(gone) = oldest.and_then(VecDeque::pop_front) else { break };
            weight -= 1 + gone.tick.points.len();
        }
        self.sources.retain(|_, ticks| !ticks.is_empty());
    }
}
