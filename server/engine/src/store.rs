//! The latest reading per area, serialised once for all who look.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use model::{Failure, Finding, Latest, NotChecked, Reading, Reason};
use tokio::sync::watch;

use crate::areas::Area;

/// One area's `Latest` as JSON.
#[derive(Clone, Debug)]
pub struct Frame {
    /// With the text of statements.
    pub full: Arc<str>,
    /// Without it.
    pub redacted: Arc<str>,
}

/// The newest that is known of one area.
pub struct Slot<A: Area> {
    latest: RwLock<Arc<Latest<A::Value>>>,
    frames: watch::Sender<Arc<Frame>>,
}

impl<A: Area> Slot<A> {
    /// A slot that waits for its first reading.
    pub fn new(now_ms: i64) -> Self {
        Self::of(Latest::waiting(now_ms, A::EVERY_MS))
    }

    /// A slot that holds a given reading.
    pub fn of(latest: Latest<A::Value>) -> Self {
        let frame = Arc::new(frame::<A>(&latest));
        Self { latest: RwLock::new(Arc::new(latest)), frames: watch::Sender::new(frame) }
    }

    /// The newest that is known, without copying it.
    pub fn latest(&self) -> Arc<Latest<A::Value>> {
        Arc::clone(&self.latest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Frames as they come, the newest first.
    pub fn frames(&self) -> watch::Receiver<Arc<Frame>> {
        self.frames.subscribe()
    }

    /// Stores a reading.
    pub fn put(
        &self,
        now_ms: i64,
        took: Duration,
        value: A::Value,
        findings: Vec<Finding>,
        not_checked: Vec<NotChecked>,
    ) {
        let took_ms = took.as_secs_f64() * 1_000.0;
        let reading = Reading { at_ms: now_ms, took_ms, value, findings, not_checked };
        self.swap(Latest { now_ms, every_ms: A::EVERY_MS, reading: Some(reading), failure: None });
    }

    /// Stores why there is no new reading; the last one stays, with its age.
    pub fn fail(&self, now_ms: i64, reason: Reason) {
        let before = self.latest();
        let since_ms = before.failure.as_ref().map_or(now_ms, |failure| failure.since_ms);
        self.swap(Latest {
            now_ms,
            every_ms: A::EVERY_MS,
            reading: before.reading.clone(),
            failure: Some(Failure { since_ms, at_ms: now_ms, reason }),
        });
    }

    /// Adds this area's findings; those of a reading that is no longer current are left out.
    pub fn add_findings(&self, findings: &mut Vec<Finding>, not_checked: &mut Vec<NotChecked>) {
        let latest = self.latest();
        match (&latest.reading, &latest.failure) {
            (Some(reading), None) => {
                findings.extend(reading.findings.iter().cloned());
                not_checked.extend(reading.not_checked.iter().cloned());
            }
            (_, failure) => {
                let reason = failure.as_ref().map_or(Reason::NotYet, |f| f.reason.clone());
                not_checked.extend(
                    A::RULES.iter().map(|rule| NotChecked {
                        rule: rule.id.to_owned(),
                        reason: reason.clone(),
                    }),
                );
            }
        }
    }

    fn swap(&self, latest: Latest<A::Value>) {
        let frame = Arc::new(frame::<A>(&latest));
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(latest);
        self.frames.send_replace(frame);
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
