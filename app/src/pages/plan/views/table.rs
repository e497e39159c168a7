//! Table of the plan's nodes: sortable, column chooser, virtual scrolling.

use leptos::prelude::*;
use model::Unit;

use super::columns::{COLUMNS, Column, figure, sorted};
use super::virtual_rows::VirtualRows;
use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::describe::{WRONG_FROM, family, name, short};
use crate::pages::plan::report::static_table::indent;
use crate::pages::plan::state::PlanState;
use crate::ui::bar::Bar;
use crate::ui::format;

/// Height of a row, pixels; the same in `plan.css`.
const ROW: f64 = 28.0;
/// Maximum length of a node's name in its row, which is one line.
const LONGEST_NAME: usize = 90;

/// The table with its column chooser.
pub fn table(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    let sort: RwSignal<Option<(&'static str, bool)>> = RwSignal::new(None);
    let shown = RwSignal::new(COLUMNS.iter().filter(|c| c.first).map(|c| c.id).collect::<Vec<_>>());
    let columns = Memo::new(move |_| {
        COLUMNS
            .iter()
            .filter(|c| shown.with(|shown| shown.contains(&c.id)))
            .map(|c| c.id)
            .collect::<Vec<_>>()
    });
    let order = {
        let analysis = analysis.clone();
        Memo::new(move |_| Shared::new(sorted(&analysis, sort.get())))
    };
    let rows = VirtualRows::new(Signal::derive(move || order.with(|order| order.len())), ROW);
    follow(state, order, rows);
    let choose = COLUMNS.map(|column| choice(column, shown)).collect_view();
    let analysis = analysis.clone();
    view! {
        <details class="plan-columns">
            <summary>"Columns"</summary>
            <div>{choose}</div>
        </details>
        <div
            class="plan-table"
            tabindex="0"
            role="group"
            aria-label="Nodes as a table; the up and down keys move, Enter opens a node"
            node_ref=rows.element
            on:scroll=move |_| rows.update_visible()
            on:keydown=move |event| on_arrow_key(&event, state, order)
        >
            <table aria-rowcount=move || (order.with(|order| order.len()) + 1).to_string()>
                <thead>
                    <tr aria-rowindex="1">
                        {heading(None, sort)}
                        {move || columns.get().into_iter().filter_map(by_id).map(|c| heading(Some(c), sort)).collect_view()}
                    </tr>
                </thead>
                <tbody>
                    {move || spacer(rows, 0, rows.range().0)}
                    <For
                        each=move || {
                            let (from, to) = rows.range();
                            order.with(|order| order.get(from..to).unwrap_or_default().iter().copied().zip(from..).collect::<Vec<_>>())
                        }
                        key=|row| *row
                        let:row
                    >
                        {row_view(&analysis, row, columns, state)}
                    </For>
                    {move || spacer(rows, rows.range().1, order.with(|order| order.len()))}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

fn by_id(id: &str) -> Option<Column> {
    COLUMNS.into_iter().find(|column| column.id == id)
}

/// Spacer for the rows that are not rendered.
fn spacer(rows: VirtualRows, from: usize, to: usize) -> Option<AnyView> {
    let room = rows.spacer(from, to)?;
    Some(view! { <tr aria-hidden="true"><td class="spacer">{room}</td></tr> }.into_any())
}

fn choice(column: Column, shown: RwSignal<Vec<&'static str>>) -> AnyView {
    let flip = move |_| {
        shown.update(|shown| match shown.iter().position(|id| *id == column.id) {
            Some(at) => drop(shown.remove(at)),
            None => shown.push(column.id),
        });
    };
    view! {
        <label>
            <input type="checkbox" prop:checked=move || shown.with(|shown| shown.contains(&column.id)) on:change=flip/>
            {column.words}
        </label>
    }
    .into_any()
}

fn heading(column: Option<Column>, sort: RwSignal<Option<(&'static str, bool)>>) -> AnyView {
    let id = column.map(|column| column.id);
    let now = move || match (sort.get(), id) {
        (None, None) => Some("ascending"),
        (Some((by, up)), Some(id)) if by == id => Some(if up { "ascending" } else { "descending" }),
        _ => None,
    };
    let click = move |_| {
        sort.update(|sort| {
            *sort = match (*sort, id) {
                (_, None) => None,
                (Some((by, false)), Some(id)) if by == id => Some((id, true)),
                (_, Some(id)) => Some((id, false)),
            }
        })
    };
    let words = column.map_or("Node, in the plan's order", |column| column.words);
    view! {
        <th scope="col" class:num=column.is_some() aria-sort=now>
            <button type="button" class="plain-button" on:click=click>{words}</button>
        </th>
    }
    .into_any()
}

fn row_view(
    analysis: &Shared<Analysis>,
    (at, place): (usize, usize),
    columns: Memo<Vec<&'static str>>,
    state: PlanState,
) -> AnyView {
    let Some((node, _)) = analysis.node(at) else { return ().into_any() };
    let (message, kind, depth) = (name(node), family(&node.kind), node.depth);
    let here = move || state.node.get() == Some(at);
    let mark = analysis.mark(at).map(|severity| {
        view! { <span class=format!("mark {}", severity.as_str())>{severity.as_str()}</span> }
    });
    let heat = {
        let analysis = analysis.clone();
        move || match analysis.heat(state.scale.get(), at) {
            Some(heat) => format!("heat heat-{heat}"),
            None => "heat heat-none".to_owned(),
        }
    };
    let analysis = analysis.clone();
    let open = move |_| {
        state.open_node(at);
    };
    view! {
        <tr aria-rowindex=(place + 2).to_string() aria-current=move || here().then_some("true") on:click=open>
            <th scope="row">
                <span class="plan-name">
                    <span class=heat aria-hidden="true"></span>
                    {indent(depth)}
                    <span class=format!("swatch {kind}") aria-hidden="true"></span>
                    <button type="button" class="plain-button" data-row="" tabindex="-1" title=message.clone()>{short(&message, LONGEST_NAME).into_owned()}</button>
                    <span class="hidden-words">{format!("level {}", depth + 1)}</span>
                    {mark}
                </span>
            </th>
            {move || columns.get().into_iter().filter_map(by_id).map(|column| cell(&analysis, at, column)).collect_view()}
        </tr>
    }
    .into_any()
}

fn cell(analysis: &Analysis, at: usize, column: Column) -> AnyView {
    let Some((node, own)) = analysis.node(at) else { return ().into_any() };
    let Some(value) = figure(column.id, node, own) else {
        return view! { <td class="num muted">"–"</td> }.into_any();
    };
    let exact = format::exact(value, column.unit);
    let message = match column.unit {
        Unit::Count if column.id == "factor" => format!(
            "× {}",
            if value < 10.0 {
                format::number(value, Unit::Count)
            } else {
                format::grouped(value.round())
            }
        ),
        Unit::Count => format::grouped(value.round()),
        unit => format::number(value, unit),
    };
    let bar = (column.id == "self").then(|| {
        view! { <Bar percent=Signal::stored(own.share.map(|share| share * 100.0))/> }
    });
    let wrong = column.id == "factor" && value >= WRONG_FROM && !own.cut_short;
    view! { <td class="num" class:wrong=wrong title=exact>{message} {bar}</td> }.into_any()
}

/// Scrolls the selected node into view.
fn follow(state: PlanState, order: Memo<Shared<Vec<usize>>>, rows: VirtualRows) {
    Effect::new(move |before: Option<()>| {
        state.reveal_count.track();
        let node = state.node.get();
        let place =
            node.and_then(|node| order.with(|order| order.iter().position(|at| *at == node)));
        if let Some(place) = place.filter(|place| before.is_some() || *place > 0) {
            rows.scroll_to(place);
        }
    });
}

/// Arrow keys among the rows; Enter opens the node.
fn on_arrow_key(
    event: &leptos::ev::KeyboardEvent,
    state: PlanState,
    order: Memo<Shared<Vec<usize>>>,
) {
    let order = order.get_untracked();
    let now = state.node.get_untracked().and_then(|node| order.iter().position(|at| *at == node));
    let last = order.len().saturating_sub(1);
    let to = match (event.key().as_str(), now) {
        ("ArrowDown", now) => now.map_or(0, |now| (now + 1).min(last)),
        ("ArrowUp", now) => now.map_or(0, |now| now.saturating_sub(1)),
        ("PageDown", now) => (now.unwrap_or(0) + 20).min(last),
        ("PageUp", now) => now.unwrap_or(0).saturating_sub(20),
        ("Home", _) => 0,
        ("End", _) => last,
        ("Enter", Some(_)) => {
            event.prevent_default();
            crate::pages::plan::views::panel::open(state);
            return;
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(at) = order.get(to) {
        state.show(*at);
    }
}
