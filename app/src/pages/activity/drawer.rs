//! Drawer with the details of one session (`pg_stat_activity`) and its actions.

use leptos::prelude::*;
use model::action::cannot_cancel;
use model::activity::Session;
use model::{Severity, Unit};

use super::blocking::{in_the_way, waiting_for_it};
use super::rows::wait;
use crate::actions::form::SessionActions;
use crate::shell::navigation::{Nav, refusal};
use crate::ui::code::CopyButton;
use crate::ui::form_token::form_token;
use crate::ui::format;
use crate::ui::number::Age;
use crate::ui::reading::empty;
use crate::ui::sql::Statement;
use crate::ui::term::term;

/// The session in the newest reading, its parallel workers, its worst finding, the sessions in its way,
/// and those that wait directly for it.
pub type SessionState =
    (Option<Session>, Vec<Session>, Option<(Severity, String)>, Vec<Session>, Vec<Session>);

/// Details of one session. Its buttons stay mounted; the rest re-renders with each reading.
#[component]
pub fn Drawer(
    /// The session.
    pid: i32,
    /// Its start time, if known: with the pid it identifies the session.
    backend_start_ms: Option<i64>,
    /// The URL of the close link.
    #[prop(into)]
    close: Signal<String>,
    /// The session in the newest reading.
    #[prop(into)]
    current: Signal<SessionState>,
) -> impl IntoView {
    let nav = use_context::<Nav>();
    let refusal = refusal();
    let server = nav.and_then(|nav| nav.server.get_untracked());
    let cancel_refusal = Signal::derive(move || {
        current.with(|(session, ..)| {
            let session =
                session.as_ref().filter(|session| session.is_client() && !session.hidden)?;
            cannot_cancel(pid, session.state.as_deref(), session.wait_event.as_deref())
        })
    });
    let terminate_first = current.with_untracked(|(session, ..)| {
        session.as_ref().is_some_and(Session::is_idle_in_transaction)
    });
    let body = move || {
        current.with(|(session, workers, mark, blockers, blocked)| {
            let mark = mark.as_ref().map(|(severity, message)| {
                view! { <p class=format!("mark {}", severity.as_str())>{message.clone()}</p> }
            });
            let body = match session {
                None => {
                    empty("This session has ended, or is not among the sessions that were read.")
                }
                Some(session) => view! {
                    {in_the_way(session, blockers)}
                    {waiting_for_it(blocked)}
                    {details(session, workers)}
                }
                .into_any(),
            };
            view! { {mark} {body} }
        })
    };
    view! {
        <section class="drawer" aria-label=format!("Session {pid}")>
            <div class="drawer-head">
                <h2>"Session " {pid}</h2>
                <a href=move || close.get() data-close="" data-noscroll="">"Close"</a>
            </div>
            {server.map(|server| view! {
                <SessionActions server pid backend_start_ms refusal cancel_refusal terminate_first/>
            })}
            {body}
        </section>
    }
}

fn details(session: &Session, workers: &[Session]) -> AnyView {
    let line = |name: &'static str, value: Option<String>| {
        value
            .filter(|value| !value.is_empty())
            .map(|value| view! { <div><dt>{term(name)}</dt><dd>{value}</dd></div> })
    };
    let age = |name: &'static str, ms: Option<f64>| {
        ms.map(|ms| view! { <div><dt>{term(name)}</dt><dd><Age ms=Some(ms)/></dd></div> })
    };
    let xids = |name: &'static str, age: Option<i64>| {
        age.map(|age| view! {
            <div><dt>{term(name)}</dt><dd class="num" title=format::exact(age as f64, Unit::Xids)>{format::number(age as f64, Unit::Xids)}</dd></div>
        })
    };
    let workers = (!workers.is_empty()).then(|| {
        let pids: Vec<String> =
            workers.iter().map(|w| format!("{} ({})", w.pid, wait_or_running(w))).collect();
        view! { <div><dt>"Parallel workers"</dt><dd>{pids.join(", ")}</dd></div> }
    });
    let statement = match &session.query {
        Some(query) if !query.is_empty() => view! {
            <h3>{if session.is_active() { "Statement" } else { "Last statement" }}</h3>
            <Statement text=query.clone()/>
            <p class="drawer-actions">
                <CopyButton text=Signal::stored(query.clone())/>
                {explain(session, query)}
            </p>
        }
        .into_any(),
        _ => ().into_any(),
    };
    view! {
        {statement}
        <dl class="facts">
            {line("State", session.state.clone())}
            {age("In this state for", session.state_age_ms)}
            {line("Waits for", Some(wait(session)))}
            {age("Waiting for the lock for", session.lock_wait.as_ref().and_then(|wait| wait.waited_ms))}
            {line("Held up by", session.held_up_by().map(str::to_owned))}
            {line("Blocks", (session.blocks > 0).then(|| format::plural(i64::from(session.blocks), "session", "sessions")))}
            {age("Transaction open for", session.xact_age_ms)}
            {age("Statement age", session.query_age_ms)}
            {age("Connected for", session.backend_age_ms)}
            {line("Database", session.datname.clone())}
            {line("Role", session.usename.clone())}
            {line("Application", session.application_name.clone())}
            {line("Client", session.client_addr.clone())}
            {line("Kind", session.backend_type.clone())}
            {line("Parallel leader", session.leader_pid.map(|pid| pid.to_string()))}
            {workers}
            {xids("Transaction ID age", session.backend_xid_age)}
            {xids("Snapshot age (xmin)", session.backend_xmin_age)}
            {line("Query ID", session.query_id.map(|id| id.to_string()))}
            {line("Backend started", session.backend_start_ms.map(format::moment))}
        </dl>
    }
    .into_any()
}

/// A form that posts the statement to `/plan`: a URL would be logged. Whoever may see the text may
/// also explain it.
fn explain(session: &Session, query: &str) -> Option<AnyView> {
    let server = use_context::<Nav>()?.server.get()?;
    let database = session.datname.clone().filter(|_| session.is_client() && !session.own)?;
    let text = query.to_owned();
    Some(
        view! {
            <form method="post" action="/plan">
                {form_token()}
                <input type="hidden" name="step" value="open"/>
                <input type="hidden" name="server" value=server.to_string()/>
                <input type="hidden" name="database" value=database/>
                <input type="hidden" name="statement" value=text/>
                <button type="submit">"Explain"</button>
            </form>
        }
        .into_any(),
    )
}

fn wait_or_running(session: &Session) -> String {
    let wait = wait(session);
    if wait.is_empty() { "running".into() } else { wait }
}
