//! The verdict on one statement: two windows in a row against the same hour of earlier days. Pure.
//!
//! A difference counts if it is large (relative and absolute), if it matters (share of the server's time,
//! sessions that it keeps busy) and if it cannot be chance: more than three times the standard error of the
//! mean and the spread between days together, in both windows.

use model::statements::regression::Change;
use model::statements::{Bound, Key, Measure, Regression};

use super::baseline::{Baseline, Typical};
use super::causes::{self, Recorded};
use super::span::{Costs, Span};

/// What must be exceeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Earlier days on which a statement must have run.
    pub least_days: u32,
    /// How much longer a call takes, of what it took.
    pub slower_from: f64,
    /// And how much longer it takes, ms; or it keeps `load_from` more sessions busy.
    pub slower_from_ms: f64,
    /// How many more calls there are, of what there were.
    pub more_calls_from: f64,
    /// Share of the time of all statements, of 1.
    pub share_from: f64,
    /// Calls in a window.
    pub calls_from: f64,
    /// Standard deviations.
    pub deviations: f64,
}

/// More sessions busy, where a call is slower by many ms: what is below hurts nobody.
const TRIFLE: f64 = 0.01;
/// More sessions busy, without that.
const LOAD_FROM: f64 = 0.1;
/// How many times as many rows or blocks per call there are.
const WORK_FROM: f64 = 2.0;
/// How many more rows or blocks per second there are at least.
const WORK_PER_S: f64 = 1_000.0;
/// Share of the time of all statements from which a new one is told, and one that is gone.
const NEW_SHARE_FROM: f64 = 0.02;

/// How often a statement runs among others: of the load that all have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Among {
    /// How many times as often as usual all run, in each window.
    pub rates: [f64; 2],
    /// What is usual for this one's rate divided by that.
    pub usual: Typical,
}

/// A statement to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Which.
    pub key: Key,
    /// What it did in the last two windows, the older first.
    pub windows: [&'a Span; 2],
    /// The time of all statements in each of these, ms.
    pub totals_ms: [f64; 2],
    /// Whether it may have done more in them.
    pub bound: Bound,
    /// What is usual for it at this hour; None where it ran on too few earlier days.
    pub base: Option<&'a Baseline>,
    /// Earlier days on which the server was read at this hour.
    pub days: u32,
    /// Whether the same weekday is among them.
    pub has_week: bool,
    /// Whether it ran more than a day ago, at whatever hour; None where that is not known.
    pub seen_before: Option<bool>,
    /// What the server records.
    pub recorded: Recorded,
    /// None where there are too few others.
    pub among: Option<Among>,
}

/// How many standard deviations the busiest reading of some weeks is above the others.
const BURST: f64 = 3.0;

/// What a window says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Nothing,
    Noisy,
    Clear,
}

/// What a statement that is compared can be accused of; empty if it is as it was, and None if it ran on too few
/// earlier days to be compared.
pub fn judge(case: &Case<'_>, limits: &Thresholds) -> Option<Vec<Regression>> {
    let Some(base) = case.base else {
        return new(case, limits).map(|found| vec![found]);
    };
    let mut found = Vec::new();
    match case.both(|at| case.slower(at, base, limits, 1.0)) {
        Sign::Clear => found.push(slower(case, base)),
        Sign::Noisy => found.push(case.regression(Change::TooNoisy, Some(base))),
        Sign::Nothing => found.extend(more_work(case, base, limits)),
    }
    // A rate has a weekly course: without the same weekday nothing is said of it.
    if case.has_week {
        if case.both(|at| case.more_calls(at, base, limits)) == Sign::Clear {
            let rates = (base.rate.median, case.now().rate());
            let causes = causes::of_calls(rates.0, rates.1);
            found.push(Regression { causes, ..case.regression(Change::MoreCalls, Some(base)) });
        }
        found.extend(gone(case, base, limits));
    }
    Some(found)
}

fn slower(case: &Case<'_>, base: &Baseline) -> Regression {
    let now = case.now().costs();
    let (causes, unmeasured) =
        causes::of_time(&base.costs, &now, base.with_planning, case.recorded);
    Regression { causes, unmeasured, ..case.regression(Change::Slower, Some(base)) }
}

/// More rows or blocks per call in about the same time. Their own standard error is not recorded: the
/// relative one of the time stands for it.
fn more_work(case: &Case<'_>, base: &Baseline, limits: &Thresholds) -> Vec<Regression> {
    let rows = |costs: &Costs| costs.rows;
    let blocks = |costs: &Costs| costs.blocks;
    let mut found = Vec::new();
    if case.both(|at| case.more(at, (rows, base.rows), limits)) == Sign::Clear {
        found.push(case.regression(Change::MoreRows, Some(base)));
    }
    if case.both(|at| case.more(at, (blocks, base.blocks), limits)) == Sign::Clear {
        let causes = causes::of_blocks(&base.costs, &case.now().costs());
        found.push(Regression { causes, ..case.regression(Change::MoreBlocks, Some(base)) });
    }
    found
}

fn new(case: &Case<'_>, limits: &Thresholds) -> Option<Regression> {
    let heavy = case.both(|at| {
        let Some((span, share)) = case.window(at) else { return Sign::Nothing };
        let sessions = span.sums.get(Measure::ExecTime) / span.covered_ms.max(1.0);
        let heavy = share >= NEW_SHARE_FROM.max(limits.share_from) && sessions >= LOAD_FROM;
        if heavy { Sign::Clear } else { Sign::Nothing }
    });
    // What runs once a week is new in the first week only for us.
    let watched = case.has_week && case.days >= limits.least_days;
    let is_new = case.seen_before == Some(false) && watched && heavy == Sign::Clear;
    is_new.then(|| case.regression(Change::New, None))
}

/// It ran all the time on every earlier day, and in neither window, in which it would have run often.
fn gone(case: &Case<'_>, base: &Baseline, limits: &Thresholds) -> Option<Regression> {
    let silent = case.windows.iter().all(|span| span.calls() == 0.0);
    let span_ms: f64 = case.windows.iter().map(|span| span.covered_ms).sum();
    let expected = base.rate.median * span_ms;
    let sessions = base.rate.median * base.time.median;
    let is_gone = silent && base.steady && expected >= limits.calls_from && sessions >= LOAD_FROM;
    is_gone.then(|| Regression {
        now: None,
        more_sessions: -sessions,
        ..case.regression(Change::Gone, Some(base))
    })
}

impl Case<'_> {
    /// Whether it is slower in both windows also where everything takes that many times as long in them. Where all
    /// are quicker, one that is as usual is as usual.
    pub fn is_slower_than(&self, all: [f64; 2], limits: &Thresholds) -> bool {
        let sign = |at: usize, base| {
            self.slower(at, base, limits, all.get(at).map_or(1.0, |all| all.max(1.0)))
        };
        self.base.is_some_and(|base| self.both(|at| sign(at, base)) == Sign::Clear)
    }

    /// Whether it runs more often in both windows than any course of the load explains: a day that is busier
    /// than others, and a minute of it that is. Such factors multiply, so it is their logarithms that add up.
    pub fn is_busier_than_days_are(&self, limits: &Thresholds) -> bool {
        let Some(base) = self.base else { return false };
        let usual = base.rate.median.max(f64::MIN_POSITIVE);
        let of_day = base.rate.deviation / usual;
        let of_minute = (base.bursts / usual).max(1.0).ln() / BURST;
        let unusual = limits.deviations * of_day.hypot(of_minute);
        self.windows.iter().all(|span| (span.rate() / usual).ln() > unusual)
    }

    /// Both windows together.
    fn now(&self) -> Span {
        let [older, newer] = self.windows;
        Span {
            covered_ms: older.covered_ms + newer.covered_ms,
            readings: older.readings + newer.readings,
            moved: older.moved + newer.moved,
            most_calls: older.most_calls.max(newer.most_calls),
            sums: [&older.sums, &newer.sums].into_iter().sum(),
        }
    }

    /// What two windows in a row say: clear if both are, and noisy if one of two is not clear.
    fn both(&self, sign: impl Fn(usize) -> Sign) -> Sign {
        match (sign(0), sign(1)) {
            (Sign::Clear, Sign::Clear) => Sign::Clear,
            (Sign::Nothing, _) | (_, Sign::Nothing) => Sign::Nothing,
            _ => Sign::Noisy,
        }
    }

    /// A window in which it ran, and its share of the time of all statements.
    fn window(&self, at: usize) -> Option<(&Span, f64)> {
        let span = self.windows.get(at).filter(|span| span.calls() > 0.0)?;
        let total = self.totals_ms.get(at).copied().unwrap_or_default();
        let own = span.sums.get(Measure::ExecTime);
        Some((span, if total > 0.0 { own / total } else { 0.0 }))
    }

    /// Whether it is slower than usual, where everything takes `over` times as long.
    fn slower(&self, at: usize, base: &Baseline, limits: &Thresholds, over: f64) -> Sign {
        let Some((span, share)) = self.window(at) else { return Sign::Nothing };
        let effect = span.costs().time_ms(base.with_planning) / over - base.time.median;
        let sessions = effect * span.rate();
        let matters =
            (effect >= limits.slower_from_ms && sessions >= TRIFLE) || sessions >= LOAD_FROM;
        if effect < limits.slower_from * base.time.median || share < limits.share_from || !matters {
            return Sign::Nothing;
        }
        let error = span.sums.standard_error_ms().unwrap_or(f64::INFINITY) / over;
        let clear = span.calls() >= limits.calls_from
            && effect > limits.deviations * error.hypot(base.time.deviation);
        if clear { Sign::Clear } else { Sign::Noisy }
    }

    fn more_calls(&self, at: usize, base: &Baseline, limits: &Thresholds) -> Sign {
        let Some((span, share)) = self.window(at) else { return Sign::Nothing };
        let among = self.among.unwrap_or(Among { rates: [1.0; 2], usual: base.rate });
        let all = among.rates.get(at).copied().unwrap_or(1.0);
        let rate = span.rate();
        let sessions = (rate - base.rate.median) * span.costs().time_ms(base.with_planning);
        // What comes in bursts has a mean far below them: it must exceed the bursts as well.
        let chance = |rate: f64| (rate / span.covered_ms.max(1.0)).sqrt();
        let bursts = base.bursts + limits.deviations * chance(base.bursts);
        let effect = rate / all - among.usual.median;
        let large = rate - base.rate.median >= limits.more_calls_from * base.rate.median
            && effect >= limits.more_calls_from * among.usual.median
            && rate / all.max(1.0) > bursts;
        let error = chance(rate) / all;
        let clear = span.calls() >= limits.calls_from
            && effect > limits.deviations * error.hypot(among.usual.deviation);
        let matters = sessions >= LOAD_FROM && share >= limits.share_from;
        if large && matters && clear { Sign::Clear } else { Sign::Nothing }
    }

    fn more(
        &self,
        at: usize,
        (of, usual): (impl Fn(&Costs) -> f64, Typical),
        limits: &Thresholds,
    ) -> Sign {
        let Some((span, share)) = self.window(at) else { return Sign::Nothing };
        let now = of(&span.costs());
        let effect = now - usual.median;
        let large = now >= WORK_FROM * usual.median.max(1.0)
            && effect * span.rate() * 1_000.0 >= WORK_PER_S
            && share >= limits.share_from;
        let mean = span.sums.mean_ms().unwrap_or_default();
        let relative = span.sums.standard_error_ms().unwrap_or_default() / mean.max(f64::EPSILON);
        let clear = span.calls() >= limits.calls_from
            && effect > limits.deviations * (relative * now).hypot(usual.deviation);
        if large && clear { Sign::Clear } else { Sign::Nothing }
    }

    /// What all changes have in common.
    fn regression(&self, change: Change, base: Option<&Baseline>) -> Regression {
        let now = self.now();
        let with_planning = base.is_some_and(|base| base.with_planning);
        let costs = now.costs();
        let before_ms = base.map_or(0.0, |base| base.rate.median * base.time.median);
        let total_ms: f64 = self.totals_ms.iter().sum();
        let own_ms = now.sums.get(Measure::ExecTime);
        let error = now.sums.standard_error_ms();
        Regression {
            key: self.key,
            database: String::new(),
            role: String::new(),
            change,
            since_ms: 0,
            before: base.map(|base| base.costs.figures(base.rate.median, base.with_planning)),
            now: Some(costs.figures(now.rate(), with_planning)),
            days: base.map_or(self.days, |base| base.days),
            more_sessions: now.rate() * costs.time_ms(with_planning) - before_ms,
            share_percent: if total_ms > 0.0 { 100.0 * own_ms / total_ms } else { 0.0 },
            error_ms: base.and_then(|base| Some(error?.hypot(base.time.deviation))),
            causes: Vec::new(),
            unmeasured: Vec::new(),
            event: None,
            at_least: self.bound == Bound::LowerBound,
        }
    }
}
