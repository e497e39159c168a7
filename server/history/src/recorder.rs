//! `Recorder`: takes what was read. It never waits: neither for the disk nor for a question.

use std::sync::Arc;
use std::time::Instant;

use crate::answers::{Gap, GapReason};
use crate::beside::{Beside, Blob, Event, StatementPlan, StatementText};
use crate::names::{Point, Source};
use crate::pending::{Pending, Tick};
use crate::plans::MOST_PLAN_BYTES;

/// Takes what was read; cloning is cheap. What does not fit the buffer is dropped, counted and shown as a
/// gap.
#[derive(Clone, Debug)]
pub struct Recorder {
    pending: Arc<Pending>,
}

impl Recorder {
    /// Takes into this buffer.
    pub(crate) fn new(pending: Arc<Pending>) -> Self {
        Self { pending }
    }

    /// Records a tick of a source: when it was, the interval at which the source is read, and what it gave.
    /// A tick without points is recorded too: it says that nothing moved. Two values of the same series in
    /// one tick are added if they are increments; of gauges the later one counts.
    pub fn append(&self, source: &Source, at_ms: i64, every_ms: u32, points: Vec<Point>) {
        let clock = Instant::now();
        self.pending.tick(Tick { source: source.clone(), at_ms, every_ms, clock, points });
    }

    /// Records why a source has no ticks, or what its counters do not know, from `from_ms` to `to_ms`. The
    /// same reason again is joined to the gap before.
    pub fn gap(&self, source: &Source, from_ms: i64, to_ms: i64, reason: GapReason, detail: &str) {
        let (source, detail) = (source.clone(), detail.to_owned());
        self.pending.gap(Gap { source, from_ms, to_ms, reason, detail });
    }

    /// Records an event.
    pub fn event(&self, event: Event) {
        self.pending.beside(Beside::Event(event));
    }

    /// Records a statement's text, already redacted. Known keys only move `last_ms`.
    pub fn text(&self, text: StatementText) {
        self.pending.beside(Beside::Text(text));
    }

    /// Records a plan of a statement, or that it was seen again: of a known shape only `last_ms` moves. `flip`
    /// is recorded with it where the newest plan that was had in the same way has another shape. False for a
    /// plan that is too large to be kept, and where there is no room.
    pub fn plan(&self, plan: StatementPlan, flip: Option<Event>) -> bool {
        plan.plan.len() <= MOST_PLAN_BYTES
            && self.pending.all_beside(vec![Beside::Plan(Box::new(plan), flip.map(Box::new))])
    }

    /// Records bytes that the area encodes itself.
    pub fn blob(&self, source: &Source, blob: Blob) {
        self.pending.beside(Beside::Blob(source.clone(), blob));
    }

    /// Records what a source knows, in the place of what it knew before, and the events that led to it: both or
    /// neither are written. False where there is no room for them.
    pub fn state(&self, source: &Source, state: Blob, events: Vec<Event>) -> bool {
        let events = events.into_iter().map(Beside::Event);
        let all = events.chain([Beside::State(source.clone(), state)]);
        self.pending.all_beside(all.collect())
    }
}
