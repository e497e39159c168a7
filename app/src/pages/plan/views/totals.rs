//! Totals per relation, per index and per kind of node.

use leptos::prelude::*;
use model::Unit;
use plan::layout::{Total, totals};

use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::describe::{count, ms, percent, short, shown};
use crate::pages::plan::state::PlanState;
use crate::ui::bar::Bar;
use crate::ui::format;
use crate::ui::reading::empty;

/// Maximum of rows; the rest is a count.
const MOST: usize = 100;

/// The view.
pub fn totals_view(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    let sums = totals(&analysis.plan, &analysis.derived);
    view! {
        <div class="plan-totals">
            {one("Per relation", "Relation", &sums.relations, state)}
            {one("Per index", "Index", &sums.indexes, state)}
            {one("Per kind of node", "Kind", &sums.kinds, state)}
        </div>
    }
    .into_any()
}

fn one(title: &'static str, head: &'static str, all: &[Total], state: PlanState) -> AnyView {
    let rows = all.iter().take(MOST).map(|total| row(total, state)).collect_view();
    let more = (all.len() > MOST).then(|| {
        view! { <p class="note">{format!("The other {} took less.", format::grouped((all.len() - MOST) as f64))}</p> }
    });
    let body = if all.is_empty() {
        empty("None in this plan.")
    } else {
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label=title>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{head}</th>
                            <th scope="col" class="num">"Self time"</th>
                            <th scope="col" class="num">"Share"</th>
                            <th scope="col" class="num">"Nodes"</th>
                            <th scope="col" class="num">"Rows"</th>
                            <th scope="col" class="num">"Blocks hit"</th>
                            <th scope="col" class="num">"Blocks read"</th>
                            <th scope="col" class="num">"Own cost"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! { <section><h2>{title}</h2> {body} {more}</section> }.into_any()
}

fn row(total: &Total, state: PlanState) -> AnyView {
    let name = shown(&total.name).into_owned();
    let first = total.nodes.first().copied();
    let open = move |_| {
        if let Some(at) = first {
            state.show(at);
            state.panel_open.set(true);
        }
    };
    view! {
        <tr>
            <th scope="row">
                <button type="button" class="plain-button" data-row="" title=name.clone() on:click=open>{short(&name, 60).into_owned()}</button>
            </th>
            <td class="num" title=total.self_ms.map(|ms| format::exact(ms, Unit::Ms))>{ms(total.self_ms)}</td>
            <td class="num with-bar">
                <span class="num">{total.share.map(percent)}</span>
                <Bar percent=Signal::stored(total.share.map(|share| share * 100.0))/>
            </td>
            <td class="num">{format::grouped(total.nodes.len() as f64)}</td>
            <td class="num">{count(total.rows)}</td>
            <td class="num">{count(total.hit_blocks)}</td>
            <td class="num">{count(total.read_blocks)}</td>
            <td class="num">{count(total.cost)}</td>
        </tr>
    }
    .into_any()
}
