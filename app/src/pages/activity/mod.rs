//! Activity page: sessions by state and by wait event, over time, and one by one.

mod autovacuum;
pub mod blocking;
#[cfg(feature = "ssr")]
mod charts;
pub mod columns;
mod connections;
pub mod drawer;
pub mod progress;
pub mod rows;
pub mod table;
mod wait_events;

use std::collections::BTreeMap;

use crate::routes::access;
use leptos::prelude::*;
use model::activity::{Activity, Session, wait_class};
use model::{ApiError, AreaName, Latest, ServerId};
use serde::{Deserialize, Serialize};

use super::server_param;
use crate::live;
#[cfg(feature = "ssr")]
use crate::live::charts::charts_of;
use crate::live::charts::poll_charts;
use crate::live::findings::{Judged, poll_findings, verdict_of};
use crate::live::range::{range, with_range};
use crate::resource::loaded;
use crate::shell::navigation::Nav;
use crate::ui::bar::{Part, Split};
use crate::ui::chart::{Chart, Charts};
use crate::ui::colors;
use crate::ui::findings::Findings;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::reading::{ReadingView, known, why};
use crate::ui::sort;
use crate::ui::verdict::Verdict;
use autovacuum::autovacuum;
use connections::connections;
use progress::progress;
use table::Sessions;
use wait_events::wait_events;

/// The areas whose findings are about sessions.
const AREAS: &str = "activity,locks";

/// The data of the page's first render.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivityStart {
    latest: Latest<Activity>,
    judged: Judged,
    charts: Vec<Chart>,
}

access! { "/api/activity" OnServer(See) }

/// The page's first reading, redacted for users who may not see the text of statements.
#[server(prefix = "/api", endpoint = "activity", output = model::wire::Json)]
pub async fn read_activity(server: ServerId, range: String) -> Result<ActivityStart, ApiError> {
    use crate::auth;
    use engine::areas::activity::ActivityArea;
    let user = auth::require(model::Permission::See, Some(&server))?;
    let engine = auth::engine()?;
    let mut latest = engine.latest::<ActivityArea>(&server).ok_or(ApiError::NotFound)?;
    let judged = crate::live::findings::judged(&engine, &server, AREAS);
    if !user.sees_query_text(&server)
        && let Some(reading) = &mut latest.reading
    {
        reading.value = reading.value.without_query_text();
    }
    let charts = charts_of(&engine, &server, "activity", &range).await?;
    Ok(ActivityStart { latest, judged, charts })
}

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M2 10h4l2-6 4 12 2-6h4";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let server = server_param();
    let start = loaded(with_range(server), |(server, range)| read_activity(server, range));
    page("sessions", start, move |start| {
        view! { <Body server=server.get_untracked() start/> }.into_any()
    })
}

#[component]
fn Body(server: ServerId, start: ActivityStart) -> impl IntoView {
    let (latest, sink) = live::live_signal(AreaName::Activity, start.latest);
    live::open_stream(server.clone(), vec![sink]);
    let charts = RwSignal::new(start.charts);
    let range = range();
    poll_charts(server.clone(), "activity", range, charts);
    let nav = use_context::<Nav>();
    let query_text =
        Signal::derive(move || nav.is_none_or(|nav| nav.latest.with(|n| n.query_text)));
    let judged = RwSignal::new(start.judged);
    poll_findings(server.clone(), AREAS, judged);
    let words = verdict_of(latest, judged.into(), calm);
    view! {
        <header class="page-head">
            <h1>"Activity of " {server.to_string()}</h1>
            <Verdict words/>
        </header>
        <Findings judged/>
        <ReadingView latest what="sessions">
            {move || latest.with(|l| l.value().and_then(|a| a.others.as_ref().err().map(why)))}
            <div class="activity-top">
                <div class="splits">
                    <Split title="Client sessions by state" column="state" parts=Signal::derive(move || parts(latest, by_state))/>
                    <Split title="Active sessions by wait class" column="class" parts=Signal::derive(move || parts(latest, by_wait))/>
                </div>
                <Charts charts/>
            </div>
            <section class="panel" aria-labelledby="progress-title">
                <h2 id="progress-title">"In progress"</h2>
                {move || latest.with(|l| l.value().map(|a| known(&a.progress, |commands| progress(commands, &a.progress_unread))))}
            </section>
            <Sessions latest judged query_text/>
            <section class="panel" aria-labelledby="wait-events-title">
                <h2 id="wait-events-title">"Wait events now"</h2>
                {wait_events(latest)}
            </section>
            <section class="panel" aria-labelledby="connections-title">
                <h2 id="connections-title">"Connections"</h2>
                {connections(latest)}
            </section>
            <section class="panel" aria-labelledby="autovacuum-title">
                <h2 id="autovacuum-title">"Autovacuum"</h2>
                {autovacuum(latest)}
            </section>
        </ReadingView>
    }
}

/// The verdict without findings, and whether no session waits and that is known.
fn calm(activity: &Activity) -> (String, bool) {
    let clients = || activity.sessions.iter().filter(|session| !session.own);
    let waiting = clients().filter(|s| s.waits_for_lock() || s.lock_wait.is_some()).count() as i64;
    let waits = clients().filter_map(|session| session.lock_wait.as_ref()?.waited_ms);
    let longest = waits.reduce(f64::max);
    let active = clients().filter(|s| s.is_client() && s.is_active()).count() as i64;
    let mut parts = vec![match waiting {
        0 => "none waiting for a lock".to_owned(),
        n => {
            let wait = format!("{} for a lock", format::plural(n, "waits", "wait"));
            longest
                .map_or(wait.clone(), |ms| format!("{wait}, the longest for {}", format::age(ms)))
        }
    }];
    let held_up: BTreeMap<&str, i64> =
        clients().filter_map(Session::held_up_by).fold(BTreeMap::new(), |mut counts, by| {
            *counts.entry(by).or_default() += 1;
            counts
        });
    parts.extend(
        held_up.iter().map(|(by, n)| format!("{} for {by}", format::plural(*n, "waits", "wait"))),
    );
    if let Err(reason) = &activity.others {
        return (format!("It is not known whether sessions wait. {}", reason.message()), false);
    }
    let message = format!(
        "{} active, {}.",
        format::plural(active, "client session is", "client sessions are"),
        parts.join(", ")
    );
    (message, waiting == 0 && held_up.is_empty())
}

type Name = fn(&model::activity::Session) -> Option<(String, &'static str)>;

fn by_state(session: &model::activity::Session) -> Option<(String, &'static str)> {
    // pgdeck's own sessions are no load of the server's.
    if !session.is_client() || session.own {
        return None;
    }
    let state = session.state.clone().unwrap_or_else(|| "hidden from pgdeck's role".into());
    let class = colors::state(&state);
    Some((state, class))
}

fn by_wait(session: &model::activity::Session) -> Option<(String, &'static str)> {
    let counts = session.is_active() && session.is_client() && !session.own;
    counts.then(|| {
        let class = wait_class(session);
        (class.to_owned(), colors::wait_class(class))
    })
}

fn parts(latest: RwSignal<Latest<Activity>>, name: Name) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    latest.with(|l| {
        for (name, class) in l.value().iter().flat_map(|a| a.sessions.iter().filter_map(name)) {
            match parts.iter_mut().find(|part| part.name == name) {
                Some(part) => part.count += 1,
                None => parts.push(Part { name, class: class.into(), count: 1 }),
            }
        }
    });
    // Sorted by name: the order must not jump from tick to tick.
    sort::sorted(parts, |a, b| a.name.cmp(&b.name))
}
