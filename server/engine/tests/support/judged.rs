//! The judge over generated days, what is planted in them, and what plain tests say of the same data.

use engine::areas::statements::regressions::baseline::{Baseline, WEEK};
use engine::areas::statements::regressions::causes::Recorded;
use engine::areas::statements::regressions::judge::{Case, Thresholds};
use engine::areas::statements::regressions::span::{Day, Span};
use engine::areas::statements::regressions::together::{Verdicts, judge_all};
use engine::areas::statements::rules::regression;
use engine::rule::Limits;
use model::statements::{Bound, Key, Regression};

use super::{DAY, Days, Minute, STATEMENTS};

/// Days that are looked back at most.
const LOOK_BACK: usize = 28;

/// Each call takes that many times as long.
pub fn slow(factor: f64) -> impl Fn(&mut Minute) {
    move |minute: &mut Minute| {
        minute.time *= factor;
        minute.squares *= factor * factor;
    }
}

/// There are that many times as many calls, each as it was.
pub fn often(factor: f64) -> impl Fn(&mut Minute) {
    move |minute: &mut Minute| {
        minute.calls *= factor;
        minute.time *= factor;
        minute.squares *= factor;
        minute.rows *= factor;
        minute.blocks *= factor;
    }
}

/// Each call returns that many times as many rows and touches as many times the blocks.
pub fn wide(factor: f64) -> impl Fn(&mut Minute) {
    move |minute: &mut Minute| {
        minute.rows *= factor;
        minute.blocks *= factor;
    }
}

/// The judge over generated days, as the engine calls it each minute.
pub struct Judge<'a> {
    days: &'a Days,
    limits: Thresholds,
    bases: Vec<((usize, usize), Option<Baseline>)>,
}

const RECORDED: Recorded = Recorded { version: 12, io_timing: true, planning: false };

impl<'a> Judge<'a> {
    /// By the default limits.
    pub fn new(days: &'a Days) -> Self {
        let limits = regression::thresholds(&Limits::default());
        let bases = vec![((usize::MAX, 0), None); STATEMENTS.len()];
        Self { days, limits, bases }
    }

    /// All that is said at the end of a minute.
    pub fn all_at(&mut self, minute: usize) -> Verdicts {
        self.judged(minute, |_, _, _| {})
    }

    /// What is said of one statement whose last two minutes are changed.
    pub fn at_changed(
        &mut self,
        statement: usize,
        minute: usize,
        change: impl Fn(&mut Minute),
    ) -> Vec<Regression> {
        self.at_changed_from(0, statement, minute, change)
    }

    /// The same of one that is changed from a minute on.
    pub fn at_changed_from(
        &mut self,
        from: usize,
        statement: usize,
        minute: usize,
        change: impl Fn(&mut Minute),
    ) -> Vec<Regression> {
        let verdicts = self.judged(minute, |number, at, of_it| {
            if number == statement && at >= from {
                change(of_it);
            }
        });
        verdicts.found.into_iter().nth(statement).flatten().unwrap_or_default()
    }

    /// The verdicts where minutes are changed: the statement's number, which minute, and what it did.
    fn judged(&mut self, minute: usize, change: impl Fn(usize, usize, &mut Minute)) -> Verdicts {
        (0..STATEMENTS.len()).for_each(|statement| self.prepare(statement, minute));
        let mut totals_ms = [0.0, 0.0];
        let window = |(number, all): (usize, &Vec<Minute>)| {
            let mut both = [minute - 1, minute].map(|at| {
                let mut of_it = all.get(at).copied().unwrap_or_default();
                change(number, at, &mut of_it);
                of_it
            });
            totals_ms.iter_mut().zip(&mut both).for_each(|(total, of_it)| *total += of_it.time);
            both.map(|of_it| of_it.span())
        };
        let windows: Vec<[Span; 2]> = self.days.minutes.iter().enumerate().map(window).collect();
        let day = minute / DAY;
        let cases = windows.iter().enumerate().map(|(number, windows)| Case {
            key: Key { queryid: number as i64, toplevel: true, ..Key::default() },
            windows: windows.each_ref(),
            totals_ms,
            bound: Bound::Exact,
            base: self.bases.get(number).and_then(|(_, base)| base.as_ref()),
            days: day.min(LOOK_BACK) as u32,
            has_week: day >= WEEK as usize,
            seen_before: Some(self.seen_before(number, minute)),
            recorded: RECORDED,
            among: None,
        });
        let cases: Vec<Case<'_>> = cases.collect();
        judge_all(&cases, &self.limits)
    }

    fn seen_before(&self, statement: usize, minute: usize) -> bool {
        let until = minute.saturating_sub(DAY);
        let ran = self.days.minutes.get(statement).and_then(|all| all.get(..until));
        ran.is_some_and(|ran| ran.iter().rev().any(|minute| minute.calls > 0.0))
    }

    /// The baseline of the hour, made once.
    fn prepare(&mut self, statement: usize, minute: usize) {
        let hour = minute / 60;
        let of = (hour, statement);
        let Some((known, base)) = self.bases.get_mut(statement) else { return };
        if *known == of {
            return;
        }
        let all = self.days.minutes.get(statement).map(Vec::as_slice).unwrap_or_default();
        let ago = |ago: usize| {
            let from = (hour * 60).checked_sub(ago * DAY)?;
            let minutes = all.get(from..from + 60)?;
            let mut sum = Minute::default();
            minutes.iter().for_each(|minute| sum.add(minute));
            let moved = minutes.iter().filter(|minute| minute.calls > 0.0).count() as f64;
            let most = minutes.iter().map(|minute| minute.calls).fold(0.0, f64::max);
            Some(Day { ago: ago as u32, span: sum.over(60.0, moved, most) })
        };
        let days: Vec<Day> = (1..=LOOK_BACK).filter_map(ago).collect();
        *known = of;
        *base = Baseline::of(&days, self.limits.least_days);
    }
}

/// What the plain tests say of the same data: Welch's t-test and a z-score of the newest minute's mean against
/// the thirty minutes before, at three standard deviations. How often each calls a statement slower.
pub fn plain(all: &[Minute], from: usize) -> (u64, u64) {
    let (mut by_t, mut by_z) = (0, 0);
    for at in from.max(30)..all.len() {
        let (Some(now), Some(before)) = (all.get(at), all.get(at - 30..at)) else { continue };
        let means: Vec<f64> =
            before.iter().filter(|m| m.calls > 0.0).map(|m| m.time / m.calls).collect();
        if now.calls < 2.0 || means.len() < 30 {
            continue;
        }
        let mut sum = Minute::default();
        before.iter().for_each(|minute| sum.add(minute));
        let mean = |m: &Minute| m.time / m.calls;
        let error = |m: &Minute| (m.squares / m.calls - mean(m).powi(2)).max(0.0) / m.calls;
        by_t += u64::from(mean(now) - mean(&sum) > 3.0 * (error(now) + error(&sum)).sqrt());
        let middle = means.iter().sum::<f64>() / means.len() as f64;
        let variance = means.iter().map(|value| (value - middle).powi(2)).sum::<f64>()
            / (means.len() - 1) as f64;
        by_z += u64::from(mean(now) - middle > 3.0 * variance.sqrt());
    }
    (by_t, by_z)
}
