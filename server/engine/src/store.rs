//! One area of one server in memory: the latest reading, serialised once for all subscribers, its
//! history, and the state of the sampler between ticks.

mod keep;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use history::Recorder;
use model::server::{Facts, Headline};
use model::{AreaName, Failure, Finding, Latest, NotChecked, Reading, Reason};
use tokio::sync::watch;

use crate::area::{Area, ReplayHold};
use crate::connection::Observer;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::overhead::Overhead;
use crate::planning::Planner;
use crate::remembered::Past;
use crate::rule::{self, Limits};
pub use keep::source;
use keep::{keep, keep_events, look_back, remembers};
use model::reading::Freshness;

/// One area's `Latest` as JSON.
#[derive(Clone, Debug)]
pub struct Frame {
    /// With the text of statements.
    pub full: Arc<str>,
    /// Without it.
    pub redacted: Arc<str>,
}

/// What a tick needs besides the area itself.
pub struct Tick<'a> {
    /// The connection.
    pub observer: &'a mut Observer,
    /// What the server is.
    pub facts: &'a Facts,
    /// The server's name.
    pub server: &'a str,
    /// Where readings are recorded; None without a history store.
    pub recorder: Option<&'a Recorder>,
    /// What was recorded before; None without a history store.
    pub past: Option<&'a Past>,
    /// What plans statements on the server.
    pub planner: Option<Planner>,
    /// The limits in force.
    pub limits: &'a Limits,
    /// Where pgdeck's own load is counted.
    pub overhead: &'a Overhead,
    /// pgdeck's clock.
    pub now_ms: i64,
    /// Ticks that were due while an earlier one still ran.
    pub skipped: u64,
}

/// All that is kept of one area.
pub struct Slot<A: Area> {
    latest: RwLock<Arc<Latest<A::Value>>>,
    frames: watch::Sender<Arc<Frame>>,
    history: Mutex<A::History>,
    /// Locked for as long as a tick runs; an area has one tick at a time.
    state: tokio::sync::Mutex<A::State>,
}

impl<A: Area> Slot<A> {
    /// A slot that waits for its first reading.
    pub fn new(now_ms: i64) -> Self {
        Self::of(Latest::waiting(now_ms, A::EVERY_MS))
    }

    /// A slot that holds a given reading.
    pub fn of(latest: Latest<A::Value>) -> Self {
        let frame = Arc::new(frame::<A>(&latest));
        let slot = Self {
            latest: RwLock::new(Arc::new(latest)),
            frames: watch::Sender::new(frame),
            history: Mutex::default(),
            state: tokio::sync::Mutex::default(),
        };
        if let Some(reading) = &slot.latest().reading {
            slot.record(reading.at_ms, &reading.value);
        }
        slot
    }

    /// The newest that is known, without copying it.
    pub fn latest(&self) -> Arc<Latest<A::Value>> {
        Arc::clone(&self.latest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks into the history.
    pub fn history<R>(&self, read: impl FnOnce(&A::History) -> R) -> R {
        // It is whole after every tick it took, so a poisoned lock holds nothing broken.
        read(&self.history.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn record(&self, at_ms: i64, value: &A::Value) {
        A::record(&mut self.history.lock().unwrap_or_else(PoisonError::into_inner), at_ms, value);
    }

    /// Stores a reading and what the rules say of it.
    fn put(&self, now_ms: i64, took: Duration, value: A::Value, limits: &Limits) {
        self.record(now_ms, &value);
        let (findings, not_checked) = rule::judge(A::RULES, &value, limits);
        let took_ms = took.as_secs_f64() * 1_000.0;
        let reading = Reading { at_ms: now_ms, took_ms, value, findings, not_checked };
        self.swap(Latest { now_ms, every_ms: A::EVERY_MS, reading: Some(reading), failure: None });
    }

    /// A rule that panics loses its area and nothing else.
    fn put_or_fail(&self, now_ms: i64, took: Duration, value: A::Value, limits: &Limits) {
        let put = AssertUnwindSafe(|| self.put(now_ms, took, value, limits));
        if catch_unwind(put).is_err() {
            let what = format!("Judging {}", A::NAME.as_str());
            self.fail(now_ms, &Reason::Broken { what });
        }
    }

    fn swap(&self, latest: Latest<A::Value>) {
        let frame = Arc::new(frame::<A>(&latest));
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(latest);
        self.frames.send_replace(frame);
    }
}

/// A reading that is this old and overdue proves nothing of other pages either. More than makes its own
/// page say so: a machine that is busy for a few seconds must not turn the whole fleet grey.
const OVERDUE_MS: i64 = 10_000;

/// A slot whose area is known at run time only: what the registry does with all of them alike.
pub trait AnySlot: Send + Sync {
    /// The area's name.
    fn name(&self) -> AreaName;

    /// Reads, judges and stores the area once. The error says that the connection is lost.
    fn tick<'a>(&'a self, tick: Tick<'a>) -> BoxFuture<'a, Result<(), Reason>>;

    /// Stores why there is no new reading; the last one stays, with its age.
    fn fail(&self, now_ms: i64, reason: &Reason);

    /// Frames as they come, the newest first.
    fn frames(&self) -> watch::Receiver<Arc<Frame>>;

    /// Adds this area's findings; those of a reading after which others failed are left out. Its rules
    /// count as not checked where its reading is too old at `now_ms`, if that is given.
    fn add_findings(
        &self,
        now_ms: Option<i64>,
        findings: &mut Vec<Finding>,
        not_checked: &mut Vec<NotChecked>,
    );

    /// `Area::facts` of the newest reading, unless newer ticks failed.
    fn facts(&self, facts: &Facts) -> Option<Facts>;

    /// `Area::headline` of the newest reading.
    fn headline(&self, headline: &mut Headline);

    /// `Area::metrics` of the newest reading, unless it is stale.
    fn metrics(&self, now_ms: i64, server: &str, metrics: &mut Metrics);

    /// `Area::replay_held` of the newest reading, unless reading failed since.
    fn replay_held(&self) -> Option<ReplayHold>;

    /// `Area::recorded_history`.
    fn recorded_history(&self) -> Option<serde_json::Value>;

    /// Puts the history of a recording, where it is one, in the place of its own.
    fn take_history(&self, recorded: serde_json::Value);

    /// `Area::untold` of the newest reading.
    fn untold(&self) -> Vec<String>;

    /// `Area::freed_by` of the newest reading.
    fn freed_by(&self, sessions: &[(i32, i64)]) -> Option<String>;
}

impl<A: Area> AnySlot for Slot<A> {
    fn name(&self) -> AreaName {
        A::NAME
    }

    fn tick<'a>(&'a self, tick: Tick<'a>) -> BoxFuture<'a, Result<(), Reason>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            if !remembers::<A>(&tick, &mut state).await {
                return Ok(());
            }
            let started = Instant::now();
            let value = A::collect(tick.observer, tick.facts, &mut state, tick.now_ms);
            let Ok(value) = AssertUnwindSafe(value).catch_unwind().await else {
                // What it remembers may be half of a step, and so may the answers on the connection.
                *state = A::State::default();
                return Err(Reason::Broken { what: format!("Reading {}", A::NAME.as_str()) });
            };
            let took = started.elapsed();
            let done = match value {
                Ok(value) => {
                    keep::<A>(&tick, &value);
                    keep_events::<A>(&tick, &value, &mut state);
                    look_back::<A>(&tick, &mut state, &value);
                    self.put_or_fail(tick.now_ms, took, value, tick.limits);
                    Ok(())
                }
                Err(Error::Query { reason, query }) => {
                    tracing::debug!(query, reason = %reason.message(), "tick failed");
                    self.fail(tick.now_ms, &reason);
                    Ok(())
                }
                Err(Error::Lost(reason)) => Err(reason),
            };
            // Counted last: who sees the count finds the reading and what is kept of it.
            tick.overhead.tick(A::NAME, A::EVERY_MS, took, tick.skipped);
            done
        })
    }

    fn fail(&self, now_ms: i64, reason: &Reason) {
        let before = self.latest();
        let since_ms = before.failure.as_ref().map_or(now_ms, |failure| failure.since_ms);
        self.swap(Latest {
            now_ms,
            every_ms: A::EVERY_MS,
            reading: before.reading.clone(),
            failure: Some(Failure { since_ms, at_ms: now_ms, reason: reason.clone() }),
        });
    }

    fn frames(&self) -> watch::Receiver<Arc<Frame>> {
        self.frames.subscribe()
    }

    fn add_findings(
        &self,
        now_ms: Option<i64>,
        findings: &mut Vec<Finding>,
        not_checked: &mut Vec<NotChecked>,
    ) {
        let latest = self.latest();
        let all = |reason: Reason| {
            A::RULES
                .iter()
                .map(move |rule| NotChecked { rule: rule.id.to_owned(), reason: reason.clone() })
        };
        match (&latest.reading, &latest.failure) {
            (Some(reading), None) => {
                findings.extend(reading.findings.iter().cloned());
                match now_ms.map(|now_ms| latest.freshness(now_ms)) {
                    Some(Freshness::Stale { age_ms, .. }) if age_ms >= OVERDUE_MS => {
                        not_checked.extend(all(Reason::Overdue { age_ms: age_ms as u64 }));
                    }
                    _ => not_checked.extend(reading.not_checked.iter().cloned()),
                }
            }
            (_, failure) => {
                not_checked
                    .extend(all(failure.as_ref().map_or(Reason::NotYet, |f| f.reason.clone())));
            }
        }
    }

    fn facts(&self, facts: &Facts) -> Option<Facts> {
        let latest = self.latest();
        if latest.failure.is_some() {
            return None;
        }
        A::facts(latest.value()?, facts)
    }

    fn headline(&self, headline: &mut Headline) {
        if let Some(value) = self.latest().value() {
            A::headline(value, headline);
        }
    }

    fn metrics(&self, now_ms: i64, server: &str, metrics: &mut Metrics) {
        let latest = self.latest();
        if let (Some(value), Freshness::Fresh) = (latest.value(), latest.freshness(now_ms)) {
            A::metrics(value, server, metrics);
        }
    }

    fn replay_held(&self) -> Option<ReplayHold> {
        let latest = self.latest();
        latest.value().filter(|_| latest.failure.is_none()).and_then(A::replay_held)
    }

    fn recorded_history(&self) -> Option<serde_json::Value> {
        self.history(A::recorded_history)
    }

    fn take_history(&self, recorded: serde_json::Value) {
        if let Some(history) = A::history_of(recorded) {
            *self.history.lock().unwrap_or_else(PoisonError::into_inner) = history;
        }
    }

    fn untold(&self) -> Vec<String> {
        self.latest().value().map(A::untold).unwrap_or_default()
    }

    fn freed_by(&self, sessions: &[(i32, i64)]) -> Option<String> {
        A::freed_by(self.latest().value()?, sessions)
    }
}

fn frame<A: Area>(latest: &Latest<A::Value>) -> Frame {
    let with = |value: A::Value| {
        let reading = latest.reading.as_ref()?;
        Some(json(&Latest {
            reading: Some(Reading {
                value,
                at_ms: reading.at_ms,
                took_ms: reading.took_ms,
                findings: reading.findings.clone(),
                not_checked: reading.not_checked.clone(),
            }),
            failure: latest.failure.clone(),
            ..*latest
        }))
    };
    if let Some(full) = latest.value().and_then(A::streamed).and_then(with) {
        return Frame { redacted: Arc::clone(&full), full };
    }
    let full: Arc<str> = json(latest);
    let redacted = latest.value().and_then(A::without_query_text).and_then(with);
    Frame { redacted: redacted.unwrap_or_else(|| Arc::clone(&full)), full }
}

fn json<T: serde::Serialize>(latest: &Latest<T>) -> Arc<str> {
    match serde_json::to_string(latest) {
        Ok(text) => text.into(),
        Err(error) => {
            tracing::error!(%error, "a reading cannot be serialised");
            Arc::from("null")
        }
    }
}

#[cfg(test)]
mod tests;
