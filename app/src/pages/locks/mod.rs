//! Locks page: verdict, wait-for graph, tree and table of waiters, the selected node, and the last
//! hour. The HTML is rendered on the server (`render.rs`); this module holds the signals and
//! polling.

#[cfg(feature = "ssr")]
mod charts;
#[cfg(feature = "ssr")]
pub mod counters;
#[cfg(feature = "ssr")]
pub mod graph;
#[cfg(feature = "ssr")]
pub mod history;
#[cfg(feature = "ssr")]
pub mod labels;
#[cfg(feature = "ssr")]
mod modes;
#[cfg(feature = "ssr")]
mod panel;
mod past;
pub mod query;
#[cfg(feature = "ssr")]
pub mod render;
mod roots;
#[cfg(feature = "ssr")]
pub mod scene;
mod slider;
#[cfg(feature = "ssr")]
mod table;
#[cfg(all(test, feature = "ssr"))]
mod tests;
pub mod toolbar;
#[cfg(feature = "ssr")]
pub mod verdict;

use crate::routes::access;
use leptos::prelude::*;
use model::{ApiError, AreaName, Known, Latest, ServerId};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::actions::form::SessionActions;
use crate::actions::results::{ActionResults, Results};
use crate::live;
use crate::live::charts::{poll_charts, read_charts};
use crate::live::findings::{of_reading, verdict_of};
use crate::live::range::range;
use crate::resource::loaded;
use crate::shell::navigation::{Nav, refusal};
use crate::ui::chart::Chart;
use crate::ui::page::{area_findings, page};
use crate::ui::reading::{ReadingView, why};
use crate::ui::server_html::ServerHtml;
use crate::ui::verdict::{Tone, Verdict};
use past::Past;
use query::LocksQuery;
use roots::{Root, RootBlocker};
use slider::Slider;
use toolbar::Toolbar;

/// While no session waits, the page is re-fetched every so many readings.
const CALM_READINGS: u32 = 10;

/// The part of a locks reading that the browser needs; the event carries more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocksSummary {
    /// Number of waiters.
    waiting: i64,
    /// Whether other roles' sessions are visible to the monitoring role.
    others: Known<()>,
}

/// The selected node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectedNode {
    /// Its label.
    pub title: String,
    /// Its key in the URL; empty when it has left the graph.
    pub key: String,
    /// Its pid; None for a prepared transaction.
    pub pid: Option<i32>,
    /// With the pid it identifies the session.
    pub backend_start_ms: Option<i64>,
    /// Why there is nothing to cancel, when there is nothing.
    pub cannot_cancel: Option<String>,
    /// Its details, as HTML.
    html: String,
}

/// The recorded range, for the slider: ms since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRange {
    /// The first recorded second.
    from_ms: i64,
    /// The last recorded second.
    to_ms: i64,
    /// The recorded second before the one shown.
    earlier: Option<i64>,
    /// The recorded second after it.
    later: Option<i64>,
}

/// The rendered page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocksView {
    latest: Latest<LocksSummary>,
    message: String,
    tone: Tone,
    /// The current root blocker; None when another moment is shown.
    root: Option<Root>,
    body: String,
    chosen: Option<SelectedNode>,
    modes: String,
    rows: String,
    facts: String,
    past: String,
    /// The last incident in a sentence: said where there is no root blocker now.
    last_incident: String,
    moments: Option<RecordedRange>,
}

access! { "/api/locks" OnServer(See) }

/// The page for these query parameters, redacted for users who may not see the text of statements.
#[server(prefix = "/api", endpoint = "locks", output = model::wire::Json)]
pub async fn read_locks(
    server: ServerId,
    #[server(rename = "ask")] query: LocksQuery,
) -> Result<LocksView, ApiError> {
    use crate::auth;
    let user = auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let viewer = scene::Viewer {
        text: user.sees_query_text(&server),
        no_actions: crate::shell::navigation::no_actions(&user, &engine, &server),
    };
    render::view(&engine, &server, &query, &viewer)
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3M10 12v2";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let query = LocksQuery::from_url();
    let start = loaded(move || server.get(), move |server| start(server, query.get_untracked()));
    page("locks", start, move |(start, charts)| {
        view! { <Body server=server.get_untracked() query start charts/> }.into_any()
    })
}

/// The page and its charts: the page is asked for again with each reading, the charts seldom.
async fn start(server: ServerId, query: LocksQuery) -> Result<(LocksView, Vec<Chart>), ApiError> {
    let range = query.range.clone();
    let view = read_locks(server.clone(), query).await?;
    Ok((view, read_charts(server, "locks".to_owned(), range).await?))
}

#[component]
fn Body(
    server: ServerId,
    query: Memo<LocksQuery>,
    start: LocksView,
    charts: Vec<Chart>,
) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Locks, start.latest.clone());
    live::open_stream(server.clone(), vec![sink]);
    let shown = RwSignal::new(start);
    poll(server.clone(), query, latest, shown);
    let charts = RwSignal::new(charts);
    poll_charts(server.clone(), "locks", range(), charts);
    let part =
        move |of: fn(&LocksView) -> &String| Signal::derive(move || shown.with(|s| of(s).clone()));
    let judged = verdict_of(latest, of_reading(latest), |_| (String::new(), true));
    // A recorded second does not depend on the latest reading, and the graph says more than the
    // finding on it.
    let words = Signal::derive(move || {
        let (message, tone) = judged.get();
        match (query.with(|query| query.at), tone) {
            (None, Tone::Unknown) => (message, tone),
            (None, _) if latest.with(|l| l.failure.is_some()) => (message, tone),
            _ => shown.with(|s| (s.message.clone(), s.tone)),
        }
    });
    let reading = move |of: fn(&model::Reading<LocksSummary>) -> bool| {
        latest.with(|l| l.reading.as_ref().is_some_and(of))
    };
    let chosen = Memo::new(move |_| shown.with(|s| s.chosen.clone()));
    // A memo: the drawer, and an action under way in it, must outlive each new reading.
    let any_chosen = Memo::new(move |_| chosen.with(Option::is_some));
    let now = query;
    let nav = use_context::<Nav>();
    let results = ActionResults::default();
    provide_context(results);
    let hidden = move || nav.is_some_and(|nav| nav.latest.with(|n| !n.query_text));
    view! {
        <header class="page-head">
            <h1>"Locks of " {server.to_string()}</h1>
            <Verdict words/>
        </header>
        <Results results/>
        {area_findings(latest)}
        <ReadingView latest what="locks">
            {move || reading(|r| r.value.others.is_err()).then(|| latest.with(|l| l.value().and_then(|b| b.others.as_ref().err().map(why))))}
            <RootBlocker server=server.clone() query=now shown/>
            <section class="panel locks" aria-labelledby="graph-title">
                <Toolbar server=server.clone() query=now/>
                {move || hidden().then(|| view! {
                    <p class="note">"Statement text is hidden: viewing it requires the role analyst or operator."</p>
                })}
                <ServerHtml html=part(|s| &s.body)/>
            </section>
            {
                let server = server.clone();
                move || any_chosen.get().then(|| view! { <Drawer server=server.clone() query=now chosen/> })
            }
            <Past server=server.clone() query=now charts moments=Signal::derive(move || shown.with(|s| s.moments))/>
            <section class="panel" aria-labelledby="past-title">
                <h2 id="past-title">"The last hour"</h2>
                <Slider server=server.clone() query=now moments=Signal::derive(move || shown.with(|s| s.moments))/>
                <ServerHtml html=part(|s| &s.past)/>
            </section>
            <ServerHtml html=part(|s| &s.facts)/>
            <section class="panel" aria-labelledby="modes-title">
                <details>
                    <summary><h2 id="modes-title">"Which lock modes conflict"</h2></summary>
                    <ServerHtml html=part(|s| &s.modes)/>
                </details>
            </section>
            <section class="panel" aria-labelledby="rows-title">
                <details>
                    <summary><h2 id="rows-title">"Row locks"</h2></summary>
                    <ServerHtml html=part(|s| &s.rows)/>
                </details>
            </section>
        </ReadingView>
    }
}

/// The selected node. Its buttons stay mounted while the same session is selected; the rest
/// re-renders.
#[component]
fn Drawer(
    server: ServerId,
    query: Memo<LocksQuery>,
    chosen: Memo<Option<SelectedNode>>,
) -> impl IntoView {
    let refusal = refusal();
    // The pid of a recorded second may be reused by now.
    let identity = Memo::new(move |_| {
        let now = query.with(|query| query.at.is_none());
        chosen.with(|c| c.as_ref().and_then(|c| Some((c.pid?, c.backend_start_ms)))).filter(|_| now)
    });
    let cancel_refusal = Signal::derive(move || chosen.with(|c| c.as_ref()?.cannot_cancel.clone()));
    let actions = {
        let server = server.clone();
        move || {
            identity.get().map(|(pid, backend_start_ms)| {
                let terminate_first = cancel_refusal.with_untracked(Option::is_some);
                view! { <SessionActions server=server.clone() pid backend_start_ms refusal cancel_refusal terminate_first/> }
            })
        }
    };
    let title = move || chosen.with(|c| c.as_ref().map(|c| c.title.clone()).unwrap_or_default());
    let html = Signal::derive(move || {
        chosen.with(|c| c.as_ref().map(|c| c.html.clone()).unwrap_or_default())
    });
    let close = move || query.with(|query| query.with_node("").to(&server));
    view! {
        <section class="drawer" aria-label=title>
            <div class="drawer-head">
                <h2>{title}</h2>
                <a href=close data-close="" data-noscroll="">"Close"</a>
            </div>
            {actions}
            <ServerHtml html/>
        </section>
    }
}

/// Re-fetches the page when the query parameters change, and with every reading while sessions
/// wait. One request at a time.
fn poll(
    server: ServerId,
    query: Memo<LocksQuery>,
    latest: RwSignal<Latest<LocksSummary>>,
    shown: RwSignal<LocksView>,
) {
    let last_query = StoredValue::new(query.get_untracked());
    let in_flight = StoredValue::new(false);
    let calm = StoredValue::new(0_u32);
    Effect::new(move |before: Option<()>| {
        let (wanted, waiting) = (query.get(), latest.with(|l| l.value().map_or(0, |b| b.waiting)));
        if before.is_none() {
            return;
        }
        let changed = last_query.with_value(|last_query| *last_query != wanted);
        let was_waiting = shown.with_untracked(|s| s.latest.value().is_some_and(|b| b.waiting > 0));
        let moves = (waiting > 0 || was_waiting) && wanted.at.is_none();
        calm.update_value(|calm| *calm += 1);
        let due = changed || moves || calm.get_value() >= CALM_READINGS;
        if !due || in_flight.get_value() {
            return;
        }
        in_flight.set_value(true);
        calm.set_value(0);
        let server = server.clone();
        leptos::task::spawn_local(async move {
            // The query parameters may have changed during the request.
            let mut wanted = wanted;
            loop {
                let answer = read_locks(server.clone(), wanted.clone()).await;
                let _ = last_query.try_set_value(wanted.clone());
                if let Ok(new) = answer
                    && shown.try_with_untracked(|old| *old != new).unwrap_or(false)
                {
                    shown.set(new);
                }
                match query.try_get_untracked() {
                    Some(now) if now != wanted => wanted = now,
                    _ => break,
                }
            }
            let _ = in_flight.try_set_value(false);
        });
    });
}
