//! Charts of cache and I/O over a range. Server-side only.

use engine::areas::io::past::{Moment, PastIo};
use model::io::{Io, IoRow};
use model::{Reason, Unit};

use crate::live::charts::nothing_kept;
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

/// How many charts stand before "More charts".
const FIRST: usize = 4;
/// Colours of kinds of processes, those with the most bytes first; as many are drawn.
const COLOURS: [&str; 6] = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"];

/// The charts.
pub fn charts(past: &PastIo, newest: Option<&Io>) -> Vec<Chart> {
    let absent = |of: Option<&Reason>| of.cloned().unwrap_or_else(nothing_kept);
    let no_io = absent(newest.and_then(|io| io.rows.as_ref().err()).filter(|why| is_lasting(why)));
    let block = newest.and_then(|io| io.state.as_ref().ok()).map_or(0, |state| state.block_bytes);
    let times = |is_timed: bool| match is_timed {
        true => no_io.clone(),
        false => Reason::NotTracked {
            what: "How long reads take".into(),
            setting: "track_io_timing".into(),
        },
    };
    let is_timed = newest.and_then(|io| io.state.as_ref().ok()).is_none_or(|s| s.track_io_timing);
    let spec = |id, title, unit, lines, stacked, absent| ChartSpec {
        id,
        title,
        unit,
        times: past.moments.iter().map(|moment| moment.at_ms).collect(),
        lines,
        limit: None,
        stacked,
        absent,
    };
    let read = processes(past, |row| row.reads.map_or(0, |reads| reads.bytes));
    let written = processes(past, |row| {
        [row.writes, row.extends].into_iter().flatten().map(|one| one.bytes).sum()
    });
    let per_second = |names: &[String], metrics: &'static [&'static str]| {
        lines(names, past, |moment, name| moment.of_process_per_second(name, metrics))
    };
    let blocks = |metric: &'static str| {
        move |moment: &Moment| Some(moment.per_second(metric)? * block as f64)
    };
    let mut charts = vec![
        chart(spec(
            "io-read",
            "Read from outside shared buffers",
            Unit::BytesPerSecond,
            per_second(&read, &["read_bytes"]),
            true,
            no_io.clone(),
        )),
        chart(spec(
            "io-written",
            "Written, and added to files",
            Unit::BytesPerSecond,
            per_second(&written, &["write_bytes", "extend_bytes"]),
            true,
            no_io.clone(),
        )),
        chart(spec(
            "io-read-time",
            "Time per read",
            Unit::Ms,
            if is_timed { lines(&read, past, read_time) } else { Vec::new() },
            false,
            times(is_timed),
        )),
        chart(spec(
            "io-checkpoints",
            "Checkpoints",
            Unit::Count,
            vec![
                line("by time", "series-1", past, |m| m.sum("checkpoints_timed")),
                line("requested", "series-3", past, |m| m.sum("checkpoints_requested")),
            ],
            false,
            nothing_kept(),
        )),
        chart(spec(
            "io-buffers",
            "Buffers written by",
            Unit::BytesPerSecond,
            vec![
                line("checkpoints", "series-1", past, blocks("buffers_checkpoint")),
                line("background writer", "series-2", past, blocks("buffers_clean")),
                line("sessions", "series-3", past, blocks("buffers_backend")),
            ],
            true,
            nothing_kept(),
        )),
    ];
    for chart in charts.iter_mut().skip(FIRST) {
        chart.more = true;
    }
    charts
}

/// Whether a reason is why there are no charts, and not only no newest rate.
fn is_lasting(why: &Reason) -> bool {
    !matches!(why, Reason::NeedsTwoReadings | Reason::CounterReset)
}

/// The mean time of a read; None where there was none.
fn read_time(moment: &Moment, name: &str) -> Option<f64> {
    let reads = moment.of_process(name, &["reads"]).filter(|reads| *reads > 0.0)?;
    Some(moment.of_process(name, &["read_ms"])? / reads)
}

/// The kinds of processes with the most bytes over the whole range.
fn processes(past: &PastIo, bytes: impl Fn(&IoRow) -> i64) -> Vec<String> {
    let mut sums: Vec<(i64, &str)> = Vec::new();
    for row in past.span.rows.iter().filter(|row| row.object != "wal") {
        let added = bytes(row);
        match sums.iter_mut().find(|(_, name)| *name == row.backend_type) {
            Some((sum, _)) => *sum = sum.saturating_add(added),
            None => sums.push((added, &row.backend_type)),
        }
    }
    sums.retain(|(sum, _)| *sum > 0);
    sums.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    sums.into_iter().take(COLOURS.len()).map(|(_, name)| name.to_owned()).collect()
}

fn lines(
    names: &[String],
    past: &PastIo,
    value: impl Fn(&Moment, &str) -> Option<f64>,
) -> Vec<Line> {
    let of = |(name, class): (&String, &&str)| line(name, class, past, |m| value(m, name));
    names.iter().zip(&COLOURS).map(of).collect()
}

fn line(name: &str, class: &str, past: &PastIo, value: impl Fn(&Moment) -> Option<f64>) -> Line {
    Line {
        name: name.to_owned(),
        class: class.to_owned(),
        points: past.moments.iter().map(value).collect(),
    }
}
