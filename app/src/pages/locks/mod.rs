//! Who waits for whose lock: a sentence, the drawing, a list and a table of the same, one node whole,
//! and the last hour. The pictures are made on the server (`made.rs`); here is what moves.

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
use crate::actions::results::{Results, Told};
use crate::live;
use crate::resource::loaded;
use crate::shell::navigation::{Nav, refusal};
use crate::ui::page::{area_findings, page};
use crate::ui::reading::{ReadingView, why};
use crate::ui::server_html::Made;
use query::Ask;
use roots::{Root, TopRoot};
use slider::Slider;
use toolbar::Tools;

/// While nobody waits, the rest of the page is asked for again every so many readings.
const CALM_READINGS: u32 = 10;

/// What the browser needs of a reading of locks; the stream carries more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// How many wait.
    waiting: i64,
    /// Whether sessions of other roles are hidden from us.
    others: Known<()>,
}

/// The chosen node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// Who it is.
    pub title: String,
    /// How it is called in the address; empty when it is in the graph no more.
    pub key: String,
    /// Its process; None for a prepared transaction.
    pub pid: Option<i32>,
    /// With the pid, its identity.
    pub backend_start_ms: Option<i64>,
    /// What is known of it.
    html: String,
}

/// What is recorded, for the slider: ms since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    /// The first recorded second.
    from_ms: i64,
    /// The last.
    to_ms: i64,
    /// The one before the one shown.
    earlier: Option<i64>,
    /// The one after it.
    later: Option<i64>,
}

/// Everything the page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocksView {
    latest: Latest<Brief>,
    message: String,
    class: String,
    /// Of now; None when another moment is shown.
    root: Option<Root>,
    body: String,
    chosen: Option<Chosen>,
    modes: String,
    rows: String,
    facts: String,
    past: String,
    moments: Option<Moments>,
}

access! { "/api/locks" OnServer(See) }

/// The page as it is asked for, without the text of statements for people who may not see it.
#[server(prefix = "/api", endpoint = "locks", output = model::wire::Json)]
pub async fn read_locks(server: ServerId, ask: Ask) -> Result<LocksView, ApiError> {
    use crate::auth;
    let who = auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let viewer = scene::Viewer {
        text: who.sees_query_text(&server),
        no_actions: crate::shell::navigation::no_actions(&who, &engine, &server),
    };
    render::view(&engine, &server, &ask, &viewer)
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3M10 12v2";

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let ask = Ask::in_address();
    let start = loaded(move || server.get(), move |server| read_locks(server, ask.get_untracked()));
    page("locks", start, move |start| {
        view! { <Body server=server.get_untracked() ask start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, ask: Memo<Ask>, start: LocksView) -> impl IntoView {
    let (latest, sink) = live::following(AreaName::Locks, start.latest.clone());
    live::follow(server.clone(), vec![sink]);
    let shown = RwSignal::new(start);
    keep_asking(server.clone(), ask, latest, shown);
    let part =
        move |of: fn(&LocksView) -> &String| Signal::derive(move || shown.with(|s| of(s).clone()));
    // A recorded second is what it was, whatever the server does now.
    let lost = move || match (ask.with(|ask| ask.at), latest.with(|l| l.failure.clone())) {
        (None, Some(failure)) if latest.with(|l| l.reading.is_none()) => {
            Some(failure.reason.message())
        }
        (None, Some(failure)) => Some(format!("No newer reading: {}", failure.reason.message())),
        _ => None,
    };
    let reading = move |of: fn(&model::Reading<Brief>) -> bool| {
        latest.with(|l| l.reading.as_ref().is_some_and(of))
    };
    let chosen = Memo::new(move |_| shown.with(|s| s.chosen.clone()));
    let now = ask;
    let nav = use_context::<Nav>();
    let told = Told::default();
    provide_context(told);
    let hidden = move || nav.is_some_and(|nav| nav.latest.with(|n| !n.query_text));
    view! {
        <header class="page-head">
            <h1>"Locks of " {server.to_string()}</h1>
            <p class=move || format!("verdict {}", if lost().is_some() { "critical".into() } else { shown.with(|s| s.class.clone()) })>
                {move || lost().unwrap_or_else(|| shown.with(|s| s.message.clone()))}
            </p>
        </header>
        <Results told/>
        {area_findings(latest)}
        <ReadingView latest what="locks">
            {move || reading(|r| r.value.others.is_err()).then(|| latest.with(|l| l.value().and_then(|b| b.others.as_ref().err().map(why))))}
            <TopRoot server=server.clone() ask=now shown/>
            <section class="panel locks" aria-labelledby="graph-title">
                <Tools server=server.clone() ask=now/>
                {move || hidden().then(|| view! {
                    <p class="note">"Statement text is hidden: viewing it requires the role analyst or operator."</p>
                })}
                <Made html=part(|s| &s.body)/>
            </section>
            {
                let server = server.clone();
                move || chosen.with(Option::is_some).then(|| view! { <Drawer server=server.clone() ask=now chosen/> })
            }
            <section class="panel" aria-labelledby="past-title">
                <h2 id="past-title">"The last hour"</h2>
                <Slider server=server.clone() ask=now moments=Signal::derive(move || shown.with(|s| s.moments))/>
                <Made html=part(|s| &s.past)/>
            </section>
            <Made html=part(|s| &s.facts)/>
            <section class="panel" aria-labelledby="modes-title">
                <h2 id="modes-title">"Which lock modes conflict"</h2>
                <Made html=part(|s| &s.modes)/>
            </section>
            <section class="panel" aria-labelledby="rows-title">
                <h2 id="rows-title">"Row locks"</h2>
                <Made html=part(|s| &s.rows)/>
            </section>
        </ReadingView>
    }
}

/// The chosen node. What can be done to it stays while it stays; the rest is told anew.
#[component]
fn Drawer(server: ServerId, ask: Memo<Ask>, chosen: Memo<Option<Chosen>>) -> impl IntoView {
    let refusal = refusal();
    // A node of a recorded second may be somebody else by now.
    let identity = Memo::new(move |_| {
        let now = ask.with(|ask| ask.at.is_none());
        chosen.with(|c| c.as_ref().and_then(|c| Some((c.pid?, c.backend_start_ms)))).filter(|_| now)
    });
    let actions = {
        let server = server.clone();
        move || {
            identity.get().map(|(pid, backend_start_ms)| {
                view! { <SessionActions server=server.clone() pid backend_start_ms refusal/> }
            })
        }
    };
    let title = move || chosen.with(|c| c.as_ref().map(|c| c.title.clone()).unwrap_or_default());
    let html = Signal::derive(move || {
        chosen.with(|c| c.as_ref().map(|c| c.html.clone()).unwrap_or_default())
    });
    let close = move || ask.with(|ask| ask.choosing("").to(&server));
    view! {
        <section class="drawer" aria-label=title>
            <div class="drawer-head">
                <h2>{title}</h2>
                <a href=close data-close="" data-noscroll="">"Close"</a>
            </div>
            {actions}
            <Made html/>
        </section>
    }
}

/// Asks for the page again when the address asks for something else, and with every reading while
/// somebody waits. One question at a time: the answers are as old as the readings at most.
fn keep_asking(
    server: ServerId,
    ask: Memo<Ask>,
    latest: RwSignal<Latest<Brief>>,
    shown: RwSignal<LocksView>,
) {
    let asked = StoredValue::new(ask.get_untracked());
    let under_way = StoredValue::new(false);
    let calm = StoredValue::new(0_u32);
    Effect::new(move |before: Option<()>| {
        let (wanted, waiting) = (ask.get(), latest.with(|l| l.value().map_or(0, |b| b.waiting)));
        if before.is_none() {
            return;
        }
        let changed = asked.with_value(|asked| *asked != wanted);
        let was_waiting = shown.with_untracked(|s| s.latest.value().is_some_and(|b| b.waiting > 0));
        let moves = (waiting > 0 || was_waiting) && wanted.at.is_none();
        calm.update_value(|calm| *calm += 1);
        let due = changed || moves || calm.get_value() >= CALM_READINGS;
        if !due || under_way.get_value() {
            return;
        }
        under_way.set_value(true);
        calm.set_value(0);
        let server = server.clone();
        leptos::task::spawn_local(async move {
            // While one answer was on its way, something else may have been asked for.
            let mut wanted = wanted;
            loop {
                let answer = read_locks(server.clone(), wanted.clone()).await;
                let _ = asked.try_set_value(wanted.clone());
                if let Ok(new) = answer
                    && shown.try_with_untracked(|old| *old != new).unwrap_or(false)
                {
                    shown.set(new);
                }
                match ask.try_get_untracked() {
                    Some(now) if now != wanted => wanted = now,
                    _ => break,
                }
            }
            let _ = under_way.try_set_value(false);
        });
    });
}
