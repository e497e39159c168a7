//! Replication page: topology, senders, slots, receiver, subscriptions, lag.

#[cfg(feature = "ssr")]
mod charts;
pub mod tables;
pub mod topology;

use crate::routes::access;
use leptos::prelude::*;
use model::replication::topology::Topology;
use model::replication::{Lag, Position, Replication, StreamKind};
use model::{ApiError, AreaName, Latest, ServerId, Unit};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::live;
use crate::live::charts::poll_charts;
use crate::live::findings::{of_reading, verdict_of};
use crate::resource::loaded;
use crate::ui::chart::{Chart, Charts};
use crate::ui::format;
use crate::ui::page::{area_findings, page};
use crate::ui::reading::{ReadingView, known};
use crate::ui::term::term;
use crate::ui::verdict::Verdict;
use tables::{receiver, senders, slots, subscriptions};
use topology::drawing;

/// Polling interval of the topology, ms: it contains other servers' readings.
const TOPOLOGY_EVERY_MS: u64 = 5_000;

/// The data of the page's first render.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicationStart {
    latest: Latest<Replication>,
    topology: Topology,
    charts: Vec<Chart>,
}

access! { "/api/replication" OnServer(See) }

/// The page's first reading.
#[server(prefix = "/api", endpoint = "replication", output = model::wire::Json)]
pub async fn read_replication(server: ServerId) -> Result<ReplicationStart, ApiError> {
    use crate::auth;
    use engine::areas::replication::ReplicationArea;
    auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let latest = engine.latest::<ReplicationArea>(&server).ok_or(ApiError::NotFound)?;
    let charts = charts::charts(&latest);
    Ok(ReplicationStart { topology: engine.topology(&server), latest, charts })
}

access! { "/api/topology" OnServer(See) }

/// The topology.
#[server(prefix = "/api", endpoint = "topology", output = model::wire::Json)]
pub async fn read_topology(server: ServerId) -> Result<Topology, ApiError> {
    use crate::auth;
    auth::require(model::Permission::See, Some(&server))?;
    Ok(auth::engine()?.topology(&server))
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M4 4h5v5H4zM11 11h5v5h-5zM9 6h4v5";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let start = loaded(move || server.get(), read_replication);
    page("replication", start, move |start| {
        view! { <Body server=server.get_untracked() start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, start: ReplicationStart) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Replication, start.latest);
    live::open_stream(server.clone(), vec![sink]);
    let charts = RwSignal::new(start.charts);
    poll_charts(server.clone(), "replication", charts);
    let topology = RwSignal::new(start.topology);
    poll_topology(server.clone(), topology);
    let here = server.clone();
    let words = verdict_of(latest, of_reading(latest), |r| {
        let known = if r.position.in_recovery { r.lag.is_ok() } else { r.senders.is_ok() };
        (calm(r), known)
    });
    let drawn =
        move |draw: fn(&Replication) -> AnyView| move || latest.with(|l| l.value().map(draw));
    view! {
        <header class="page-head">
            <h1>"Replication of " {server.to_string()}</h1>
            <Verdict words/>
        </header>
        {area_findings(latest)}
        <section class="panel" aria-labelledby="topology-title">
            <h2 id="topology-title">"Topology"</h2>
            {move || topology.with(|topology| drawing(topology, &here))}
        </section>
        <ReadingView latest what="replication numbers">
            <Charts charts/>
            <section class="panel" aria-labelledby="senders-title">
                <h2 id="senders-title">"Senders"</h2>
                {drawn(|r| known(&r.senders, |senders_| senders(senders_)))}
            </section>
            <section class="panel" aria-labelledby="slots-title">
                <h2 id="slots-title">"Slots"</h2>
                {drawn(|r| known(&r.slots, |slots_| slots(slots_)))}
            </section>
            <div class="columns">
                <section class="panel" aria-labelledby="own-title">
                    <h2 id="own-title">"This server"</h2>
                    {drawn(own)}
                </section>
                <section class="panel" aria-labelledby="receiver-title">
                    <h2 id="receiver-title">"Receiver"</h2>
                    {drawn(|r| known(&r.receiver, |r| receiver(r.as_ref())))}
                </section>
                <section class="panel" aria-labelledby="subscriptions-title">
                    <h2 id="subscriptions-title">"Subscriptions"</h2>
                    {drawn(|r| known(&r.subscriptions, |all| subscriptions(all)))}
                </section>
            </div>
        </ReadingView>
    }
}

fn poll_topology(server: ServerId, topology: RwSignal<Topology>) {
    live::every(TOPOLOGY_EVERY_MS, move || {
        let server = server.clone();
        leptos::task::spawn_local(async move {
            if let Ok(new) = read_topology(server).await
                && topology.try_with_untracked(|old| *old != new).unwrap_or(false)
            {
                topology.set(new);
            }
        });
    });
}

fn calm(replication: &Replication) -> String {
    if replication.position.in_recovery {
        return match &replication.lag {
            Ok(lag) => {
                let bytes = format::number(lag.bytes as f64, Unit::Bytes);
                match lag.ms {
                    Some(ms) => format!(
                        "This standby is {} behind, with {bytes} of received WAL left to replay.",
                        format::number(ms, Unit::Ms)
                    ),
                    None => format!(
                        "This standby has {bytes} of received WAL left to replay; the age of its data is unknown."
                    ),
                }
            }
            Err(reason) => reason.message(),
        };
    }
    match &replication.senders {
        Ok(senders) if senders.is_empty() => "No standby is connected to this primary.".into(),
        Ok(senders) => {
            let worst = senders.iter().filter_map(|s| s.total_lag_bytes).max();
            let behind = match worst {
                None => "how far behind is unknown".into(),
                Some(0) => "up to date".into(),
                Some(bytes) => {
                    format!("at most {} behind", format::number(bytes as f64, Unit::Bytes))
                }
            };
            let only = |kind| senders.iter().all(|sender| sender.kind() == kind);
            let (one, many) = if only(StreamKind::Standby) {
                ("standby", "standbys")
            } else if only(StreamKind::Subscriber) {
                ("logical subscriber", "logical subscribers")
            } else {
                ("replication client", "replication clients")
            };
            format!("{}, {behind}.", format::plural(senders.len() as i64, one, many))
        }
        Err(reason) => reason.message(),
    }
}

/// Position, the server's own lag and the settings that trade lag against cancelled queries.
fn own(replication: &Replication) -> AnyView {
    let position = &replication.position;
    let line = |name: &'static str, value: Option<String>| {
        value
            .filter(|v| !v.is_empty())
            .map(|value| view! { <div><dt>{term(name)}</dt><dd>{value}</dd></div> })
    };
    let bytes = |n: Option<i64>| n.map(|n| format::number(n as f64, Unit::Bytes));
    let on_off = |on: bool| if on { "on" } else { "off" };
    let lag = position.in_recovery.then(|| known(&replication.lag, own_lag));
    view! {
        {lag}
        <dl class="facts">
            {line("Role", Some(if position.in_recovery { "standby" } else { "primary" }.into()))}
            {line(if position.in_recovery { "Replayed up to" } else { "WAL position" }, position.lsn.clone())}
            {line("Timeline", position.timeline.map(|t| t.to_string()))}
            {line("Received, not replayed", bytes(position.gap_bytes))}
            {line("Replay paused", position.replay_paused.map(|p| if p { "yes" } else { "no" }.into()))}
            {line("synchronous_standby_names", Some(position.synchronous_standby_names.clone()))}
            {line("hot_standby_feedback", Some(on_off(position.hot_standby_feedback).into()))}
            {line("max_standby_streaming_delay", Some(position.max_standby_streaming_delay.clone()))}
            {line("Queries cancelled by conflicts", position.conflicts.map(|n| format::grouped(n as f64)))}
        </dl>
        <p class="note">{explained(position, replication)}</p>
    }
    .into_any()
}

fn own_lag(lag: &Lag) -> AnyView {
    let movement = match (lag.linked, lag.moving) {
        (false, _) => {
            "The connection to the sender is lost, so equal positions do not mean that replay has caught up."
        }
        (true, Some(true)) => "Replay is advancing.",
        (true, Some(false)) if lag.bytes > 0 => "Replay is stalled although WAL is waiting.",
        (true, Some(false)) => "Replay has caught up and is waiting for new WAL.",
        (true, None) => "Two readings are needed to tell whether replay is advancing.",
    };
    view! {
        <p>
            <strong class="num" title=lag.ms.map(|ms| format::exact(ms, Unit::Ms))>{lag.ms.map_or_else(|| "an unknown time".into(), |ms| format::number(ms, Unit::Ms))}</strong>
            " and "
            <strong class="num" title=format::exact(lag.bytes as f64, Unit::Bytes)>{format::number(lag.bytes as f64, Unit::Bytes)}</strong>
            " behind. " {movement}
        </p>
    }
    .into_any()
}

/// What hot_standby_feedback and max_standby_streaming_delay mean here, with the present numbers.
fn explained(position: &Position, replication: &Replication) -> String {
    if !position.in_recovery {
        let held = replication.senders.iter().flatten().filter_map(|s| s.backend_xmin_age).max();
        return match held {
            Some(age) => format!(
                "A standby with hot_standby_feedback is holding back VACUUM on this primary by {}: \
                 rows that its queries may still need are kept.",
                format::number(age as f64, Unit::Xids)
            ),
            None => {
                "No standby is holding back VACUUM on this primary. Queries on a standby may be \
                     cancelled when VACUUM removes rows they still need."
                    .into()
            }
        };
    }
    let delay = &position.max_standby_streaming_delay;
    let cancelled = position.conflicts.map_or_else(
        || "an unknown number of queries have been cancelled".to_owned(),
        |n| format!("{} been cancelled", format::plural(n, "query has", "queries have")),
    );
    if position.hot_standby_feedback {
        format!(
            "hot_standby_feedback is on: the primary keeps rows this standby's queries need, so few are \
             cancelled ({cancelled}) and the primary pays with bloat. Other conflicts may still delay \
             replay for max_standby_streaming_delay = {delay}."
        )
    } else {
        format!(
            "hot_standby_feedback is off: a query here may delay replay for up to \
             max_standby_streaming_delay = {delay} and is then cancelled; so far {cancelled}."
        )
    }
}
