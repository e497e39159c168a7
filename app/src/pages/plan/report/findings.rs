//! What the rules found in a plan, the one that saves most first, each with evidence and SQL to copy.

use leptos::prelude::*;
use model::{Finding, Unit};
use plan::rules::Judged;

use crate::pages::plan::analysis::{Case, Shared};
use crate::pages::plan::describe::{name, shown};
use crate::pages::plan::state::Desk;
use crate::ui::findings::finding_body;
use crate::ui::format;

/// Findings shown before the rest is asked for.
const FIRST: usize = 8;
/// Most findings shown at all: beyond, more of the same help nobody.
const MOST: usize = 200;

/// All findings of the chosen plan.
pub fn findings(case: &Shared<Case>, desk: Desk) -> AnyView {
    let count = case.judged.len();
    let all = case.clone();
    let message = match count {
        0 => "No rule found a problem.".to_owned(),
        _ => format!(
            "{}, by potential time saved",
            format::plural(count as i64, "finding", "findings")
        ),
    };
    let first = all.judged.iter().take(FIRST).enumerate();
    let first = first.map(|(at, found)| one(&all, found, desk, at == 0)).collect_view();
    let rest = (count > FIRST).then(|| {
        let shown = count.min(MOST);
        let more = format!("{} more findings", format::grouped((shown - FIRST) as f64));
        let rest = all.judged.iter().skip(FIRST).take(MOST - FIRST);
        let rest = rest.map(|found| one(&all, found, desk, false)).collect_view();
        view! { <details class="more-findings"><summary>{more}</summary><div class="findings">{rest}</div></details> }
    });
    let beyond = (count > MOST).then(|| {
        view! { <p class="note">{format!("The other {} would save less and are left out.", format::grouped((count - MOST) as f64))}</p> }
    });
    view! {
        <section class="findings plan-findings" aria-labelledby="plan-findings-title">
            <h2 id="plan-findings-title">{message}</h2>
            {first}
            {rest}
            {beyond}
            {unchecked(case)}
        </section>
    }
    .into_any()
}

fn one(case: &Case, found: &Judged, desk: Desk, open: bool) -> AnyView {
    let Judged { node, saves_ms, finding, .. } = found;
    let (node, word) = (*node, finding.severity.as_str());
    let saves = saves_ms.filter(|ms| *ms > 0.0).map(|ms| {
        view! { <span class="saves num" title=format::exact(ms, Unit::Ms)>"up to " {format::number(ms, Unit::Ms)}</span> }
    });
    let link = node.and_then(|at| Some((at, case.plan.nodes.get(at)?))).map(|(at, printed)| {
        let click = move |event: leptos::ev::MouseEvent| {
            if desk.alive.get_untracked() {
                event.prevent_default();
                desk.show(at);
                desk.panel.set(true);
            }
        };
        view! {
            <p><a href=format!("#node-{at}") on:click=click>"Show the node: " {name(printed)}</a></p>
        }
    });
    view! {
        <details class=format!("finding {word}") open=open>
            <summary>
                <span class=format!("severity {word}")>{word}</span>
                <span class="finding-says">{shown(&finding.message).into_owned()}</span>
                {saves}
            </summary>
            <div class="finding-body">
                {link}
                {finding_body(&plain(finding))}
                <p class="rule-link">"Rule " <a href=format!("/rules#{}", finding.rule)>{finding.rule.clone()}</a></p>
            </div>
        </details>
    }
    .into_any()
}

/// A finding whose texts hide nothing: they hold names out of the plan.
pub fn plain(finding: &Finding) -> Finding {
    let mut plain = finding.clone();
    let remedy = &mut plain.remedy;
    for text in [&mut remedy.sql, &mut remedy.lock, &mut remedy.undo, &mut remedy.refuted_by] {
        *text = text.as_deref().map(|text| shown(text).into_owned());
    }
    remedy.message = shown(&remedy.message).into_owned();
    for evidence in &mut plain.evidence {
        evidence.name = shown(&evidence.name).into_owned();
    }
    plain
}

fn unchecked(case: &Case) -> Option<AnyView> {
    if case.not_checked.is_empty() {
        return None;
    }
    let count = format::plural(case.not_checked.len() as i64, "rule was", "rules were");
    let rows = case
        .not_checked
        .iter()
        .map(|(rule, missing)| view! { <li><a href=format!("/rules#{rule}")>{*rule}</a> ": " {missing.message()}</li> })
        .collect_view();
    Some(
        view! {
            <details class="finding not-checked">
                <summary>
                    <span class="severity unknown">"not checked"</span>
                    <span class="finding-says">{count} " not checked"</span>
                </summary>
                <div class="finding-body"><ul>{rows}</ul></div>
            </details>
        }
        .into_any(),
    )
}
