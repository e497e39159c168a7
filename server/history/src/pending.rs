//! What waits to be written, within a bound: values, and the bytes of what lies beside them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::answers::Gap;
use crate::beside::Beside;
use crate::names::{Point, Source};

/// One tick of a source.
#[derive(Clone, Debug)]
pub(crate) struct Tick {
    pub(crate) source: Source,
    pub(crate) at_ms: i64,
    pub(crate) every_ms: u32,
    /// The monotonic clock at the same moment: tells a clock that was set from a pause.
    pub(crate) clock: Instant,
    pub(crate) points: Vec<Point>,
}

/// What a flush writes.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) ticks: VecDeque<Tick>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) beside: VecDeque<Beside>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.ticks.is_empty() && self.gaps.is_empty() && self.beside.is_empty()
    }

    fn weight(&self) -> usize {
        let ticks: usize = self.ticks.iter().map(|tick| 1 + tick.points.len()).sum();
        ticks + self.beside.iter().map(weight).sum::<usize>()
    }
}

/// Bytes of what lies beside the values that count as one value.
const BYTES_OF_A_VALUE: usize = 64;
/// The most gaps that wait: one per source is usual.
const MOST_GAPS: usize = 10_000;

fn weight(beside: &Beside) -> usize {
    1 + beside.bytes() / BYTES_OF_A_VALUE
}

/// The source that an item is the state of.
fn state_of(item: &Beside) -> Option<&Source> {
    match item {
        Beside::State(source, _) => Some(source),
        Beside::Event(_) | Beside::Text(_) | Beside::Plan(..) | Beside::Blob(..) => None,
    }
}

/// Gaps of the same source and reason that touch, as one: a full disk must not fill the memory with them.
fn joined(gaps: Vec<Gap>) -> Vec<Gap> {
    let mut out: Vec<Gap> = Vec::new();
    let mut last: HashMap<Source, usize> = HashMap::new();
    for gap in gaps {
        let before = last.get(&gap.source).and_then(|place| out.get_mut(*place));
        match before {
            Some(before) if continues(before, &gap) => before.to_ms = before.to_ms.max(gap.to_ms),
            _ => {
                last.insert(gap.source.clone(), out.len());
                out.push(gap);
            }
        }
    }
    out
}

fn continues(before: &Gap, gap: &Gap) -> bool {
    (before.reason, &before.detail) == (gap.reason, &gap.detail)
        && before.from_ms <= gap.from_ms
        && gap.from_ms <= before.to_ms
}

/// Ticks of a source that were dropped.
#[derive(Clone, Copy, Debug)]
struct Lost {
    from_ms: i64,
    to_ms: i64,
    ticks: u64,
}

#[derive(Debug, Default)]
struct Inner {
    batch: Batch,
    weight: usize,
    /// What is being written and may come back.
    flying: usize,
    /// The last tick of each source that was taken.
    taken_ms: HashMap<Source, i64>,
    lost: HashMap<Source, Lost>,
    dropped: u64,
    refused: u64,
}

/// The buffer between sampling and the disk. Nobody holds its lock while doing anything slow.
#[derive(Debug)]
pub(crate) struct Pending {
    most: usize,
    inner: Mutex<Inner>,
}

impl Pending {
    /// A buffer for so many values.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a tick, or counts it as lost where there is no room.
    pub(crate) fn tick(&self, mut tick: Tick) {
        let before = tick.points.len();
        tick.points.retain(Point::is_sound);
        let refused = before - tick.points.len();
        let mut inner = self.lock();
        inner.refused += refused as u64;
        let weight = 1 + tick.points.len();
        if inner.weight + inner.flying + weight > self.most {
            inner.dropped += tick.points.len() as u64;
            let from_ms = inner.taken_ms.get(&tick.source).copied().unwrap_or(tick.at_ms);
            let lost = inner.lost.entry(tick.source);
            let lost = lost.or_insert(Lost { from_ms, to_ms: tick.at_ms, ticks: 0 });
            lost.to_ms = tick.at_ms;
            lost.ticks += 1;
            return;
        }
        inner.weight += weight;
        match inner.taken_ms.get_mut(&tick.source) {
            Some(taken_ms) => *taken_ms = tick.at_ms,
            None => drop(inner.taken_ms.insert(tick.source.clone(), tick.at_ms)),
        }
        inner.batch.ticks.push_back(tick);
    }

    /// Takes a gap.
    pub(crate) fn gap(&self, gap: Gap) {
        let mut inner = self.lock();
        if inner.batch.gaps.len() < MOST_GAPS {
            inner.batch.gaps.push(gap);
        } else {
            inner.dropped += 1;
        }
    }

    /// Takes something beside the values, or counts it as dropped.
    pub(crate) fn beside(&self, item: Beside) {
        let mut inner = self.lock();
        let weight = weight(&item);
        if inner.weight + inner.flying + weight > self.most {
            inner.dropped += 1;
            return;
        }
        inner.weight += weight;
        inner.batch.beside.push_back(item);
    }

    /// Takes all of these or none, and counts them as dropped then. A state takes the place of one of the same
    /// source that still waits.
    pub(crate) fn all_beside(&self, items: Vec<Beside>) -> bool {
        let mut inner = self.lock();
        let states: Vec<&Source> = items.iter().filter_map(state_of).collect();
        let is_old = |item: &Beside| state_of(item).is_some_and(|source| states.contains(&source));
        let freed: usize = inner.batch.beside.iter().filter(|i| is_old(i)).map(weight).sum();
        let added: usize = items.iter().map(weight).sum();
        if (inner.weight + inner.flying + added).saturating_sub(freed) > self.most {
            inner.dropped += items.len() as u64;
            return false;
        }
        inner.batch.beside.retain(|item| !is_old(item));
        inner.weight = (inner.weight + added).saturating_sub(freed);
        inner.batch.beside.extend(items);
        true
    }

    /// All that waits, with the gaps of what was lost in the meantime.
    pub(crate) fn take(&self, detail: &str) -> Batch {
        let mut inner = self.lock();
        inner.flying = std::mem::take(&mut inner.weight);
        let mut batch = std::mem::take(&mut inner.batch);
        for (source, lost) in inner.lost.drain() {
            batch.gaps.push(Gap {
                source,
                from_ms: lost.from_ms,
                to_ms: lost.to_ms,
                reason: crate::answers::GapReason::NotKept,
                detail: detail.to_owned(),
            });
        }
        batch
    }

    /// What was taken is written, or given up.
    pub(crate) fn settle(&self) {
        self.lock().flying = 0;
    }

    /// Puts back, in front, what could not be written.
    pub(crate) fn put_back(&self, mut batch: Batch) {
        let mut inner = self.lock();
        inner.flying = 0;
        inner.weight += batch.weight();
        batch.ticks.append(&mut inner.batch.ticks);
        batch.beside.append(&mut inner.batch.beside);
        batch.gaps.append(&mut inner.batch.gaps);
        batch.gaps = joined(std::mem::take(&mut batch.gaps));
        inner.batch = batch;
    }

    /// Values that were dropped for want of room, and such as say nothing, since the start.
    pub(crate) fn lost(&self) -> (u64, u64) {
        let inner = self.lock();
        (inner.dropped, inner.refused)
    }
}
