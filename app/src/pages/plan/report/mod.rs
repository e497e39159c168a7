//! Report on a plan: the first screen has the picture and the findings side by side, facts and the
//! share menu come below. Without JavaScript a static table replaces the views.

pub mod compare;
pub mod findings;
pub mod static_table;

use leptos::prelude::*;
use model::Unit;

use super::analysis::{Analysis, ParsedPlans, Shared};
use super::catalog::picker;
use super::code::COMPARISON;
use super::describe::{short, shown};
use super::state::PlanState;
use super::{share, views};
use crate::ui::format;
use findings::findings;

/// Maximum of plans listed in the chooser.
const MOST_PLANS: usize = 500;
/// Maximum of unrecognised lines listed.
const MOST_LINES: usize = 20;

/// Picture and findings; nothing before there is a plan.
pub fn first_screen(state: PlanState) -> Option<AnyView> {
    let paste = state.paste.get()?;
    let analysis = state.analysis.get()?;
    let comparison = move || {
        let all = state.comparison.get()?;
        Some((COMPARISON.get()?.view)(&all, state))
    };
    Some(
        view! {
            {chooser(&paste, state)}
            {notices(&paste, &analysis)}
            {comparison}
            {findings::first_line(&analysis, state)}
            {move || match state.hydrated.get() {
                true => views::views(&paste, &analysis, state),
                false => plain(&analysis, state),
            }}
        }
        .into_any(),
    )
}

/// The static table beside the findings, in the places of the views.
fn plain(analysis: &Shared<Analysis>, state: PlanState) -> AnyView {
    view! {
        <div class="plan-views">
            <div class="plan-stage">
                <div class="plan-view">{static_table::static_table(analysis)}</div>
                <div class="plan-side">{findings(analysis, state)}</div>
            </div>
        </div>
    }
    .into_any()
}

/// What stands below the first screen: the catalog, the facts, the share menu.
pub fn details(state: PlanState) -> Option<AnyView> {
    let analysis = state.analysis.get()?;
    Some(
        view! {
            <div class="plan-report">
                {picker::catalog_section(state)}
                {facts(&analysis)}
                {share::share(&analysis, state)}
            </div>
        }
        .into_any(),
    )
}

/// The chooser among several plans.
fn chooser(paste: &Shared<ParsedPlans>, state: PlanState) -> Option<AnyView> {
    let count = paste.plans.len();
    if count < 2 {
        return None;
    }
    let options = paste.plans.iter().take(MOST_PLANS).enumerate();
    let options = options
        .map(|(at, plan)| {
            let took = plan.execution_ms().map(|ms| format!(", {}", format::number(ms, Unit::Ms)));
            let query = plan.query.as_deref().map(|query| crate::ui::sql::one_line(query, 60));
            let message = format!(
                "{} of {count}: {}, {}{}",
                at + 1,
                query.as_deref().map_or_else(|| format!("line {}", plan.line), |query| shown(query).into_owned()),
                format::plural(plan.nodes.len() as i64, "node", "nodes"),
                took.unwrap_or_default()
            );
            view! { <option value=at.to_string() selected=move || state.plan_index.get() == at>{message}</option> }
        })
        .collect_view();
    let pick = move |event: leptos::ev::Event| {
        if let Ok(at) = event_target_value(&event).parse() {
            state.choose(at);
        }
    };
    Some(
        view! {
            <label class="plan-chooser">
                <span>{format!("The pasted text contains {} plans. ", format::grouped(count as f64))}</span>
                <select on:change=pick>{options}</select>
            </label>
        }
        .into_any(),
    )
}

/// Where the text is truncated, what is doubtful about the reading, and the unrecognised lines.
fn notices(paste: &ParsedPlans, analysis: &Analysis) -> Option<AnyView> {
    let broken = analysis.plan.broken.as_ref().map(|broken| {
        view! {
            <p class="plan-broken">
                "The plan is truncated or damaged; what could be parsed is shown. " {shown(&broken.to_string()).into_owned()}
            </p>
        }
    });
    let read = paste.notices.iter().take(MOST_LINES).map(|notice| {
        let class = if notice.doubtful { "plan-broken" } else { "plan-left" };
        let place = (notice.line > 1).then(|| format!("From line {}: ", notice.line));
        view! { <p class=class>{place} {shown(&notice.text).into_owned()}</p> }
    });
    let read = (!paste.notices.is_empty()).then(|| read.collect_view());
    let left = &paste.not_understood;
    let lines = (!left.is_empty()).then(|| {
        let rows = left.iter().take(MOST_LINES).map(|left| {
            let place = format!("Line {}, column {}: ", left.line, left.column);
            view! { <li>{place} <code>{short(&shown(&left.text), 200).into_owned()}</code></li> }
        });
        let count = format::plural(left.len() as i64, "line was", "lines were");
        view! {
            <details class="plan-left">
                <summary>{count} " not understood; all others are shown"</summary>
                <ul>{rows.collect_view()}</ul>
            </details>
        }
    });
    (broken.is_some() || read.is_some() || lines.is_some())
        .then(|| view! { {broken} {read} {lines} }.into_any())
}

/// The printed facts about the whole plan.
fn facts(analysis: &Analysis) -> AnyView {
    let plan = &analysis.plan;
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
    };
    let time = |ms: Option<f64>| ms.map(|ms| format::number(ms, Unit::Ms));
    let settings: Vec<String> =
        plan.settings().map(|(name, value)| format!("{name} = {value}")).collect();
    let settings = (!settings.is_empty()).then(|| shown(&settings.join(", ")).into_owned());
    let triggers = analysis.derived.triggers_ms;
    view! {
        <dl class="numbers plan-facts">
            {fact("Execution", time(plan.execution_ms().or(analysis.derived.nodes_ms)))}
            {fact("Planning", time(plan.planning_ms()))}
            {fact("Outside nodes", time(analysis.derived.outside_ms.filter(|ms| *ms >= 0.001)))}
            {fact("Triggers", time(triggers))}
            {fact("JIT", time(analysis.derived.jit_ms))}
            {fact("Serialization", time(analysis.derived.serialization_ms))}
            {fact("Nodes", Some(format::grouped(plan.nodes.len() as f64)))}
            {fact("Format", Some(plan.format.as_str().to_uppercase()))}
            {settings.map(|settings| view! { <div class="plan-settings"><dt>"Settings"</dt><dd>{settings}</dd></div> })}
        </dl>
    }
    .into_any()
}
