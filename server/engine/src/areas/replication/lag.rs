//! Replication lag from bytes, time and replay progress together.
//!
//! `now() - pg_last_xact_replay_timestamp()` grows on an idle primary, and `received = replayed`
//! hides a cut link (`docs/limits.md#replication-lag`); so a standby is behind by time only while bytes are missing or
//! nobody hears from the sender. On the sending side `replay_lag` says nothing while replay stands
//! still, so the time is measured against our own record of where WAL stood when.

use std::collections::VecDeque;

use model::replication::{Lag, LagSample, Position, Receiver, Replication, Sender, StreamKind};
use model::{Known, Reason};

/// A receiver that has not heard from its sender for longer has lost it, ms. The sender speaks at
/// least every half wal_sender_timeout, 30 s by default.
const SILENCE_MS: f64 = 45_000.0;
/// How long we remember where WAL stood, ms.
const REMEMBERED_MS: i64 = 3_600_000;

/// What earlier ticks saw.
#[derive(Default)]
pub struct Before {
    /// Where WAL stood when: (at_ms, bytes), only when it moved.
    stood: VecDeque<(i64, i64)>,
    replayed: Option<i64>,
    caught_up_ms: Option<i64>,
    /// Where replay stands although WAL waits, and since when: (bytes, at_ms).
    stalled: Option<(i64, i64)>,
}

impl Before {
    /// Notes where WAL stands and says for each sender how long ago it stood where the standby has
    /// replayed to.
    pub fn with_time_behind(
        &mut self,
        mut senders: Vec<Sender>,
        position: &Position,
        now_ms: i64,
    ) -> Vec<Sender> {
        let Some(here) = position.end_bytes else { return senders };
        if self.stood.back().is_none_or(|(_, bytes)| *bytes < here) {
            self.stood.push_back((now_ms, here));
        }
        while self.stood.front().is_some_and(|(at, _)| now_ms.saturating_sub(*at) > REMEMBERED_MS) {
            self.stood.pop_front();
        }
        for sender in &mut senders {
            sender.behind_ms = sender.replay_lsn_bytes.and_then(|there| self.behind(there, now_ms));
        }
        senders
    }

    /// Time since WAL first stood past `there`; zero when it never did; None when that was before
    /// our first reading, which proves nothing yet.
    fn behind(&self, there: i64, now_ms: i64) -> Option<f64> {
        let next = self.stood.partition_point(|(_, bytes)| *bytes <= there);
        match self.stood.get(next) {
            None => Some(0.0),
            Some(_) if next == 0 && self.stood.len() < 2 => None,
            Some((at_ms, _)) => Some(now_ms.saturating_sub(*at_ms) as f64),
        }
    }

    /// A standby's own lag.
    pub fn own(
        &mut self,
        position: &Position,
        receiver: &Known<Option<Receiver>>,
        now_ms: i64,
    ) -> Known<Lag> {
        if !position.in_recovery {
            return Err(Reason::OtherRole { needs: "standby".into() });
        }
        let receiver = receiver.as_ref().map_err(Clone::clone)?;
        let linked = receiver.as_ref().is_some_and(|receiver| {
            receiver.status.as_deref() == Some("streaming")
                && receiver.message_age_ms.is_none_or(|age| age < SILENCE_MS)
        });
        let unknown = || position.unknown.clone().unwrap_or(Reason::NotYet);
        let bytes = position.gap_bytes.ok_or_else(unknown)?.max(0);
        let moving = self.replayed.zip(position.lsn_bytes).map(|(before, now)| now > before);
        self.replayed = position.lsn_bytes;
        let waits = position.lsn_bytes.filter(|_| bytes > 0);
        self.stalled = waits.map(|at| match self.stalled {
            Some((before, since)) if before == at => (before, since),
            _ => (at, now_ms),
        });
        let from_archive = position.is_archive_only();
        let ms = if from_archive {
            // The age of the newest transaction grows while the primary is idle, and no link tells
            // whether it is.
            None
        } else if linked && bytes == 0 {
            self.caught_up_ms = Some(now_ms);
            Some(0.0)
        } else {
            self.behind_for(position.replayed_xact_age_ms, linked, now_ms)
        };
        Ok(Lag { bytes, ms, moving, linked, from_archive })
    }

    /// Time behind. An idle primary's last transaction may be hours old when the next one arrives:
    /// a linked standby cannot be behind for longer than since we last saw nothing missing. A
    /// standby that has replayed no transaction since its start has no age at all: it is unknown,
    /// unless we have seen it caught up, or see replay stand still.
    fn behind_for(&self, replayed_ms: Option<f64>, linked: bool, now_ms: i64) -> Option<f64> {
        let caught_up_ms = self.caught_up_ms.map(|at| now_ms.saturating_sub(at) as f64);
        match (caught_up_ms, replayed_ms) {
            (Some(since), Some(age)) if linked => Some(since.min(age)),
            (Some(since), _) => Some(since),
            (None, Some(age)) => Some(age),
            (None, None) => {
                let stalled_ms = self.stalled.map(|(_, since)| now_ms.saturating_sub(since) as f64);
                stalled_ms.filter(|ms| *ms > 0.0)
            }
        }
    }
}

/// The worst lag in sight: our own on a standby, the standbys' on a primary. Who does not replay is
/// not behind, and without a link it is not known how much is missing.
pub fn worst(reading: &Replication, at_ms: i64) -> LagSample {
    if let Ok(lag) = reading.lag {
        let bytes = (lag.linked || lag.bytes > 0).then_some(lag.bytes);
        return LagSample { at_ms, bytes, ms: lag.ms };
    }
    let senders =
        || reading.senders.iter().flatten().filter(|sender| sender.kind() == StreamKind::Standby);
    LagSample {
        at_ms,
        bytes: senders().filter_map(|sender| sender.total_lag_bytes).max(),
        ms: senders().filter_map(time_behind).reduce(f64::max),
    }
}

/// How far behind a sender's standby is in time: our own measure where there is one, PostgreSQL's
/// otherwise; zero only when no byte is missing.
pub fn time_behind(sender: &Sender) -> Option<f64> {
    if sender.total_lag_bytes == Some(0) {
        return Some(0.0);
    }
    sender.behind_ms.or(sender.replay_lag_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standby(lsn: i64, gap: i64, age_ms: f64) -> Position {
        Position {
            in_recovery: true,
            lsn_bytes: Some(lsn),
            gap_bytes: Some(gap),
            replayed_xact_age_ms: Some(age_ms),
            ..Position::default()
        }
    }

    fn streaming() -> Known<Option<Receiver>> {
        Ok(Some(Receiver { status: Some("streaming".into()), ..Receiver::default() }))
    }

    #[test]
    fn an_idle_primary_is_no_lag() {
        let lag = Before::default().own(&standby(9, 0, 3_600_000.0), &streaming(), 0);
        assert_eq!(
            lag,
            Ok(Lag { bytes: 0, ms: Some(0.0), moving: None, linked: true, from_archive: false })
        );
    }

    #[test]
    fn the_first_byte_after_a_quiet_hour_is_not_an_hour_behind() {
        let mut before = Before::default();
        let _ = before.own(&standby(9, 0, 3_600_000.0), &streaming(), 0);
        let lag = before.own(&standby(9, 100, 3_602_000.0), &streaming(), 2_000);
        assert_eq!(lag.map(|lag| lag.ms), Ok(Some(2_000.0)));
    }

    #[test]
    fn a_standby_that_replayed_no_transaction_yet_is_behind_all_the_same() {
        let mut before = Before::default();
        let fresh = |gap| Position { replayed_xact_age_ms: None, ..standby(9, gap, 0.0) };
        let _ = before.own(&fresh(0), &streaming(), 0);
        let lag = before.own(&fresh(100), &streaming(), 7_000);
        assert_eq!(lag.map(|lag| lag.ms), Ok(Some(7_000.0)));
    }

    #[test]
    fn no_age_and_no_link_are_unknown_and_not_zero() {
        let fresh = Position { replayed_xact_age_ms: None, ..standby(9, 0, 0.0) };
        let lag = Before::default().own(&fresh, &Ok(None), 0);
        assert_eq!(
            lag,
            Ok(Lag { bytes: 0, ms: None, moving: None, linked: false, from_archive: false })
        );
        let mut before = Before::default();
        let waits = Position { gap_bytes: Some(5), ..fresh.clone() };
        assert_eq!(before.own(&waits, &streaming(), 0).map(|lag| lag.ms), Ok(None));
        assert_eq!(before.own(&waits, &streaming(), 4_000).map(|lag| lag.ms), Ok(Some(4_000.0)));
        let hidden = Position { gap_bytes: None, ..fresh };
        assert_eq!(Before::default().own(&hidden, &Ok(None), 0), Err(Reason::NotYet));
    }

    #[test]
    fn a_cut_link_is_not_hidden_by_equal_positions() {
        let mut before = Before::default();
        let _ = before.own(&standby(9, 0, 0.0), &streaming(), 0);
        let lag = before.own(&standby(9, 0, 60_000.0), &Ok(None), 60_000);
        assert_eq!(
            lag,
            Ok(Lag {
                bytes: 0,
                ms: Some(60_000.0),
                moving: Some(false),
                linked: false,
                from_archive: false
            })
        );
    }

    #[test]
    fn the_age_of_a_restored_transaction_is_no_lag() {
        let archive = Position { streams: Some(false), restores: Some(true), ..standby(9, 0, 9e6) };
        let lag = Before::default().own(&archive, &Ok(None), 0);
        assert_eq!(lag.map(|lag| (lag.ms, lag.from_archive)), Ok((None, true)));
    }

    #[test]
    fn time_behind_is_measured_while_replay_is_paused() {
        let mut before = Before::default();
        let at = |lsn| Position { end_bytes: Some(lsn), ..Position::default() };
        let sender = || vec![Sender { replay_lsn_bytes: Some(100), ..Sender::default() }];
        assert_eq!(before.with_time_behind(sender(), &at(100), 0)[0].behind_ms, Some(0.0));
        assert_eq!(before.with_time_behind(sender(), &at(200), 2_000)[0].behind_ms, Some(0.0));
        assert_eq!(before.with_time_behind(sender(), &at(300), 9_000)[0].behind_ms, Some(7_000.0));
    }
}
