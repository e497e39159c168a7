//! The last ten minutes of differences in memory: what a page shows before there is a history, and what
//! the rules judge.

use std::collections::{HashMap, VecDeque};

use model::statements::{
    Bound, Gap, GapReason, Integrity, Key, Measure, Moved, Ranked, Sums, Tick, Window,
};

use super::regressions::span::Span;

/// How far the window reaches back, ms.
const REACH_MS: i64 = 600_000;
/// Entries of a tick that are kept: the costliest. The others are in the total only.
const KEPT_PER_TICK: usize = 1_000;
/// Entries of the window that are shown.
const TOP: usize = 100;

/// A part of the window, and what entries did in it.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Its begin, ms since the epoch.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// How much of it is covered by differences, ms.
    pub covered_ms: f64,
    /// Everything that top-level statements did.
    pub total: Sums,
    /// What entries did, and whether that is all.
    pub entries: HashMap<Key, (Span, Bound)>,
}

/// What is kept of a tick.
struct Kept {
    at_ms: i64,
    span_ms: i64,
    moved: Vec<(Key, Sums, Bound)>,
    total: Sums,
    integrity: Integrity,
    gap: Option<Gap>,
}

/// Ticks of the last ten minutes, oldest first.
#[derive(Default)]
pub struct Recent(VecDeque<Kept>);

impl Recent {
    /// Adds a tick and forgets what is too old.
    pub fn push(&mut self, tick: &Tick) {
        let keep = |moved: &Moved| (moved.key, moved.sums.clone(), moved.bound);
        self.0.push_back(Kept {
            at_ms: tick.at_ms,
            span_ms: tick.span_ms,
            moved: tick.moved.iter().take(KEPT_PER_TICK).map(keep).collect(),
            total: tick.total.clone(),
            integrity: tick.integrity.clone(),
            gap: tick.gap,
        });
        let from_ms = tick.at_ms.saturating_sub(REACH_MS);
        while self.0.front().is_some_and(|oldest| oldest.at_ms <= from_ms) {
            self.0.pop_front();
        }
    }

    /// The window; None before the first tick.
    pub fn window(&self) -> Option<Window> {
        let (first, last) = (self.0.front()?, self.0.back()?);
        let mut integrity = Integrity::default();
        self.0.iter().for_each(|tick| integrity.add(&tick.integrity));
        Some(Window {
            from_ms: first.at_ms.saturating_sub(first.span_ms),
            to_ms: last.at_ms,
            covered_ms: self.0.iter().map(|tick| tick.span_ms).sum(),
            top: self.top(),
            total: self.0.iter().map(|tick| &tick.total).sum(),
            integrity,
            gaps: self.0.iter().filter_map(|tick| tick.gap).collect(),
        })
    }

    /// The last two windows of about that length, the older first; None until they have been watched, and
    /// where the counters are not of one server throughout.
    pub fn last_two(&self, window_ms: i64) -> Option<[Part; 2]> {
        let end = self.0.len();
        let middle = self.begin(end, window_ms)?;
        let start = self.begin(middle, window_ms)?;
        Some([self.part(start..middle)?, self.part(middle..end)?])
    }

    /// The tick with which a window of that length begins that ends before tick `end`.
    fn begin(&self, end: usize, window_ms: i64) -> Option<usize> {
        let mut covered_ms = 0;
        for at in (0..end).rev() {
            covered_ms += self.0.get(at)?.span_ms;
            // Ticks come a little early and late.
            if covered_ms >= window_ms - window_ms / 20 {
                return Some(at);
            }
        }
        None
    }

    fn part(&self, which: std::ops::Range<usize>) -> Option<Part> {
        let ticks = || self.0.range(which.clone());
        let is_other = |tick: &Kept| tick.gap.is_some_and(|g| g.reason == GapReason::OtherServer);
        if ticks().any(is_other) {
            return None;
        }
        let mut part = Part {
            from_ms: ticks().next().map_or(0, |tick| tick.at_ms.saturating_sub(tick.span_ms)),
            to_ms: ticks().last().map_or(0, |tick| tick.at_ms),
            covered_ms: ticks().map(|tick| tick.span_ms).sum::<i64>() as f64,
            total: ticks().map(|tick| &tick.total).sum(),
            entries: HashMap::new(),
        };
        let readings = which.len() as f64;
        for (key, sums, bound) in ticks().flat_map(|tick| &tick.moved) {
            let (span, worst) = part.entries.entry(*key).or_default();
            span.sums = [&span.sums, sums].into_iter().sum();
            span.moved += 1.0;
            span.most_calls = span.most_calls.max(sums.get(Measure::Calls));
            (span.covered_ms, span.readings) = (part.covered_ms, readings);
            *worst = (*worst).max(*bound);
        }
        Some(part)
    }

    fn top(&self) -> Vec<Ranked> {
        let mut parts: HashMap<Key, (Vec<&Sums>, Bound)> = HashMap::new();
        for (key, sums, bound) in self.0.iter().flat_map(|tick| &tick.moved) {
            let entry = parts.entry(*key).or_default();
            entry.0.push(sums);
            entry.1 = entry.1.max(*bound);
        }
        let ranked = |(key, (sums, bound)): (Key, (Vec<&Sums>, Bound))| Ranked {
            key,
            sums: sums.into_iter().sum(),
            bound,
        };
        let mut all: Vec<Ranked> = parts.into_iter().map(ranked).collect();
        let cost = |entry: &Ranked| entry.sums.get(Measure::ExecTime);
        all.sort_by(|a, b| cost(b).total_cmp(&cost(a)).then(a.key.cmp(&b.key)));
        all.truncate(TOP);
        all
    }
}
