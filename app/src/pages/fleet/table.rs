//! The fleet as a table, with filter, sorting and groups. All are links or a form, so they work without
//! JavaScript.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::{ServerId, ServerSummary, Severity, Unit};

use super::past::FleetPast;
use super::rows::{COLUMNS, Row, labels, number, state, text};
use crate::links;
use crate::live::range::{carried, inputs};
use crate::shell::navigation::Nav;
use crate::ui::findings::badge;
use crate::ui::keyed::keyed;
use crate::ui::number::Number;
use crate::ui::query_params::QueryParams;
use crate::ui::sparkline::Sparkline;
use crate::ui::table::sort_heading;

/// The views, the filter and the labels to group by.
#[component]
pub fn Toolbar(
    /// The navigation data.
    nav: Nav,
    /// The query parameters.
    params: QueryParams,
    /// Whether the table is shown.
    as_table: Memo<bool>,
) -> impl IntoView {
    let navigate = use_navigate();
    let typed = move |q: String| {
        let to = untrack(|| params.to(&[("q", &q)]));
        let options =
            NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&to, options);
    };
    let view = move |name: &'static str, label: &'static str, here: bool| {
        view! {
            <a href=move || params.to(&[("view", name)]) data-noscroll="" aria-current=move || (as_table.get() == here).then_some("true")>
                {label}
            </a>
        }
    };
    let names = Memo::new(move |_| nav.latest.with(|latest| labels(&latest.servers)));
    let groups = move || {
        let all = names.get().into_iter().map(|label| {
            let on = params.value("group") == label;
            let to = params.to(&[("group", if on { "" } else { label.as_str() })]);
            view! { <a href=to data-noscroll="" class="label" aria-current=on.then_some("true")>{label}</a> }
        });
        all.collect_view()
    };
    view! {
        <div class="table-head fleet-tools">
            <nav class="views" aria-label="Views">{view("cards", "Cards", false)} {view("table", "Table", true)}</nav>
            <form class="filter" role="search" method="get" on:submit=|event| event.prevent_default()>
                <input
                    id="filter"
                    aria-label="Filter servers: terms such as state:critical or a label's env:prod, or any text"
                    type="search"
                    name="q"
                    autocomplete="off"
                    placeholder="state:critical env:prod text"
                    value=move || params.value("q")
                    prop:value=move || params.value("q")
                    on:input:target=move |event| typed(event.target().value())
                />
                {["view", "sort", "group"].map(|name| view! { <input type="hidden" name=name value=move || params.value(name)/> }).collect_view()}
                {inputs()}
                <button type="submit">"Filter"</button>
            </form>
            {move || (as_table.get() && names.with(|names| !names.is_empty())).then(|| view! {
                <span class="fleet-groups"><span class="muted">"Group by "</span>{groups}</span>
            })}
        </div>
    }
}

/// The table.
pub fn table(
    nav: Nav,
    past: RwSignal<FleetPast>,
    params: QueryParams,
    rows: Memo<Vec<Row>>,
) -> AnyView {
    let headings = COLUMNS.map(|column| sort_heading(params, column, move || params.value("sort")));
    let range = carried();
    let keys = move || rows.with(|rows| rows.iter().map(key).collect::<Vec<_>>());
    let row = move |key: String| match key.strip_prefix("server ") {
        Some(id) => {
            let id = ServerId::new(id);
            let server = Memo::new(move |_| nav.latest.with(|latest| latest.server(&id).cloned()));
            view! { <tr class=move || server.with(|s| s.as_ref().map_or("", class))>{move || server.with(|s| s.as_ref().map(|s| range.with(|range| cells(s, range, past))))}</tr> }.into_any()
        }
        None => {
            view! { <tr class="group"><th colspan=COLUMNS.len() scope="colgroup">{key}</th></tr> }
                .into_any()
        }
    };
    view! {
        <div class="scroll wide-table fleet-table" tabindex="0" role="group" aria-label="Servers">
            <table>
                <thead><tr>{headings.collect_view()}</tr></thead>
                <tbody>{keyed(keys, row)}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn key(row: &Row) -> String {
    row.id.as_ref().map_or_else(|| row.heading.clone(), |id| format!("server {id}"))
}

fn class(server: &ServerSummary) -> &'static str {
    match state(server) {
        "unreachable" | "critical" => "critical",
        "warning" => "warning",
        _ => "",
    }
}

fn cells(server: &ServerSummary, range: &str, past: RwSignal<FleetPast>) -> AnyView {
    let figure = |column: &str, unit: Unit| {
        let value = number(server, column);
        view! { <td class="num"><Number value=Signal::stored(value) unit/></td> }
    };
    let (id, now) = (server.id.to_string(), server.headline.transactions_spark.clone());
    let line = Signal::derive(move || {
        past.with(|past| past.get(&id).cloned()).unwrap_or_else(|| now.clone())
    });
    let first = server.first.as_ref().filter(|first| first.severity > Severity::Info);
    let first =
        first.map(|first| view! { <span class="fleet-first">{first.message.clone()}</span> });
    view! {
        <th scope="row"><a href=links::overview(&server.id) + range data-row="">{server.id.to_string()}</a></th>
        <td class="text">{state(server)}</td>
        <td class="fleet-found">{badge(server.worst)} {first}</td>
        {figure("waiting", Unit::Count)}
        {figure("active", Unit::Count)}
        {figure("connections", Unit::Count)}
        <td class="num fleet-line"><Number value=Signal::stored(number(server, "transactions")) unit=Unit::PerSecond/><Sparkline values=line/></td>
        {figure("lag", Unit::Ms)}
        <td class="text">{text(server, "version")}</td>
    }
    .into_any()
}
