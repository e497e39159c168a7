//! Cache and I/O page: who reads and writes, checkpoints and what forces them, who writes buffers, WAL, and on request
//! what shared buffers hold.

mod cache;
#[cfg(feature = "ssr")]
mod charts;
mod checkpoints;
#[cfg(feature = "ssr")]
mod collect;
mod rows;

use leptos::prelude::*;
use model::io::{Io, IoSpan};
use model::{ApiError, AreaName, Latest, ServerId, Unit};
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
use crate::ui::read_again::ReadAgain;
use crate::ui::reading::{ReadingView, empty, known};
use crate::ui::verdict::Verdict;
use cache::CacheStart;
#[cfg(feature = "ssr")]
pub use cache::{CacheForm, submit_cache};

/// Polling interval of what is not in the event stream, ms: the area is read every ten seconds.
const EVERY_MS: u64 = 10_000;
/// The areas whose findings the page shows.
const AREAS: &str = "io";

/// What the history has of the range.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IoView {
    charts: Vec<Chart>,
    /// Who read and wrote in the range of the address; None for a live page, which shows the newest reading.
    past: Option<IoSpan>,
}

/// The data of the page's first render.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IoStart {
    latest: Latest<Io>,
    judged: Judged,
    view: IoView,
    cache: CacheStart,
}

access! { "/api/io" OnServer(See) }

/// The page's reading, with the charts over the range of that text.
#[server(prefix = "/api", endpoint = "io", output = model::wire::Json)]
pub async fn read_io(server: ServerId, range: String) -> Result<IoStart, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let latest = engine.latest::<engine::areas::io::IoArea>(&server);
    let latest = latest.ok_or(ApiError::NotFound)?;
    let judged = crate::live::findings::judged(&engine, &server, AREAS);
    let view = collect::view(&engine, &server, &latest, &range).await?;
    let cache = CacheStart {
        is_allowed: user.require(model::Permission::Explain, Some(&server)).is_ok(),
        database: engine.facts(&server).map(|facts| facts.database).unwrap_or_default(),
        sent: use_context::<CacheForm>().map(|sent| sent.0),
    };
    Ok(IoStart { latest, judged, view, cache })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 5c0-2 14-2 14 0v10c0 2-14 2-14 0zM3 5c0 2 14 2 14 0M3 10c0 2 14 2 14 0";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, range) = (server_param(), range());
    let start =
        loaded(move || (server.get(), range.get()), |(server, range)| read_io(server, range));
    page("I/O statistics", start, move |start| {
        view! { <Body server=server.get_untracked() range=range.get_untracked() start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, range: String, start: IoStart) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Io, start.latest);
    live::open_stream(server.clone(), vec![sink]);
    let shown = RwSignal::new(start.view);
    let polled = server.clone();
    live::poll(EVERY_MS, shown, move || {
        let answer = read_io(polled.clone(), range.clone());
        async move { answer.await.map(|start| start.view) }
    });
    let judged = RwSignal::new(start.judged);
    poll_findings(server.clone(), AREAS, judged);
    let words = verdict_of(latest, judged.into(), calm);
    let charts = Memo::new(move |_| shown.with(|shown| shown.charts.clone()));
    let cache = StoredValue::new(start.cache);
    view! {
        <header class="page-head">
            <h1>"Cache and I/O of " {server.to_string()}</h1>
            <Verdict words/>
            <ReadAgain server=server.clone()/>
        </header>
        <Findings judged/>
        <Show
            when=move || charts.with(|charts| !charts.is_empty())
            fallback=|| empty("No history is kept, or nothing is known of this server yet. Start pgdeck with a data directory to keep it.")
        >
            <h2>"Over time"</h2>
            <Charts charts/>
        </Show>
        <ReadingView latest what="I/O statistics">
            <section class="panel" aria-labelledby="rows-title">
                <h2 id="rows-title">"Who reads and writes"</h2>
                {move || latest.with(|l| l.value().map(|io| shown.with(|shown| who(io, shown.past.as_ref()))))}
            </section>
            <section class="panel" aria-labelledby="checkpoints-title">
                <h2 id="checkpoints-title">{move || latest.with(|l| l.value().map(checkpoints::title))}</h2>
                {move || latest.with(|l| Some(checkpoints::checkpoints(l.value()?, l.now_ms)))}
            </section>
            <section class="panel" aria-labelledby="writers-title">
                <h2 id="writers-title">"Who writes buffers"</h2>
                {move || latest.with(|l| l.value().map(checkpoints::writers))}
            </section>
            <section class="panel" aria-labelledby="wal-title">
                <h2 id="wal-title">"WAL"</h2>
                {move || latest.with(|l| l.value().map(checkpoints::wal))}
            </section>
        </ReadingView>
        {cache::section(&server, cache.get_value(), latest)}
    }
}

/// The table of the past where a range was chosen, else that of the newest reading.
fn who(io: &Io, past: Option<&IoSpan>) -> AnyView {
    match past {
        Some(span) => rows::rows(span, io.state.as_ref().ok(), "in the chosen range"),
        None => {
            known(&io.rows, |span| rows::rows(span, io.state.as_ref().ok(), "in the last minute"))
        }
    }
}

/// The verdict without findings. Never green: load is neither good nor bad.
fn calm(io: &Io) -> (String, bool) {
    let rates = io.rows.as_ref().ok().map(|span| {
        let rate = |bytes: f64| format::number(bytes, Unit::BytesPerSecond);
        let relation = |row: &&model::io::IoRow| row.object != "wal";
        let sum = |of: fn(&model::io::IoRow) -> i64| {
            span.per_second(|row| if relation(&row) { of(row) } else { 0 })
        };
        let read = sum(|row| row.reads.map_or(0, |reads| reads.bytes));
        let all = sum(model::io::IoRow::bytes);
        format!("{} read from outside shared buffers and {} written.", rate(read), rate(all - read))
    });
    let checkpoints = io.checkpoints.as_ref().ok().map(|checkpoints| {
        let all = format::plural(checkpoints.counts.all(), "checkpoint", "checkpoints");
        let over = format::age(checkpoints.over_ms as f64);
        format!("{all} in the last {over}, {} of them requested.", checkpoints.counts.requested)
    });
    let known: Vec<String> = [rates, checkpoints].into_iter().flatten().collect();
    match known.is_empty() {
        true => ("The first rates come with the second reading.".to_owned(), false),
        false => (format!("No open warnings: {}", known.join(" ")), false),
    }
}
