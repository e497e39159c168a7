//! The result of a sampler tick: a value with its time, or the reason there is none; freshness and
//! staleness.

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, NotChecked};
use crate::reason::Reason;

/// One successful tick of an area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading<T> {
    /// When the value was read, milliseconds since the Unix epoch by pgdeck's clock.
    pub at_ms: i64,
    /// How long the tick took on the wire, milliseconds.
    pub took_ms: f64,
    /// What was read.
    pub value: T,
    /// What the area's rules say of it, worst first.
    pub findings: Vec<Finding>,
    /// Rules that could not be run on it, and why.
    pub not_checked: Vec<NotChecked>,
}

/// A tick that did not give a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// When the first of the present run of failures happened, ms since the epoch.
    pub since_ms: i64,
    /// When the newest happened.
    pub at_ms: i64,
    /// Why.
    pub reason: Reason,
}

/// The newest that is known of one area of one server: what every viewer is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latest<T> {
    /// pgdeck's clock when this was sent, ms since the epoch: ages are differences to it.
    pub now_ms: i64,
    /// How often the area is read, milliseconds.
    pub every_ms: u32,
    /// The newest successful reading.
    pub reading: Option<Reading<T>>,
    /// Set while the newest tick failed.
    pub failure: Option<Failure>,
}

/// How far a reading can be relied upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing has arrived yet and nothing has failed.
    Waiting,
    /// Read within the last two ticks and the newest tick succeeded.
    Fresh,
    /// There is a reading, but newer ticks failed or are overdue.
    Stale {
        /// Age of the reading, ms.
        age_ms: i64,
        /// Why there is no newer one, where a failed tick said so.
        reason: Option<Reason>,
    },
    /// There never was a reading.
    Unknown(Reason),
}

/// Ticks after which silence counts as stale ("visible within two ticks").
const STALE_AFTER_TICKS: i64 = 2;
/// Slack for scheduling and the network, milliseconds.
const STALE_SLACK_MS: i64 = 1_500;

impl<T> Latest<T> {
    /// Nothing known yet of an area read every `every_ms`.
    pub fn waiting(now_ms: i64, every_ms: u32) -> Self {
        Self { now_ms, every_ms, reading: None, failure: None }
    }

    /// How far the newest reading can be relied upon at `now_ms`.
    pub fn freshness(&self, now_ms: i64) -> Freshness {
        let Some(reading) = &self.reading else {
            return match &self.failure {
                Some(failure) => Freshness::Unknown(failure.reason.clone()),
                None => Freshness::Waiting,
            };
        };
        let age_ms = (now_ms - reading.at_ms).max(0);
        let overdue = age_ms > STALE_AFTER_TICKS * i64::from(self.every_ms) + STALE_SLACK_MS;
        match &self.failure {
            Some(failure) => Freshness::Stale { age_ms, reason: Some(failure.reason.clone()) },
            None if overdue => Freshness::Stale { age_ms, reason: None },
            None => Freshness::Fresh,
        }
    }

    /// The newest value, stale or not.
    pub fn value(&self) -> Option<&T> {
        self.reading.as_ref().map(|reading| &reading.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(at_ms: i64) -> Latest<u8> {
        let reading =
            Reading { at_ms, took_ms: 1.0, value: 7, findings: vec![], not_checked: vec![] };
        Latest { now_ms: at_ms, every_ms: 1_000, reading: Some(reading), failure: None }
    }

    #[test]
    fn silence_is_stale_after_two_ticks() {
        assert_eq!(at(0).freshness(2_000), Freshness::Fresh);
        assert_eq!(at(0).freshness(4_000), Freshness::Stale { age_ms: 4_000, reason: None });
    }

    #[test]
    fn a_failed_tick_is_visible_at_once() {
        let mut latest = at(0);
        latest.failure = Some(Failure { since_ms: 900, at_ms: 900, reason: Reason::NotYet });
        assert!(matches!(latest.freshness(1_000), Freshness::Stale { reason: Some(_), .. }));
        latest.reading = None;
        assert_eq!(latest.freshness(1_000), Freshness::Unknown(Reason::NotYet));
    }
}
