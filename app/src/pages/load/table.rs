//! What made the load of the window: groups ranked by their average, with their share of all.

use leptos::prelude::*;
use model::Unit;
use model::activity::load::{Load, LoadBy, LoadRow};

use super::Statements;
use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::reading::empty;
use crate::ui::sql::{highlighted, one_line};

/// Characters of a statement in its row.
const TEXT_CHARS: usize = 140;
/// Headings. On phones they stand beside the values.
const AVERAGE: &str = "Average active sessions";
const OF_ALL: &str = "Of all";
const MOSTLY: &str = "Mostly";

/// The table of a grouping.
pub fn groups(load: &Load, by: LoadBy, statements: &Statements<'_>) -> AnyView {
    let rows = if by == LoadBy::Statement { &load.statements } else { &load.rows };
    let head = by.label();
    let about = (by == LoadBy::Event).then_some("What it means");
    table(load, rows, head, about, &|row| match by {
        LoadBy::Statement => statement(row, statements),
        _ => plain(row),
    })
}

/// The table of statements beside another grouping.
pub fn by_statement(load: &Load, statements: &Statements<'_>) -> AnyView {
    table(load, &load.statements, "Statement", None, &|row| statement(row, statements))
}

/// Who stood in the way of the sessions that waited for a lock.
pub fn blockers(load: &Load) -> AnyView {
    if load.blockers.is_empty() {
        return empty("No session waited for a lock of another one.");
    }
    table(load, &load.blockers, "Session at the root of the wait", Some("Its state"), &plain)
}

fn table(
    load: &Load,
    rows: &[LoadRow],
    head: &'static str,
    about: Option<&'static str>,
    name: &dyn Fn(&LoadRow) -> AnyView,
) -> AnyView {
    if rows.is_empty() {
        return empty("No session was active in this time.");
    }
    let has_mostly = rows.iter().any(|row| row.mostly.is_some()) && head != "Wait class";
    let row = |row: &LoadRow| {
        let share = (load.sessions > 0.0).then(|| row.sessions / load.sessions * 100.0);
        let mostly = row.mostly.as_ref().map_or_else(
            || "not known".to_owned(),
            |(class, share)| format!("{class} {}", format::number(*share, Unit::Percent)),
        );
        view! {
            <tr>
                <th scope="row" class="text">{name(row)}</th>
                <td class="num" data-label="Sessions" title=format::exact(row.sessions, Unit::Count)>{average(row.sessions)}</td>
                <td class="with-bar" data-label=OF_ALL>
                    <span class="num" title=share.map(|share| format::exact(share, Unit::Percent))>
                        {share.map_or_else(|| "unknown".to_owned(), |share| format::number(share, Unit::Percent))}
                    </span>
                    <Bar percent=Signal::stored(share)/>
                </td>
                {has_mostly.then(|| view! { <td class="text" data-label=MOSTLY>{mostly}</td> })}
                {about.map(|about| view! { <td class="text" data-label=about>{row.about.clone().unwrap_or_else(|| "not known".to_owned())}</td> })}
            </tr>
        }
    };
    view! {
        <div class="scroll stacked load-table" tabindex="0" role="group" aria-label=format!("Load: {head}")>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{head}</th>
                        <th scope="col" class="num">{AVERAGE}</th>
                        <th scope="col" class="num">{OF_ALL}</th>
                        {has_mostly.then(|| view! { <th scope="col">{MOSTLY}</th> })}
                        {about.map(|about| view! { <th scope="col">{about}</th> })}
                    </tr>
                </thead>
                <tbody>{rows.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Average active sessions, with at most three digits: `0.04` is not none.
pub fn average(sessions: f64) -> String {
    match sessions {
        n if n > 0.0 && n < 0.01 => "< 0.01".to_owned(),
        n if n < 10.0 => format!("{n:.2}"),
        n => format::number(n, Unit::Count),
    }
}

fn plain(row: &LoadRow) -> AnyView {
    match &row.name {
        Some(name) => view! { <span>{name.clone()}</span> }.into_any(),
        None => view! { <span class="unknown">"not known"</span> }.into_any(),
    }
}

/// A statement's text where it is known and may be seen; its `query_id`.
fn statement(row: &LoadRow, statements: &Statements<'_>) -> AnyView {
    let Some(id) = &row.name else {
        return view! { <span class="unknown">"no query id: compute_query_id is off, or a utility process"</span> }.into_any();
    };
    let known = statements.names.iter().find(|name| name.query_id == *id);
    let text = known.map(|name| name.text.clone());
    let href = format!("{}/{id}{}", statements.page, statements.range);
    let text = match text {
        Some(text) => view! {
            <details>
                <summary><code>{one_line(&text, TEXT_CHARS)}</code></summary>
                <pre class="sql" tabindex="0"><code>{highlighted(&text)}</code></pre>
            </details>
        }
        .into_any(),
        None => view! { <span class="unknown">"text not known"</span> }.into_any(),
    };
    view! { {text} <p class="muted"><a href=href>"query id " {id.clone()}</a></p> }.into_any()
}
