//! Load page: average active sessions over any range, by wait class or what else is known of them, and
//! what made the load of the range that is shown.

#[cfg(feature = "ssr")]
mod charts;
mod table;

use leptos::prelude::*;
use model::activity::load::{Load, LoadBy};
use model::{ApiError, Reason, ServerId, TimeRange};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::links;
use crate::live;
use crate::live::clock::Clock;
use crate::live::range::{carried, range};
use crate::resource::loaded;
use crate::routes::access;
use crate::ui::chart::{Chart, Charts};
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::query_params::QueryParams;
use crate::ui::reading::{empty, why};
use crate::ui::verdict::{Tone, Verdict, Words};
use table::average;

/// Polling interval of a range that ends now, ms: the history is written every five seconds.
const EVERY_MS: u64 = 10_000;
/// Characters of a statement in the legend.
#[cfg(feature = "ssr")]
const LEGEND_CHARS: usize = 40;

/// A statement that sessions ran, by its `query_id`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatementName {
    query_id: String,
    text: String,
}

/// What a table needs for its statements.
struct Statements<'a> {
    names: &'a [StatementName],
    /// The address of the ranking.
    page: &'a str,
    /// The range as a query string.
    range: &'a str,
}

/// The load of a range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadView {
    charts: Vec<Chart>,
    /// None where no history is kept.
    load: Option<Load>,
    names: Vec<StatementName>,
    cores: Option<u32>,
    /// Why nothing is read of the server now, when nothing is.
    unread: Option<Reason>,
}

access! { "/api/load" OnServer(See) }

/// The load of a server over the range of that text, grouped by `by`; the texts of statements only for
/// people who may see them.
#[server(prefix = "/api", endpoint = "load", output = model::wire::Json)]
pub async fn read_load(server: ServerId, range: String, by: String) -> Result<LoadView, ApiError> {
    use crate::auth;
    use crate::live::events::events_of;
    use engine::areas::activity::load::of_range;
    let user = auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let latest = engine.latest::<engine::areas::activity::ActivityArea>(&server);
    let latest = latest.ok_or(ApiError::NotFound)?;
    let failed = latest.failure.map(|failure| failure.reason);
    let unread = failed.or_else(|| latest.reading.is_none().then_some(Reason::NotYet));
    let sessions = latest.reading.map(|reading| reading.value.sessions).unwrap_or_default();
    let (time, by) = (TimeRange::read(&range).unwrap_or_default(), read_by(&by));
    let found = of_range(&engine, &server, time, by).await;
    let found = found.map_err(|incident| ApiError::Internal { incident })?;
    let names = match &found {
        Some((_, load)) if user.sees_query_text(&server) => {
            names(&engine, &server, load, sessions).await?
        }
        _ => Vec::new(),
    };
    let cores = engine.facts(&server).and_then(|facts| facts.cores);
    let Some((moments, load)) = found else {
        return Ok(LoadView { charts: Vec::new(), load: None, names, cores, unread });
    };
    let mut chart = charts::load(&moments, by, cores, |name| called(name, by, &names));
    chart.events = Some(events_of(&engine, &server, &range).await?);
    Ok(LoadView { charts: vec![chart], names, load: Some(load), cores, unread })
}

/// The texts of what sessions ran.
#[cfg(feature = "ssr")]
async fn names(
    engine: &engine::Engine,
    server: &ServerId,
    load: &Load,
    sessions: Vec<model::activity::Session>,
) -> Result<Vec<StatementName>, ApiError> {
    use engine::areas::statements::ranking::known;
    let ids = load.statements.iter().filter_map(|row| row.name.as_ref()?.parse().ok()).collect();
    let running =
        sessions.into_iter().filter_map(|session| Some((session.query_id?, session.query?)));
    let found = known::texts(engine, server, &ids, running.collect()).await;
    let found = found.map_err(|incident| ApiError::Internal { incident })?;
    let name = |(id, one): (i64, model::statements::StatementText)| StatementName {
        query_id: id.to_string(),
        text: one.text,
    };
    let mut names: Vec<StatementName> = found.into_iter().map(name).collect();
    names.sort_by(|a, b| a.query_id.cmp(&b.query_id));
    Ok(names)
}

/// What the legend calls a group.
#[cfg(feature = "ssr")]
fn called(name: &str, by: LoadBy, names: &[StatementName]) -> String {
    if by != LoadBy::Statement {
        return name.to_owned();
    }
    match names.iter().find(|one| one.query_id == name) {
        Some(one) => {
            let text = crate::ui::sql::one_line(&one.text, LEGEND_CHARS);
            // Two statements may begin alike.
            format!("{text} ({})", name.get(..6).unwrap_or(name))
        }
        None if name.parse::<i64>().is_ok() => format!("query id {name}"),
        None => name.to_owned(),
    }
}

/// The grouping in the address; by wait class when it is none.
fn read_by(text: &str) -> LoadBy {
    text.parse().unwrap_or_default()
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M3 17V11l4-3 4 2 6-6v13zM3 14l4-2 4 2 6-4";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let (server, range) = (server_param(), range());
    let params = QueryParams::get(&["by"]);
    let by = Memo::new(move |_| params.value("by"));
    let start = loaded(
        move || (server.get(), range.get_untracked(), by.get_untracked()),
        |(server, range, by)| read_load(server, range, by),
    );
    page("load", start, move |start| {
        view! { <Body server=server.get_untracked() range by params start/> }.into_any()
    })
}

#[component]
fn Body(
    server: ServerId,
    range: Memo<String>,
    by: Memo<String>,
    params: QueryParams,
    start: LoadView,
) -> impl IntoView {
    let shown = RwSignal::new(start);
    poll(server.clone(), range, by, shown);
    let by = Memo::new(move |_| read_by(&by.get()));
    let charts = Memo::new(move |_| shown.with(|shown| shown.charts.clone()));
    let link = move |one: LoadBy| {
        let word = if one == LoadBy::default() { "" } else { one.as_str() };
        let here = move || (by.get() == one).then_some("true");
        view! { <a href=move || params.to(&[("by", word)]) aria-current=here data-noscroll="">{one.label()}</a> }
    };
    let words = Signal::derive(move || shown.with(verdict));
    let is_kept = Memo::new(move |_| shown.with(|shown| shown.load.is_some()));
    let (address, carried) = (StoredValue::new(links::area(&server, "statements")), carried());
    let part = move |of: fn(&Load, LoadBy, &Statements<'_>) -> AnyView| {
        move || {
            let (page, range) = (address.get_value(), carried.get());
            shown.with(|s| {
                let statements = Statements { names: &s.names, page: &page, range: &range };
                s.load.as_ref().map(|load| of(load, by.get(), &statements))
            })
        }
    };
    view! {
        <header class="page-head">
            <h1>"Load of " {server.to_string()}</h1>
            <Verdict words/>
        </header>
        {move || shown.with(|shown| shown.unread.as_ref().map(why))}
        <Show
            when=move || is_kept.get()
            fallback=|| empty("No history is kept, or nothing is known of this server yet. Start pgdeck with a data directory to keep it.")
        >
            <nav class="views load-by" aria-label="Group by">
                {LoadBy::ALL.into_iter().map(link).collect_view()}
            </nav>
            <div class="load-top">
            <div><h2 class="hidden-words">"Over time"</h2><Charts charts/></div>
            <section class="panel" aria-labelledby="made-title">
                <h2 id="made-title">"What made it"</h2>
                <p class="note">{move || shown.with(span)} " Drag over the chart, or press Shift with the arrow keys and Enter, to see what made a part of it."</p>
                {part(table::groups)}
            </section>
            </div>
            <Show when=move || by.get() != LoadBy::Statement>
                <section class="panel" aria-labelledby="statements-title">
                    <h2 id="statements-title">"Statements"</h2>
                    {part(|load, _, statements| table::by_statement(load, statements))}
                </section>
            </Show>
            <section class="panel" aria-labelledby="blockers-title">
                <h2 id="blockers-title">"Who blocked"</h2>
                {part(|load, _, _| table::blockers(load))}
            </section>
        </Show>
    }
}

/// From when to when, and how often it was looked at.
fn span(shown: &LoadView) -> String {
    let clock = Clock::get();
    let Some(load) = &shown.load else { return String::new() };
    let samples = format::plural(load.ticks as i64, "sample", "samples");
    let (from, to) = (clock.day_and_time(load.from_ms), clock.day_and_time(load.to_ms));
    format!("{from} to {to} {}: {samples}.", clock.zone())
}

/// How much the server had to do, and what for. No state of it is green: load is neither good nor bad.
fn verdict(shown: &LoadView) -> Words {
    let Some(load) = shown.load.as_ref().filter(|load| load.ticks > 0) else {
        let unread = shown.unread.as_ref().map(Reason::message);
        let message = unread.unwrap_or_else(|| "Nothing was recorded in this time.".to_owned());
        return (message, Tone::Unknown);
    };
    let sessions = average(load.sessions);
    let against = match shown.cores {
        Some(cores) if load.sessions > f64::from(cores) => {
            let cores = format::plural(i64::from(cores), "core", "cores");
            format!(", more than the {cores} can serve at once")
        }
        Some(cores) => {
            format!(" on {}", format::plural(i64::from(cores), "core", "cores"))
        }
        None => String::new(),
    };
    let most = load.classes.first().filter(|row| row.sessions > 0.0).map(|row| {
        let share = format::number(row.sessions / load.sessions * 100.0, model::Unit::Percent);
        match row.name.as_deref() {
            Some("CPU") | None => format!("; {share} of it ran on a CPU"),
            Some(class) => format!("; {share} of it waited: {class}"),
        }
    });
    let words =
        format!("{sessions} sessions were active on average{against}{}.", most.unwrap_or_default());
    (words, Tone::Open)
}

/// Asks again when the address changes, and while the range ends now.
fn poll(server: ServerId, range: Memo<String>, by: Memo<String>, shown: RwSignal<LoadView>) {
    let ask = move |server: ServerId, asked: (String, String)| {
        leptos::task::spawn_local(async move {
            let now = move || Some((range.try_get_untracked()?, by.try_get_untracked()?));
            if let Ok(new) = read_load(server, asked.0.clone(), asked.1.clone()).await
                // The address may have changed meanwhile, or the page may have been left.
                && now() == Some(asked)
            {
                let _ = shown.try_set(new);
            }
        });
    };
    let chosen = server.clone();
    Effect::new(move |before: Option<(String, String)>| {
        let now = (range.get(), by.get());
        if before.is_some_and(|before| before != now) {
            ask(chosen.clone(), now.clone());
        }
        now
    });
    live::every(EVERY_MS, move || {
        let Some(now) = range.try_get_untracked().zip(by.try_get_untracked()) else { return };
        if !matches!(TimeRange::read(&now.0), Ok(TimeRange::Between { .. })) {
            ask(server.clone(), now);
        }
    });
}
