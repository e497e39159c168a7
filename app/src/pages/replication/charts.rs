//! Replication lag over time, in time and in bytes of WAL. Server-side only.

use model::replication::Replication;
use model::{Latest, Reason, ServerId, Span, Unit};

use crate::live::charts::{ChartSource, absent, float, past_of_page};
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

inventory::submit! {
    ChartSource {
        page: "replication",
        charts: |engine, server| Some(charts(&engine.latest::<engine::areas::replication::ReplicationArea>(server)?)),
        past: |engine, server, span| Box::pin(past(engine, server, span)),
    }
}

/// The same charts over a span of the past: the overview keeps the worst standby's lag.
async fn past(engine: engine::Engine, server: ServerId, span: Span) -> Result<Vec<Chart>, String> {
    let mut charts =
        past_of_page(&engine, &server, "overview", span).await.unwrap_or(Ok(vec![]))?;
    charts.retain(|chart| chart.id.starts_with("lag-"));
    charts.iter_mut().for_each(|chart| chart.more = false);
    Ok(charts)
}

/// Lag over time, in time and in bytes.
pub fn charts(latest: &Latest<Replication>) -> Vec<Chart> {
    let history = latest.value().map_or(&[][..], |replication| &replication.history);
    let times: Vec<i64> = history.iter().map(|sample| sample.at_ms).collect();
    let nobody = latest.value().map_or(Reason::NotYet, no_lag);
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

/// Why no reading has a lag.
fn no_lag(replication: &Replication) -> Reason {
    let position = &replication.position;
    if let Some(reason) = &position.unknown {
        return reason.clone();
    }
    let reason = if position.in_recovery {
        replication.lag.as_ref().err()
    } else {
        replication.senders.as_ref().err()
    };
    reason.cloned().unwrap_or_else(|| Reason::Nothing {
        message: if position.in_recovery {
            "The lag of this standby is unknown: it has no connection to its sender, or has replayed no transaction since its start."
        } else {
            "No lag to show: no standby that replays is connected to this primary."
        }
        .into(),
    })
}
