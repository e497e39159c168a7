//! Sessions table with its filter and the drawer of the selected session. Filter, sort, columns and
//! selection are query parameters, so it works without JavaScript.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::activity::{Activity, Session};
use model::{Finding, Latest, Severity};

use super::blocking::{blocked_cell, blocked_of, blockers_of, session_of};
use super::columns::{ColumnChooser, TableParams, hidden};
use super::drawer::Drawer;
use super::rows::{
    COLUMNS, FILTERS, Row, csv, fold, markdown, running_ms, select, sort, text, wait,
};
use crate::live::findings::Judged;
use crate::ui::code::CopyButton;
use crate::ui::colors;
use crate::ui::filter;
use crate::ui::format;
use crate::ui::keyed::keyed;
use crate::ui::number::Age;
use crate::ui::reading::empty;
use crate::ui::sql::{highlighted, one_line};

/// The limit of rows; more are shown on request.
const ROWS: usize = 200;

/// The worst finding per session: pid, severity, message.
type Marks = HashMap<i32, (Severity, String)>;

fn marks(findings: &[Finding]) -> Marks {
    let mut marks = Marks::new();
    for finding in findings.iter().flat_map(|one| std::iter::once(one).chain(&one.same_root)) {
        if let Some(pid) = finding.object.pid() {
            // The findings are ranked: the first of a session is the one to act on.
            marks.entry(pid).or_insert_with(|| (finding.severity, finding.message.clone()));
        }
    }
    marks
}

/// The sessions table with filter and drawer.
#[component]
pub fn Sessions(
    /// The readings.
    latest: RwSignal<Latest<Activity>>,
    /// The findings on sessions and locks.
    judged: RwSignal<Judged>,
    /// Whether the user may see the text of statements.
    #[prop(into)]
    query_text: Signal<bool>,
) -> impl IntoView {
    let params = TableParams::get();
    let rows = Memo::new(move |_| {
        let terms = params.q.with(|q| filter::parse(q, &FILTERS));
        let folded = latest.with(|l| l.value().map(|a| fold(&a.sessions)).unwrap_or_default());
        let rows = select(folded, &terms);
        params.sort.with(|by| sort(rows, by))
    });
    let marks = Memo::new(move |_| judged.with(|(findings, _)| marks(findings)));
    let keys = Memo::new(move |_| {
        let all = params.rows.with(|rows| rows == "all");
        let shown = if all { usize::MAX } else { ROWS };
        rows.with(|rows| {
            rows.iter().take(shown).map(|row| row.session.pid.to_string()).collect::<Vec<_>>()
        })
    });
    let by_pid = Memo::new(move |_| {
        rows.with(|rows| {
            rows.iter().map(|row| (row.session.pid, row.clone())).collect::<HashMap<_, _>>()
        })
    });
    let row = move |pid: String| {
        let key: i32 = pid.parse().unwrap_or_default();
        view! {
            <tr
                class=move || row_class(marks, key)
                aria-current=move || params.pid.with(|chosen| *chosen == pid).then_some("true")
            >
                {move || by_pid.with(|rows| rows.get(&key).map(|row| cells(row, params, marks)))}
            </tr>
        }
        .into_any()
    };
    // The selection stays: the drawer tells when the session has ended.
    let chosen = Memo::new(move |before: Option<&Option<(i32, Option<i64>)>>| {
        let pid: i32 = params.pid.with(|pid| pid.parse().ok())?;
        let start = session_of(latest, pid).and_then(|session| session.backend_start_ms);
        let kept = before.copied().flatten().filter(|(known, _)| *known == pid);
        Some((pid, start.or(kept.and_then(|(_, start)| start))))
    });
    view! {
        <section class="sessions" aria-labelledby="sessions-title">
            <div class="table-head">
                <h2 id="sessions-title">"Sessions"</h2>
                <Filter params/>
                <span class="muted num" role="status">{move || counted(rows, latest)}</span>
                <ColumnChooser params/>
                <CopyButton text=Signal::derive(move || rows.with(|rows| csv(rows))) message="Copy as CSV"/>
                <CopyButton text=Signal::derive(move || rows.with(|rows| markdown(rows))) message="Copy as Markdown"/>
            </div>
            {move || (!query_text.get()).then(|| view! {
                <p class="note">"Statement text is hidden: viewing it requires the role analyst or operator."</p>
            })}
            <div class="scroll wide-table" tabindex="0" role="group" aria-labelledby="sessions-title">
                <table class=move || params.hide.with(|hide| hidden(hide))>
                    <thead><tr>{COLUMNS.map(|column| params.heading(column)).collect_view()}</tr></thead>
                    <tbody>
                        {keyed(move || keys.get(), row)}
                    </tbody>
                </table>
            </div>
            {move || rows.with(Vec::is_empty).then(|| empty("No session matches this filter. Clear it to see all."))}
            {move || {
                let hidden = rows.with(Vec::len).saturating_sub(keys.with(Vec::len));
                (hidden > 0).then(|| view! {
                    <p><a href=move || params.to(&[("rows", "all"), ("pid", "")])>
                        "Show " {format::plural(hidden as i64, "more row", "more rows")}
                    </a></p>
                })
            }}
            {move || chosen.get().map(|(pid, backend_start_ms)| {
                let current = Signal::derive(move || (
                    session_of(latest, pid),
                    by_pid.with(|rows| rows.get(&pid).map(|r| r.workers.clone()).unwrap_or_default()),
                    marks.with(|m| m.get(&pid).cloned()),
                    blockers_of(latest, pid),
                    blocked_of(latest, pid),
                ));
                let close = Signal::derive(move || params.to(&[("pid", "")]));
                view! { <Drawer pid backend_start_ms close current/> }
            })}
        </section>
    }
}

fn counted(rows: Memo<Vec<Row>>, latest: RwSignal<Latest<Activity>>) -> String {
    let shown = rows.with(|rows| rows.iter().map(|row| 1 + row.workers.len()).sum::<usize>());
    let total = latest.with(|l| l.value().map_or(0, |a| a.sessions_total));
    format!("{} of {}", format::grouped(shown as f64), format::grouped(total as f64))
}

#[component]
fn Filter(params: TableParams) -> impl IntoView {
    let navigate = use_navigate();
    let typed = move |q: String| {
        let to = untrack(|| params.to(&[("q", &q)]));
        navigate(
            &to,
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() },
        );
    };
    view! {
        <form class="filter" role="search" method="get" on:submit=|event| event.prevent_default()>
            <input
                id="filter"
                aria-label="Filter sessions: terms such as state:active, or any text"
                type="search"
                name="q"
                autocomplete="off"
                placeholder="state:active role:app text"
                value=move || params.q.get()
                prop:value=move || params.q.get()
                on:input:target=move |event| typed(event.target().value())
            />
            <input type="hidden" name="sort" value=move || params.sort.get()/>
            <input type="hidden" name="hide" value=move || params.hide.get()/>
            {crate::live::range::inputs()}
            <button type="submit">"Filter"</button>
        </form>
    }
}

fn row_class(marks: Memo<Marks>, pid: i32) -> &'static str {
    marks.with(|marks| match marks.get(&pid) {
        Some((Severity::Critical, _)) => "critical",
        Some((Severity::Warning, _)) => "warning",
        _ => "",
    })
}

fn cells(row: &Row, params: TableParams, marks: Memo<Marks>) -> AnyView {
    let session = &row.session;
    let pid = session.pid;
    let to = move || params.to(&[("pid", &pid.to_string())]);
    let mark = move || {
        marks.with(|marks| marks.get(&pid).map(|(severity, message)| {
        view! { <span class=format!("mark {}", severity.as_str()) title=message.clone()>{severity.as_str()}</span> }
    }))
    };
    let workers = (!row.workers.is_empty()).then(
        || view! { <span class="muted">{format!(" +{} parallel", row.workers.len())}</span> },
    );
    let cell = |column: &str| view! { <td class="text">{text(session, column)}</td> };
    view! {
        <td class="num"><a href=to data-row="" data-noscroll="">{pid}</a>{workers}</td>
        <td class="text">{state(session)} {mark}</td>
        <td class="text">{wait_cell(session)}</td>
        <td class="text">{blocked_cell(session, params)}</td>
        <td class="num"><Age ms=session.xact_age_ms/></td>
        <td class="num"><Age ms=running_ms(session)/></td>
        {application(session)}
        <td class="query">{query_line(session)}</td>
        {cell("database")}
        {cell("role")}
        {cell("client")}
    }
    .into_any()
}

/// The application, or the backend type where there is no client.
fn application(session: &Session) -> AnyView {
    let own = session.own.then(|| view! { <span class="label">"pgdeck"</span> });
    if session.is_client() || session.backend_type.is_none() {
        view! { <td class="text">{text(session, "application")} {own}</td> }.into_any()
    } else {
        view! { <td class="text muted">{text(session, "type")} {own}</td> }.into_any()
    }
}

fn state(session: &Session) -> AnyView {
    match &session.state {
        Some(state) => {
            let age =
                session.state_age_ms.filter(|_| session.is_idle_in_transaction()).map(format::age);
            view! {
                <span class=format!("swatch {}", colors::state(state)) aria-hidden="true"></span>
                {state.clone()}
                {age.map(|age| format!(" for {age}"))}
            }
            .into_any()
        }
        None if session.hidden => unknown(),
        None => ().into_any(),
    }
}

/// What is hidden from pgdeck's role is not nothing.
fn unknown() -> AnyView {
    view! { <span class="unknown">"unknown"</span> }.into_any()
}

fn wait_cell(session: &Session) -> Option<AnyView> {
    if session.hidden {
        return Some(unknown());
    }
    let class = session.wait_event_type.clone()?;
    Some(
        view! {
            <span class=format!("swatch {}", colors::wait_class(&class)) aria-hidden="true"></span>
            {wait(session)}
        }
        .into_any(),
    )
}

/// The statement on one line: the current one, or the last one, greyed.
fn query_line(session: &Session) -> Option<AnyView> {
    if session.hidden {
        return Some(unknown());
    }
    let query = session.query.as_deref().filter(|query| !query.is_empty())?;
    let class = if session.is_active() { "sql one-line" } else { "sql one-line past" };
    Some(view! { <code class=class>{highlighted(&one_line(query, 160))}</code> }.into_any())
}
