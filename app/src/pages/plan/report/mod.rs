//! A plan on the page: findings, facts of the whole, the views and the panel of one node; without
//! JavaScript one table in the views' place.

pub mod compare;
pub mod findings;
pub mod static_table;

use leptos::prelude::*;
use model::Unit;

use super::analysis::{Case, Paste, Shared};
use super::catalog::picker;
use super::describe::{short, shown};
use super::state::Desk;
use super::{share, views};
use crate::ui::format;
use findings::findings;

/// Plans that the chooser lists; more are a log, not a paste.
const MOST_PLANS: usize = 500;
/// Lines that were not understood and are listed.
const MOST_LINES: usize = 20;

/// All of it; nothing before there is a plan.
#[component]
pub fn Report(desk: Desk) -> impl IntoView {
    move || {
        let paste = desk.paste.get()?;
        let case = desk.case.get()?;
        Some(
            view! {
                <div class="plan-report">
                    {chooser(&paste, desk)}
                    {notices(&paste, &case)}
                    {
                        let case = case.clone();
                        move || desk.other_case.get().map(|other| compare::compared(&case, &other, desk))
                    }
                    {findings(&case, desk)}
                    {picker::told(desk)}
                    {facts(&case)}
                    {share::share(&case, desk)}
                    {
                        let case = case.clone();
                        let paste = paste.clone();
                        move || match desk.alive.get() {
                            true => views::views(&paste, &case, desk),
                            false => static_table::plain(&case),
                        }
                    }
                </div>
            }
            .into_any(),
        )
    }
}

/// Which plan of several.
fn chooser(paste: &Shared<Paste>, desk: Desk) -> Option<AnyView> {
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
            view! { <option value=at.to_string() selected=move || desk.chosen.get() == at>{message}</option> }
        })
        .collect_view();
    let pick = move |event: leptos::ev::Event| {
        if let Ok(at) = event_target_value(&event).parse() {
            desk.choose(at);
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

/// Where the paste is damaged, and what was not understood.
fn notices(paste: &Paste, case: &Case) -> Option<AnyView> {
    let broken = case.plan.broken.as_ref().map(|broken| {
        view! {
            <p class="plan-broken">
                "The plan is truncated or damaged; what could be parsed is shown. " {shown(&broken.to_string()).into_owned()}
            </p>
        }
    });
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
    (broken.is_some() || lines.is_some()).then(|| view! { {broken} {lines} }.into_any())
}

/// What is printed about the whole.
fn facts(case: &Case) -> AnyView {
    let plan = &case.plan;
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
    };
    let time = |ms: Option<f64>| ms.map(|ms| format::number(ms, Unit::Ms));
    let settings: Vec<String> =
        plan.settings().map(|(name, value)| format!("{name} = {value}")).collect();
    let settings = (!settings.is_empty()).then(|| shown(&settings.join(", ")).into_owned());
    let triggers = case.derived.triggers_ms;
    view! {
        <dl class="numbers plan-facts">
            {fact("Execution", time(plan.execution_ms().or(case.derived.nodes_ms)))}
            {fact("Planning", time(plan.planning_ms()))}
            {fact("Outside nodes", time(case.derived.outside_ms.filter(|ms| *ms >= 0.001)))}
            {fact("Triggers", time(triggers))}
            {fact("JIT", time(case.derived.jit_ms))}
            {fact("Serialization", time(case.derived.serialization_ms))}
            {fact("Nodes", Some(format::grouped(plan.nodes.len() as f64)))}
            {fact("Format", Some(plan.format.as_str().to_uppercase()))}
            {settings.map(|settings| view! { <div class="plan-settings"><dt>"Settings"</dt><dd>{settings}</dd></div> })}
        </dl>
    }
    .into_any()
}
