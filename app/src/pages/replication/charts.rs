//! Replication lag over time, in time and in bytes of WAL. Server-side only.

use model::replication::Replication;
use model::{Latest, Reason, ServerId, TimeRange, Unit};

use crate::live::charts::{ChartSource, absent, float, nothing_kept};
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

inventory::submit! {
    ChartSource {
        page: "replication",
        charts: |engine, server| Some(charts(&engine.latest::<engine::areas::replication::ReplicationArea>(server)?)),
        past: |engine, server, range| Box::pin(past(engine, server, range)),
    }
}

/// A moment, and the worst standby's lag in time and in bytes.
type Lagged = (i64, Option<f64>, Option<f64>);

/// The same charts over a range of the past: the overview's windows have the worst standby's lag.
async fn past(
    engine: engine::Engine,
    server: ServerId,
    range: TimeRange,
) -> Result<Vec<Chart>, String> {
    let windows = engine::areas::overview::past::of_range(&engine, &server, range).await?;
    let lagged = windows.iter().map(|w| (w.at_ms, w.lag_ms, float(w.lag_bytes)));
    Ok(drawn(&lagged.collect::<Vec<_>>(), &nothing_kept()))
}

/// Lag over time, in time and in bytes.
pub fn charts(latest: &Latest<Replication>) -> Vec<Chart> {
    let history = latest.value().map_or(&[][..], |replication| &replication.history);
    let nobody = latest.value().map_or(Reason::NotYet, no_lag);
    let why = if history.is_empty() { absent(latest) } else { nobody };
    let lagged = history.iter().map(|sample| (sample.at_ms, sample.ms, float(sample.bytes)));
    drawn(&lagged.collect::<Vec<_>>(), &why)
}

fn drawn(lagged: &[Lagged], absent: &Reason) -> Vec<Chart> {
    let panel = |id, title, unit, of: fn(&Lagged) -> Option<f64>| {
        let points = lagged.iter().map(of).collect();
        chart(ChartSpec {
            id,
            title,
            unit,
            times: lagged.iter().map(|(at_ms, ..)| *at_ms).collect(),
            lines: vec![Line { name: "worst standby".into(), class: "series-1".into(), points }],
            limit: None,
            stacked: false,
            absent: absent.clone(),
        })
    };
    vec![
        panel("lag-time", "Replication lag, time", Unit::Ms, |(_, ms, _)| *ms),
        panel("lag-bytes", "Replication lag, WAL", Unit::Bytes, |(_, _, bytes)| *bytes),
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
