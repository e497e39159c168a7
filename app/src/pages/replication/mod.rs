//! Replication page: topology, senders, slots, receiver, subscriptions, lag.

#[cfg(feature = "ssr")]
mod charts;
mod own;
pub mod tables;
pub mod topology;

use crate::routes::access;
use leptos::prelude::*;
use model::replication::topology::Topology;
use model::replication::{Lag, Position, Replication, Sender, StreamKind};
use model::{ApiError, AreaName, Latest, ServerId, Unit};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::live;
#[cfg(feature = "ssr")]
use crate::live::charts::charts_of;
use crate::live::charts::poll_charts;
use crate::live::findings::{Judged, poll_findings, verdict_of};
use crate::live::range::{range, with_range};
use crate::resource::loaded;
use crate::ui::chart::{Chart, Charts};
use crate::ui::findings::Findings;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::reading::{ReadingView, known};
use crate::ui::verdict::Verdict;
use own::{archiver, own, synchronous};
use tables::{receiver, senders, slots, subscriptions};
use topology::drawing;

/// Polling interval of the topology, ms: it contains other servers' readings.
const TOPOLOGY_EVERY_MS: u64 = 5_000;

/// The data of the page's first render.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicationStart {
    latest: Latest<Replication>,
    judged: Judged,
    topology: Topology,
    charts: Vec<Chart>,
}

access! { "/api/replication" OnServer(See) }

/// The page's first reading.
#[server(prefix = "/api", endpoint = "replication", output = model::wire::Json)]
pub async fn read_replication(
    server: ServerId,
    range: String,
) -> Result<ReplicationStart, ApiError> {
    use crate::auth;
    use engine::areas::replication::ReplicationArea;
    auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let latest = engine.latest::<ReplicationArea>(&server).ok_or(ApiError::NotFound)?;
    // What a watched standby knows of its lag stands in another server's reading.
    let judged = crate::live::findings::judged(&engine, &server, "replication");
    let charts = charts_of(&engine, &server, "replication", &range).await?;
    Ok(ReplicationStart { topology: engine.topology(&server), latest, judged, charts })
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
    let start = loaded(with_range(server), |(server, range)| read_replication(server, range));
    page("replication", start, move |start| {
        view! { <Body server=server.get_untracked() start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, start: ReplicationStart) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Replication, start.latest);
    live::open_stream(server.clone(), vec![sink]);
    let charts = RwSignal::new(start.charts);
    let range = range();
    poll_charts(server.clone(), "replication", range, charts);
    let topology = RwSignal::new(start.topology);
    let polled = server.clone();
    live::poll(TOPOLOGY_EVERY_MS, topology, move || read_topology(polled.clone()));
    let here = server.clone();
    let judged = RwSignal::new(start.judged);
    poll_findings(server.clone(), "replication", judged);
    let words = verdict_of(latest, judged.into(), calm);
    let drawn =
        move |draw: fn(&Replication) -> AnyView| move || latest.with(|l| l.value().map(draw));
    view! {
        <header class="page-head">
            <h1>"Replication of " {server.to_string()}</h1>
            <Verdict words/>
        </header>
        <Findings judged/>
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
                <section class="panel" aria-labelledby="archiver-title">
                    <h2 id="archiver-title">"Archiver"</h2>
                    {drawn(|r| known(&r.archiver, |a| archiver(a, r.position.in_recovery)))}
                </section>
                <section class="panel" aria-labelledby="synchronous-title">
                    <h2 id="synchronous-title">"Synchronous replication"</h2>
                    {drawn(synchronous)}
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

/// The verdict without findings, and whether all that it needs is known.
fn calm(replication: &Replication) -> (String, bool) {
    if replication.position.in_recovery {
        return match &replication.lag {
            Ok(lag) => standing(lag, &replication.position),
            Err(reason) => (reason.message(), false),
        };
    }
    match &replication.senders {
        Ok(senders) if senders.is_empty() => {
            ("No standby is connected to this primary.".into(), true)
        }
        Ok(senders) => streams(senders),
        Err(reason) => (reason.message(), false),
    }
}

/// How far this standby is behind, in a sentence.
fn standing(lag: &Lag, position: &Position) -> (String, bool) {
    let delayed =
        position.apply_delay_ms.filter(|delay| *delay > 0.0).map_or_else(String::new, |delay| {
            format!(
                " Replay is delayed by configuration: recovery_min_apply_delay is {}.",
                format::age(delay)
            )
        });
    let archive_only = position.is_archive_only();
    match lag.ms {
        _ if archive_only => (
            format!("This standby restores WAL from an archive; how much is missing there is unknown.{delayed}"),
            false,
        ),
        None => ("How far this standby is behind is unknown: it has replayed no transaction since its start.".into(), false),
        Some(ms) => (
            format!(
                "This standby is {} behind, with {} of received WAL left to replay.{delayed}",
                format::number(ms, Unit::Ms),
                format::number(lag.bytes as f64, Unit::Bytes)
            ),
            lag.linked,
        ),
    }
}

/// Who streams, and how far standbys are behind. Others do not replay: for them there is no lag.
fn streams(senders: &[Sender]) -> (String, bool) {
    let of = |kind: StreamKind| senders.iter().filter(move |sender| sender.kind() == kind);
    let kinds = [
        (StreamKind::Standby, "standby", "standbys"),
        (StreamKind::Subscriber, "logical subscriber", "logical subscribers"),
        (StreamKind::Backup, "base backup", "base backups"),
        (StreamKind::Receiver, "WAL receiver without replay", "WAL receivers without replay"),
        (StreamKind::Unknown, "new connection", "new connections"),
    ];
    let counted = kinds.into_iter().filter_map(|(kind, one, many)| {
        let count = of(kind).count() as i64;
        (count > 0).then(|| format::plural(count, one, many))
    });
    let who = counted.collect::<Vec<_>>().join(", ");
    let standbys = of(StreamKind::Standby);
    let lags: Option<Vec<i64>> = standbys.map(|sender| sender.total_lag_bytes).collect();
    match lags.as_deref() {
        None => (format!("{who} connected; how far behind is unknown."), false),
        Some([]) => (format!("No standby is connected to this primary, but {who}."), true),
        Some(lags) => {
            let behind = match lags.iter().copied().max().unwrap_or(0) {
                0 => "up to date".to_owned(),
                worst => format!("at most {} behind", format::number(worst as f64, Unit::Bytes)),
            };
            (format!("{who} connected, {behind}."), true)
        }
    }
}
