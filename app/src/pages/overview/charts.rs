//! Charts of the overview and their series. Server-side only.

use model::overview::{Overview, Window};
use model::{Latest, Reason, ServerId, TimeRange, Unit};

use crate::live::charts::{ChartSource, absent, float, nothing_kept, of_page, past_of_page};
use crate::ui::chart::{Chart, Line};
use crate::ui::chart_svg::{ChartSpec, chart};

inventory::submit! {
    ChartSource {
        page: "overview",
        charts: |engine, server| charts(engine, server),
        past: |engine, server, range| Box::pin(past(engine, server, range)),
    }
}

/// How many charts stand before "More charts": those by which one sees that something is wrong.
const FIRST: usize = 4;

/// The charts of the overview; None: no such server.
pub fn charts(engine: &engine::Engine, server: &ServerId) -> Option<Vec<Chart>> {
    let latest = engine.latest::<engine::areas::overview::OverviewArea>(server)?;
    // The load by wait class first: it is what a DBA looks at first.
    let mut charts = of_page(engine, server, "activity")?;
    let windows: &[Window] = latest.value().map_or(&[], |overview| &overview.windows);
    charts.extend(of_windows(&latest, windows, None));
    Some(some_first(charts))
}

/// The same charts over a range of the past.
async fn past(
    engine: engine::Engine,
    server: ServerId,
    range: TimeRange,
) -> Result<Vec<Chart>, String> {
    let windows = engine::areas::overview::past::of_range(&engine, &server, range).await?;
    let mut charts =
        past_of_page(&engine, &server, "activity", range).await.unwrap_or(Ok(vec![]))?;
    if let Some(latest) = engine.latest::<engine::areas::overview::OverviewArea>(&server) {
        charts.extend(of_windows(&latest, &windows, Some(nothing_kept())));
    }
    Ok(some_first(charts))
}

fn some_first(mut charts: Vec<Chart>) -> Vec<Chart> {
    for chart in charts.iter_mut().skip(FIRST) {
        chart.more = true;
    }
    charts
}

type Pick = fn(&Window) -> Option<f64>;

/// A line: name, class of its colour, value.
type Series = (&'static str, &'static str, Pick);

/// A panel: id, title, unit, lines.
type Panel = (&'static str, &'static str, Unit, &'static [Series]);

const SESSIONS: &[Panel] = &[
    (
        "connections",
        "Connections",
        Unit::Count,
        &[
            ("client sessions", "series-1", |w| float(w.connections)),
            ("active", "state-active", |w| float(w.active)),
            ("idle in transaction", "state-idle-tx", |w| float(w.idle_in_transaction)),
        ],
    ),
    (
        "lock-waits",
        "Sessions waiting for a lock",
        Unit::Count,
        &[("sessions", "wait-lock", |w| float(w.waiting_for_lock))],
    ),
];

const LOAD: &[Panel] = &[(
    "transactions",
    "Transactions per second",
    Unit::PerSecond,
    &[("committed and rolled back", "series-1", |w| w.transactions_per_s)],
)];

const LAG: &[Panel] = &[
    ("lag-time", "Replication lag, time", Unit::Ms, &[("worst standby", "series-1", |w| w.lag_ms)]),
    (
        "lag-bytes",
        "Replication lag, WAL",
        Unit::Bytes,
        &[("worst standby", "series-1", |w| float(w.lag_bytes))],
    ),
];

const WAITS: &[Panel] = &[
    (
        "lock-wait-time",
        "Longest wait for a lock",
        Unit::Ms,
        &[("longest wait", "wait-lock", |w| w.longest_lock_wait_ms)],
    ),
    (
        "slow",
        "Statements running longer than 1 s",
        Unit::Count,
        &[("statements", "state-active", |w| float(w.slow_statements))],
    ),
    (
        "wal",
        "WAL",
        Unit::BytesPerSecond,
        &[("written or received", "series-1", |w| w.wal_bytes_per_s)],
    ),
];

const COUNTERS: &[Panel] = &[
    (
        "rollbacks",
        "Transactions rolled back",
        Unit::Percent,
        &[("share of all transactions", "series-1", |w| w.rollback_percent)],
    ),
    (
        "cache",
        "Blocks found in shared buffers",
        Unit::Percent,
        &[("share of blocks requested", "series-1", |w| w.cache_hit_percent)],
    ),
    (
        "temp",
        "Temporary files",
        Unit::BytesPerSecond,
        &[("written", "series-1", |w| w.temp_bytes_per_s)],
    ),
];

const CHECKPOINTS: &[Panel] = &[(
    "checkpoints",
    "Checkpoint time",
    Unit::Ms,
    &[("writing and syncing, booked when a checkpoint ends", "series-1", |w| w.checkpoint_ms)],
)];

/// The charts of these windows; `none` is why there are none, where that is not the reading's affair.
fn of_windows(latest: &Latest<Overview>, windows: &[Window], none: Option<Reason>) -> Vec<Chart> {
    let reason = absent(latest);
    let sessions = latest.value().and_then(|overview| overview.sessions.as_ref().ok());
    let max = sessions.map(|s| ("max_connections".to_owned(), s.max_connections as f64));
    let part = |of: fn(&Overview) -> Option<&Reason>| {
        latest.value().and_then(of).cloned().unwrap_or_else(|| reason.clone())
    };
    let counters = part(|o| o.counters.as_ref().err());
    let counted = part(|o| o.sessions.as_ref().err());
    let checkpoints = part(|o| o.checkpoints.as_ref().err());
    let standby = latest.value().is_some_and(|overview| overview.facts.in_recovery);
    let no_lag = match latest.value().map(|overview| &overview.wal) {
        Some(Err(reason)) => reason.clone(),
        // Readings without lag: no standby is connected, which is no failure; or nothing tells it.
        Some(Ok(_)) if !windows.is_empty() => Reason::Nothing {
            message: if standby {
                "The lag of this standby is unknown: it has no connection to its sender, or has replayed no transaction since its start."
            } else {
                "No lag to show: no standby that replays is connected to this primary."
            }
            .into(),
        },
        _ => counted.clone(),
    };
    let groups = [
        (SESSIONS, &counted),
        (LOAD, &counters),
        (LAG, &no_lag),
        (WAITS, &counted),
        (COUNTERS, &counters),
        (CHECKPOINTS, &checkpoints),
    ];
    let panels = groups.into_iter().flat_map(|(panels, why)| panels.iter().map(move |p| (p, why)));
    panels
        .map(|((id, title, unit, lines), why)| {
            chart(ChartSpec {
                id,
                title,
                unit: *unit,
                times: windows.iter().map(|window| window.at_ms).collect(),
                lines: lines.iter().map(|line| series(line, windows)).collect(),
                limit: max.clone().filter(|_| *id == "connections"),
                stacked: false,
                absent: none.clone().unwrap_or_else(|| why.clone()),
            })
        })
        .collect()
}

fn series((name, class, pick): &Series, windows: &[Window]) -> Line {
    Line {
        name: (*name).to_owned(),
        class: (*class).to_owned(),
        points: windows.iter().map(pick).collect(),
    }
}
