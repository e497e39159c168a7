//! Panel beside the views: details of the selected node.

use leptos::prelude::*;

use super::node::{derived, facts, printed, text};
use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::describe::{estimate, family, ms, name, object, shown, title};
use crate::pages::plan::state::PlanState;
use crate::ui::code::CopyButton;
use crate::ui::findings::finding_body;
use crate::ui::format;

/// A node in one sentence, for screen readers.
pub fn announcement(analysis: &Analysis, at: usize) -> String {
    let Some((node, own)) = analysis.node(at) else { return String::new() };
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

/// Opens the panel of the selected node and focuses its title.
pub fn open(state: PlanState) {
    state.panel_open.set(true);
    #[cfg(feature = "hydrate")]
    crate::pages::plan::browser::focus("plan-panel-title");
}

/// The panel.
pub fn panel(analysis: &Shared<Analysis>, at: usize, state: PlanState) -> AnyView {
    let Some((node, _)) = analysis.node(at) else { return ().into_any() };
    let place = format!(
        "Node {} of {}",
        format::grouped((at + 1) as f64),
        format::grouped(analysis.plan.nodes.len() as f64)
    );
    let printed = printed(node);
    let lines = match node.lines {
        (0, _) => String::new(),
        (from, to) if from == to => format!(", line {from} of the paste"),
        (from, to) => format!(", lines {from} to {to} of the paste"),
    };
    let copied = text(analysis, at);
    view! {
        <section class="plan-panel" aria-labelledby="plan-panel-title">
            <div class="drawer-head">
                <h2 id="plan-panel-title" tabindex="-1">
                    <span class=format!("swatch {}", family(&node.kind)) aria-hidden="true"></span>
                    {title(node)}
                </h2>
                <button type="button" aria-label="Close the node" on:click=move |_| state.panel_open.set(false)>"Close"</button>
            </div>
            <p class="plan-object">{object(node)}</p>
            <p class="note">{place} {lines}</p>
            {findings_on(analysis, at)}
            {facts(derived(analysis, at))}
            {neighbours(analysis, at, state)}
            {(!printed.is_empty()).then(|| view! { <h3>"As printed"</h3> {facts(printed)} })}
            {kind_help(node)}
            <p><CopyButton text=Signal::stored(copied) message="Copy this node as text"/></p>
        </section>
    }
    .into_any()
}

/// The findings on the node.
fn findings_on(analysis: &Analysis, at: usize) -> AnyView {
    analysis.findings
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
                    <div class="finding-body">{finding_body(&crate::pages::plan::report::findings::with_visible_text(&found.finding))}</div>
                </details>
            }
        })
        .collect_view()
        .into_any()
}

/// Parent and children.
fn neighbours(analysis: &Shared<Analysis>, at: usize, state: PlanState) -> AnyView {
    /// Maximum of children listed; a partitioned Append has thousands.
    const MOST: usize = 12;
    let link = |to: usize| {
        let message = analysis.plan.nodes.get(to).map(name).unwrap_or_default();
        let took = analysis.derived.nodes.get(to).map(|own| ms(own.total_ms)).unwrap_or_default();
        view! {
            <li>
                <button type="button" class="plain-button" on:click=move |_| state.show(to)>{message}</button>
                " " <span class="num muted">{took}</span>
            </li>
        }
    };
    let above = analysis.plan.nodes.get(at).and_then(|node| node.parent);
    let above = above.map(|to| view! { <h3>"Parent"</h3> <ul class="plan-around">{link(to)}</ul> });
    let all = analysis.children(at).count();
    let below: Vec<usize> = analysis.children(at).take(MOST).collect();
    let more = all.checked_sub(MOST).filter(|more| *more > 0);
    let more = more.map(|more| view! { <li class="muted">{format!("and {} more", format::grouped(more as f64))}</li> });
    let below = (!below.is_empty()).then(|| {
        view! { <h3>"Children"</h3> <ul class="plan-around">{below.into_iter().map(link).collect_view()} {more}</ul> }
    });
    view! { {above} {below} }.into_any()
}

/// Help on this kind of node.
fn kind_help(node: &plan::Node) -> Option<AnyView> {
    let help = plan::node_help::help(node)?;
    Some(
        view! {
            <div class="plan-words">
                <h3>"What a " {help.kind} " does"</h3>
                <p>{help.does}</p>
                <p><strong>"Good when:"</strong> " " {help.good}</p>
                <p><strong>"Bad when:"</strong> " " {help.hurts}</p>
                <p><a href=help.docs rel="external noopener noreferrer">"PostgreSQL manual"</a></p>
            </div>
        }
        .into_any(),
    )
}
