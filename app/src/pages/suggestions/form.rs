//! The two forms, which JavaScript sends in place: look for indexes, and try changes; below each what came of it.

use leptos::prelude::*;
use model::explain::NotExplained;
use model::statements::Question;
use model::what_if::Asked;
use model::{ApiError, Reason, ServerId};

use super::start::{Found, Sent, SuggestionsStart, Tried};
use super::{compared, result};
use crate::links;
use crate::ui::form_token::form_token;
use crate::ui::format;
use crate::ui::reading::{empty, why};
use crate::ui::textarea::in_textarea;

/// The state of both forms.
#[derive(Clone, Copy)]
struct Forms {
    found: RwSignal<Option<Found>>,
    tried: RwSignal<Option<Tried>>,
    is_looking: RwSignal<bool>,
    is_trying: RwSignal<bool>,
}

/// Hidden fields of the pairs that have a value.
pub fn hidden(pairs: &[(&'static str, &String)]) -> AnyView {
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    let inputs = pairs.map(|(name, value)| {
        view! { <input type="hidden" name=*name value=(*value).clone()/> }
    });
    inputs.collect_view().into_any()
}

/// Both forms with their results.
pub fn forms(server: &ServerId, question: &Question, start: &SuggestionsStart) -> AnyView {
    let (asked, found, tried) = match &start.sent {
        None => (Asked::default(), None, None),
        Some(Sent::Found(found)) => (Asked::default(), Some(found.clone()), None),
        Some(Sent::Tried(asked, tried)) => (asked.clone(), None, Some(tried.clone())),
    };
    let state = Forms {
        found: RwSignal::new(found),
        tried: RwSignal::new(tried),
        is_looking: RwSignal::new(false),
        is_trying: RwSignal::new(false),
    };
    let database = match &start.workload {
        Ok(facts) => facts.database.clone(),
        Err(_) => question.database.clone(),
    };
    let question = Question { database, ..question.clone() };
    let refusal = start.refusal.clone();
    let is_empty = start.workload.as_ref().map_or(true, |facts| facts.planned == 0);
    view! {
        {refusal.clone().map(|why| view! { <p class="note" id="suggestions-refusal">{format::unbroken(&why)}</p> })}
        {looking(server, &question, state, refusal.is_some() || is_empty)}
        {trying(server, &question, (state, asked), refusal.is_some())}
    }
    .into_any()
}

/// Where a form goes without JavaScript, and its hidden fields.
fn target(server: &ServerId, question: &Question) -> (String, AnyView) {
    let pairs = [
        ("range", &question.range),
        ("from", &question.from),
        ("to", &question.to),
        ("database", &question.database),
    ];
    let query = pairs.map(|(name, value)| (name, value.as_str()));
    (format!("{}{}", links::area(server, "suggestions"), links::query(&query)), hidden(&pairs))
}

fn looking(server: &ServerId, question: &Question, state: Forms, is_off: bool) -> AnyView {
    let (address, fields) = target(server, question);
    #[cfg(feature = "hydrate")]
    let submit = live::look(server, question, state);
    #[cfg(not(feature = "hydrate"))]
    let submit = |_: leptos::ev::SubmitEvent| {};
    let is_busy = move || is_off || state.is_looking.get() || state.is_trying.get();
    let label = move || if state.is_looking.get() { "Looking …" } else { "Look for indexes" };
    let of = server.clone();
    view! {
        <section class="panel" aria-labelledby="suggestions-title">
            <h2 id="suggestions-title">"Suggestions"</h2>
            <form method="post" action=address on:submit=submit>
                {form_token()}
                {fields}
                <input type="hidden" name="ask" value="suggest"/>
                <button type="submit" disabled=is_busy>{label}</button>
                <p class="note">"The statements are planned for any values and for common ones, never executed; what their plans ask for is tried with hypothetical indexes where hypopg is installed. It takes up to ten seconds and is recorded in the audit log."</p>
            </form>
            <div role="status" aria-busy=move || state.is_looking.get().then_some("true")>
                {move || match (state.is_looking.get(), state.found.get()) {
                    (true, _) => view! { <div class="skeleton-block" aria-hidden="true"></div> }.into_any(),
                    (false, None) => empty("Indexes have not been looked for yet."),
                    (false, Some(Ok(found))) => result::found(&of, &found),
                    (false, Some(Err(error))) => not_planned(&error),
                }}
            </div>
        </section>
    }
    .into_any()
}

fn trying(
    server: &ServerId,
    question: &Question,
    (state, asked): (Forms, Asked),
    is_off: bool,
) -> AnyView {
    let (address, fields) = target(server, question);
    #[cfg(feature = "hydrate")]
    let submit = live::attempt(server, question, state);
    #[cfg(not(feature = "hydrate"))]
    let submit = |_: leptos::ev::SubmitEvent| {};
    let is_busy = move || is_off || state.is_looking.get() || state.is_trying.get();
    let label = move || if state.is_trying.get() { "Planning …" } else { "Compare costs" };
    let of = server.clone();
    view! {
        <section class="panel" aria-labelledby="what-if-title">
            <h2 id="what-if-title">"What if"</h2>
            <form method="post" action=address class="suggestions-try" on:submit=submit>
                {form_token()}
                {fields}
                <input type="hidden" name="ask" value="try"/>
                <label><span>"CREATE INDEX and DROP INDEX statements, which are not executed"</span>
                    <textarea name="changes" rows="4" spellcheck="false" autocomplete="off"
                        placeholder="create index on orders (customer_id, placed desc);\ndrop index items_order;">{in_textarea(&asked.changes)}</textarea>
                </label>
                <label><span>"A statement to plan instead of those above (optional)"</span>
                    <textarea name="statement" rows="3" spellcheck="false" autocomplete="off">{in_textarea(&asked.statement)}</textarea>
                </label>
                <p><button type="submit" disabled=is_busy>{label}</button></p>
                <p class="note">"This needs hypopg; leaving an index out needs hypopg 1.4 or newer. No lock on a table is taken but the one that planning takes."</p>
            </form>
            <div role="status" aria-busy=move || state.is_trying.get().then_some("true")>
                {move || match (state.is_trying.get(), state.tried.get()) {
                    (true, _) => view! { <div class="skeleton-block" aria-hidden="true"></div> }.into_any(),
                    (false, None) => ().into_any(),
                    (false, Some(Ok(tried))) => compared::tried(&of, &tried),
                    (false, Some(Err(error))) => not_planned(&error),
                }}
            </div>
        </section>
    }
    .into_any()
}

/// Why there is no result, with what to do.
fn not_planned(error: &NotExplained) -> AnyView {
    match error {
        NotExplained::Unknown(reason @ Reason::MissingExtension { .. }) => {
            view! { {why(reason)} {result::package()} }.into_any()
        }
        NotExplained::Unknown(reason @ Reason::Nothing { message }) if !reason.remedy_is_sql() => {
            view! { <p role="alert">{format::unbroken(message)}</p> }.into_any()
        }
        NotExplained::Unknown(reason) => why(reason),
        other => view! { <p role="alert">{format::unbroken(&other.message())}</p> }.into_any(),
    }
}

/// What an error of a server function is as a result.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser calls it"))]
fn failed(error: &ApiError) -> NotExplained {
    Reason::Nothing { message: error.to_string() }.into()
}

#[cfg(feature = "hydrate")]
mod live {
    use leptos::ev::SubmitEvent;
    use leptos::task::spawn_local;
    use wasm_bindgen::JsCast;

    use super::*;
    use crate::pages::suggestions::functions::{suggest_indexes, try_changes};

    /// Sends the first form in place.
    pub(super) fn look(
        server: &ServerId,
        question: &Question,
        state: Forms,
    ) -> impl Fn(SubmitEvent) + use<> {
        let (server, question) = (server.clone(), question.clone());
        move |event| {
            event.prevent_default();
            state.is_looking.set(true);
            let (server, question) = (server.clone(), question.clone());
            spawn_local(async move {
                let answer = suggest_indexes(server, question).await;
                let answer = answer.unwrap_or_else(|error| Err(failed(&error)));
                let _ = state.found.try_set(Some(answer));
                let _ = state.is_looking.try_set(false);
            });
        }
    }

    /// Sends the second form in place.
    pub(super) fn attempt(
        server: &ServerId,
        question: &Question,
        state: Forms,
    ) -> impl Fn(SubmitEvent) + use<> {
        let (server, question) = (server.clone(), question.clone());
        move |event| {
            event.prevent_default();
            let Some(asked) = asked(&event) else { return };
            state.is_trying.set(true);
            let (server, question) = (server.clone(), question.clone());
            spawn_local(async move {
                let answer = try_changes(server, question, asked).await;
                let answer = answer.unwrap_or_else(|error| Err(failed(&error)));
                let _ = state.tried.try_set(Some(answer));
                let _ = state.is_trying.try_set(false);
            });
        }
    }

    fn asked(event: &SubmitEvent) -> Option<Asked> {
        let form = event.target()?.dyn_into::<web_sys::HtmlFormElement>().ok()?;
        let fields = web_sys::FormData::new_with_form(&form).ok()?;
        let field = |name: &str| fields.get(name).as_string().unwrap_or_default();
        Some(Asked { changes: field("changes"), statement: field("statement") })
    }
}
