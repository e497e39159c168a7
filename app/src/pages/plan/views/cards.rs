//! The plan's nodes as cards, for screens too narrow for the table: kind, relation, self time, rows
//! and warnings of every node, nothing cut; a press shows the remaining facts in place.

use leptos::prelude::*;
use plan::Node;
use plan::derive::DerivedNode;

use super::columns::sorted;
use super::node::{derived, facts, printed};
use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::describe::{
    WRONG_FROM, count, estimate, family, ms, object, percent, shown, title,
};
use crate::pages::plan::state::PlanState;
use crate::ui::bar::Bar;
use crate::ui::format;

/// Cards rendered at first, and added by each press of "Show more".
const PAGE: usize = 100;
/// The depth up to which a card is indented; narrower cards could not be read.
const DEEPEST: usize = 8;

/// The orders: (column of the table, label).
const ORDERS: [(&str, &str); 4] = [
    ("", "In the plan's order"),
    ("self", "Self time first"),
    ("factor", "Worst estimate first"),
    ("rows", "Most rows first"),
];

/// The list of cards.
pub fn cards(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    let (by, most) = (RwSignal::new(""), RwSignal::new(PAGE));
    let options = ORDERS.map(|(id, label)| view! { <option value=id>{label}</option> });
    let choose = move |event: leptos::ev::Event| {
        let wanted = event_target_value(&event);
        by.set(ORDERS.iter().find(|(id, _)| *id == wanted).map_or("", |(id, _)| *id));
    };
    let count = analysis.plan.nodes.len();
    let analysis = analysis.clone();
    let list = move || {
        let by = by.get();
        let order = sorted(&analysis, (!by.is_empty()).then_some((by, false)));
        let indents = by.is_empty();
        order
            .into_iter()
            .take(most.get())
            .map(|at| card(&analysis, at, indents, state))
            .collect_view()
    };
    let more = move || {
        let left = count.saturating_sub(most.get());
        (left > 0).then(|| {
            let label = format!("Show {} more", format::grouped(left.min(PAGE) as f64));
            view! { <button type="button" on:click=move |_| most.update(|most| *most += PAGE)>{label}</button> }
        })
    };
    view! {
        <label class="plan-order"><span>"Order "</span><select on:change=choose>{options.collect_view()}</select></label>
        <h2 class="hidden-words">"Nodes"</h2>
        <ol class="plan-cards" aria-label="Nodes of the plan">{list}</ol>
        {more}
    }
    .into_any()
}

fn card(
    analysis: &Shared<Analysis>,
    at: usize,
    indents: bool,
    state: PlanState,
) -> Option<AnyView> {
    let (node, own) = analysis.node(at)?;
    let depth = if indents { node.depth.min(DEEPEST) } else { 0 };
    let share = own.share.map(|share| share * 100.0);
    let of_all = own.share.map(|share| format!(", {}", percent(share)));
    let loops = node.actual.map_or(1.0, |actual| actual.loops);
    let warnings = analysis.findings.iter().filter(|found| found.node == Some(at)).map(|found| {
        let word = found.finding.severity.as_str();
        view! {
            <p class="plan-card-finding"><span class=format!("mark {word}")>{word}</span> " " {shown(&found.finding.message).into_owned()}</p>
        }
    });
    let here = move || (state.node.get() == Some(at)).then_some("true");
    let class = {
        let analysis = analysis.clone();
        move || match analysis.heat(state.scale.get(), at) {
            Some(heat) => format!("plan-card heat-{heat} depth-{depth}"),
            None => format!("plan-card heat-none depth-{depth}"),
        }
    };
    Some(
        view! {
            <li class=class aria-current=here>
                <h3>
                    <span class=format!("swatch {}", family(&node.kind)) aria-hidden="true"></span>
                    {title(node)}
                    <span class="hidden-words">{format!(", level {}", node.depth + 1)}</span>
                </h3>
                <p class="plan-object">{object(node)}</p>
                <dl>
                    <div><dt>"Self time"</dt><dd class="num">{ms(own.self_ms)}{of_all} <Bar percent=Signal::stored(share)/></dd></div>
                    <div><dt>"Rows"</dt><dd class="num">{rows(node, own)}{(loops > 1.0).then(|| format!(" · {} loops", format::grouped(loops)))}</dd></div>
                </dl>
                {warnings.collect_view()}
                {all_facts(analysis, at)}
            </li>
        }
        .into_any(),
    )
}

/// The rows that came and those that were planned: `400, planned 10: 40 times more`.
fn rows(node: &Node, own: &DerivedNode) -> AnyView {
    let Some(planned) = node.cost.map(|cost| count(Some(cost.rows))) else {
        return count(own.rows).into_any();
    };
    let each =
        if node.actual.is_some_and(|actual| actual.loops > 1.0) { " in each loop" } else { "" };
    match estimate(own) {
        None => format!("{}, planned {planned}{each}", count(own.rows)).into_any(),
        Some(estimate) if estimate == "exact" => {
            format!("{}, as planned", count(own.rows)).into_any()
        }
        Some(estimate) => {
            let wrong = own.estimate.is_some_and(|e| e.factor >= WRONG_FROM && !own.cut_short);
            let rows = count(own.rows);
            view! { {rows} ", planned " {planned} {each} ": " <span class:wrong=wrong>{estimate}</span> }.into_any()
        }
    }
}

/// The remaining facts, rendered when they are asked for.
fn all_facts(analysis: &Shared<Analysis>, at: usize) -> AnyView {
    let open = RwSignal::new(false);
    let analysis = analysis.clone();
    let body = move || {
        let (node, _) = analysis.node(at).filter(|_| open.get())?;
        Some(facts(derived(&analysis, at).into_iter().chain(printed(node)).collect()))
    };
    view! {
        <details on:toggle=move |_| open.set(true)>
            <summary>"All figures"</summary>
            {body}
        </details>
    }
    .into_any()
}
