//! The panel beside the views: one node whole.

use leptos::prelude::*;

use super::node::{derived, facts, printed, text};
use crate::pages::plan::analysis::{Case, Shared};
use crate::pages::plan::describe::{estimate, family, ms, name, object, shown, title};
use crate::pages::plan::state::Desk;
use crate::ui::code::Copy;
use crate::ui::findings::finding_body;
use crate::ui::format;

/// A node in one sentence, for those who hear the page.
pub fn spoken(case: &Case, at: usize) -> String {
    let Some((node, own)) = case.node(at) else { return String::new() };
    let mut message = format!("{}, level {}", name(node), node.depth + 1);
    if own.self_ms.is_some() {
        message.push_str(&format!(", self {}", ms(own.self_ms)));
    }
    if let Some(rows) = own.rows {
        message.push_str(&format!(", {}", format::plural(rows.round() as i64, "row", "rows")));
    }
    if let Some(estimate) = estimate(own) {
        message.push_str(&format!(", estimate {estimate}"));
    }
    message
}

/// The panel.
pub fn panel(case: &Shared<Case>, at: usize, desk: Desk) -> AnyView {
    let Some((node, _)) = case.node(at) else { return ().into_any() };
    let place = format!(
        "Node {} of {}",
        format::grouped((at + 1) as f64),
        format::grouped(case.plan.nodes.len() as f64)
    );
    let printed = printed(node);
    let lines = match node.lines {
        (0, _) => String::new(),
        (from, to) if from == to => format!(", line {from} of the paste"),
        (from, to) => format!(", lines {from} to {to} of the paste"),
    };
    let copied = text(case, at);
    view! {
        <section class="plan-panel" aria-labelledby="plan-panel-title">
            <div class="drawer-head">
                <h2 id="plan-panel-title" tabindex="-1">
                    <span class=format!("swatch {}", family(&node.kind)) aria-hidden="true"></span>
                    {title(node)}
                </h2>
                <button type="button" aria-label="Close the node" on:click=move |_| desk.panel.set(false)>"Close"</button>
            </div>
            <p class="plan-object">{object(node)}</p>
            <p class="note">{place} {lines}</p>
            {found(case, at)}
            {facts(derived(case, at))}
            {around(case, at, desk)}
            {(!printed.is_empty()).then(|| view! { <h3>"As printed"</h3> {facts(printed)} })}
            {words(node)}
            <p><Copy text=Signal::stored(copied) message="Copy this node as text"/></p>
        </section>
    }
    .into_any()
}

/// What was found on the node.
fn found(case: &Case, at: usize) -> AnyView {
    case.judged
        .iter()
        .filter(|found| found.node == Some(at))
        .map(|found| {
            let word = found.finding.severity.as_str();
            view! {
                <details class=format!("finding {word}")>
                    <summary>
                        <span class=format!("severity {word}")>{word}</span>
                        <span class="finding-says">{shown(&found.finding.message).into_owned()}</span>
                    </summary>
                    <div class="finding-body">{finding_body(&crate::pages::plan::report::findings::plain(&found.finding))}</div>
                </details>
            }
        })
        .collect_view()
        .into_any()
}

/// The nodes around it: above and beneath.
fn around(case: &Shared<Case>, at: usize, desk: Desk) -> AnyView {
    /// Children that are listed; a partitioned Append has thousands.
    const MOST: usize = 12;
    let link = |to: usize| {
        let message = case.plan.nodes.get(to).map(name).unwrap_or_default();
        let took = case.derived.nodes.get(to).map(|own| ms(own.total_ms)).unwrap_or_default();
        view! {
            <li>
                <button type="button" class="plain-button" on:click=move |_| desk.show(to)>{message}</button>
                " " <span class="num muted">{took}</span>
            </li>
        }
    };
    let above = case.plan.nodes.get(at).and_then(|node| node.parent);
    let above = above.map(|to| view! { <h3>"Parent"</h3> <ul class="plan-around">{link(to)}</ul> });
    let all = case.children(at).count();
    let below: Vec<usize> = case.children(at).take(MOST).collect();
    let more = all.checked_sub(MOST).filter(|more| *more > 0);
    let more = more.map(|more| view! { <li class="muted">{format!("and {} more", format::grouped(more as f64))}</li> });
    let below = (!below.is_empty()).then(|| {
        view! { <h3>"Children"</h3> <ul class="plan-around">{below.into_iter().map(link).collect_view()} {more}</ul> }
    });
    view! { {above} {below} }.into_any()
}

/// What this kind of node does.
fn words(node: &plan::Node) -> Option<AnyView> {
    let words = plan::node_help::help(node)?;
    Some(
        view! {
            <div class="plan-words">
                <h3>"What a " {words.kind} " does"</h3>
                <p>{words.does}</p>
                <p><strong>"Good when:"</strong> " " {words.good}</p>
                <p><strong>"Bad when:"</strong> " " {words.hurts}</p>
                <p><a href=words.docs rel="external noopener noreferrer">"The PostgreSQL manual on this"</a></p>
            </div>
        }
        .into_any(),
    )
}
