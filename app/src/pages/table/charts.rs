//! Charts of one table over a range. Server-side only.

use engine::areas::tables::past::Moment;
use model::Unit;

use crate::live::charts::nothing_kept;
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

/// How many charts stand before "More charts".
const FIRST: usize = 5;

type Value = fn(&Moment) -> Option<f64>;
/// A panel: id, title, unit, lines of name and value.
type Panel = (&'static str, &'static str, Unit, &'static [(&'static str, Value)]);

const PANELS: &[Panel] = &[
    (
        "size",
        "Size",
        Unit::Bytes,
        &[
            ("heap", |m| m.gauge("heap_bytes")),
            ("TOAST", |m| m.gauge("toast_bytes")),
            ("indexes", |m| m.gauge("index_bytes")),
        ],
    ),
    (
        "reclaimable",
        "What a rewrite of the heap would give back",
        Unit::Bytes,
        &[
            ("likely", |m| m.gauge("bloat_likely_bytes")),
            ("at least", |m| m.gauge("bloat_low_bytes")),
            ("at most", |m| m.gauge("bloat_high_bytes")),
            ("measured last", |m| m.gauge("measured_reclaimable_bytes")),
        ],
    ),
    (
        "rows",
        "Rows",
        Unit::Count,
        &[("live", |m| m.gauge("n_live_tup")), ("dead", |m| m.gauge("n_dead_tup"))],
    ),
    (
        "writes",
        "Rows written per second",
        Unit::PerSecond,
        &[
            ("inserted", |m| m.per_second("n_tup_ins")),
            ("updated", |m| m.per_second("n_tup_upd")),
            ("deleted", |m| m.per_second("n_tup_del")),
            ("updated HOT", |m| m.per_second("n_tup_hot_upd")),
        ],
    ),
    (
        "scans",
        "Scans per second",
        Unit::PerSecond,
        &[("sequential", |m| m.per_second("seq_scan")), ("by index", |m| m.per_second("idx_scan"))],
    ),
    (
        "seq-rows",
        "Rows read by sequential scans per second",
        Unit::PerSecond,
        &[("rows", |m| m.per_second("seq_tup_read"))],
    ),
    (
        "blocks",
        "Blocks of the heap per second",
        Unit::PerSecond,
        &[
            ("read", |m| m.per_second("heap_blks_read")),
            ("found in shared buffers", |m| m.per_second("heap_blks_hit")),
        ],
    ),
];

/// The charts.
pub fn charts(moments: &[Moment]) -> Vec<Chart> {
    let draw = |(at, (id, title, unit, lines)): (usize, &Panel)| {
        let lines = lines.iter().enumerate().map(|(place, (name, value))| Line {
            name: (*name).to_owned(),
            class: format!("series-{}", place + 1),
            points: moments.iter().map(value).collect(),
        });
        let mut chart = chart(ChartSpec {
            id,
            title,
            unit: *unit,
            times: moments.iter().map(|moment| moment.at_ms).collect(),
            lines: lines.collect(),
            limit: None,
            stacked: false,
            absent: nothing_kept(),
        });
        chart.more = at >= FIRST;
        chart
    };
    PANELS.iter().enumerate().map(draw).collect()
}
