//! What statements have in common. One that is slower, or more frequent, is compared with what all of them are at
//! the same moment: a machine that stalls and a day on which more people come are no statement's fault. Pure.

use model::statements::Regression;
use model::statements::regression::Change;

use super::baseline::{Baseline, median, typical_rate};
use super::judge::{Among, Case, Thresholds, judge};
use super::span::Span;

/// From so many statements on there is something that they have in common.
const LEAST: usize = 4;

/// The verdicts on all statements of two windows.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// On each, in the order of the cases; None where nothing can be compared.
    pub found: Vec<Option<Vec<Regression>>>,
    /// How many are slower without a cause of their own and not more than all are, where these are most of those
    /// that are judged by their time. 0 where it is not so.
    pub slower_together: usize,
    /// How many run more often, beyond what a busy day explains, and not more than all do, where these are most
    /// of those that always run. 0 where it is not so.
    pub busier_together: usize,
}

/// Judges each statement, and against all.
pub fn judge_all(cases: &[Case<'_>], limits: &Thresholds) -> Verdicts {
    let timed = Common::of(cases, limits, |base, span| {
        span.costs().time_ms(base.with_planning) / base.time.median
    });
    let load = Load::of(cases, limits);
    let (mut slower, mut busier) = (0, 0);
    let one = |case: &Case<'_>| {
        let among = if is_busier(case, limits) { load.among(case) } else { None };
        let case = Case { among, ..*case };
        let mut found = judge(&case, limits)?;
        let is_unusual = case.is_busier_than_days_are(limits);
        found.retain(|one| match one.change {
            Change::Slower => {
                let is_own = !one.causes.is_empty()
                    || timed.factors.is_none_or(|all| case.is_slower_than(all, limits));
                slower += usize::from(!is_own);
                is_own
            }
            // Where nothing says what the load is, it may be a busy day.
            Change::MoreCalls => case.among.is_some() || is_unusual,
            _ => true,
        });
        let is_accused = found.iter().any(|one| one.change == Change::MoreCalls);
        busier += usize::from(is_unusual && load.is_of(&case, limits) && !is_accused);
        Some(found)
    };
    let found = cases.iter().map(one).collect();
    Verdicts { found, slower_together: timed.told(slower), busier_together: load.now.told(busier) }
}

/// Whether it runs so much more often than usual that it matters how often the others do.
fn is_busier(case: &Case<'_>, limits: &Thresholds) -> bool {
    let from = |base: &Baseline| (1.0 + limits.more_calls_from) * base.rate.median;
    case.base.is_some_and(|base| case.windows.iter().all(|span| span.rate() >= from(base)))
}

fn is_often(case: &Case<'_>, limits: &Thresholds) -> bool {
    case.windows.iter().all(|span| span.calls() >= limits.calls_from)
}

/// The load: how much of what is usual the statements that always run do, in the windows and on each earlier day.
struct Load {
    now: Common,
    /// Days ago, and how many times as much. Empty where nobody asks for it.
    days: Vec<(u32, f64)>,
}

impl Load {
    fn of(cases: &[Case<'_>], limits: &Thresholds) -> Self {
        let bases = || {
            let always = cases.iter().filter(|case| is_steady(case) && is_often(case, limits));
            always.filter_map(|case| case.base)
        };
        let steady: Vec<Case<'_>> = cases.iter().filter(|case| is_steady(case)).copied().collect();
        let now = Common::of(&steady, limits, |base, span| span.rate() / middle(base));
        let is_asked = cases.iter().any(|case| is_busier(case, limits));
        let asked = || bases().filter(|_| is_asked);
        let mut agos: Vec<u32> =
            asked().flat_map(|base| base.rates.iter().map(|(ago, _)| *ago)).collect();
        agos.sort_unstable();
        agos.dedup();
        let of_day = |ago: u32| {
            let ratio = |base: &Baseline| {
                let (_, rate) = base.rates.iter().find(|(other, _)| *other == ago)?;
                Some(rate / middle(base))
            };
            (ago, median(bases().filter_map(ratio).collect()))
        };
        let days = agos.into_iter().map(of_day).filter(|(_, ratio)| *ratio > 0.0).collect();
        Self { now, days }
    }

    /// How often a statement runs among all.
    fn among(&self, case: &Case<'_>) -> Option<Among> {
        let (base, rates) = (case.base?, self.now.factors?);
        let own = |(ago, rate): &(u32, f64)| {
            let (_, all) = self.days.iter().find(|(other, _)| other == ago)?;
            Some((*ago, rate / all))
        };
        let own: Vec<(u32, f64)> = base.rates.iter().filter_map(own).collect();
        Some(Among { rates, usual: typical_rate(&own) })
    }

    fn is_of(&self, case: &Case<'_>, limits: &Thresholds) -> bool {
        self.now.factors.is_some() && is_steady(case) && is_often(case, limits)
    }
}

fn is_steady(case: &Case<'_>) -> bool {
    case.base.is_some_and(|base| base.steady)
}

/// The rate in the middle of all days.
fn middle(base: &Baseline) -> f64 {
    median(base.rates.iter().map(|(_, rate)| *rate).collect())
}

/// How many times as much everything is in each window.
struct Common {
    /// None where there are too few statements to say.
    factors: Option<[f64; 2]>,
    /// Statements that it was taken from.
    of: usize,
}

impl Common {
    /// The median over those that ran often enough in both windows.
    fn of(
        cases: &[Case<'_>],
        limits: &Thresholds,
        ratio: impl Fn(&Baseline, &Span) -> f64,
    ) -> Self {
        let often =
            |case: &&Case<'_>| case.windows.iter().all(|span| span.calls() >= limits.calls_from);
        let ratios = |case: &Case<'_>| {
            let base = case.base?;
            let both = case.windows.map(|span| ratio(base, span));
            both.iter().all(|ratio| ratio.is_finite() && *ratio > 0.0).then_some(both)
        };
        let all: Vec<[f64; 2]> = cases.iter().filter(often).filter_map(ratios).collect();
        let middle =
            |at: usize| median(all.iter().filter_map(|both| both.get(at).copied()).collect());
        Self { factors: (all.len() >= LEAST).then(|| [middle(0), middle(1)]), of: all.len() }
    }

    /// So many have it in common, if they are most of them.
    const fn told(&self, count: usize) -> usize {
        if count >= LEAST && 2 * count >= self.of { count } else { 0 }
    }
}
