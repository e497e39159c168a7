//! The difference between two complete readings of `pg_stat_statements`: what entries did in between, and
//! how much of the truth that is. Pure. Never negative, never more than what was done.
//!
//! An entry is removed by a reset and, when the table is full, by eviction, and may come back: what it
//! counts then is part of what it did. `stats_since` (1.11) tells; before, a counter that fell does.

mod entry;

use std::collections::HashMap;

use model::statements::{Bound, Gap, GapReason, Integrity, Key, Measure, Moved, Sums, Tick};
use model::{Known, Reason};

use super::buckets::Digests;
use super::row::Counters;
use entry::Step;

/// One complete reading.
#[derive(Clone, Debug, Default)]
pub struct Poll {
    /// When, ms since the epoch by pgdeck's clock.
    pub at_ms: i64,
    /// When, µs since the epoch by the server's clock, before the entries were read.
    pub server_now_us: i64,
    /// The cluster's identity, where readable.
    pub system_identifier: Option<String>,
    /// Its timeline, where readable.
    pub timeline: Option<i32>,
    /// Whether it is in recovery.
    pub in_recovery: bool,
    /// When the postmaster started, µs.
    pub started_us: i64,
    /// When all entries were reset, µs: it identifies the counters.
    pub reset_us: i64,
    /// Passes that removed entries: before and after the entries were read.
    pub deallocations: (i64, i64),
    /// The most entries.
    pub max_entries: i64,
    /// x of the extension's version 1.x.
    pub version: u16,
    /// Time in statements by `pg_stat_database`, ms, and when that was last reset, µs.
    pub active_ms: Option<(f64, i64)>,
    /// Entries whose queryid is hidden from our role.
    pub hidden: i64,
    /// Digests of the entries, by which the next reading knows what has not changed.
    pub digests: Digests,
    /// The entries.
    pub entries: HashMap<Key, Counters>,
}

/// How the counters of two readings belong together.
enum Continuity {
    /// They went on.
    Same,
    /// They began anew in between: all that they count was done in between.
    Anew(GapReason),
    /// They are other counters: nothing is known.
    Other,
}

fn continuity(before: &Poll, now: &Poll) -> Continuity {
    let same_postmaster = before.started_us == now.started_us;
    let differs = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
    let other_place = before.in_recovery != now.in_recovery || before.timeline != now.timeline;
    if differs(&before.system_identifier, &now.system_identifier)
        || (!same_postmaster && other_place)
    {
        // A promotion without a restart changes the place, not the counters.
        Continuity::Other
    } else if before.reset_us == now.reset_us {
        Continuity::Same
    } else if now.reset_us > before.server_now_us {
        let reason = if same_postmaster { GapReason::Reset } else { GapReason::Restart };
        Continuity::Anew(reason)
    } else {
        Continuity::Other
    }
}

/// What was done between two readings.
pub fn difference(before: &Poll, now: &Poll) -> Tick {
    let span_ms = now.at_ms.saturating_sub(before.at_ms).max(0);
    let tick = Tick { at_ms: now.at_ms, span_ms, version: now.version, ..Tick::default() };
    let gap = |reason, to_ms| Some(Gap { from_ms: before.at_ms, to_ms, reason });
    let mut tick = match continuity(before, now) {
        Continuity::Same => Tick {
            // What a newer version brought has no value before.
            version: before.version.min(now.version),
            ..same(before, now, tick)
        },
        Continuity::Anew(reason) => {
            let moved = now
                .entries
                .iter()
                .map(|(key, counters)| entry::whole(*key, counters, Bound::LowerBound));
            let moved = moved.filter(|moved| !moved.sums.is_zero()).collect();
            Tick { moved, gap: gap(reason, now.reset_us / 1_000), ..tick }
        }
        Continuity::Other => Tick { gap: gap(GapReason::OtherServer, now.at_ms), ..tick },
    };
    let is_other = matches!(tick.gap, Some(Gap { reason: GapReason::OtherServer, .. }));
    tick.integrity.active_ms =
        if is_other { Err(Reason::CounterReset) } else { active(before, now) };
    tick.integrity.hidden = now.hidden;
    finish(tick)
}

/// The counters went on.
fn same(before: &Poll, now: &Poll, tick: Tick) -> Tick {
    let version = before.version.min(now.version);
    let vanished = before.entries.keys().filter(|key| !now.entries.contains_key(key)).count();
    let passes = now.deallocations.1.saturating_sub(before.deallocations.0).max(0);
    let mut returned = 0_i64;
    let mut steps = Vec::new();
    for (key, counters) in &now.entries {
        let step = match before.entries.get(key) {
            Some(earlier) => entry::step(*key, (earlier, before.server_now_us), counters, version),
            None => entry::new(*key, counters, before),
        };
        returned += i64::from(matches!(step, Some(Step::Returned(_))));
        steps.extend(step);
    }
    // Where entries were removed, any may have been removed and have come back since.
    let lossy = passes > 0 || vanished > 0 || returned > 0;
    let moved = steps.into_iter().map(|step| step.moved(lossy)).collect();
    let integrity = Integrity {
        deallocations: passes,
        evicted: evicted(passes, now.max_entries).max(if passes > 0 { vanished as i64 } else { 0 }),
        vanished: vanished as i64,
        returned,
        ..Integrity::default()
    };
    Tick { moved, integrity, ..tick }
}

/// What that many passes removed: 5 % of a full table each, at least ten (pg_stat_statements.c,
/// `USAGE_DEALLOC_PERCENT`).
fn evicted(passes: i64, max_entries: i64) -> i64 {
    passes.saturating_mul((max_entries / 20).max(10))
}

/// Time in statements by the server's own count.
fn active(before: &Poll, now: &Poll) -> Known<f64> {
    let nothing = || Reason::NotTracked {
        what: "The time of sessions".into(),
        setting: "track_activities".into(),
    };
    let (then_ms, then_reset) = before.active_ms.ok_or_else(nothing)?;
    let (now_ms, now_reset) = now.active_ms.ok_or_else(nothing)?;
    // A database's counters begin with its first session; PostgreSQL 14 gives them the time of a reset then. Where
    // nothing was counted there was nothing to lose.
    let is_reset = then_reset != now_reset && then_ms > 0.0;
    if is_reset || now_ms < then_ms {
        return Err(Reason::CounterReset);
    }
    Ok(now_ms - then_ms)
}

/// Orders the entries and adds them up.
fn finish(mut tick: Tick) -> Tick {
    tick.moved.sort_by(|a, b| {
        let cost = |moved: &Moved| moved.sums.get(Measure::ExecTime);
        cost(b).total_cmp(&cost(a)).then(a.key.cmp(&b.key))
    });
    // What functions run is already in their caller's time.
    let top = tick.moved.iter().filter(|moved| moved.key.toplevel);
    tick.total = top.map(|moved| &moved.sums).sum::<Sums>();
    tick.moved_count = tick.moved.len() as i64;
    let lower = || tick.moved.iter().filter(|moved| moved.bound == Bound::LowerBound);
    tick.integrity.lower_bounds = lower().count() as i64;
    let lower_top = lower().filter(|moved| moved.key.toplevel);
    tick.integrity.lower_bound_ms =
        lower_top.fold(0.0, |sum, moved| sum + moved.sums.get(Measure::ExecTime));
    tick.integrity.seen_ms = tick.total.get(Measure::ExecTime) + tick.total.get(Measure::PlanTime);
    tick
}

#[cfg(test)]
mod simulated;
#[cfg(test)]
mod tests;
