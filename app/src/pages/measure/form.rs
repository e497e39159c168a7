//! The methods with their price, as one form, which JavaScript sends in place; progress and the button that ends it.

use leptos::prelude::*;
use model::measure::{Method, Offer, Offers, Progress};
use model::{ServerId, Unit};

use super::result;
use super::start::{MeasureStart, Outcome};
use crate::links;
use crate::ui::form_token::form_token;
use crate::ui::format;
use crate::ui::reading::known;
use crate::ui::table;

/// A MiB, bytes.
const MIB: u64 = 1 << 20;

/// The state of the form.
#[derive(Clone, Copy)]
struct Measuring {
    outcome: RwSignal<Option<Outcome>>,
    is_running: RwSignal<bool>,
    progress: RwSignal<Option<Progress>>,
}

/// The form with what can be measured.
pub fn offered(server: &ServerId, offers: Offers, start: &MeasureStart) -> AnyView {
    let newest = start.newest.clone().map(Ok);
    let state = Measuring {
        outcome: RwSignal::new(start.sent.clone().or(newest)),
        is_running: RwSignal::new(false),
        progress: RwSignal::new(start.running.clone()),
    };
    #[cfg(feature = "hydrate")]
    let submit = live::submit(server, &offers.target, start.budget, state);
    #[cfg(not(feature = "hydrate"))]
    let submit = |_: leptos::ev::SubmitEvent| {};
    let target = &offers.target;
    let pairs = [
        ("database", target.database.as_str()),
        ("schema", target.schema.as_str()),
        ("relation", target.relation.as_str()),
    ];
    let address = format!("{}{}", links::area(server, "measure"), links::query(&pairs));
    let hidden = pairs.map(|(name, value)| {
        view! { <input type="hidden" name=name value=value.to_owned()/> }
    });
    let head = table::head(&[("Method", false), ("Reads", true), ("Progress", false), ("", false)]);
    let rows = offers.offers.iter().map(|offer| row(offer, state)).collect_view();
    let missing = offers.offers.iter().filter_map(missing).collect_view();
    let size = format::number(offers.bytes as f64, Unit::Bytes);
    view! {
        <section class="panel" aria-labelledby="measure-how">
            <h2 id="measure-how">"Ways to measure"</h2>
            <p>"Its size is " {size} ", without its TOAST table and indexes. The cheapest way stands first."</p>
            <form method="post" action=address on:submit=submit>
                {form_token()}
                {hidden}
                <p class="measure-budget">
                    <label>"Read at most " <input name="mib" type="number" min="1" value=(start.budget.bytes / MIB).to_string()/> " MiB"</label>
                    <label>"for at most " <input name="seconds" type="number" min="1" max="60" value=(start.budget.time_ms / 1_000).to_string()/> " s"</label>
                </p>
                {table::table("Ways to measure", head, rows)}
            </form>
            {missing}
            {running(server, state)}
        </section>
        <section class="panel" aria-labelledby="measure-result">
            <h2 id="measure-result">"Result"</h2>
            <div role="status">
                {move || state.outcome.with(|outcome| match outcome {
                    Some(outcome) => result::outcome(outcome),
                    None => view! { <p class="empty">"It has not been measured since pgdeck's start."</p> }.into_any(),
                })}
            </div>
        </section>
    }
    .into_any()
}

fn row(offer: &Offer, state: Measuring) -> AnyView {
    let method = offer.method;
    let reads = match &offer.reads {
        Ok(bytes) => format::number(*bytes as f64, Unit::Bytes),
        Err(_) => "–".to_owned(),
    };
    let is_missing = offer.reads.is_err();
    let label = format!("Measure with {}", method.function());
    view! {
        <tr>
            <td class="text"><code>{method.function()}</code> " " <span class="muted">{words(method)}</span></td>
            <td class="num">{reads}</td>
            <td class="text">{if method.is_in_parts() { "told" } else { "not told by the server" }}</td>
            <td>
                <button type="submit" name="method" value=method.as_str() aria-label=label
                    disabled=move || is_missing || state.is_running.get()>"Measure"</button>
            </td>
        </tr>
    }
    .into_any()
}

fn words(method: Method) -> &'static str {
    match method {
        Method::FreeSpaceMap => "free space of 2,000 random blocks",
        Method::Approximate => "pages that are not all-visible",
        Method::Tuples | Method::Btree | Method::Hash => "all pages",
        Method::SampledPages | Method::SampledLeaves => "200 random pages",
        Method::Gin => "the pending list",
    }
}

/// What is missing for a method.
fn missing(offer: &Offer) -> Option<AnyView> {
    offer.reads.as_ref().err()?;
    let reads = offer.reads.clone();
    Some(
        view! {
            <p class="note">"For " <code>{offer.method.function()}</code> ":"</p>
            {known(&reads, |_| ().into_any())}
        }
        .into_any(),
    )
}

/// The measurement under way, with the button that ends it.
fn running(server: &ServerId, state: Measuring) -> AnyView {
    #[cfg(feature = "hydrate")]
    let abort = live::abort(server);
    #[cfg(not(feature = "hydrate"))]
    let abort = {
        let _ = server;
        |_: leptos::ev::MouseEvent| {}
    };
    let line = move || state.progress.with(|progress| progress.as_ref().map(told));
    view! {
        <div class="measure-progress" role="status">{line}</div>
        <button type="button" class="js-only" hidden=move || !state.is_running.get() on:click=abort>"End it"</button>
    }
    .into_any()
}

/// How far it is, in words.
fn told(progress: &Progress) -> String {
    let far = match progress.blocks {
        Some((read, of)) => format!("{read} of {of} blocks"),
        None => "the server tells no progress".to_owned(),
    };
    let (relation, who) = (&progress.request.target.relation, &progress.who);
    let since = format::age(progress.elapsed_ms as f64);
    format!("{who} measures {relation} for {since}: {far}.")
}

#[cfg(feature = "hydrate")]
mod live {
    use std::time::Duration;

    use leptos::ev::{MouseEvent, SubmitEvent};
    use leptos::task::spawn_local;
    use model::measure::{Budget, Request, Target};
    use wasm_bindgen::JsCast;

    use super::*;
    use crate::pages::measure::functions::{abort_measurement, measure, measure_progress};

    /// How often progress is asked for while a measurement runs.
    const POLL: Duration = Duration::from_millis(500);

    /// Sends the form in place.
    pub(super) fn submit(
        server: &ServerId,
        target: &Target,
        budget: Budget,
        state: Measuring,
    ) -> impl Fn(SubmitEvent) + use<> {
        let (server, target) = (server.clone(), target.clone());
        let left = server.clone();
        on_cleanup(move || {
            if state.is_running.try_get_untracked() == Some(true) {
                spawn_local(async move {
                    let _ = abort_measurement(left).await;
                });
            }
        });
        move |event| {
            event.prevent_default();
            let Some(request) = request(&event, &target, budget) else { return };
            let asked = server.clone();
            state.is_running.set(true);
            spawn_local(async move {
                let answer = measure(asked, request).await;
                let _ = state.is_running.try_set(false);
                let _ = state.progress.try_set(None);
                let outcome = answer.unwrap_or_else(|error| {
                    let message = error.to_string();
                    Err(model::Reason::Nothing { message }.into())
                });
                let _ = state.outcome.try_set(Some(outcome));
            });
            poll(server.clone(), state);
        }
    }

    /// The button that ends it.
    pub(super) fn abort(server: &ServerId) -> impl Fn(MouseEvent) + use<> {
        let server = server.clone();
        move |_| {
            let server = server.clone();
            spawn_local(async move {
                let _ = abort_measurement(server).await;
            });
        }
    }

    fn poll(server: ServerId, state: Measuring) {
        let ask = move || {
            if state.is_running.try_get_untracked() != Some(true) {
                return;
            }
            spawn_local(async move {
                let progress = measure_progress(server.clone()).await;
                if state.is_running.try_get_untracked() == Some(true) {
                    let _ = state.progress.try_set(progress.ok().flatten());
                    poll(server, state);
                }
            });
        };
        set_timeout(ask, POLL);
    }

    /// What the submitted form asks for.
    fn request(event: &SubmitEvent, target: &Target, budget: Budget) -> Option<Request> {
        let form = event.target()?.dyn_into::<web_sys::HtmlFormElement>().ok()?;
        let fields = web_sys::FormData::new_with_form(&form).ok()?;
        let field = |name: &str| fields.get(name).as_string().unwrap_or_default();
        let button = event.submitter()?.get_attribute("value")?;
        let budget = Budget::from_fields(&field("mib"), &field("seconds"), budget);
        Some(Request { target: target.clone(), method: button.parse().ok()?, budget })
    }
}
