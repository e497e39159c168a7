//! Views of a plan as tabs, with colour scale and search; beside them the panel of the selected node
//! and the findings.

pub mod cards;
pub mod columns;
pub mod flame;
pub mod node;
pub mod panel;
pub mod query;
pub mod search;
pub mod source;
pub mod table;
pub mod totals;
pub mod tree;
pub mod virtual_rows;

use leptos::prelude::*;
use plan::layout::Scale;

use super::analysis::{Analysis, ParsedPlans, Shared};
use super::code::VIEWS;
use super::report::findings::findings;
use super::state::{PlanState, View};
use crate::live::lazy_code::LazyCode;

/// The views.
pub fn views(
    paste: &Shared<ParsedPlans>,
    analysis: &Shared<Analysis>,
    state: PlanState,
) -> AnyView {
    let tabs = View::ALL.map(|view| tab(view, state)).collect_view();
    let scales = Scale::ALL
        .map(|scale| {
            view! { <option value=scale.as_str() selected=move || state.scale.get() == scale>{scale.as_str()}</option> }
        })
        .collect_view();
    let colour = move |event: leptos::ev::Event| {
        let word = event_target_value(&event);
        if let Some(scale) = Scale::ALL.into_iter().find(|scale| scale.as_str() == word) {
            state.scale.set(scale);
        }
    };
    let (for_view, for_panel) = ((paste.clone(), analysis.clone()), analysis.clone());
    let narrow = narrow();
    let side = NodeRef::<leptos::html::Div>::new();
    // The panel opens above the findings, which may have been scrolled.
    Effect::new(move |_| {
        if state.panel_open.get()
            && state.node.get().is_some()
            && let Some(side) = side.get()
        {
            side.set_scroll_top(0);
        }
    });
    view! {
        <section class="plan-views" aria-label="Views of the plan" on:keydown=move |event| keys(&event, state)>
            <div class="plan-bar">
                <div class="tabs" role="tablist" aria-label="View" on:keydown=move |event| step(&event, state)>{tabs}</div>
                <label class="plan-scale"><span>"Colour "</span><select on:change=colour>{scales}</select></label>
                {search::search(analysis, state)}
            </div>
            <div class="plan-stage">
                <div class="plan-view" role="tabpanel" id="plan-view" aria-labelledby=move || tab_id(state.view.get())>
                    {move || one(&for_view.0, &for_view.1, narrow, state)}
                </div>
                <div class="plan-side" node_ref=side>
                    {move || {
                        let at = state.node.get().filter(|_| state.panel_open.get())?;
                        Some(panel::panel(&for_panel, at, state))
                    }}
                    {findings(analysis, state)}
                </div>
            </div>
            <p class="hidden-words" role="status">{
                let analysis = analysis.clone();
                move || state.node.get().map(|at| panel::announcement(&analysis, at)).unwrap_or_default()
            }</p>
        </section>
    }
    .into_any()
}

/// Whether the window is as narrow as a phone, as it changes.
fn narrow() -> Signal<bool> {
    let narrow = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    {
        narrow.set(super::browser::is_narrow());
        let resized = window_event_listener(leptos::ev::resize, move |_| {
            let now = super::browser::is_narrow();
            if narrow.get_untracked() != now {
                narrow.set(now);
            }
        });
        on_cleanup(move || resized.remove());
    }
    narrow.into()
}

fn one(
    paste: &Shared<ParsedPlans>,
    analysis: &Shared<Analysis>,
    narrow: Signal<bool>,
    state: PlanState,
) -> AnyView {
    match state.view.get() {
        View::Table if narrow.get() => cards::cards(analysis, state),
        View::Tree => tree::tree_view(analysis, state),
        View::Table => table::table(analysis, state),
        other => {
            let (paste, analysis) = (paste.clone(), analysis.clone());
            fetched(&VIEWS, move |code| (code.view)(other, &paste, &analysis, state))
        }
    }
}

/// A view whose code may have to be fetched first.
fn fetched<T: Copy + Send + Sync>(
    code: &'static LazyCode<T>,
    view: impl Fn(T) -> AnyView + Send + 'static,
) -> AnyView {
    let here = RwSignal::new(code.get().is_some());
    if !here.get_untracked() {
        code.with(move |_| {
            let _ = here.try_set(true); // The view may have been left.
        });
    }
    let waiting = || view! { <p class="note" role="status">"Fetching this view."</p> }.into_any();
    let shown = move || here.get().then(|| code.get()).flatten();
    (move || shown().map_or_else(waiting, &view)).into_any()
}

/// The views whose code is fetched with the first of them.
pub fn other(
    view: View,
    paste: &Shared<ParsedPlans>,
    analysis: &Shared<Analysis>,
    state: PlanState,
) -> AnyView {
    match view {
        View::Flame => flame::flame_view(analysis, state),
        View::Source => source::source(paste, analysis, state),
        View::Query => query::query(analysis, state),
        View::Totals => totals::totals_view(analysis, state),
        View::Tree | View::Table => ().into_any(),
    }
}

fn tab_id(view: View) -> String {
    format!("tab-{}", view.as_str().to_lowercase())
}

fn tab(view: View, state: PlanState) -> AnyView {
    let chosen = move || state.view.get() == view;
    view! {
        <button
            type="button"
            role="tab"
            id=tab_id(view)
            aria-controls="plan-view"
            aria-selected=move || chosen().to_string()
            tabindex=move || if chosen() { "0" } else { "-1" }
            on:click=move |_| state.view.set(view)
        >
            {view.as_str()}
        </button>
    }
    .into_any()
}

/// Arrow keys among the tabs.
fn step(event: &leptos::ev::KeyboardEvent, state: PlanState) {
    let count = View::ALL.len();
    let now = View::ALL.iter().position(|view| *view == state.view.get_untracked()).unwrap_or(0);
    let to = match event.key().as_str() {
        "ArrowRight" => (now + 1) % count,
        "ArrowLeft" => (now + count - 1) % count,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    if let Some(view) = View::ALL.get(to) {
        state.view.set(*view);
        #[cfg(feature = "hydrate")]
        super::browser::focus(&tab_id(*view));
    }
}

/// Digits switch views, Escape closes the panel; not during text input.
fn keys(event: &leptos::ev::KeyboardEvent, state: PlanState) {
    let key = event.key();
    if key == "Escape" && state.panel_open.get_untracked() {
        event.stop_propagation();
        // Move the focus before the panel is removed: the next key may come at once.
        #[cfg(feature = "hydrate")]
        super::browser::focus_now("#plan-view [tabindex='0']");
        state.panel_open.set(false);
        return;
    }
    #[cfg(feature = "hydrate")]
    if super::browser::is_typing(event) {
        return;
    }
    let place = key.parse::<usize>().ok().and_then(|digit| digit.checked_sub(1));
    if let Some(view) = place.and_then(|place| View::ALL.get(place))
        && !(event.ctrl_key() || event.alt_key() || event.meta_key())
    {
        state.view.set(*view);
    }
}
