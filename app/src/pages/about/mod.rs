//! About page: pgdeck's own overhead: memory, viewers, and per watched server its connections, time
//! and queries; the SQL behind each query; the licences of what it is made of.

mod history;
mod licenses;
mod statements;

use crate::routes::access;
use leptos::prelude::*;
use model::kept::Kept;
use model::overhead::{AreaCost, OwnCost, QueryCost, ServerCost};
use model::{ApiError, Unit};

use crate::live;
use crate::resource::loaded;
use crate::ui::format;
use crate::ui::format::Scale;
use crate::ui::page::page;
use crate::ui::reading::empty;

/// Polling interval, ms.
const EVERY_MS: u64 = 5_000;

/// Gives what the pgdeck process itself uses. The server puts one into the context.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct OwnCostSource(pub std::sync::Arc<dyn Fn() -> model::overhead::OwnCost + Send + Sync>);

access! { "/api/about" Any(See) }

/// pgdeck's overhead, for the servers the user may see.
#[server(prefix = "/api", endpoint = "about", output = model::wire::Json)]
pub async fn read_own_cost() -> Result<OwnCost, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::See, None)?;
    let source = use_context::<OwnCostSource>();
    let mut cost = source.map_or_else(OwnCost::default, |source| (source.0)());
    if cost.servers.is_empty() {
        cost.servers = auth::engine()?.overhead();
    }
    cost.servers.retain(|server| user.may_on(model::Permission::See, &server.server));
    Ok(cost)
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M10 3a7 7 0 1 0 .01 0M10 9v5M10 6v.5";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let start = loaded(
        || (),
        |()| async move {
            let cost = read_own_cost().await?;
            // A history that is away must not take the page with it.
            let kept = history::read_kept().await.map_err(|error| error.to_string());
            let licenses = licenses::read_licenses().await?;
            statements::read_statements().await.map(|files| (cost, kept, (files, licenses)))
        },
    );
    page("costs", start, move |(first, kept, (files, licenses))| {
        view! { <Body first kept files licenses/> }.into_any()
    })
}

#[component]
fn Body(
    first: OwnCost,
    kept: Result<Option<Kept>, String>,
    files: Vec<(String, String)>,
    licenses: Vec<(String, Vec<String>)>,
) -> impl IntoView {
    let cost = RwSignal::new(first);
    live::poll(EVERY_MS, cost, read_own_cost);
    view! {
        <header class="page-head">
            <h1>"About pgdeck"</h1>
            <p class="verdict">{move || cost.with(message)}</p>
        </header>
        {move || cost.with(own)}
        {move || cost.with(|cost| cost.servers.iter().map(server).collect_view())}
        {move || cost.with(|cost| cost.servers.is_empty()).then(|| empty("No server is being watched."))}
        {history::history(kept)}
        {statements::statements(files)}
        {licenses::licenses(licenses)}
    }
}

fn message(cost: &OwnCost) -> String {
    let sessions: u32 = cost.servers.iter().map(|server| server.sessions).sum();
    let waited: f64 = cost.servers.iter().map(|server| server.waited_ms_per_s).sum();
    format!(
        "pgdeck holds {} on {} and spends {} per second waiting for results.",
        format::plural(i64::from(sessions), "session", "sessions"),
        format::plural(cost.servers.len() as i64, "server", "servers"),
        format::number(waited, Unit::Ms),
    )
}

fn own(cost: &OwnCost) -> AnyView {
    let line = |name: &'static str, value: String, exact: String| {
        view! { <div><dt>{name}</dt><dd class="num" title=exact>{value}</dd></div> }
    };
    let memory = cost.resident_bytes.map(|bytes| bytes as f64);
    view! {
        <dl class="numbers headline">
            {line("Version", cost.version.clone(), String::new())}
            {line("Uptime", format::age(cost.uptime_s * 1e3), format::exact(cost.uptime_s, Unit::Seconds))}
            {line(
                "Memory in use",
                memory.map_or_else(|| "unknown".into(), |b| format::number(b, Unit::Bytes)),
                memory.map(|b| format::exact(b, Unit::Bytes)).unwrap_or_default(),
            )}
            {line("Open event streams", format::grouped(cost.viewers as f64), "One per open tab".into())}
            {line(
                "Sent to viewers",
                format::number(cost.sent_bytes as f64, Unit::Bytes),
                format::exact(cost.sent_bytes as f64, Unit::Bytes),
            )}
        </dl>
    }
    .into_any()
}

fn server(cost: &ServerCost) -> AnyView {
    let name = cost.server.to_string();
    let per_trip =
        if cost.round_trips > 0 { cost.waited_ms / cost.round_trips as f64 } else { 0.0 };
    view! {
        <section class="panel" aria-label=format!("Load on {name}")>
            <h2>{name.clone()}</h2>
            <p>
                {format!(
                    "{} of {} sessions open, connected {} since start; {} round trips, {} on average.",
                    cost.sessions,
                    cost.budget,
                    format::plural(cost.connects as i64, "time", "times"),
                    format::grouped(cost.round_trips as f64),
                    format::number(per_trip, Unit::Ms),
                )}
            </p>
            <p>{share(cost)}</p>
            {areas(&name, &cost.areas)}
            {queries(&name, &cost.queries)}
        </section>
    }
    .into_any()
}

/// pgdeck's share of the server's time, as a sentence.
fn share(cost: &ServerCost) -> String {
    let percent = cost.waited_ms_per_s / 10.0;
    format!(
        "pgdeck keeps one server process busy for at most {} of the time ({} per second, network included).",
        format::number(percent, Unit::Percent),
        format::number(cost.waited_ms_per_s, Unit::Ms),
    )
}

fn areas(name: &str, areas: &[AreaCost]) -> AnyView {
    let mean = |area: &AreaCost| (area.ticks > 0).then(|| area.waited_ms / area.ticks as f64);
    let scale = Scale::for_column(Unit::Ms, areas.iter().filter_map(mean));
    let rows = areas.iter().map(|area| {
        view! {
            <tr>
                <th scope="row">{area.area.clone()}</th>
                <td class="num">{format::number(f64::from(area.every_ms), Unit::Ms)}</td>
                <td class="num">{format::grouped(area.ticks as f64)}</td>
                <td class="num">{format::grouped(area.skipped as f64)}</td>
                <td class="num">{mean(area).map_or_else(|| "unknown".into(), |ms| scale.show(ms))}</td>
            </tr>
        }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=format!("Areas read from {name}")>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Area"</th>
                        <th scope="col" class="num">"Read every"</th>
                        <th scope="col" class="num">"Readings"</th>
                        <th scope="col" class="num">"Skipped"</th>
                        <th scope="col" class="num">"Mean time"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn queries(name: &str, queries: &[QueryCost]) -> AnyView {
    let scale = Scale::for_column(Unit::Bytes, queries.iter().map(|query| query.bytes as f64));
    let rows = queries.iter().map(|query| {
        view! {
            <tr>
                <th scope="row"><a href=format!("#{}", query.query)><code>{query.query.clone()}</code></a></th>
                <td class="num">{format::grouped(query.runs as f64)}</td>
                <td class="num">{format::grouped(query.failures as f64)}</td>
                <td class="num">{format::grouped(query.rows as f64)}</td>
                <td class="num" title=format::exact(query.bytes as f64, Unit::Bytes)>{scale.show(query.bytes as f64)}</td>
            </tr>
        }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=format!("Queries run on {name}")>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Query"</th>
                        <th scope="col" class="num">"Runs"</th>
                        <th scope="col" class="num">"Failed"</th>
                        <th scope="col" class="num">"Rows"</th>
                        <th scope="col" class="num">"Data received"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
