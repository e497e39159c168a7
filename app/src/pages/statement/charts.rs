//! Charts of one statement over a window. Server-side only.

use engine::areas::statements::ranking::detail::Moment;
use model::statements::Measure::*;
use model::statements::{Measure, Sums};
use model::{Reason, Unit};

use crate::live::charts::nothing_kept;
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

/// How many charts stand before "More charts".
const FIRST: usize = 4;

/// A value of a moment: of what was read, ms, and the sums.
type Value = fn(f64, &Sums) -> Option<f64>;
/// A panel: id, title, unit, lines of name and value.
type Panel = (&'static str, &'static str, Unit, &'static [(&'static str, Value)]);

fn per_second(read_ms: f64, value: f64) -> Option<f64> {
    (read_ms > 0.0).then(|| 1_000.0 * value / read_ms)
}

fn per_call(sums: &Sums, measures: &[Measure]) -> Option<f64> {
    sums.per_call(measures.iter().map(|measure| sums.get(*measure)).sum())
}

const PANELS: &[Panel] = &[
    (
        "load",
        "Sessions busy with it, on average",
        Unit::Count,
        &[("executing", |read, s| per_second(read, s.get(ExecTime) / 1_000.0))],
    ),
    (
        "calls",
        "Calls per second",
        Unit::PerSecond,
        &[("calls", |read, s| per_second(read, s.get(Calls)))],
    ),
    (
        "mean",
        "Time per call",
        Unit::Ms,
        &[("mean", |_, s| s.mean_ms()), ("standard deviation", |_, s| s.stddev_ms())],
    ),
    ("rows", "Rows per call", Unit::Count, &[("rows", |_, s| per_call(s, &[Rows]))]),
    (
        "blocks",
        "Shared blocks per call",
        Unit::Count,
        &[("hit", |_, s| per_call(s, &[SharedHit])), ("read", |_, s| per_call(s, &[SharedRead]))],
    ),
    (
        "writes",
        "Shared blocks dirtied and written per call",
        Unit::Count,
        &[
            ("dirtied", |_, s| per_call(s, &[SharedDirtied])),
            ("written", |_, s| per_call(s, &[SharedWritten])),
        ],
    ),
    (
        "temp",
        "Temporary and local blocks per call",
        Unit::Count,
        &[
            ("temporary", |_, s| per_call(s, &[TempRead, TempWritten])),
            ("local", |_, s| per_call(s, &[LocalHit, LocalRead, LocalDirtied, LocalWritten])),
        ],
    ),
    (
        "io",
        "I/O time per call",
        Unit::Ms,
        &[
            ("reading", |_, s| per_call(s, &[SharedReadTime, LocalReadTime, TempReadTime])),
            ("writing", |_, s| per_call(s, &[SharedWriteTime, LocalWriteTime, TempWriteTime])),
        ],
    ),
    ("wal", "WAL", Unit::BytesPerSecond, &[("WAL", |read, s| per_second(read, s.get(WalBytes)))]),
    (
        "planning",
        "Planning time per plan",
        Unit::Ms,
        &[("planning", |_, s| {
            let plans = s.get(Plans);
            (plans > 0.0).then(|| s.get(PlanTime) / plans)
        })],
    ),
    (
        "plans",
        "Generic and custom plans per second",
        Unit::PerSecond,
        &[
            ("generic", |read, s| per_second(read, s.get(GenericPlans))),
            ("custom", |read, s| per_second(read, s.get(CustomPlans))),
        ],
    ),
    (
        "jit",
        "JIT time per call",
        Unit::Ms,
        &[("JIT", |_, s| {
            per_call(s, &[JitGenerationTime, JitInliningTime, JitOptimizationTime, JitEmissionTime])
        })],
    ),
];

/// The charts; one of which every value is zero is left out, for most statements use a third of the columns.
pub fn charts(moments: &[Moment]) -> Vec<Chart> {
    let drawn = PANELS.iter().enumerate().filter_map(|(at, panel)| {
        let lines = lines(panel, moments);
        let moves = lines.iter().flat_map(|line| &line.points).flatten().any(|value| *value > 0.0);
        (moves || at < FIRST).then(|| draw(panel, lines, moments))
    });
    let mut charts: Vec<Chart> = drawn.collect();
    for chart in charts.iter_mut().skip(FIRST) {
        chart.more = true;
    }
    charts
}

fn lines((.., lines): &Panel, moments: &[Moment]) -> Vec<Line> {
    let line = |(at, (name, value)): (usize, &(&str, Value))| Line {
        name: (*name).to_owned(),
        class: format!("series-{}", at + 1),
        points: moments
            .iter()
            .map(|(_, moment)| moment.as_ref().and_then(|(read_ms, sums)| value(*read_ms, sums)))
            .collect(),
    };
    lines.iter().enumerate().map(line).collect()
}

fn draw((id, title, unit, _): &Panel, lines: Vec<Line>, moments: &[Moment]) -> Chart {
    let absent = if moments.is_empty() {
        nothing_kept()
    } else {
        Reason::Nothing { message: "It did not run in this window.".into() }
    };
    chart(ChartSpec {
        id,
        title,
        unit: *unit,
        times: moments.iter().map(|(at_ms, _)| *at_ms).collect(),
        lines,
        limit: None,
        stacked: false,
        absent,
    })
}
