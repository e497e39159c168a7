//! What is remembered between ticks: a minute of counters for rates, an hour of checkpoints, which are rare. A
//! restart, a promotion, a reset and a counter that fell are gaps, never a number.

use std::collections::VecDeque;

use model::io::{CheckpointCounts, Checkpoints, Io, IoSpan, WalCounts, WalSpan, WalState};
use model::server::Facts;
use model::{Known, Reason};

use super::rows::IoCounters;

/// Rates are of the last minute, ms: over a few seconds rows would change places all the time.
const RATES_OVER_MS: i64 = 60_000;
/// A longer pause between two readings is a gap, ms.
const LONGEST_PAUSE_MS: i64 = 60_000;
/// Checkpoints are counted over an hour, ms: by default there are twelve in it.
const CHECKPOINTS_OVER_MS: i64 = 3_600_000;
/// How often checkpoints are remembered, ms.
const CHECKPOINTS_EVERY_MS: i64 = 60_000;

/// What one tick read.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// `pg_stat_io`.
    pub io: Known<IoCounters>,
    /// Checkpoints and who writes buffers.
    pub checkpoints: Known<CheckpointCounts>,
    /// `pg_stat_wal`.
    pub wal: Known<WalCounts>,
    /// Settings and positions.
    pub state: Known<WalState>,
}

impl Sample {
    fn position(&self) -> Option<i64> {
        self.state.as_ref().ok()?.wal_position_bytes
    }
}

/// What is remembered.
#[derive(Default)]
pub struct State {
    /// The last minute.
    minute: VecDeque<Sample>,
    /// The last hour, a reading a minute.
    hour: VecDeque<Sample>,
    /// The server as it was: counters do not survive another start or role.
    server: Option<(i64, bool)>,
}

impl State {
    /// What is known with this sample.
    pub fn add(&mut self, now: Sample, facts: &Facts) -> Io {
        self.forget(facts, now.at_ms);
        let (minute, hour) = (&self.minute, &self.hour);
        let newest = || minute.iter().rev().take(1);
        let io = |now: &IoCounters, before: &IoCounters, ms: i64| now.since(before, ms);
        let wal = |now: &WalCounts, before: &WalCounts, ms: i64| -> Option<WalSpan> {
            Some(WalSpan { span_ms: ms as f64, counts: now.since(before)? })
        };
        let counts = |now: &CheckpointCounts, before: &CheckpointCounts, over_ms: i64| {
            Some((over_ms, now.since(before)?))
        };
        let rows: Known<IoSpan> = added(&now, minute.iter(), |s| &s.io, io);
        let value = Io {
            in_recovery: facts.in_recovery,
            rows,
            rows_counted: now.io.as_ref().map(|io| io.rows().to_vec()).map_err(Clone::clone),
            tick: added(&now, newest(), |s| &s.io, io),
            checkpoints: added(&now, hour.iter(), |s| &s.checkpoints, counts)
                .map(|(over_ms, counts)| self.checkpoints(&now, over_ms, counts)),
            checkpoints_tick: added(&now, newest(), |s| &s.checkpoints, counts)
                .map(|(_, counts)| counts),
            counted: now.checkpoints.clone(),
            wal: added(&now, minute.iter(), |s| &s.wal, wal),
            wal_tick: added(&now, newest(), |s| &s.wal, wal),
            wal_counted: now.wal.clone(),
            state: now.state.clone(),
        };
        let is_due = |last: &Sample| now.at_ms.saturating_sub(last.at_ms) >= CHECKPOINTS_EVERY_MS;
        if self.hour.back().is_none_or(is_due) {
            self.hour.push_back(now.clone());
        }
        self.minute.push_back(now);
        value
    }

    fn forget(&mut self, facts: &Facts, now_ms: i64) {
        let server = Some((facts.started_ms, facts.in_recovery));
        let age = |sample: &Sample| now_ms.saturating_sub(sample.at_ms);
        let set_back = |last: &Sample| age(last) < 0;
        if self.server != server || self.minute.back().is_some_and(set_back) {
            self.minute.clear();
            self.hour.clear();
        }
        if self.minute.back().is_some_and(|last| age(last) > LONGEST_PAUSE_MS) {
            self.minute.clear();
        }
        self.server = server;
        while self.minute.front().is_some_and(|first| age(first) > RATES_OVER_MS) {
            self.minute.pop_front();
        }
        while self.hour.front().is_some_and(|first| age(first) > CHECKPOINTS_OVER_MS) {
            self.hour.pop_front();
        }
    }

    fn checkpoints(&self, now: &Sample, over_ms: i64, counts: CheckpointCounts) -> Checkpoints {
        let all = self.hour.iter().chain([now]);
        let from_ms = now.at_ms.saturating_sub(over_ms);
        let positions = all.filter(|sample| sample.at_ms >= from_ms);
        let positions = positions.map(|sample| Some((sample.at_ms, sample.position()?)));
        let positions: Option<Vec<(i64, i64)>> = positions.collect();
        let timeout_s = now.state.as_ref().map_or(0, |state| state.checkpoint_timeout_s);
        let wal_bytes = positions.as_ref().and_then(|all| {
            let ((_, first), (_, last)) = (all.first()?, all.last()?);
            last.checked_sub(*first).filter(|rise| *rise >= 0)
        });
        let peak_wal_bytes =
            positions.and_then(|all| peak(&all, timeout_s.saturating_mul(1_000).max(1)));
        Checkpoints { over_ms, counts, wal_bytes, peak_wal_bytes }
    }
}

/// What was added since the oldest of `earlier` that counts from the same reset, or why that is not known.
fn added<'a, T: 'a, U>(
    now: &Sample,
    earlier: impl Iterator<Item = &'a Sample>,
    of: fn(&Sample) -> &Known<T>,
    since: impl Fn(&T, &T, i64) -> Option<U>,
) -> Known<U> {
    let counted = of(now).as_ref().map_err(Clone::clone)?;
    let mut reason = Reason::NeedsTwoReadings;
    for sample in earlier {
        let Ok(before) = of(sample) else { continue };
        let span_ms = now.at_ms.saturating_sub(sample.at_ms);
        if span_ms > 0
            && let Some(found) = since(counted, before, span_ms)
        {
            return Ok(found);
        }
        reason = Reason::CounterReset;
    }
    Err(reason)
}

/// The most WAL within one timeout, bytes, of positions in time. Over a shorter span it is projected.
fn peak(positions: &[(i64, i64)], timeout_ms: i64) -> Option<f64> {
    let rate = |(from, to): (&(i64, i64), &(i64, i64))| {
        let ms = to.0.saturating_sub(from.0);
        (ms > 0).then(|| to.1.saturating_sub(from.1).max(0) as f64 / ms as f64)
    };
    let far_enough = |to: &(i64, i64)| {
        positions.iter().rev().find(|from| to.0.saturating_sub(from.0) >= timeout_ms)
    };
    let rates = positions.iter().filter_map(|to| rate((far_enough(to)?, to)));
    let most = rates.max_by(f64::total_cmp);
    let whole = || rate((positions.first()?, positions.last()?));
    Some(most.or_else(whole)? * timeout_ms as f64)
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
