//! Gaps that the times of ticks show by themselves: a pause, a restart of pgdeck, a clock that was set.

use std::time::Instant;

use crate::answers::{Gap, GapReason};
use crate::names::Source;
use crate::pending::Tick;

/// The last that was seen of a source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Its last tick.
    pub(crate) at_ms: Option<i64>,
    /// Until when a gap was given a reason.
    pub(crate) explained_ms: i64,
    /// The monotonic clock at its last tick; None if that was in an earlier run.
    pub(crate) clock: Option<Instant>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { at_ms: None, explained_ms: i64::MIN, clock: None }
    }
}

impl Seen {
    /// A tick has come.
    pub(crate) fn after(&mut self, tick: &Tick) {
        // What was explained lies behind a clock that went back.
        if self.at_ms.is_some_and(|before| tick.at_ms <= before) {
            self.explained_ms = i64::MIN;
        }
        self.at_ms = Some(tick.at_ms);
        self.clock = Some(tick.clock);
    }
}

/// Ticks this many intervals apart leave a gap: one late tick does not.
const INTERVALS: i64 = 2;

/// The gap between the last tick and this one, unless a reason was given for it.
pub(crate) fn between(source: &Source, seen: &Seen, tick: &Tick) -> Option<Gap> {
    let before = seen.at_ms?;
    let gap = |from_ms, to_ms, reason| {
        Some(Gap { source: source.clone(), from_ms, to_ms, reason, detail: String::new() })
    };
    if tick.at_ms <= before {
        return gap(tick.at_ms, before, GapReason::ClockBack);
    }
    let from = before.max(seen.explained_ms);
    let most = INTERVALS * i64::from(tick.every_ms).max(1);
    if tick.at_ms.saturating_sub(from) <= most {
        return None;
    }
    let reason = match seen.clock {
        None => GapReason::NotRunning,
        Some(clock) => {
            let elapsed = tick.clock.saturating_duration_since(clock).as_millis();
            let elapsed = i64::try_from(elapsed).unwrap_or(i64::MAX);
            let set = elapsed.saturating_add(most) < tick.at_ms.saturating_sub(before);
            if set { GapReason::ClockForward } else { GapReason::NotRead }
        }
    };
    gap(from, tick.at_ms, reason)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn tick(at_ms: i64, clock: Instant) -> Tick {
        Tick { source: source(), at_ms, every_ms: 1_000, clock, points: Vec::new() }
    }

    fn source() -> Source {
        Source::new("7", "shop", "locks")
    }

    #[test]
    fn a_pause_and_a_set_clock_are_told_apart() {
        let start = Instant::now();
        let later = |ms| start + Duration::from_millis(ms);
        let mut seen = Seen::default();
        let found = |seen: &Seen, at, clock| {
            between(&source(), seen, &tick(at, clock))
                .map(|gap| (gap.from_ms, gap.to_ms, gap.reason))
        };
        assert_eq!(found(&seen, 5_000, start), None);
        seen.after(&tick(5_000, start));
        assert_eq!(found(&seen, 7_000, later(2_000)), None, "one late tick");
        let read = GapReason::NotRead;
        assert_eq!(found(&seen, 65_000, later(60_000)), Some((5_000, 65_000, read)));
        let forward = GapReason::ClockForward;
        assert_eq!(found(&seen, 65_000, later(1_000)), Some((5_000, 65_000, forward)));
        let back = GapReason::ClockBack;
        assert_eq!(found(&seen, 4_000, later(1_000)), Some((4_000, 5_000, back)));
        seen.clock = None;
        assert_eq!(found(&seen, 65_000, start).map(|gap| gap.2), Some(GapReason::NotRunning));
        seen.explained_ms = 64_000;
        assert_eq!(found(&seen, 65_000, start), None, "a reason was given");
    }
}
