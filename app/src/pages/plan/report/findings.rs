//! Findings of the rules on a plan, by saved time, each with evidence and SQL to copy.

use leptos::prelude::*;
use model::{Finding, Unit};
use plan::rules::{Judged, Whole};

use crate::pages::plan::analysis::{Analysis, Shared};
use crate::pages::plan::describe::{name, shown};
use crate::pages::plan::state::PlanState;
use crate::ui::findings::finding_body;
use crate::ui::format;

/// Findings shown at first.
const FIRST: usize = 8;
/// Maximum of findings shown.
const MOST: usize = 200;

/// The first finding in one line that leads to all, for screens too narrow to show them beside the
/// picture.
pub fn first_line(analysis: &Shared<Analysis>, state: PlanState) -> Option<AnyView> {
    let first = &analysis.findings.first()?.finding;
    let word = first.severity.as_str();
    let more = analysis.findings.len() - 1;
    let more = (more > 0).then(|| format!(" and {}", format::plural(more as i64, "more", "more")));
    let click = move |event: leptos::ev::MouseEvent| {
        // The fragment of the address belongs to the view.
        if state.hydrated.get_untracked() {
            event.prevent_default();
            #[cfg(feature = "hydrate")]
            crate::pages::plan::browser::focus_now("#plan-findings-title");
        }
    };
    Some(
        view! {
            <p class=format!("plan-lead finding {word}")>
                <a href="#plan-findings-title" on:click=click>
                    <span class=format!("severity {word}")>{word}</span>
                    " " {shown(&first.message).into_owned()} <span class="muted">{more}</span>
                </a>
            </p>
        }
        .into_any(),
    )
}

/// All findings of the selected plan.
pub fn findings(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    let count = analysis.findings.len();
    let all = analysis.clone();
    let message = match count {
        0 => "No rule found a problem.".to_owned(),
        _ => format!(
            "{}, by potential time saved",
            format::plural(count as i64, "finding", "findings")
        ),
    };
    let first = all.findings.iter().take(FIRST).enumerate();
    let first = first.map(|(at, found)| one(&all, found, state, at == 0)).collect_view();
    let rest = (count > FIRST).then(|| {
        let shown = count.min(MOST);
        let more = format::plural((shown - FIRST) as i64, "more finding", "more findings");
        let rest = all.findings.iter().skip(FIRST).take(MOST - FIRST);
        let rest = rest.map(|found| one(&all, found, state, false)).collect_view();
        view! { <details class="more-findings"><summary>{more}</summary><div class="findings">{rest}</div></details> }
    });
    let beyond = (count > MOST).then(|| {
        view! { <p class="note">{format!("The other {} would save less and are not shown.", format::grouped((count - MOST) as f64))}</p> }
    });
    view! {
        <section class="findings plan-findings" aria-labelledby="plan-findings-title">
            <h2 id="plan-findings-title" tabindex="-1">{message}</h2>
            {first}
            {rest}
            {beyond}
            {unchecked(analysis)}
        </section>
    }
    .into_any()
}

fn one(analysis: &Analysis, found: &Judged, state: PlanState, open: bool) -> AnyView {
    let Judged { node, saves_ms, finding, .. } = found;
    let (node, word) = (*node, finding.severity.as_str());
    let of = (found.whole == Whole::Planning).then_some(" of planning");
    let saves = saves_ms.filter(|ms| *ms > 0.0).map(|ms| {
        view! { <span class="saves num" title=format::exact(ms, Unit::Ms)>"up to " {format::number(ms, Unit::Ms)} {of}</span> }
    });
    // It stands behind the finding that claims the same time.
    let (part, within) = match found.within {
        Some(_) => {
            (" part", Some(view! { <p class="muted">"Its time is part of the finding above."</p> }))
        }
        None => ("", None),
    };
    let link = node.and_then(|at| Some((at, analysis.plan.nodes.get(at)?))).map(|(at, printed)| {
        let click = move |event: leptos::ev::MouseEvent| {
            if state.hydrated.get_untracked() {
                event.prevent_default();
                state.show(at);
                state.panel_open.set(true);
                #[cfg(feature = "hydrate")]
                crate::pages::plan::browser::focus("plan-panel-title");
            }
        };
        view! {
            <p><a href=format!("#node-{at}") on:click=click>"Show the node: " {name(printed)}</a></p>
        }
    });
    view! {
        <details class=format!("finding {word}{part}") open=open>
            <summary>
                <span class=format!("severity {word}")>{word}</span>
                <span class="finding-says">{shown(&finding.message).into_owned()}</span>
                {saves}
            </summary>
            <div class="finding-body">
                {within}
                {link}
                {finding_body(&with_visible_text(finding))}
                <p class="rule-link">"Rule " <a href=format!("/rules#{}", finding.rule)>{finding.rule.clone()}</a></p>
            </div>
        </details>
    }
    .into_any()
}

/// A finding with invisible characters escaped: its texts contain names from the plan.
pub fn with_visible_text(finding: &Finding) -> Finding {
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

fn unchecked(analysis: &Analysis) -> Option<AnyView> {
    if analysis.not_checked.is_empty() {
        return None;
    }
    let count = format::plural(analysis.not_checked.len() as i64, "rule was", "rules were");
    let rows = analysis
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
