//! What holds for any history: drawn statements whose days differ as they please, but by no change.

use engine::areas::statements::regressions::baseline::Baseline;
use engine::areas::statements::regressions::causes::Recorded;
use engine::areas::statements::regressions::judge::{Case, Thresholds};
use engine::areas::statements::regressions::span::{Day, Span};
use engine::areas::statements::regressions::together::{Verdicts, judge_all};
use engine::areas::statements::rules::regression::thresholds;
use engine::rule::Limits;
use model::statements::regression::Change;
use model::statements::{Bound, Key, Measure};

use super::days::Random;

/// Histories that are drawn.
const HISTORIES: u64 = 10_000;
/// One in so many of these is looked at from all sides.
const ALL_OF: u64 = 10;
/// Of so many verdicts on statements that did not change at most one accuses: four standard deviations of days
/// that are drawn independently, and of so few days that their spread is itself a guess.
const ONE_IN: usize = 2_000;

/// A statement as it was drawn.
struct Drawn {
    /// Calls per minute and ms per call.
    rate: f64,
    ms: f64,
    /// How much calls differ, and days.
    calls_differ: f64,
    days_differ: f64,
    /// What a weekend has of a weekday.
    weekend: f64,
}

/// A statement's past and its last two minutes.
#[derive(Clone)]
struct Past {
    days: Vec<Day>,
    windows: [Span; 2],
}

impl Drawn {
    fn new(random: &mut Random) -> Self {
        let mut between = |low: f64, high: f64| low * (high / low).powf(random.unit());
        Self {
            rate: between(1.0, 20_000.0),
            ms: between(0.01, 2_000.0),
            calls_differ: between(0.1, 3.0),
            days_differ: between(0.01, 0.3),
            weekend: between(0.1, 1.0),
        }
    }

    /// So many minutes of a day that is by `factor` busier, and by another slower, than others.
    fn minutes(&self, random: &mut Random, minutes: f64, factors: (f64, f64)) -> Span {
        let calls = random.poisson(self.rate * minutes * factors.0);
        let ms = self.ms * factors.1;
        let spread = self.calls_differ * ms;
        let chance = 1.0 + self.calls_differ / calls.max(1.0).sqrt() * random.normal();
        let time = calls * ms * chance.max(0.01);
        let squares = time * time / calls.max(1.0) + calls * spread * spread;
        let readings = minutes;
        let moved = if calls >= 4.0 * minutes { readings } else { (calls / 2.0).min(readings) };
        let most_calls = (calls / minutes) + 3.0 * (calls / minutes).sqrt();
        let sums = [
            (Measure::Calls, calls),
            (Measure::ExecTime, time),
            (Measure::ExecTimeSquares, squares),
            (Measure::Rows, 3.0 * calls),
            (Measure::SharedHit, 20.0 * calls),
        ];
        let sums = sums.into_iter().collect();
        Span { covered_ms: 60_000.0 * minutes, readings, moved, most_calls, sums }
    }

    fn past(&self, random: &mut Random, of_days: u32) -> Past {
        let day = |random: &mut Random, ago: u32| {
            let of_week = if ago % 7 < 2 { self.weekend } else { 1.0 };
            let busier = of_week * random.log_normal(self.days_differ);
            (busier, random.log_normal(self.days_differ / 2.0))
        };
        let today = day(random, 14);
        let windows = [0, 1].map(|_| self.minutes(random, 1.0, today));
        let days = (1..=of_days)
            .map(|ago| {
                let factors = day(random, ago + 14);
                Day { ago, span: self.minutes(random, 60.0, factors) }
            })
            .collect();
        Past { days, windows }
    }
}

/// Up to eight statements of a server and their days, some of which are not known.
fn drawn(random: &mut Random) -> Vec<Past> {
    let of_days = 5 + (24.0 * random.unit()) as u32;
    let count = 1 + (8.0 * random.unit()) as usize;
    let known: Vec<bool> = (0..of_days).map(|_| random.unit() < 0.8).collect();
    let statements: Vec<Drawn> = (0..count).map(|_| Drawn::new(random)).collect();
    let mut all: Vec<Past> =
        statements.iter().map(|statement| statement.past(random, of_days)).collect();
    for past in &mut all {
        past.days.retain(|day| known.get(day.ago as usize - 1) == Some(&true));
    }
    all
}

const RECORDED: Recorded = Recorded { version: 12, io_timing: true, planning: false };

fn limits() -> Thresholds {
    thresholds(&Limits::default())
}

/// The verdicts on them, in this order.
fn judged(all: &[Past], order: &[usize], seen_before: Option<bool>) -> Verdicts {
    let limits = limits();
    let of = |at: usize| {
        let own = |past: &Past| past.windows.get(at).map_or(0.0, |s| s.sums.get(Measure::ExecTime));
        all.iter().map(own).sum::<f64>()
    };
    let totals_ms = [of(0), of(1)];
    let bases: Vec<Option<Baseline>> =
        all.iter().map(|past| Baseline::of(&past.days, limits.least_days)).collect();
    let case = |(number, past): (usize, &'_ Past)| (number, past.windows.clone());
    let windows: Vec<(usize, [Span; 2])> =
        order.iter().filter_map(|at| Some(case((*at, all.get(*at)?)))).collect();
    let cases: Vec<Case<'_>> = windows
        .iter()
        .map(|(number, windows)| {
            let days = all.get(*number).map(|past| past.days.as_slice()).unwrap_or_default();
            Case {
                key: Key { queryid: *number as i64, toplevel: true, ..Key::default() },
                windows: windows.each_ref(),
                totals_ms,
                bound: Bound::Exact,
                base: bases.get(*number).and_then(Option::as_ref),
                days: days.len() as u32,
                has_week: days.iter().any(|day| day.ago % 7 == 0),
                seen_before,
                recorded: RECORDED,
                among: None,
            }
        })
        .collect();
    judge_all(&cases, &limits)
}

fn in_order(all: &[Past]) -> Vec<usize> {
    (0..all.len()).collect()
}

/// What is said of each, and of all, in the order of their numbers.
fn said(verdicts: &Verdicts) -> (Vec<(i64, Change, String)>, usize, usize) {
    let all = verdicts.found.iter().flatten().flatten();
    let mut each: Vec<_> =
        all.map(|one| (one.key.queryid, one.change, format!("{:?}", one.causes))).collect();
    each.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.as_str().cmp(b.1.as_str())));
    (each, verdicts.slower_together, verdicts.busier_together)
}

fn accusations(verdicts: &Verdicts) -> Vec<Change> {
    let all = verdicts.found.iter().flatten().flatten().map(|one| one.change);
    all.filter(|change| change.is_accusation()).collect()
}

fn changed(all: &[Past], change: impl Fn(&mut Past)) -> Vec<Past> {
    let mut all = all.to_vec();
    all.iter_mut().for_each(change);
    all
}

/// Calls times so many, each as it was.
fn scale(span: &mut Span, by: f64) {
    span.sums = span.sums.iter().map(|(measure, value)| (measure, by * value)).collect();
    span.most_calls *= by;
}

#[test]
fn no_history_without_a_change_accuses_beyond_the_stated_rate() {
    let (mut verdicts, mut wrong, mut together) = (0, Vec::new(), 0);
    for seed in 0..HISTORIES {
        let mut random = Random(0x5EED_0000 + seed);
        let all = drawn(&mut random);
        let order = in_order(&all);
        let healthy = judged(&all, &order, Some(true));
        verdicts += all.len();
        wrong.extend(accusations(&healthy).into_iter().map(|change| (seed, change)));
        together += usize::from(healthy.slower_together + healthy.busier_together > 0);

        if seed % ALL_OF != 0 {
            continue;
        }
        // The order of the entries changes nothing.
        let shift = (all.len() as f64 * random.unit()) as usize;
        let turned: Vec<usize> =
            order.iter().rev().cycle().skip(shift).take(all.len()).copied().collect();
        assert_eq!(said(&judged(&all, &turned, Some(true))), said(&healthy), "seed {seed}");

        // More calls are not slower calls.
        let slower = |one: &Verdicts| {
            accusations(one).iter().filter(|change| **change == Change::Slower).count()
        };
        for by in [2.0, 7.0, 100.0] {
            // So long a sample is surer than before: what was slower already may be told now.
            let busier = changed(&all, |past| past.windows.iter_mut().for_each(|s| scale(s, by)));
            let long = |past: &Past| {
                Baseline::of(&past.days, 1).is_none_or(|base| {
                    past.windows.iter().any(|s| s.costs().exec_ms < 1.5 * base.time.median)
                })
            };
            if all.iter().all(long) {
                assert_eq!(slower(&judged(&busier, &order, Some(true))), 0, "seed {seed}, by {by}");
            }
        }
        unknown(&all, &order, seed);
    }
    println!("{} of {verdicts} verdicts accuse, {together} of all at once: {wrong:?}", wrong.len());
    assert!(wrong.len() * ONE_IN <= verdicts, "of {verdicts}: {wrong:?}");
    assert!(together * ONE_IN <= HISTORIES as usize, "{together}");
}

/// Whatever happens, what is not known accuses nobody.
fn unknown(all: &[Past], order: &[usize], seed: u64) {
    let wild = changed(all, |past| {
        for span in &mut past.windows {
            scale(span, 50.0);
            let times = |(measure, value): (Measure, f64)| match measure {
                Measure::Calls => (measure, value),
                _ => (measure, 40.0 * value),
            };
            span.sums = span.sums.iter().map(times).collect();
        }
    });
    let none = |all: &[Past], seen, what: &str| {
        let said = judged(all, order, seen);
        let found = (accusations(&said), said.slower_together, said.busier_together);
        assert_eq!(found, (vec![], 0, 0), "seed {seed}, {what}");
    };
    let few = changed(&wild, |past| past.days.truncate(limits().least_days as usize - 1));
    none(&few, Some(false), "too few days are known");
    let never = changed(&wild, |past| past.days.clear());
    none(&never, None, "no day is known, nor whether it ran");
    let unread = changed(&wild, |past| past.windows = [Span::default(), Span::default()]);
    none(&unread, Some(true), "neither window was read");
    let half = changed(&wild, |past| past.windows[0] = Span::default());
    none(&half, Some(true), "one window was not read");
}
