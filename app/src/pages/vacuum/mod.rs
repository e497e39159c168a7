//! Vacuum page: how many IDs are left, what autovacuum has before it, what it does now, what holds back the xmin
//! horizon, and when it would have run with other settings.

#[cfg(feature = "ssr")]
mod collect;
mod headroom;
mod horizon;
mod queue;
mod simulator;
mod unfinished;
mod workers;

use leptos::prelude::*;
use model::activity::Progress;
use model::activity::autovacuum::AutovacuumSettings;
use model::autovacuum::simulation::{Run, Seen};
use model::autovacuum::{Options, Pace, Place};
use model::log::AutovacuumLog;
use model::vacuum::Vacuum;
use model::{ApiError, AreaName, Known, Latest, Reason, ServerId};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::live;
use crate::live::findings::{Judged, poll_findings, verdict_of};
use crate::live::range::range;
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::chart::{Chart, Charts};
use crate::ui::findings::Findings;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::query_params::QueryParams;
use crate::ui::read_again::ReadAgain;
use crate::ui::reading::{ReadingView, known};
use crate::ui::term::term;
use crate::ui::verdict::Verdict;

/// Polling interval of what is not in the event stream, ms: tables are read once a minute.
const EVERY_MS: u64 = 10_000;
/// The areas whose findings the page shows.
const AREAS: &str = "vacuum,tables";
/// The query parameters of the simulator.
const PARAMS: [&str; 7] = [
    "database",
    "schema",
    "table",
    "scale_factor",
    "threshold",
    "insert_scale_factor",
    "analyze_scale_factor",
];

/// What the simulator is asked for: a table and settings, as the address has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    range: String,
    database: String,
    schema: String,
    table: String,
    scale_factor: String,
    threshold: String,
    insert_scale_factor: String,
    analyze_scale_factor: String,
}

/// What a run of the simulator gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simulation {
    /// The settings of the table as they are.
    now: Options,
    /// Those that were asked for.
    tried: Options,
    /// The storage parameters of the table.
    reloptions: Vec<String>,
    /// From and to when something is recorded, ms since the epoch; None if nothing is.
    span: Option<(i64, i64)>,
    /// What happened.
    seen: Vec<Seen>,
    /// What would have happened with the settings as they are.
    as_is: Vec<Run>,
    /// What would have happened with those that were asked for.
    would: Vec<Run>,
    /// A scale factor for about one VACUUM a day.
    daily: Option<f64>,
}

/// The oldest tables and what is due.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tables {
    /// What is due, in order; the first of many.
    due: Vec<Place>,
    /// How many are due.
    due_count: usize,
    /// What is nearest to being due.
    waiting: Vec<Place>,
    /// How many others are not due: further away, or beyond the rows of the page.
    more_waiting: usize,
    /// The share of a threshold below which they are not listed.
    near_from: f64,
    /// The tables with the oldest transaction ID.
    oldest: Vec<Place>,
    /// Databases of which nothing is known, and why.
    unread: Vec<(String, Reason)>,
    /// Dead rows by database.
    dead: Vec<(String, i64)>,
}

/// What runs now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// How many workers there are.
    busy: i64,
    /// VACUUM and ANALYZE, by autovacuum or by people.
    progress: Known<Vec<Progress>>,
    /// By autovacuum to prevent wraparound: their pids.
    forced: Vec<i32>,
    /// Their pids.
    workers: Vec<i32>,
    /// How each of them is slowed down now; None where its table is not known.
    paces: Vec<Option<Pace>>,
    settings: Known<AutovacuumSettings>,
}

/// Everything but the newest reading of the area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VacuumView {
    major: u16,
    tables: Known<Tables>,
    work: Known<Work>,
    unfinished: Known<AutovacuumLog>,
    simulation: Option<Known<Simulation>>,
    charts: Vec<Chart>,
}

/// The data of the page's first render.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VacuumStart {
    latest: Latest<Vacuum>,
    judged: Judged,
    view: VacuumView,
}

access! { "/api/vacuum" OnServer(See) }

/// The page's first reading.
#[server(prefix = "/api", endpoint = "vacuum", input = model::wire::Json, output = model::wire::Json)]
pub async fn read_vacuum(server: ServerId, asked: Asked) -> Result<VacuumStart, ApiError> {
    use crate::auth;
    auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let latest = engine.latest::<engine::areas::vacuum::VacuumArea>(&server);
    let latest = latest.ok_or(ApiError::NotFound)?;
    let judged = crate::live::findings::judged(&engine, &server, AREAS);
    let view = collect::view(&engine, &server, &asked).await?;
    Ok(VacuumStart { latest, judged, view })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M4 16c0-4 3-6 6-6s6 2 6 6zM10 10V4M7 4h6";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, range) = (server_param(), range());
    let params = QueryParams::get(&PARAMS);
    let asked = Memo::new(move |_| Asked {
        range: range.get(),
        database: params.value("database"),
        schema: params.value("schema"),
        table: params.value("table"),
        scale_factor: params.value("scale_factor"),
        threshold: params.value("threshold"),
        insert_scale_factor: params.value("insert_scale_factor"),
        analyze_scale_factor: params.value("analyze_scale_factor"),
    });
    let start =
        loaded(move || (server.get(), asked.get()), |(server, asked)| read_vacuum(server, asked));
    page("vacuum numbers", start, move |start| {
        view! { <Body server=server.get_untracked() asked=asked.get_untracked() start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, asked: Asked, start: VacuumStart) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Vacuum, start.latest);
    live::open_stream(server.clone(), vec![sink]);
    let shown = RwSignal::new(start.view);
    let (polled, again) = (server.clone(), asked.clone());
    live::poll(EVERY_MS, shown, move || {
        let answer = read_vacuum(polled.clone(), again.clone());
        async move { answer.await.map(|start| start.view) }
    });
    let judged = RwSignal::new(start.judged);
    poll_findings(server.clone(), AREAS, judged);
    let words = verdict_of(latest, judged.into(), calm);
    let charts = Memo::new(move |_| shown.with(|shown| shown.charts.clone()));
    let here = StoredValue::new(server.clone());
    view! {
        <header class="page-head">
            <h1>"Vacuum of " {server.to_string()}</h1>
            <Verdict words/>
            <ReadAgain server=server.clone()/>
        </header>
        <Findings judged/>
        <ReadingView latest what="ages and settings">
            <section class="panel" aria-labelledby="headroom-title">
                <h2 id="headroom-title">"IDs left"</h2>
                {move || latest.with(|l| l.reading.as_ref().map(|reading| {
                    headroom::headroom(&reading.value, reading.at_ms, shown.with(|s| s.major))
                }))}
            </section>
        </ReadingView>
        <Charts charts/>
        <section class="panel" aria-labelledby="queue-title">
            <h2 id="queue-title">"Due for autovacuum"</h2>
            {move || shown.with(|s| known(&s.tables, |tables| queue::due(tables, s.major)))}
        </section>
        <section class="panel" aria-labelledby="work-title">
            <h2 id="work-title">"At work now"</h2>
            {move || shown.with(|s| known(&s.work, workers::work))}
        </section>
        <section class="panel" aria-labelledby="unfinished-title">
            <h2 id="unfinished-title">"Canceled and skipped"</h2>
            {move || shown.with(|s| known(&s.unfinished, unfinished::unfinished))}
        </section>
        <ReadingView latest what="holders of the xmin horizon">
            <section class="panel" aria-labelledby="horizon-title">
                <h2 id="horizon-title">"What holds back the " {term("xmin horizon")}</h2>
                {move || latest.with(|l| l.value().map(|v| shown.with(|s| {
                    horizon::horizon(v, s.tables.as_ref().ok(), &here.get_value())
                })))}
            </section>
        </ReadingView>
        <section class="panel" aria-labelledby="waiting-title">
            <h2 id="waiting-title">"Nearest to being due"</h2>
            {move || shown.with(|s| known(&s.tables, |tables| queue::waiting(tables, s.major)))}
        </section>
        <section class="panel" aria-labelledby="oldest-title">
            <h2 id="oldest-title">"Oldest tables"</h2>
            {move || shown.with(|s| known(&s.tables, |tables| queue::oldest(tables, s.major)))}
        </section>
        <section class="panel" aria-labelledby="simulator-title">
            <h2 id="simulator-title">"When it would have run"</h2>
            {simulator::form(&asked)}
            {move || shown.with(|s| s.simulation.as_ref().map(|found| known(found, |found| simulator::result(&asked, found))))}
        </section>
    }
}

/// The verdict without findings, and whether nothing is near a limit.
fn calm(vacuum: &Vacuum) -> (String, bool) {
    let Some(oldest) = vacuum.databases.first() else {
        return ("No findings; no database was told.".into(), false);
    };
    let Some(age) = oldest.xid_age else {
        return ("No findings; ages are not told.".into(), false);
    };
    let words = format!(
        "No open warnings: the oldest transaction ID is {} old, in database {}; autovacuum freezes by force at {}.",
        format::number(age as f64, model::Unit::Xids),
        oldest.datname,
        format::number(vacuum.freeze_max_age_xids as f64, model::Unit::Xids)
    );
    (words, age < vacuum.freeze_max_age_xids)
}
