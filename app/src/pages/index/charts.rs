//! Charts of one index over a range. Server-side only.

use engine::areas::indexes::past::Moment;
use model::Unit;

use crate::live::charts::nothing_kept;
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

type Value = fn(&Moment) -> Option<f64>;
/// A panel: id, title, unit, line and value.
type Panel = (&'static str, &'static str, Unit, &'static str, Value);

const PANELS: [Panel; 2] = [
    ("scans", "Scans in each step", Unit::Count, "scans", |moment| moment.scans),
    ("size", "Size", Unit::Bytes, "index", |moment| moment.bytes),
];

/// The charts.
pub fn charts(moments: &[Moment]) -> Vec<Chart> {
    let draw = |(id, title, unit, name, value): &Panel| {
        chart(ChartSpec {
            id,
            title,
            unit: *unit,
            times: moments.iter().map(|moment| moment.at_ms).collect(),
            lines: vec![Line {
                name: (*name).to_owned(),
                class: "series-1".to_owned(),
                points: moments.iter().map(value).collect(),
            }],
            limit: None,
            stacked: false,
            absent: nothing_kept(),
        })
    };
    PANELS.iter().map(draw).collect()
}
