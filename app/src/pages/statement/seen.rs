//! Plans of the statement that were seen: each with what it does and since when, and what is different from
//! the one before.

use leptos::prelude::*;
use model::statements::plans::{PlanLook, PlanNow, PlanSource, PlannedNow, SeenPlan, SeenPlans};
use model::{ApiError, ServerId, Unit};

#[cfg(feature = "hydrate")]
use super::planning::plan_statement;
use crate::live::clock::Clock;
use crate::ui::form_token::form_token;
use crate::ui::format;
use crate::ui::reading::empty;

/// The panel; None is for people who may not see statements. `place` is the server, the query id and the address
/// of this page.
pub fn seen(
    seen: Option<SeenPlans>,
    plan_now: Option<PlanNow>,
    place: (&ServerId, &str, String),
) -> AnyView {
    let body = match seen {
        None => empty("Plans are for those who may see the text of statements."),
        Some(seen) => {
            let seen = RwSignal::new(seen);
            let button = plan_now.map(|now| button(now, place, seen));
            view! {
                {move || seen.with(list)}
                {button}
                <p class="note">"Of the five costliest statements, and of those that have become slower, one a minute is planned: without values, for the most common ones, or for those of a session that was seen running it, and never executed. A plan that you have on the plan page of this very text is kept here too, and so are the plans that auto_explain writes into a log that pgdeck reads. Values are not kept."</p>
            }
            .into_any()
        }
    };
    view! {
        <section class="panel" aria-labelledby="plans-title">
            <h2 id="plans-title">"Plans seen"</h2>
            {body}
        </section>
    }
    .into_any()
}

fn list(seen: &SeenPlans) -> AnyView {
    match seen {
        seen if !seen.is_kept => {
            empty("pgdeck keeps no history, so there is nowhere to keep plans.")
        }
        seen if seen.plans.is_empty() => view! {
            {empty("No plan has been seen yet.")}
            {failures(&seen.failures)}
        }
        .into_any(),
        seen => view! {
            <ol class="statement-plans">{seen.plans.iter().map(|one| plan(one, seen)).collect_view()}</ol>
            {failures(&seen.failures)}
        }
        .into_any(),
    }
}

/// "Plan it now": a form, which JavaScript sends in place.
fn button(
    now: PlanNow,
    (server, queryid, address): (&ServerId, &str, String),
    seen: RwSignal<SeenPlans>,
) -> AnyView {
    let sent = RwSignal::new(now.sent);
    let is_running = RwSignal::new(false);
    let refused = now.refusal.is_some();
    #[cfg(feature = "hydrate")]
    let submit = {
        let (server, queryid) = (server.clone(), queryid.to_owned());
        move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let database = crate::pages::statement::planning::chosen(&event);
            let (server, queryid) = (server.clone(), queryid.clone());
            is_running.set(true);
            leptos::task::spawn_local(async move {
                let answer = plan_statement(server, queryid, database).await;
                let _ = is_running.try_set(false);
                let _ = sent.try_set(Some(answer.map(|(planned, plans)| {
                    let _ = seen.try_set(plans);
                    planned
                })));
            });
        }
    };
    #[cfg(not(feature = "hydrate"))]
    let submit = {
        let _ = (server, queryid, seen);
        |_: leptos::ev::SubmitEvent| {}
    };
    let databases = match now.databases.as_slice() {
        [] => ().into_any(),
        [one] => view! { <input type="hidden" name="database" value=one.clone()/> }.into_any(),
        many => {
            let options = many
                .iter()
                .map(|name| view! { <option value=name.clone()>{name.clone()}</option> });
            view! {
                <label>"In database " <select name="database">{options.collect_view()}</select></label>
            }
            .into_any()
        }
    };
    let label = move || if is_running.get() { "Planning …" } else { "Plan it now" };
    let why = now.refusal.map(|why| view! { <p class="note" id="plan-now-why">{why}</p> });
    let described = if refused { "plan-now-why" } else { "plan-now-what" };
    view! {
        <form method="post" action=address class="statement-now" on:submit=submit>
            {form_token()}
            {databases}
            <button type="submit" disabled=move || refused || is_running.get() aria-describedby=described>{label}</button>
            {why}
            {(!refused).then(|| view! {
                <span class="muted" id="plan-now-what">"It is planned, not executed, and recorded in the audit log."</span>
            })}
        </form>
        <div role="status">{move || sent.with(|sent| sent.as_ref().map(outcome))}</div>
    }
    .into_any()
}

/// What came of it.
fn outcome(sent: &Result<PlannedNow, ApiError>) -> AnyView {
    let clock = Clock::get();
    match sent {
        Err(error) => view! { <p role="alert">{error.to_string()}</p> }.into_any(),
        Ok(done) => {
            let at_ms = done.at_ms;
            let had: Vec<&str> = done.had.iter().map(|how| how.words()).collect();
            let had = (!had.is_empty()).then(|| {
                view! { <p>"Plans had at " {move || clock.day_and_time(at_ms)} ": " {had.join(", ")} "."</p> }
            });
            let failures =
                done.failures.iter().map(|why| view! { <p class="note">{why.clone()}</p> });
            view! { {had} {failures.collect_view()} }.into_any()
        }
    }
}

/// One plan, newest first.
fn plan(one: &SeenPlan, all: &SeenPlans) -> AnyView {
    let clock = Clock::get();
    let (first_ms, last_ms) = (one.first_ms, one.last_ms);
    let cost = one.cost.map(|cost| format!(", cost {}", format::number(cost, Unit::Count)));
    let took =
        one.took_ms.map(|ms| format!(", took {} the first time", format::number(ms, Unit::Ms)));
    let seen = match one.source {
        PlanSource::SessionValues => ", which ran it as seen from ",
        _ => ", seen from ",
    };
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
                {one.source.words()} " in database " {one.database.clone()} {cost} {took}
                {seen} {move || clock.day_and_time(first_ms)} " to " {move || clock.day_and_time(last_ms)}
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
            {form_token()}
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
