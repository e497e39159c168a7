//! Time slider over the recorded seconds of the last hour: pointer, keys, links or form.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::ServerId;

use super::RecordedRange;
use super::query::LocksQuery;
use crate::live::range::inputs;
use crate::ui::format;

/// The step of the slider, ms: locks are sampled every second.
const STEP_MS: i64 = 1_000;

/// The slider with its links; nothing while nothing is recorded.
#[component]
pub fn Slider(
    server: ServerId,
    query: Memo<LocksQuery>,
    moments: Signal<Option<RecordedRange>>,
) -> impl IntoView {
    let at = Memo::new(move |_| query.with(|query| query.at));
    let words = move || match at.get() {
        Some(at) => format!("Shown: {}", format::moment(at)),
        None => "Shown: now".to_owned(),
    };
    let here = server.clone();
    let link = move |to: Option<i64>, words: &'static str, mark: &'static str| {
        let address = query.with(|query| query.at(to).to(&here));
        let earlier = (mark == "earlier").then_some("");
        let later = (mark == "later").then_some("");
        view! { <a href=address data-earlier=earlier data-later=later data-noscroll="">{words}</a> }
            .into_any()
    };
    let links = move || {
        let moments = moments.get()?;
        let shown = at.get().is_some();
        Some(view! {
            {moments.earlier.map(|to| link(Some(to), "Earlier", "earlier"))}
            {moments.later.map(|to| link(Some(to), "Later", "later"))}
            {shown.then(|| link(None, "Back to now", ""))}
        })
    };
    let bounds = move |of: fn(&RecordedRange) -> i64| moments.with(|m| m.as_ref().map(of));
    let navigate = use_navigate();
    let go = move |value: String| {
        let to = query.get_untracked().at(value.parse().ok()).to(&server);
        navigate(&to, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    let value = move || at.get().or_else(|| bounds(|m| m.to_ms)).map(|ms| ms.to_string());
    view! {
        <form class="lock-slider" method="get" on:submit=|event| event.prevent_default()>
            <input
                type="range"
                name="at"
                aria-label="A second of the last hour"
                aria-valuetext=words
                min=move || bounds(|m| m.from_ms)
                max=move || bounds(|m| m.to_ms)
                step=STEP_MS
                disabled=move || moments.with(Option::is_none)
                value=value
                prop:value=value
                on:change:target=move |event| go(event.target().value())
            />
            <input type="hidden" name="view" value=move || query.with(|query| query.view.clone())/>
            <input type="hidden" name="q" value=move || query.with(|query| query.q.clone())/>
            {inputs()}
            <button type="submit" class="without-js">"Show that second"</button>
            <span class="num" role="status">{words}</span>
            <span class="lock-steps">{links}</span>
        </form>
    }
}
