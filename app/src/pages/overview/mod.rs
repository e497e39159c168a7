//! Overview page of one server: verdict, findings, headline numbers, charts and facts.

#[cfg(feature = "ssr")]
mod charts;
mod databases;
mod horizon;

use crate::routes::access;
use leptos::prelude::*;
use model::overview::{Overview, SessionCounts, Window};
use model::server::Facts;
use model::vacuum::Vacuum;
use model::{ApiError, AreaName, Latest, ServerId, Unit};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::links;
use crate::live;
use crate::live::Live;
#[cfg(feature = "ssr")]
use crate::live::charts::charts_of;
use crate::live::charts::poll_charts;
use crate::live::findings::{Judged, poll_findings, verdict_of};
use crate::live::range::{range, with_range};
use crate::resource::loaded;
use crate::ui::bar::Bar;
use crate::ui::chart::{Chart, Charts};
use crate::ui::findings::Findings;
use crate::ui::format;
use crate::ui::number::Number;
use crate::ui::page::page;
use crate::ui::reading::{ReadingView, unread};
use crate::ui::sparkline::Sparkline;
use crate::ui::table::cell;
use crate::ui::term::term;
use crate::ui::verdict::Verdict;
use databases::databases;
use horizon::horizon;

/// The data of the page's first render.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverviewStart {
    latest: Latest<Overview>,
    vacuum: Latest<Vacuum>,
    judged: Judged,
    charts: Vec<Chart>,
}

access! { "/api/overview" OnServer(See) }

/// The page's first reading.
#[server(prefix = "/api", endpoint = "overview", output = model::wire::Json)]
pub async fn read_overview(server: ServerId, range: String) -> Result<OverviewStart, ApiError> {
    use crate::auth;
    use engine::areas::overview::OverviewArea;
    use engine::areas::vacuum::VacuumArea;
    auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let latest = engine.latest::<OverviewArea>(&server).ok_or(ApiError::NotFound)?;
    let vacuum = engine.latest::<VacuumArea>(&server).ok_or(ApiError::NotFound)?;
    let charts = charts_of(&engine, &server, "overview", &range).await?;
    Ok(OverviewStart { latest, vacuum, judged: engine.findings(&server), charts })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 16V4M3 16h14M6 13l3-4 3 2 4-6";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let start = loaded(with_range(server), |(server, range)| read_overview(server, range));
    page("overview", start, move |start| {
        view! { <Body server=server.get_untracked() start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, start: OverviewStart) -> impl IntoView {
    let (latest, overview_sink) = live::live_signal(AreaName::Overview, start.latest);
    let (vacuum, vacuum_sink) = live::live_signal(AreaName::Vacuum, start.vacuum);
    live::open_stream(server.clone(), vec![overview_sink, vacuum_sink]);
    let maintain = links::area(&server, "act");
    let judged = RwSignal::new(start.judged);
    let charts = RwSignal::new(start.charts);
    let range = range();
    poll_charts(server.clone(), "overview", range, charts);
    poll_findings(server.clone(), "", judged);
    let words = verdict_of(latest, judged.into(), calm);
    // The first panel says why; the others would say the same.
    let nothing = Memo::new(move |_| {
        latest.with(|l| l.reading.is_none() && l.failure.is_some())
            && vacuum.with(|v| v.reading.is_none())
    });
    view! {
        <header class="page-head">
            <h1>{server.to_string()}</h1>
            <Verdict words/>
        </header>
        <Findings judged/>
        <ReadingView latest what="numbers">
            <Headline latest/>
            <h2 class="hidden-words">"Panels"</h2>
            <Charts charts/>
        </ReadingView>
        <div class="columns" hidden=move || nothing.get()>
            <section class="panel" aria-labelledby="xid-age">
                <h2 id="xid-age">"Transaction ID age"</h2>
                <ReadingView latest=vacuum what="transaction ID ages">
                    {move || vacuum.with(|latest| latest.value().map(ages))}
                </ReadingView>
            </section>
            <section class="panel" aria-labelledby="xmin-horizon">
                <h2 id="xmin-horizon">"Xmin horizon"</h2>
                <ReadingView latest=vacuum what="holders of the xmin horizon">
                    {move || vacuum.with(|latest| latest.value().map(horizon))}
                </ReadingView>
            </section>
            <section class="panel" aria-labelledby="facts">
                <h2 id="facts">"Server"</h2>
                <p class="note"><a href=maintain>"VACUUM or ANALYZE a table"</a></p>
                <ReadingView latest what="facts">
                    {move || latest.with(|latest| latest.value().map(|value| facts(&value.facts)))}
                </ReadingView>
            </section>
        </div>
        <section class="panel" aria-labelledby="databases" hidden=move || nothing.get()>
            <h2 id="databases">"Databases"</h2>
            <ReadingView latest what="databases">
                {databases(latest)}
            </ReadingView>
        </section>
    }
}

/// The verdict without findings, and whether no session waits.
fn calm(overview: &Overview) -> (String, bool) {
    let Ok(sessions) = &overview.sessions else {
        return ("No findings; sessions could not be counted.".into(), false);
    };
    let waiting = match sessions.waiting_for_lock {
        0 => "none waiting for a lock".to_owned(),
        n => format!(
            "{} for a lock, the longest for {}",
            format::plural(n, "session waits", "sessions wait"),
            format::age(sessions.longest_lock_wait_ms)
        ),
    };
    let message = format!(
        "No open warnings: {} of {} connections in use, {} active, {waiting}.",
        sessions.connections, sessions.max_connections, sessions.active
    );
    (message, sessions.waiting_for_lock == 0)
}

type Pick = fn(&Window) -> Option<f64>;

#[component]
fn Headline(latest: RwSignal<Latest<Overview>>) -> impl IntoView {
    let newest =
        move |pick: Pick| Signal::derive(move || latest.with(|l| pick(l.value()?.windows.last()?)));
    let line = move |pick: Pick| {
        Signal::derive(move || {
            latest.with(|l| {
                l.value().map(|o| o.windows.iter().map(pick).collect()).unwrap_or_default()
            })
        })
    };
    let number = move |title: &'static str, unit: Unit, pick: Pick| {
        view! {
            <div>
                <dt>{term(title)}</dt>
                <dd><Number value=newest(pick) unit/><Sparkline values=line(pick)/></dd>
            </div>
        }
    };
    let counts = move |pick: fn(&SessionCounts) -> i64| {
        Signal::derive(move || {
            latest.with(|l| l.value()?.sessions.as_ref().ok().map(|s| pick(s) as f64))
        })
    };
    let used = Signal::derive(move || {
        let max = counts(|s| s.max_connections).get().filter(|max| *max > 0.0)?;
        Some(counts(|s| s.connections).get()? / max * 100.0)
    });
    view! {
        <dl class="numbers headline">
            {number("Transactions", Unit::PerSecond, |w| w.transactions_per_s)}
            <div>
                <dt>"Connections of " <Number value=counts(|s| s.max_connections) unit=Unit::Count/></dt>
                <dd><Number value=counts(|s| s.connections) unit=Unit::Count/><Bar percent=used warn_above=80.0/></dd>
            </div>
            {number("Active sessions", Unit::Count, |w| w.active.map(|n| n as f64))}
            {number("Waiting for a lock", Unit::Count, |w| w.waiting_for_lock.map(|n| n as f64))}
            {number("Buffer cache hits", Unit::Percent, |w| w.cache_hit_percent)}
            {number("Rows read", Unit::PerSecond, |w| w.rows_read_per_s)}
            {number("Rows written", Unit::PerSecond, |w| w.rows_written_per_s)}
            {number("WAL", Unit::BytesPerSecond, |w| w.wal_bytes_per_s)}
        </dl>
    }
}

/// The databases by transaction id age, with the distance to the next anti-wraparound vacuum.
fn ages(vacuum: &Vacuum) -> AnyView {
    let limit = vacuum.freeze_max_age_xids.max(1) as f64;
    let float = |age: Option<i64>| age.map(|age| age as f64);
    let known = vacuum.databases.iter().filter_map(|database| float(database.xid_age));
    let scale = format::Scale::new(Unit::Xids, known);
    let rows = vacuum
        .databases
        .iter()
        .map(|database| {
            let share = float(database.xid_age).map(|age| age / limit * 100.0);
            let multixacts = format::Scale::new(Unit::Count, float(database.multixact_age));
            view! {
                <tr>
                    <th scope="row">{database.datname.clone()}</th>
                    {cell(float(database.xid_age), scale, Unit::Xids)}
                    {match share {
                        Some(share) => view! {
                            <td class="with-bar">
                                <span class="num" title=format::exact(share, Unit::Percent)>
                                    {format::number(share, Unit::Percent)}
                                </span>
                                <Bar percent=Signal::stored(Some(share)) warn_above=100.0/>
                            </td>
                        }.into_any(),
                        None => cell(None, scale, Unit::Percent),
                    }}
                    {cell(float(database.multixact_age), multixacts, Unit::Count)}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Transaction ID age by database">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Database"</th>
                        <th scope="col" class="num">{term("XID age")}</th>
                        <th scope="col" class="num">"Of autovacuum_"<wbr/>"freeze_"<wbr/>"max_age"</th>
                        <th scope="col" class="num">{term("Multixact age")}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {unread(&vacuum.ages_unread)}
        <p class="note">
            "At " {format::number(limit, Unit::Xids)}
            " autovacuum freezes a table even if autovacuum is off; near 2 billion the server stops accepting writes."
        </p>
    }
    .into_any()
}

fn facts(facts: &Facts) -> AnyView {
    let live = Live::get();
    let started = facts.started_ms;
    let up = facts.clone();
    let line = |name: &'static str, value: String| {
        view! { <div><dt>{term(name)}</dt><dd>{value}</dd></div> }
    };
    let role = match (facts.superuser, facts.pg_monitor) {
        (true, _) => "superuser; pg_monitor would be enough",
        (false, true) => "has pg_monitor",
        (false, false) => "without pg_monitor, so much is unknown",
    };
    let unknown = || "unknown".to_owned();
    let extensions: Vec<String> =
        facts.extensions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    view! {
        <dl class="facts">
            {line("Version", format!("PostgreSQL {}", facts.version))}
            {line("Role", facts.kind().to_owned())}
            <div>
                <dt>"Up for"</dt>
                <dd title=format::moment(started)>
                    {move || match up.up_for_ms(live.now_ms.get()) {
                        ms if ms < 60_000 => "less than a minute".to_owned(),
                        ms => format::whole_age(ms, 60_000),
                    }}
                </dd>
            </div>
            {line("Connected to", format!("database {} as {} ({role})", facts.database, facts.role))}
            {line("Connection", if facts.through_pooler { "through a pooler".into() } else { "direct".to_owned() })}
            {line("System identifier", facts.system_identifier.clone().unwrap_or_else(unknown))}
            {line("Timeline", facts.timeline.map_or_else(unknown, |t| t.to_string()))}
            {facts.provider.clone().map(|provider| line("Provider", provider))}
            {line("Extensions", if extensions.is_empty() { "none".into() } else { extensions.join(", ") })}
        </dl>
    }
    .into_any()
}
