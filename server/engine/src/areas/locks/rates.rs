//! Deadlocks and recovery conflicts over the last minute, as differences of counters: never sums
//! since a reset (`docs/limits.md#rates`).

use std::collections::VecDeque;

use model::locks::{LockCounters, LockRates};
use model::{Known, Reason};

/// The window, ms.
const WINDOW_MS: i64 = 60_000;

/// Counters as they stood.
#[derive(Default)]
pub struct Before(VecDeque<(i64, LockCounters)>);

impl Before {
    /// Notes the counters and says what came since a minute ago, or since we began to watch.
    pub fn since(&mut self, now_ms: i64, counters: &LockCounters) -> Known<LockRates> {
        let less = |now: Option<i64>, before: Option<i64>| {
            now.zip(before).is_some_and(|(now, before)| now < before)
        };
        let fell = |before: &LockCounters| {
            less(counters.deadlocks, before.deadlocks)
                || less(counters.conflicts(), before.conflicts())
        };
        let grown = |now: Option<i64>, before: Option<i64>| {
            now.zip(before).map(|(now, before)| now.saturating_sub(before))
        };
        if self.0.back().is_some_and(|(_, before)| fell(before)) {
            self.0.clear();
            self.0.push_back((now_ms, counters.clone()));
            return Err(Reason::CounterReset);
        }
        self.0.push_back((now_ms, counters.clone()));
        // One reading older than the window stays, so that the window is a whole one.
        while self.0.get(1).is_some_and(|(at, _)| now_ms - at >= WINDOW_MS) {
            self.0.pop_front();
        }
        match self.0.front() {
            Some((at_ms, first)) if self.0.len() > 1 => Ok(LockRates {
                window_ms: now_ms.saturating_sub(*at_ms),
                deadlocks: grown(counters.deadlocks, first.deadlocks),
                conflicts: grown(counters.conflicts(), first.conflicts()),
            }),
            _ => Err(Reason::NeedsTwoReadings),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(deadlocks: i64) -> LockCounters {
        LockCounters { deadlocks: Some(deadlocks), ..LockCounters::default() }
    }

    #[test]
    fn only_the_last_minute_counts() {
        let mut before = Before::default();
        assert_eq!(before.since(0, &counters(5)), Err(Reason::NeedsTwoReadings));
        for tick in 1..=12 {
            let rates = before.since(tick * 10_000, &counters(if tick < 3 { 5 } else { 7 }));
            let seen = rates.map(|rates| (rates.window_ms, rates.deadlocks));
            let new = if (3..9).contains(&tick) { 2 } else { 0 };
            assert_eq!(seen, Ok(((tick * 10_000).min(WINDOW_MS), Some(new))), "{tick}");
        }
    }

    #[test]
    fn a_reset_is_a_gap() {
        let mut before = Before::default();
        let _ = before.since(0, &counters(5));
        assert_eq!(before.since(10_000, &counters(0)), Err(Reason::CounterReset));
        assert!(before.since(20_000, &counters(1)).is_ok_and(|rates| rates.deadlocks == Some(1)));
    }
}
