//! How fast the WAL that a slot retains grows, by our own readings of the last minutes.
//!
//! A consumer confirms in steps: between two of them what its slot retains grows with the WAL that is
//! written, and that is no growth. So a slot that advances is measured by the lowest of what it retains
//! in either half of the window, and one that stands still from where it came to stand.

use std::collections::{HashMap, VecDeque};

use model::replication::{Position, Slot, SlotState};

/// How far back readings are compared, ms.
const WINDOW_MS: i64 = 300_000;
/// Readings over a shorter time say nothing, ms.
const ENOUGH_MS: i64 = 10_000;
/// The same for a slot that advances: its steps must fit in several times.
const ENOUGH_STEPS_MS: i64 = 60_000;
/// After this long without a step a slot stands still, ms: consumers such as Debezium confirm once a
/// minute.
const STILL_MS: i64 = 90_000;

/// What was read of the slots, by name.
#[derive(Default)]
pub struct Growth {
    lineage: Option<Lineage>,
    slots: HashMap<String, VecDeque<Kept>>,
}

/// Which WAL positions are of: those of another server or timeline are not compared.
#[derive(Clone, PartialEq)]
struct Lineage {
    system_identifier: Option<String>,
    timeline: Option<i32>,
    in_recovery: bool,
}

/// What a slot retained at a time.
#[derive(Clone, Copy)]
struct Kept {
    at_ms: i64,
    /// Where WAL ended.
    end: i64,
    /// The oldest position it needs.
    restart: i64,
    /// Whether that has moved since the reading before.
    advanced: bool,
}

impl Kept {
    fn bytes(&self) -> i64 {
        self.end.saturating_sub(self.restart).max(0)
    }
}

impl Growth {
    /// Says of each slot how fast what it retains grows. None where too little was read.
    pub fn with_growth(
        &mut self,
        mut slots: Vec<Slot>,
        position: &Position,
        now_ms: i64,
    ) -> Vec<Slot> {
        let lineage = Lineage {
            system_identifier: position.system_identifier.clone(),
            timeline: position.timeline,
            in_recovery: position.in_recovery,
        };
        if self.lineage.as_ref() != Some(&lineage) {
            self.slots.clear();
            self.lineage = Some(lineage);
        }
        self.slots.retain(|name, _| slots.iter().any(|slot| slot.slot_name == *name));
        for slot in &mut slots {
            let retains = matches!(slot.state(), SlotState::Kept | SlotState::Endangered);
            let Some(restart) = slot.restart_lsn_bytes.filter(|_| retains) else {
                self.slots.remove(&slot.slot_name);
                continue;
            };
            // A position that is not readable for a while is a gap, no new beginning.
            let Some(end) = position.end_bytes else { continue };
            let kept = self.slots.entry(slot.slot_name.clone()).or_default();
            note(kept, Kept { at_ms: now_ms, end, restart, advanced: false });
            slot.growth_bytes_per_s = rate(kept, slot.active);
        }
        slots
    }
}

/// Adds a reading. One that goes back (a slot made anew, another clock) begins anew.
fn note(kept: &mut VecDeque<Kept>, mut new: Kept) {
    if let Some(last) = kept.back() {
        if new.at_ms <= last.at_ms || new.end < last.end || new.restart < last.restart {
            kept.clear();
        } else {
            new.advanced = new.restart > last.restart;
        }
    }
    kept.push_back(new);
    while kept.front().is_some_and(|first| new.at_ms.saturating_sub(first.at_ms) > WINDOW_MS) {
        kept.pop_front();
    }
}

/// Bytes per second; zero for what does not grow.
fn rate(kept: &VecDeque<Kept>, active: bool) -> Option<f64> {
    let (oldest, newest) = (kept.front()?, kept.back()?);
    let step = kept.iter().rfind(|one| one.advanced);
    let from = step.unwrap_or(oldest);
    let still_ms = newest.at_ms.saturating_sub(from.at_ms);
    // Who is not connected takes no step; who polls is connected for a moment only, and takes them.
    if still_ms >= STILL_MS || step.is_none() && !active {
        return (still_ms >= ENOUGH_MS)
            .then(|| per_second(newest.bytes().saturating_sub(from.bytes()), still_ms));
    }
    let span_ms = newest.at_ms.saturating_sub(oldest.at_ms);
    if span_ms < ENOUGH_MS {
        return None;
    }
    if newest.bytes() <= oldest.bytes() {
        return Some(0.0);
    }
    let middle_ms = oldest.at_ms.saturating_add(span_ms / 2);
    let lowest = |newer: bool| {
        let half = kept.iter().filter(|one| (one.at_ms > middle_ms) == newer);
        half.map(Kept::bytes).min()
    };
    let grown = lowest(true)?.saturating_sub(lowest(false)?);
    (span_ms >= ENOUGH_STEPS_MS).then(|| per_second(grown, span_ms / 2))
}

fn per_second(bytes: i64, ms: i64) -> f64 {
    bytes.max(0) as f64 * 1_000.0 / ms.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: i64 = 1 << 20;

    fn slot(restart: i64, active: bool) -> Slot {
        Slot {
            slot_name: "s".into(),
            restart_lsn_bytes: Some(restart),
            wal_status: Some("reserved".into()),
            active,
            ..Slot::default()
        }
    }

    fn position(end: i64) -> Position {
        Position { end_bytes: Some(end), timeline: Some(1), ..Position::default() }
    }

    /// Growth after a reading every two seconds, where `at` says the slot's and WAL's position at a
    /// second.
    fn after(seconds: i64, active: bool, at: impl Fn(i64) -> (i64, i64)) -> Option<f64> {
        let mut growth = Growth::default();
        let mut last = None;
        for second in (0..=seconds).step_by(2) {
            let (restart, end) = at(second);
            let slots = vec![slot(restart, active)];
            let slots = growth.with_growth(slots, &position(end), second * 1_000);
            last = slots.first().and_then(|slot| slot.growth_bytes_per_s);
        }
        last
    }

    #[test]
    fn a_slot_that_nobody_reads_grows_with_what_is_written_in_the_last_minutes() {
        let written = |second: i64| (0, second * MIB);
        assert_eq!(after(8, false, written), None);
        assert_eq!(after(10, false, written), Some(MIB as f64));
        // An hour of rest, then a burst: the rate is that of the burst's minutes.
        let burst = |second: i64| (0, (second - 3_600).max(0) * MIB);
        assert_eq!(after(3_600, false, burst), Some(0.0));
        assert_eq!(after(3_900, false, burst), Some(MIB as f64));
    }

    #[test]
    fn a_slot_that_advances_does_not_grow_however_large_its_steps_are() {
        // Confirms all once a minute, as Debezium does; connected, or only while it polls.
        let steps = |second: i64| (second / 60 * 60 * MIB, second * MIB);
        for active in [true, false] {
            for seconds in (150..900).step_by(14) {
                assert_eq!(after(seconds, active, steps), Some(0.0), "{active} {seconds}");
            }
        }
        // Before the first steps there is no telling.
        assert_eq!(after(58, true, steps), None);
        let streams = |second: i64| (second * MIB - second % 6 * MIB, second * MIB);
        assert_eq!(after(120, true, streams), Some(0.0));
    }

    #[test]
    fn a_consumer_that_is_too_slow_lets_its_slot_grow() {
        let half = |second: i64| (second * MIB / 2, second * MIB);
        let grown = after(120, true, half).unwrap_or_default();
        assert!((grown - MIB as f64 / 2.0).abs() < MIB as f64 / 20.0, "{grown}");
        // One that is connected and stands still is seen after a minute and a half.
        let stuck = |second: i64| (second.min(100) * MIB, second * MIB);
        assert_eq!(after(188, true, stuck), Some(0.0));
        assert_eq!(after(200, true, stuck), Some(MIB as f64));
    }

    #[test]
    fn what_is_not_the_same_wal_is_not_compared() {
        let mut growth = Growth::default();
        let mut read = |restart: i64, at_s: i64, position: Position| {
            let slots = growth.with_growth(vec![slot(restart, false)], &position, at_s * 1_000);
            slots.first().and_then(|slot| slot.growth_bytes_per_s)
        };
        assert_eq!(read(0, 0, position(0)), None);
        // A gap in the readings is no fault; a position that is unknown is one.
        assert_eq!(read(0, 100, position(100 * MIB)), Some(MIB as f64));
        assert_eq!(read(0, 110, Position { end_bytes: None, ..position(0) }), None);
        assert_eq!(read(0, 120, position(120 * MIB)), Some(MIB as f64));
        // Promoted: another timeline. Dropped and made anew: an older position. A clock set back.
        let promoted = || Position { timeline: Some(2), ..position(200 * MIB) };
        assert_eq!(read(0, 140, promoted()), None);
        assert_eq!(read(0, 150, promoted()), Some(0.0));
        assert_eq!(read(-MIB, 160, promoted()), None);
        assert_eq!(read(-MIB, 100, promoted()), None);
        assert_eq!(read(-MIB, 110, promoted()), Some(0.0));
        // Nobody looked for longer than the window.
        assert_eq!(read(-MIB, 900, promoted()), None);
    }
}
