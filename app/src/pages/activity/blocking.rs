//! Who blocks whom, in the cells of the sessions table and in the drawer of a session.

use leptos::prelude::*;
use model::Latest;
use model::activity::{Activity, Session};

use super::columns::TableParams;
use super::rows::{blocked, blocker};
use crate::ui::number::Age;
use crate::ui::sql::{Statement, one_line};

/// How many of the sessions that wait for one its drawer lists.
const BLOCKED_LISTED: usize = 10;

/// A session in the newest reading.
pub fn session_of(latest: RwSignal<Latest<Activity>>, pid: i32) -> Option<Session> {
    latest.with(|l| l.value()?.sessions.iter().find(|session| session.pid == pid).cloned())
}

/// The sessions in a session's way, as far as they are among those that were read.
pub fn blockers_of(latest: RwSignal<Latest<Activity>>, pid: i32) -> Vec<Session> {
    let wait = session_of(latest, pid).and_then(|session| session.lock_wait);
    let pids = wait.map(|wait| wait.blocked_by).unwrap_or_default();
    pids.into_iter().filter_map(|pid| session_of(latest, pid)).collect()
}

/// The sessions that wait directly for a session.
pub fn blocked_of(latest: RwSignal<Latest<Activity>>, pid: i32) -> Vec<Session> {
    let waits = |s: &&Session| s.lock_wait.as_ref().is_some_and(|w| w.blocked_by.contains(&pid));
    latest.with(|l| {
        let sessions = l.value().map(|activity| activity.sessions.as_slice()).unwrap_or_default();
        sessions.iter().filter(waits).take(BLOCKED_LISTED).cloned().collect()
    })
}

/// Who is in its way, each a link to that session, or how many it blocks.
pub fn blocked_cell(session: &Session, params: TableParams) -> Option<AnyView> {
    let Some(wait) = &session.lock_wait else {
        let blocks = (session.blocks > 0).then(|| blocked(session))?;
        return Some(view! { <strong>{blocks}</strong> }.into_any());
    };
    if wait.blocked_by.is_empty() {
        return Some(blocked(session).into_any());
    }
    let links = wait.blocked_by.iter().enumerate().map(|(at, pid)| {
        let (words, comma, pid) = (blocker(*pid), if at > 0 { ", " } else { "" }, *pid);
        match pid {
            0 => view! { {comma} {words} }.into_any(),
            pid => {
                let to = move || params.to(&[("pid", &pid.to_string())]);
                view! { {comma} <a href=to data-noscroll="">{words}</a> }.into_any()
            }
        }
    });
    Some(view! { {links.collect_view()} " on " {wait.on.clone()} }.into_any())
}

/// Who is in the way of a session that waits for a lock, on what, and what they ran last.
pub fn in_the_way(session: &Session, blockers: &[Session]) -> Option<AnyView> {
    let wait = session.lock_wait.as_ref()?;
    let each = wait.blocked_by.iter().map(|pid| {
        let blocker = blockers.iter().find(|blocker| blocker.pid == *pid);
        let part = |pick: fn(&Session) -> &Option<String>| {
            blocker.and_then(|b| pick(b).clone()).filter(|text| !text.is_empty())
        };
        let mut words = vec![match pid {
            0 => "a prepared transaction".to_owned(),
            pid => format!("pid {pid}"),
        }];
        words.extend(part(|b| &b.application_name));
        words.extend(part(|b| &b.state));
        let query = part(|b| &b.query).map(|text| view! { <Statement text/> });
        view! { <p>{words.join(", ")}</p> {query} }
    });
    Some(
        view! {
            <h3>"Blocked by"</h3>
            <p>{format!("Wants {} on {}.", wait.wants, wait.on)}</p>
            {each.collect_view()}
        }
        .into_any(),
    )
}

/// Who waits directly for the session, on what and with which statement.
pub fn waiting_for_it(blocked: &[Session]) -> Option<AnyView> {
    let each = blocked.iter().map(|session| {
        let wait = session.lock_wait.as_ref();
        let on = wait.map(|wait| wait.on.clone()).unwrap_or_default();
        let application = session.application_name.as_deref().filter(|name| !name.is_empty());
        let who = application.map(|name| format!(", {name}")).unwrap_or_default();
        let query = session.query.as_deref().map(|text| {
            view! { <code class="sql one-line">{one_line(text, 120)}</code> }
        });
        let waited = wait.and_then(|wait| wait.waited_ms);
        view! {
            <li>{format!("pid {}{who} on {on}, for ", session.pid)} <Age ms=waited/> " " {query}</li>
        }
    });
    (!blocked.is_empty()).then(|| {
        view! {
            <h3>"Waiting for it"</h3>
            <ul class="lock-list">{each.collect_view()}</ul>
        }
        .into_any()
    })
}
