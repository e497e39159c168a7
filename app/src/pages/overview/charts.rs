//! Charts of the overview and their series. Server-side only.

use model::overview::{Overview, Window};
use model::{Latest, Reason, Unit};

use crate::live::charts::{ChartSource, absent, float};
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

inventory::submit! {
    ChartSource { page: "overview", charts: |engine, server| Some(charts(&engine.latest::<engine::areas::overview::OverviewArea>(server)?)) }
}

type Pick = fn(&Window) -> Option<f64>;

/// The charts of the overview.
pub fn charts(latest: &Latest<Overview>) -> Vec<Chart> {
    let windows: &[Window] = latest.value().map_or(&[], |overview| &overview.windows);
    let times: Vec<i64> = windows.iter().map(|window| window.at_ms).collect();
    let reason = absent(latest);
    let panel =
        |id, title, unit, lines: &[(&str, Pick)], limit: Option<(String, f64)>, why: &Reason| {
            let lines = lines
                .iter()
                .zip(1..)
                .map(|((name, pick), at)| Line {
                    name: (*name).to_owned(),
                    class: format!("series-{at}"),
                    points: windows.iter().map(pick).collect(),
                })
                .collect();
            chart(ChartSpec {
                id,
                title,
                unit,
                times: times.clone(),
                lines,
                limit,
                stacked: false,
                absent: why.clone(),
            })
        };
    let sessions = latest.value().and_then(|overview| overview.sessions.as_ref().ok());
    let max = sessions.map(|s| ("max_connections".to_owned(), s.max_connections as f64));
    let counters =
        part_reason(latest, |o| o.counters.as_ref().err()).unwrap_or_else(|| reason.clone());
    let counted =
        part_reason(latest, |o| o.sessions.as_ref().err()).unwrap_or_else(|| reason.clone());
    let checkpoints =
        part_reason(latest, |o| o.checkpoints.as_ref().err()).unwrap_or_else(|| reason.clone());
    let standby = latest.value().is_some_and(|overview| overview.facts.in_recovery);
    let no_lag = match part_reason(latest, |o| o.wal.as_ref().err()) {
        Some(reason) => reason,
        // Readings without lag: no standby is connected, which is no failure; or nothing tells it.
        None if !windows.is_empty() => Reason::Nothing {
            message: if standby {
                "The lag of this standby is unknown: it has no connection to its sender, or has replayed no transaction since its start."
            } else {
                "No standby that replays is connected to this primary."
            }
            .into(),
        },
        None => counted.clone(),
    };
    vec![
        panel(
            "connections",
            "Connections",
            Unit::Count,
            &[
                ("client sessions", |w| float(w.connections)),
                ("active", |w| float(w.active)),
                ("idle in transaction", |w| float(w.idle_in_transaction)),
            ],
            max,
            &counted,
        ),
        panel(
            "transactions",
            "Transactions per second",
            Unit::PerSecond,
            &[("committed and rolled back", |w| w.transactions_per_s)],
            None,
            &counters,
        ),
        panel(
            "rollbacks",
            "Transactions rolled back",
            Unit::Percent,
            &[("share of all transactions", |w| w.rollback_percent)],
            None,
            &counters,
        ),
        panel(
            "cache",
            "Blocks found in shared buffers",
            Unit::Percent,
            &[("share of blocks requested", |w| w.cache_hit_percent)],
            None,
            &counters,
        ),
        panel(
            "lag-time",
            "Replication lag, time",
            Unit::Ms,
            &[("worst standby", |w| w.lag_ms)],
            None,
            &no_lag,
        ),
        panel(
            "lag-bytes",
            "Replication lag, WAL",
            Unit::Bytes,
            &[("worst standby", |w| float(w.lag_bytes))],
            None,
            &no_lag,
        ),
        panel(
            "lock-waits",
            "Sessions waiting for a lock",
            Unit::Count,
            &[("sessions", |w| float(w.waiting_for_lock))],
            None,
            &counted,
        ),
        panel(
            "lock-wait-time",
            "Longest wait for a lock",
            Unit::Ms,
            &[("longest wait", |w| w.longest_lock_wait_ms)],
            None,
            &counted,
        ),
        panel(
            "slow",
            "Statements running longer than 1 s",
            Unit::Count,
            &[("statements", |w| float(w.slow_statements))],
            None,
            &counted,
        ),
        panel(
            "wal",
            "WAL",
            Unit::BytesPerSecond,
            &[("written or received", |w| w.wal_bytes_per_s)],
            None,
            &counted,
        ),
        panel(
            "checkpoints",
            "Time in checkpoints, per window",
            Unit::Ms,
            &[("writing and syncing", |w| w.checkpoint_ms)],
            None,
            &checkpoints,
        ),
        panel(
            "temp",
            "Temporary files",
            Unit::BytesPerSecond,
            &[("written", |w| w.temp_bytes_per_s)],
            None,
            &counters,
        ),
    ]
}

fn part_reason(
    latest: &Latest<Overview>,
    of: impl Fn(&Overview) -> Option<&Reason>,
) -> Option<Reason> {
    latest.value().and_then(of).cloned()
}
