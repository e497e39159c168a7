//! The time range in the top bar: spans, a window between two moments, half a window earlier and later,
//! and whether times are UTC or local. All of it is links and a form, so it works without JavaScript.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use model::{Span, TimeRange};

use super::navigation::Nav;
use crate::live::Live;
use crate::live::clock::Clock;
use crate::live::range::{self, Here};
use crate::routes::{Page, page_at};

/// The range with what changes it; nothing on pages that show no past.
#[component]
pub fn RangeControl() -> impl IntoView {
    let path = use_location().pathname;
    let has_past = Memo::new(move |_| path.with(|path| page_at(path).is_some_and(Page::has_past)));
    view! { <Show when=move || has_past.get()><Control/></Show> }
}

#[component]
fn Control() -> impl IntoView {
    let (chosen, here, clock) = (range::chosen(), Here::get(), Clock::get());
    let menu = NodeRef::<leptos::html::Details>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            // In the browser only: closes the menu when one of its links is followed.
            let _ = menu.remove_attribute("open");
        }
    };
    let span = move |span: Span| {
        let current = move || (chosen.get() == TimeRange::Last(span)).then_some("true");
        view! {
            <a href=move || here.with(TimeRange::Last(span)) aria-current=current data-noscroll="" on:click=move |_| close()>
                {span.label()}
            </a>
        }
    };
    let to_live = move || {
        (!chosen.get().is_live()).then(|| view! {
            <a class="range-live" href=here.with(TimeRange::default()) data-noscroll="">"Live"</a>
        })
    };
    view! {
        <div class="range" role="group" aria-label="Time range">
            {step(chosen, "earlier")}
            <details class="range-menu" node_ref=menu>
                <summary title=move || title(chosen.get(), clock)>
                    <span class="hidden-words">"Time range: "</span>
                    <span class="num wide-only">{move || words(chosen.get(), clock)}</span>
                    <span class="narrow-only">{move || short(chosen.get())}</span>
                </summary>
                <div class="range-panel">
                    <nav class="ranges" aria-label="Time range of the charts">
                        {Span::ALL.into_iter().map(span).collect_view()}
                    </nav>
                    <Between chosen close=Callback::new(move |()| close())/>
                    <p class="range-steps">{step(chosen, "earlier")} {step(chosen, "later")}</p>
                    <button type="button" class="js-only" aria-pressed=move || clock.is_local().to_string() on:click=move |_| clock.switch()>
                        "Show local time"
                    </button>
                </div>
            </details>
            {step(chosen, "later")}
            {to_live}
        </div>
    }
}

/// Why the range of the address is none; nothing when it is one.
#[component]
pub fn RefusedRange() -> impl IntoView {
    let written = range::range();
    let refused = Memo::new(move |_| written.with(|text| TimeRange::read(text).err()));
    move || refused.get().map(|message| view! { <p class="note" role="alert">{message}</p> })
}

/// Says that a recording is shown, and of when it is.
#[component]
pub fn Recording() -> impl IntoView {
    let (nav, clock) = (use_context::<Nav>(), Clock::get());
    let span = Memo::new(move |_| nav.and_then(|nav| nav.latest.with(|latest| latest.recording)));
    let words = move |(from_ms, to_ms)| {
        let (from, to) = (clock.input(from_ms), clock.input(to_ms));
        let (from, to) = (from.replace('T', " "), to.replace('T', " "));
        format!(
            "A recording from {from} to {to} {}; nothing is read from the server.",
            clock.zone()
        )
    };
    move || span.get().map(|span| view! { <p class="note" role="note">{move || words(span)}</p> })
}

/// Says so where the page shows a past that is made up: that of the demo.
#[component]
pub fn GeneratedPast() -> impl IntoView {
    let (chosen, live, clock) = (range::chosen(), Live::get(), Clock::get());
    let nav = use_context::<super::navigation::Nav>();
    let until = Memo::new(move |_| {
        let (from_ms, until_ms) = nav?.latest.with(|nav| nav.generated)?;
        let chosen = chosen.get();
        let (from, to) = chosen.bounds(live.now_ms.get())?;
        (from < until_ms && to > from_ms).then_some(until_ms)
    });
    move || {
        until.get().map(|until_ms| {
            view! {
                <p class="note generated-past" role="note">
                    <span class="mark unknown">"Generated"</span>
                    {move || format!(" This is the demo: what is shown from before {} {} is made up from its first half minute, not read from a server.", clock.day_and_time(until_ms), clock.zone())}
                </p>
            }
        })
    }
}

/// Half a window earlier or later; a word without a link where there is none.
fn step(chosen: Memo<TimeRange>, way: &'static str) -> impl IntoView {
    let (here, live) = (Here::get(), Live::get());
    let (earlier, sign, words) = match way {
        "earlier" => (true, "‹", "Earlier"),
        _ => (false, "›", "Later"),
    };
    // The clock ticks each second; a link to the past need not.
    let now_ms = Memo::new(move |_| live.now_ms.get().div_euclid(5_000) * 5_000);
    let to = move || {
        let chosen = chosen.get();
        if earlier { chosen.earlier(now_ms.get()) } else { chosen.later(now_ms.get()) }
    };
    move || {
        let href = to().map(|range| here.with(range));
        let is_off = href.is_none();
        let (earlier, later) = if earlier { (Some(""), None) } else { (None, Some("")) };
        let (earlier, later) = (earlier.filter(|_| !is_off), later.filter(|_| !is_off));
        view! {
            <a
                class="range-step"
                href=href
                role=is_off.then_some("link")
                aria-disabled=is_off.then_some("true")
                data-earlier=earlier
                data-later=later
                data-noscroll=""
                title=format!("{words} by half of the range")
            >
                <span aria-hidden="true">{sign}</span>
                <span class="hidden-words">{words}</span>
            </a>
        }
    }
}

/// The form of a window.
#[component]
fn Between(chosen: Memo<TimeRange>, close: Callback<()>) -> impl IntoView {
    let (here, live, clock) = (Here::get(), Live::get(), Clock::get());
    let go = range::choosing();
    let window = move || chosen.get().window(live.now_ms.get_untracked());
    let others = move || {
        let input =
            |(name, value)| view! { <input type="hidden" name=name value=value/> }.into_any();
        here.others().into_iter().map(input).collect_view()
    };
    let inputs = [("from", "From"), ("to", "To")].map(|(name, label)| {
        let value = move || {
            let (from, to) = window();
            clock.input(if name == "from" { from } else { to })
        };
        view! {
            <label>
                <span>{label} " (" {move || clock.zone()} ")"</span>
                <input type="datetime-local" step="1" name=name required value=value prop:value=value/>
            </label>
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        if let Some(range) = browser::window(&event, clock) {
            close.run(());
            go(range);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (&go, close);
    };
    view! {
        <form class="range-window" method="get" on:submit=submit>
            {inputs.collect_view()}
            {others}
            <button type="submit">"Show"</button>
        </form>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use model::TimeRange;
    use wasm_bindgen::JsCast;

    use crate::live::clock::Clock;

    /// The window that the form says.
    pub fn window(event: &leptos::ev::SubmitEvent, clock: Clock) -> Option<TimeRange> {
        let form = event.target()?.dyn_into::<web_sys::HtmlFormElement>().ok()?;
        let data = web_sys::FormData::new_with_form(&form).ok()?;
        let moment = |name: &str| {
            let text = data.get(name).as_string()?;
            let zone = if clock.is_local_untracked() { "" } else { "Z" };
            let ms = js_sys::Date::parse(&format!("{text}{zone}"));
            ms.is_finite().then_some(ms as i64)
        };
        TimeRange::between(moment("from")?, moment("to")?)
    }
}

/// The range in few words: `6 hours`, `11-21 07:00–08:30`.
fn words(range: TimeRange, clock: Clock) -> String {
    match range {
        TimeRange::Last(Span::Live) => "Live, 5 min".to_owned(),
        TimeRange::Last(span) => span.label().to_owned(),
        TimeRange::Between { from_ms, to_ms } => {
            let (from, to) = (clock.day_and_time(from_ms), clock.day_and_time(to_ms));
            let is_short = to_ms - from_ms < 300_000;
            let cut = |text: &str| text.get(..if is_short { 14 } else { 11 }).map(str::to_owned);
            let (from, to) = (cut(&from).unwrap_or(from), cut(&to).unwrap_or(to));
            match (from.split_once(' '), to.split_once(' ')) {
                (Some((day, _)), Some((same, time))) if day == same => format!("{from}–{time}"),
                _ => format!("{from} – {to}"),
            }
        }
    }
}

/// The same on a phone.
fn short(range: TimeRange) -> &'static str {
    match range {
        TimeRange::Last(Span::Live) => "Live",
        TimeRange::Last(span) => span.as_str(),
        TimeRange::Between { .. } => "Span",
    }
}

fn title(range: TimeRange, clock: Clock) -> String {
    match range {
        TimeRange::Last(_) => String::new(),
        TimeRange::Between { from_ms, to_ms } => {
            let (from, to) = (clock.input(from_ms), clock.input(to_ms));
            format!("{from} to {to}, {}", clock.zone())
        }
    }
}
