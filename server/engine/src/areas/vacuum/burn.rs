//! How many transaction and multixact IDs were used, from the readings of the last day.

use std::collections::VecDeque;

use model::vacuum::Burn;
use model::{Known, Reason};

/// How far back readings are kept: a day has its quiet hours too.
const KEPT_MS: i64 = 24 * 3_600_000;
/// Multixact IDs are 32 bits wide.
const MULTIXACT_IDS: i64 = 1 << 32;

/// The IDs that come next, at one time.
#[derive(Clone, Copy)]
pub struct Reading {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// The next transaction ID, with its epoch.
    pub next_xid: i64,
    /// What grows with each multixact ID, modulo 2^32; None where it is not told.
    pub multixacts: Option<i64>,
}

/// The readings of the last day: 2,880 of 32 bytes.
#[derive(Default)]
pub struct Readings(VecDeque<Reading>);

impl Readings {
    /// Adds a reading; says what was used since the oldest.
    pub fn add(&mut self, now: Reading) -> Known<Burn> {
        // Another cluster at the same address, or a clock that was set back.
        if self.0.back().is_some_and(|last| last.next_xid > now.next_xid || last.at_ms > now.at_ms)
        {
            self.0.clear();
        }
        while self.0.front().is_some_and(|first| now.at_ms.saturating_sub(first.at_ms) > KEPT_MS) {
            self.0.pop_front();
        }
        self.0.push_back(now);
        let first = self.0.front().filter(|first| first.at_ms < now.at_ms);
        let first = first.ok_or(Reason::NotYet)?;
        let multixacts = now.multixacts.zip(first.multixacts);
        Ok(Burn {
            span_ms: now.at_ms.saturating_sub(first.at_ms),
            xids: now.next_xid.saturating_sub(first.next_xid),
            multixacts: multixacts
                .map_or(0, |(now, then)| now.wrapping_sub(then).rem_euclid(MULTIXACT_IDS)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(at_ms: i64, next_xid: i64, multixacts: i64) -> Reading {
        Reading { at_ms, next_xid, multixacts: Some(multixacts) }
    }

    #[test]
    fn a_day_is_kept_and_one_reading_says_nothing() {
        let mut readings = Readings::default();
        assert_eq!(readings.add(reading(0, 100, -5)), Err(Reason::NotYet));
        let burn = Burn { span_ms: 10, xids: 50, multixacts: 12 };
        assert_eq!(readings.add(reading(10, 150, 7)), Ok(burn), "multixact IDs wrap around");
        let later = readings.add(reading(KEPT_MS + 5, 250, 8));
        assert_eq!(later.map(|burn| burn.xids), Ok(100), "the first is older than a day");
        assert_eq!(
            readings.add(reading(KEPT_MS + 9, 3, 1)),
            Err(Reason::NotYet),
            "another cluster"
        );
    }
}
