//! Plans of the statement that were seen: each with what it does and since when, and what is different from
//! the one before.

use leptos::prelude::*;
use model::Unit;
use model::statements::plans::{PlanLook, SeenPlan, SeenPlans};

use crate::live::clock::Clock;
use crate::ui::format;
use crate::ui::reading::empty;

/// The panel; None is for people who may not see statements.
pub fn seen(seen: Option<&SeenPlans>) -> AnyView {
    let body = match seen {
        None => empty("Plans are for those who may see the text of statements."),
        Some(seen) if !seen.is_kept => {
            empty("pgdeck keeps no history, so there is nowhere to keep plans.")
        }
        Some(seen) if seen.plans.is_empty() => view! {
            {empty("No plan has been seen yet.")}
            {failures(&seen.failures)}
        }
        .into_any(),
        Some(seen) => view! {
            <ol class="statement-plans">{seen.plans.iter().map(|one| plan(one, seen)).collect_view()}</ol>
            {failures(&seen.failures)}
        }
        .into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="plans-title">
            <h2 id="plans-title">"Plans seen"</h2>
            {body}
            {seen.is_some().then(|| view! {
                <p class="note">"Of the five costliest statements, and of those that have become slower, one a minute is planned: without values, or for the most common ones, and never executed. A plan that you have on the plan page of this very text is kept here too. Values are not kept."</p>
            })}
        </section>
    }
    .into_any()
}

/// One plan, newest first.
fn plan(one: &SeenPlan, all: &SeenPlans) -> AnyView {
    let clock = Clock::get();
    let (first_ms, last_ms) = (one.first_ms, one.last_ms);
    let cost = one.cost.map(|cost| format!(", cost {}", format::number(cost, Unit::Count)));
    let before = one.before.and_then(|at| all.plans.get(at));
    let changed = before.map(|before| {
        let changes = one.changes.iter().map(|change| view! { <li>{change.clone()}</li> });
        view! {
            <p class="statement-flip">"Another plan than before:"</p>
            <ul>{changes.collect_view()}</ul>
            {open(&before.plan, Some(&one.plan), "Compare the two plans")}
        }
    });
    view! {
        <li>
            <p class="statement-plan">{one.line.clone()}</p>
            <p class="muted">
                {one.source.words()} " in database " {one.database.clone()} {cost}
                ", seen from " {move || clock.day_and_time(first_ms)} " to " {move || clock.day_and_time(last_ms)}
            </p>
            {changed}
            {open(&one.plan, None, "Open this plan")}
        </li>
    }
    .into_any()
}

/// A button that leads to the plan page, with or without JavaScript.
fn open(plan: &str, other: Option<&str>, label: &'static str) -> AnyView {
    let other = other.map(|other| {
        view! { <input type="hidden" name="other" value=other.to_owned()/> }
    });
    view! {
        <form method="post" action="/plan">
            <input type="hidden" name="plan" value=plan.to_owned()/>
            {other}
            <button type="submit">{label}</button>
        </form>
    }
    .into_any()
}

/// Why there is no plan.
fn failures(all: &[PlanLook]) -> AnyView {
    let clock = Clock::get();
    let one = |look: &PlanLook| {
        let at_ms = look.at_ms;
        let why = look.failure.clone().unwrap_or_default();
        view! {
            <p class="note">
                {move || clock.day_and_time(at_ms)} ": no plan (" {look.source.words()} ") in database " {look.database.clone()} ". " {why}
            </p>
        }
    };
    all.iter().map(one).collect_view().into_any()
}
