//! Replication lag over time, in time and in bytes of WAL. Server-side only.

use model::replication::Replication;
use model::{Latest, Reason, Unit};

use crate::live::charts::{ChartSource, absent, float};
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

inventory::submit! {
    ChartSource { page: "replication", charts: |engine, server| Some(charts(&engine.latest::<engine::areas::replication::ReplicationArea>(server)?)) }
}

/// Lag over time, in time and in bytes.
pub fn charts(latest: &Latest<Replication>) -> Vec<Chart> {
    let history = latest.value().map_or(&[][..], |replication| &replication.history);
    let times: Vec<i64> = history.iter().map(|sample| sample.at_ms).collect();
    let nobody = Reason::Nothing {
        message: "No lag to show: no standby is connected, and this server follows none.".into(),
    };
    let why = if history.is_empty() { absent(latest) } else { nobody };
    let line = |points: Vec<Option<f64>>| {
        vec![Line { name: "worst standby".into(), class: "series-1".into(), points }]
    };
    let panel = |id, title, unit, points| {
        chart(ChartSpec {
            id,
            title,
            unit,
            times: times.clone(),
            lines: line(points),
            limit: None,
            stacked: false,
            absent: why.clone(),
        })
    };
    vec![
        panel(
            "lag-time",
            "Replication lag, time",
            Unit::Ms,
            history.iter().map(|s| s.ms).collect(),
        ),
        panel(
            "lag-bytes",
            "Replication lag, WAL",
            Unit::Bytes,
            history.iter().map(|s| float(s.bytes)).collect(),
        ),
    ]
}
