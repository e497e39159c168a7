//! Audit log page: who did what, when, why and with what result, and whether the hash chain is
//! intact. Filter and position are query parameters, so it works without JavaScript.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::ServerId;
use model::audit::{AuditEnd, AuditEntry, AuditPage as Log, AuditQuery, Chain};

use crate::actions::read_audit;
use crate::links;
use crate::resource::loaded;
use crate::ui::format;
use crate::ui::page::page;
use crate::ui::reading::empty;
use crate::ui::sql::highlighted;

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M5 2h10v16H5zM8 6h4M8 9h4M8 12.5l1.5 1.5 3-3";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let address = use_query_map();
    let query = Memo::new(move |_| {
        address.with(|address| AuditQuery {
            text: address.get("q").unwrap_or_default(),
            before: address.get("before").and_then(|text| text.parse().ok()).unwrap_or(0),
        })
    });
    let log = loaded(move || query.get(), read_audit);
    page("audit log", log, move |log| body(&log, &query.get_untracked()))
}

fn body(log: &Log, query: &AuditQuery) -> AnyView {
    let class = match log.chain {
        Chain::Whole { records: 0, .. } | Chain::Whole { since: None, .. } => "open",
        Chain::Whole { .. } => "fine",
        Chain::Broken { .. } | Chain::Doubtful { .. } => "critical",
    };
    let head = match &log.chain {
        Chain::Whole { records: 1.., head, .. } => Some(view! {
            <p class="note">
                "Store this hash elsewhere to detect a log that was rewritten from the start: "
                <code class="hash">{head.clone()}</code>
            </p>
        }),
        _ => None,
    };
    let export = format!("/audit.csv{}", links::query(&[("q", &query.text)]));
    let older = log.entries.last().filter(|_| log.more).map(|last| {
        let before = last.id.to_string();
        let to = format!("/audit{}", links::query(&[("q", &query.text), ("before", &before)]));
        view! { <p><a href=to>"Older actions"</a></p> }
    });
    let now_ms = log.now_ms;
    let rows = log.entries.iter().map(|entry| row(entry, now_ms)).collect_view();
    let table = if log.entries.is_empty() {
        empty("Nothing done yet. Every action is recorded here before it is executed.")
    } else {
        view! {
            <div class="scroll wide-table audit-table" tabindex="0" role="group" aria-labelledby="audit-title">
                <table>
                    <thead><tr>
                        <th scope="col" class="num">"No."</th>
                        <th scope="col">"When"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"What"</th>
                        <th scope="col">"Result"</th>
                        <th scope="col">"Reason"</th>
                        <th scope="col">"Statement"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <header class="page-head">
            <h1 id="audit-title">"Audit log"</h1>
            <p class=format!("verdict {class}")>{log.chain.message()}</p>
        </header>
        {head}
        <div class="table-head">
            <form class="filter" role="search" method="get" action="/audit">
                <input type="search" name="q" value=query.text.clone() autocomplete="off" aria-label="Filter actions by any text: person, server, action, object, reason or result" placeholder="person, server, pid, reason, result"/>
                <button type="submit">"Filter"</button>
            </form>
            <a href=export rel="external" download="">"Export as CSV"</a>
        </div>
        {table}
        {older}
    }
    .into_any()
}

fn row(entry: &AuditEntry, now_ms: i64) -> AnyView {
    let age = format!("{} ago", format::age((now_ms - entry.asked_ms).max(0) as f64));
    view! {
        <tr>
            <td class="num" title=entry.hash.clone()>{entry.id}</td>
            <td class="text" title=format::moment(entry.asked_ms)>{age}</td>
            <td class="text">{entry.who.clone()}</td>
            <td class="text">
                <strong>{entry.action.clone()} " " {entry.object.clone()}</strong>
                {on(&entry.server)} <br/> <span class="muted">{entry.touched.clone()}</span>
            </td>
            <td class="text">{end(&entry.end)}</td>
            <td class="text">{entry.reason.clone()}</td>
            <td class="query">{statement(&entry.sql)}</td>
        </tr>
    }
    .into_any()
}

/// The server; what was done to pgdeck itself has none.
fn on(server: &ServerId) -> Option<String> {
    (!server.as_str().is_empty()).then(|| format!(" on {server}"))
}

/// The statement, folded; reading a catalog and cancelling a run have none.
fn statement(sql: &str) -> Option<AnyView> {
    (!sql.is_empty()).then(|| {
        view! { <details><summary>"SQL"</summary><pre><code>{highlighted(sql)}</code></pre></details> }
            .into_any()
    })
}

fn end(end: &AuditEnd) -> AnyView {
    let message = match end {
        AuditEnd::UnderWay => "Still running.".to_owned(),
        AuditEnd::NeverCompleted => {
            "pgdeck stopped before the result was known; the action may or may not have been executed.".to_owned()
        }
        AuditEnd::Ended { message, took_ms: Some(ms), .. } => {
            format!("{message} It took {}.", format::age(*ms))
        }
        AuditEnd::Ended { message, .. } => message.clone(),
    };
    let class = match end {
        AuditEnd::Ended { outcome: model::action::Outcome::Worked, .. } => "label",
        AuditEnd::NeverCompleted => "mark critical",
        _ => "mark warning",
    };
    view! { <span class=class>{end.as_str()}</span> " " {message} }.into_any()
}
