//! The judge and the causes on numbers made by hand.

use model::statements::regression::Change;
use model::statements::{Bound, CauseKind, Key, Measure, Regression, Sums};

use super::super::rules::regression::thresholds;
use super::baseline::Baseline;
use super::causes::Recorded;
use super::judge::{Case, judge};
use super::span::{Day, Span};
use super::together::{Verdicts, judge_all};
use crate::rule::Limits;

const RECORDED: Recorded = Recorded { version: 12, io_timing: true, planning: false };

/// A minute with this many calls of that length, each with blocks and rows, and a standard deviation as large
/// as the mean.
fn minute(calls: f64, ms: f64, blocks: f64, rows: f64) -> Span {
    let sums = [
        (Measure::Calls, calls),
        (Measure::ExecTime, calls * ms),
        (Measure::ExecTimeSquares, 2.0 * calls * ms * ms),
        (Measure::SharedHit, calls * blocks),
        (Measure::Rows, calls * rows),
    ];
    Span {
        covered_ms: 60_000.0,
        readings: 6.0,
        moved: 6.0,
        most_calls: calls / 6.0,
        sums: sums.into_iter().collect(),
    }
}

/// The same over an hour, on each of so many days.
fn days(count: u32, minute: &Span) -> Vec<Day> {
    let hour = |ago: u32| {
        // Days differ by a few per cent.
        let by = 1.0 + 0.03 * (f64::from(ago % 5) - 2.0);
        let times = |(measure, value): (Measure, f64)| (measure, 60.0 * by * value);
        Span {
            covered_ms: 3_600_000.0,
            readings: 360.0,
            moved: 360.0,
            most_calls: 1.2 * minute.most_calls,
            sums: minute.sums.iter().map(times).collect(),
        }
    };
    (1..=count).map(|ago| Day { ago, span: hour(ago) }).collect()
}

fn with(span: &Span, more: &[(Measure, f64)]) -> Span {
    let calls = span.calls();
    let added: Sums = more.iter().map(|(measure, per_call)| (*measure, per_call * calls)).collect();
    Span { sums: [&span.sums, &added].into_iter().sum(), ..span.clone() }
}

fn judged(usual: &Span, windows: [&Span; 2], recorded: Recorded) -> Vec<Regression> {
    let limits = thresholds(&Limits::default());
    let base = Baseline::of(&days(14, usual), limits.least_days);
    let case = Case {
        key: Key::default(),
        windows,
        totals_ms: [60_000.0, 60_000.0],
        bound: Bound::Exact,
        base: base.as_ref(),
        days: 14,
        has_week: true,
        seen_before: Some(true),
        recorded,
        among: None,
    };
    judge(&case, &limits).expect("a baseline")
}

fn changes(found: &[Regression]) -> Vec<Change> {
    found.iter().map(|one| one.change).collect()
}

fn causes(found: &[Regression]) -> Vec<CauseKind> {
    found.iter().flat_map(|one| &one.causes).map(|cause| cause.kind).collect()
}

#[test]
fn as_usual_is_nothing_and_one_window_is_not_two() {
    let usual = minute(600.0, 10.0, 50.0, 3.0);
    let slow = minute(600.0, 30.0, 50.0, 3.0);
    assert_eq!(judged(&usual, [&usual, &usual], RECORDED), vec![]);
    assert_eq!(judged(&usual, [&usual, &slow], RECORDED), vec![]);
    assert_eq!(judged(&usual, [&slow, &usual], RECORDED), vec![]);
    let found = judged(&usual, [&slow, &slow], RECORDED);
    assert_eq!(changes(&found), [Change::Slower]);
    assert_eq!(causes(&found), [], "nothing that is counted explains it");
    assert_eq!(found[0].unmeasured, [CauseKind::GenericPlan, CauseKind::Planning]);
    assert_eq!((found[0].days, found[0].now.map(|now| now.time_ms)), (14, Some(30.0)));
    assert!((found[0].more_sessions - 0.2).abs() < 0.01, "{found:?}");
}

#[test]
fn too_few_calls_and_times_all_over_the_place_are_too_noisy() {
    let usual = minute(600.0, 10.0, 50.0, 3.0);
    let few = minute(20.0, 300.0, 50.0, 3.0);
    assert_eq!(changes(&judged(&usual, [&few, &few], RECORDED)), [Change::TooNoisy]);
    // Three of sixty calls take most of the time.
    let mut wild = minute(60.0, 30.0, 50.0, 3.0);
    wild.sums = [&wild.sums, &[(Measure::ExecTimeSquares, 60.0 * 9.0e4)].into_iter().collect()]
        .into_iter()
        .sum();
    assert_eq!(changes(&judged(&usual, [&wild, &wild], RECORDED)), [Change::TooNoisy]);
}

#[test]
fn trifles_are_not_told() {
    // A hundred times slower, but for a thousandth of a session.
    let usual = minute(60.0, 0.01, 1.0, 1.0);
    let slow = minute(60.0, 1.0, 1.0, 1.0);
    assert_eq!(judged(&usual, [&slow, &slow], RECORDED), vec![]);
    let often = minute(600.0, 0.01, 1.0, 1.0);
    assert_eq!(judged(&usual, [&often, &often], RECORDED), vec![]);
}

#[test]
fn each_cause_is_told_from_the_others() {
    use Measure::*;
    let usual = minute(600.0, 10.0, 50.0, 3.0);
    let slow = minute(600.0, 40.0, 50.0, 3.0);
    let first = |usual: &Span, now: &Span, recorded| {
        let found = judged(usual, [now, now], recorded);
        assert_eq!(changes(&found), [Change::Slower]);
        causes(&found)
    };
    assert_eq!(first(&usual, &minute(600.0, 40.0, 5_000.0, 3.0), RECORDED), [CauseKind::Blocks]);
    assert_eq!(first(&usual, &minute(600.0, 40.0, 200.0, 12.0), RECORDED), [CauseKind::Rows]);
    let temp = with(&slow, &[(TempWritten, 300.0), (TempRead, 300.0)]);
    assert_eq!(first(&usual, &temp, RECORDED), [CauseKind::Temp]);
    let cold = with(&slow, &[(SharedReadTime, 25.0)]);
    assert_eq!(first(&usual, &cold, RECORDED), [CauseKind::Cache]);
    let compiled = with(&slow, &[(JitGenerationTime, 5.0), (JitEmissionTime, 20.0)]);
    assert_eq!(first(&usual, &compiled, RECORDED), [CauseKind::Jit]);
    // A cause that explains less than half is none.
    assert_eq!(first(&usual, &with(&slow, &[(JitEmissionTime, 14.0)]), RECORDED), []);

    let planning = Recorded { planning: true, ..RECORDED };
    let planned = with(&usual, &[(Plans, 1.0), (PlanTime, 1.0)]);
    let long = with(&usual, &[(Plans, 1.0), (PlanTime, 30.0)]);
    assert_eq!(first(&planned, &long, planning), [CauseKind::Planning]);
    let generic = minute(600.0, 40.0, 5_000.0, 3.0);
    assert_eq!(first(&planned, &generic, planning), [CauseKind::GenericPlan, CauseKind::Blocks]);
    let counted = Recorded { version: 13, ..RECORDED };
    let custom = with(&usual, &[(CustomPlans, 1.0)]);
    let found = first(&custom, &with(&generic, &[(GenericPlans, 1.0)]), counted);
    assert_eq!(found, [CauseKind::GenericPlan, CauseKind::Blocks]);
}

#[test]
fn traffic_is_not_slowness_and_work_is_told_where_time_is_not() {
    let usual = minute(600.0, 20.0, 50.0, 3.0);
    let often = minute(1_300.0, 20.0, 50.0, 3.0);
    let found = judged(&usual, [&often, &often], RECORDED);
    assert_eq!(
        (changes(&found), causes(&found)),
        (vec![Change::MoreCalls], vec![CauseKind::Traffic])
    );
    // Both at once are two things.
    let both = minute(1_300.0, 60.0, 50.0, 3.0);
    let found = judged(&usual, [&both, &both], RECORDED);
    assert_eq!(changes(&found), [Change::Slower, Change::MoreCalls]);
    let wide = minute(600.0, 22.0, 400.0, 300.0);
    let found = judged(&usual, [&wide, &wide], RECORDED);
    assert_eq!(changes(&found), [Change::MoreRows, Change::MoreBlocks]);
    assert_eq!(causes(&found), [CauseKind::Rows]);
}

#[test]
fn what_stops_is_gone_and_what_begins_is_new() {
    let usual = minute(600.0, 20.0, 50.0, 3.0);
    let idle = Span { covered_ms: 60_000.0, readings: 6.0, ..Span::default() };
    assert_eq!(changes(&judged(&usual, [&idle, &idle], RECORDED)), [Change::Gone]);
    assert_eq!(judged(&usual, [&usual, &idle], RECORDED), vec![]);

    let limits = thresholds(&Limits::default());
    let new = |has_week, seen_before| {
        let case = Case {
            key: Key::default(),
            windows: [&usual, &usual],
            totals_ms: [60_000.0, 60_000.0],
            bound: Bound::LowerBound,
            base: None,
            days: 14,
            has_week,
            seen_before,
            recorded: RECORDED,
            among: None,
        };
        judge(&case, &limits).map(|found| changes(&found))
    };
    assert_eq!(new(true, Some(false)), Some(vec![Change::New]));
    assert_eq!(
        new(true, Some(true)),
        None,
        "at another hour it ran before: nothing to compare with"
    );
    assert_eq!(new(true, None), None);
    assert_eq!(new(false, Some(false)), None, "it may be a weekly job");
}

/// Five statements that always run, each with its last two windows.
fn five(windows: impl Fn(usize) -> [Span; 2]) -> Verdicts {
    let limits = thresholds(&Limits::default());
    let usual = minute(600.0, 20.0, 50.0, 3.0);
    let base = Baseline::of(&days(14, &usual), limits.least_days);
    let all: Vec<[Span; 2]> = (0..5).map(windows).collect();
    let case = |(number, windows)| Case {
        key: Key { queryid: number, ..Key::default() },
        windows: <[Span; 2]>::each_ref(windows),
        totals_ms: [60_000.0, 60_000.0],
        bound: Bound::Exact,
        base: base.as_ref(),
        days: 14,
        has_week: true,
        seen_before: Some(true),
        recorded: RECORDED,
        among: None,
    };
    let cases: Vec<Case<'_>> = (0..).zip(&all).map(case).collect();
    judge_all(&cases, &limits)
}

/// Who is accused of what, how many are slower together, and how many busier.
fn told(verdicts: &Verdicts) -> (Vec<(i64, Change)>, usize, usize) {
    let all = verdicts.found.iter().flatten().flatten();
    let all = all.map(|one| (one.key.queryid, one.change)).collect();
    (all, verdicts.slower_together, verdicts.busier_together)
}

#[test]
fn what_all_have_in_common_is_no_statements_fault() {
    let often = |calls: f64| [(); 2].map(|()| minute(calls, 20.0, 50.0, 3.0));
    let slow = |ms: f64| [(); 2].map(|()| minute(600.0, ms, 50.0, 3.0));
    assert_eq!(told(&five(|_| often(600.0))), (vec![], 0, 0));
    // A busy day is nothing, and what no busy day explains is told of the server.
    assert_eq!(told(&five(|_| often(960.0))), (vec![], 0, 0));
    assert_eq!(told(&five(|_| often(2_400.0))), (vec![], 0, 5));
    // One that is busier than all others are, on a usual day and on a busy one.
    let one = |others: f64, own: f64| five(|at| often(if at == 2 { own } else { others }));
    assert_eq!(told(&one(600.0, 1_300.0)), (vec![(2, Change::MoreCalls)], 0, 0));
    assert_eq!(told(&one(900.0, 2_000.0)), (vec![(2, Change::MoreCalls)], 0, 0));
    assert_eq!(told(&one(2_400.0, 6_000.0)), (vec![(2, Change::MoreCalls)], 0, 4));
    // On a quiet day one that is as usual is as usual.
    assert_eq!(told(&one(200.0, 600.0)), (vec![], 0, 0));
    // The machine is slower; and one of them more than it is.
    assert_eq!(told(&five(|_| slow(60.0))), (vec![], 5, 0));
    let one = five(|at| slow(if at == 2 { 300.0 } else { 60.0 }));
    assert_eq!(told(&one), (vec![(2, Change::Slower)], 4, 0));
    // A stall in one window does not make one that is slow by chance in the other slower in both.
    let stall = five(|at| {
        let other = if at == 2 { 60.0 } else { 20.0 };
        [minute(600.0, 60.0, 50.0, 3.0), minute(600.0, other, 50.0, 3.0)]
    });
    assert_eq!(told(&stall), (vec![], 0, 0));
}
