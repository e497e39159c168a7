//! Which charts a page has and which numbers they show. On the server only; reads memory.

use engine::Engine;
use model::activity::Activity;
use model::overview::{Overview, Window};
use model::replication::Replication;
use model::{Latest, Reason, ServerId, Unit};

use crate::draw::{Plan, chart};
use crate::parts::chart::{Chart, Line};
use crate::parts::colors::wait_class;

/// The charts of a page; None for no such server or page.
pub fn of(engine: &Engine, server: &ServerId, page: &str) -> Option<Vec<Chart>> {
    match page {
        "overview" => {
            Some(overview(&engine.latest::<engine::areas::overview::OverviewArea>(server)?))
        }
        "activity" => {
            Some(activity(&engine.latest::<engine::areas::activity::ActivityArea>(server)?))
        }
        "replication" => Some(replication(
            &engine.latest::<engine::areas::replication::ReplicationArea>(server)?,
        )),
        _ => None,
    }
}

/// Why a chart of this area is empty: the newest failure, or that it takes two readings.
fn absent<T>(latest: &Latest<T>) -> Reason {
    match &latest.failure {
        Some(failure) if latest.reading.is_none() => failure.reason.clone(),
        _ => Reason::NeedsTwoReadings,
    }
}

type Pick = fn(&Window) -> Option<f64>;

/// The panels of the overview.
pub fn overview(latest: &Latest<Overview>) -> Vec<Chart> {
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
            chart(Plan {
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
    let no_lag = match sessions {
        // Readings are there and hold no lag: nobody streams, which is an answer, not a fault.
        Some(_) if !windows.is_empty() => Reason::NotSupported {
            what: "a replication lag: no standby is connected to it and it follows no primary"
                .into(),
        },
        _ => counted.clone(),
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
            &[("share of blocks asked for", |w| w.cache_hit_percent)],
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

fn float(n: Option<i64>) -> Option<f64> {
    n.map(|n| n as f64)
}

fn part_reason(
    latest: &Latest<Overview>,
    of: impl Fn(&Overview) -> Option<&Reason>,
) -> Option<Reason> {
    latest.value().and_then(of).cloned()
}

/// Average active sessions by wait class over time.
pub fn activity(latest: &Latest<Activity>) -> Vec<Chart> {
    let samples = latest.value().map_or(&[][..], |activity| &activity.waits);
    let mut names: Vec<String> = samples
        .iter()
        .flat_map(|sample| sample.classes.iter().map(|(name, _)| name.clone()))
        .collect();
    names.sort_by(|a, b| (a != "CPU").cmp(&(b != "CPU")).then_with(|| a.cmp(b)));
    names.dedup();
    let lines = names
        .into_iter()
        .map(|name| Line {
            class: wait_class(&name).to_owned(),
            points: samples
                .iter()
                .map(|sample| {
                    // A class that is not named had no session at that moment: a known zero.
                    Some(
                        sample
                            .classes
                            .iter()
                            .find(|(n, _)| *n == name)
                            .map_or(0.0, |(_, count)| *count),
                    )
                })
                .collect(),
            name,
        })
        .collect();
    vec![chart(Plan {
        id: "waits",
        title: "Average active sessions by wait class",
        unit: Unit::Count,
        times: samples.iter().map(|sample| sample.at_ms).collect(),
        lines,
        limit: None,
        stacked: true,
        absent: absent(latest),
    })]
}

/// Lag over time, in time and in bytes.
pub fn replication(latest: &Latest<Replication>) -> Vec<Chart> {
    let history = latest.value().map_or(&[][..], |replication| &replication.history);
    let times: Vec<i64> = history.iter().map(|sample| sample.at_ms).collect();
    let nobody = Reason::NotSupported {
        what: "a replication lag: no standby is connected to it and it follows no primary".into(),
    };
    let why = if history.is_empty() { absent(latest) } else { nobody };
    let line = |points: Vec<Option<f64>>| {
        vec![Line { name: "worst standby".into(), class: "series-1".into(), points }]
    };
    let panel = |id, title, unit, points| {
        chart(Plan {
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
