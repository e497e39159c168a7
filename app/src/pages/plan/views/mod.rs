//! The views of one plan as tabs, with colour, search and the panel of the node looked at.

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

use super::analysis::{Case, Paste, Shared};
use super::state::{Desk, View};

/// The views.
pub fn views(paste: &Shared<Paste>, case: &Shared<Case>, desk: Desk) -> AnyView {
    let tabs = View::ALL.map(|view| tab(view, desk)).collect_view();
    let scales = Scale::ALL
        .map(|scale| {
            view! { <option value=scale.as_str() selected=move || desk.scale.get() == scale>{scale.as_str()}</option> }
        })
        .collect_view();
    let colour = move |event: leptos::ev::Event| {
        let word = event_target_value(&event);
        if let Some(scale) = Scale::ALL.into_iter().find(|scale| scale.as_str() == word) {
            desk.scale.set(scale);
        }
    };
    let (for_view, for_panel) = ((paste.clone(), case.clone()), case.clone());
    view! {
        <section class="plan-views" aria-label="Views of the plan" on:keydown=move |event| keys(&event, desk)>
            <div class="plan-bar">
                <div class="tabs" role="tablist" aria-label="View" on:keydown=move |event| step(&event, desk)>{tabs}</div>
                <label class="plan-scale"><span>"Colour "</span><select on:change=colour>{scales}</select></label>
                {search::search(case, desk)}
            </div>
            <div class="plan-stage" class:with-panel=move || desk.panel.get()>
                <div class="plan-view" role="tabpanel" id="plan-view" aria-labelledby=move || tab_id(desk.view.get())>
                    {move || one(&for_view.0, &for_view.1, desk)}
                </div>
                {move || {
                    let at = desk.node.get().filter(|_| desk.panel.get())?;
                    Some(panel::panel(&for_panel, at, desk))
                }}
            </div>
            <p class="hidden-words" role="status">{
                let case = case.clone();
                move || desk.node.get().map(|at| panel::spoken(&case, at)).unwrap_or_default()
            }</p>
        </section>
    }
    .into_any()
}

fn one(paste: &Shared<Paste>, case: &Shared<Case>, desk: Desk) -> AnyView {
    match desk.view.get() {
        View::Tree => tree::tree_view(case, desk),
        View::Flame => flame::flame_view(case, desk),
        View::Table => table::table(case, desk),
        View::Source => source::source(paste, case, desk),
        View::Query => query::query(case, desk),
        View::Totals => totals::totals_view(case, desk),
    }
}

fn tab_id(view: View) -> String {
    format!("tab-{}", view.as_str().to_lowercase())
}

fn tab(view: View, desk: Desk) -> AnyView {
    let chosen = move || desk.view.get() == view;
    view! {
        <button
            type="button"
            role="tab"
            id=tab_id(view)
            aria-controls="plan-view"
            aria-selected=move || chosen().to_string()
            tabindex=move || if chosen() { "0" } else { "-1" }
            on:click=move |_| desk.view.set(view)
        >
            {view.as_str()}
        </button>
    }
    .into_any()
}

/// Left and right among the tabs.
fn step(event: &leptos::ev::KeyboardEvent, desk: Desk) {
    let count = View::ALL.len();
    let now = View::ALL.iter().position(|view| *view == desk.view.get_untracked()).unwrap_or(0);
    let to = match event.key().as_str() {
        "ArrowRight" => (now + 1) % count,
        "ArrowLeft" => (now + count - 1) % count,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    if let Some(view) = View::ALL.get(to) {
        desk.view.set(*view);
        #[cfg(feature = "hydrate")]
        super::browser::focus(&tab_id(*view));
    }
}

/// Digits switch views, Escape closes the panel. Not while somebody types.
fn keys(event: &leptos::ev::KeyboardEvent, desk: Desk) {
    let key = event.key();
    if key == "Escape" && desk.panel.get_untracked() {
        event.stop_propagation();
        // Before the panel goes, and the focus with it: the next key may come at once.
        #[cfg(feature = "hydrate")]
        super::browser::focus_now("#plan-view [tabindex='0']");
        desk.panel.set(false);
        return;
    }
    #[cfg(feature = "hydrate")]
    if super::browser::types(event) {
        return;
    }
    let place = key.parse::<usize>().ok().and_then(|digit| digit.checked_sub(1));
    if let Some(view) = place.and_then(|place| View::ALL.get(place))
        && !(event.ctrl_key() || event.alt_key() || event.meta_key())
    {
        desk.view.set(*view);
    }
}
