//! `/plan`: a pasted plan. First what it says in words, then findings with what to do, then pictures,
//! then the table, then one node whole. In the browser the plan is read here and sent nowhere;
//! without JavaScript the form brings it to the server, which runs the same code and keeps nothing.

pub mod analysis;
#[cfg(feature = "hydrate")]
mod browser;
pub mod catalog;
pub mod describe;
pub mod explain;
pub mod input;
mod report;
mod share;
pub mod state;
mod views;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::resource::shared;
#[cfg(feature = "ssr")]
pub use explain::server::{Brought, bring};
pub use input::form::MAX_SENT_BYTES;
use state::Desk;
pub use state::Pasted;

/// The example behind one click: a sequential scan that keeps few of its rows.
const EXAMPLE: &str = include_str!("example.txt");

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M7 3h6v4H7zM3 13h5v4H3zM12 13h5v4h-5zM10 7v3M5.5 13v-3h9v3";

/// The page.
#[component]
pub fn Page() -> impl IntoView {
    let example = use_query_map().with_untracked(|query| query.get("example").is_some());
    input::recent::Memory::provide();
    let (pasted, mut started, told) = shared(brought);
    let pasted = if example && pasted.plan.is_empty() {
        Pasted { plan: EXAMPLE.into(), other: String::new() }
    } else {
        pasted
    };
    let limits = shared(limits);
    let limits = limits.into_iter().map(|(rule, limit, value)| ((rule, limit), value)).collect();
    let desk = Desk::new(&pasted, told, limits);
    desk.unread.set(started.unread.take());
    let servers = explain::Servers::provide();
    #[cfg(feature = "hydrate")]
    {
        browser::listen(desk);
        share::follow_address(desk);
        input::recent::follow(desk);
        catalog::picker::follow(desk);
    }
    Effect::new(move |_| desk.alive.set(true));
    view! {
        <div class="plan-page">
            <header class="page-head">
                <h1>"Plan"</h1>
                <p class=move || format!("verdict {}", head(desk).1) role="status">{move || head(desk).0}</p>
            </header>
            {move || desk.failed.get().map(|message| view! { <p class="plan-failed" role="alert">{message}</p> })}
            <input::form::Form desk/>
            <explain::form::RunPart desk servers started/>
            {catalog::picker::line(desk)}
            <report::Report desk/>
        </div>
    }
}

/// What a form brought: the plan to show, the form itself, what a server says of the plan's tables.
fn brought() -> (Pasted, explain::Started, Option<catalog::Consulted>) {
    #[cfg(feature = "ssr")]
    if let Some(Brought { pasted, started, consulted }) = use_context() {
        return (pasted, started, consulted);
    }
    Default::default()
}

/// The limits in force that are not the defaults.
fn limits() -> Vec<(String, String, f64)> {
    #[cfg(feature = "ssr")]
    return use_context()
        .map(|engine| crate::shell::navigation::plan_limits(&engine))
        .unwrap_or_default();
    #[cfg(not(feature = "ssr"))]
    use_context::<crate::shell::navigation::Nav>()
        .map(|nav| nav.latest.with_untracked(|n| n.plan_limits.clone()))
        .unwrap_or_default()
}

/// The line below the heading.
fn head(desk: Desk) -> (String, &'static str) {
    desk.case.with(|case| {
        case.as_ref().map_or_else(
            || {
                (
                    "Paste the output of EXPLAIN to see why a statement is slow and what to do."
                        .into(),
                    "open",
                )
            },
            |case| describe::verdict(case),
        )
    })
}

/// Opens the panel of the node looked at and puts the focus on it.
fn panel_opened(desk: Desk) {
    desk.panel.set(true);
    #[cfg(feature = "hydrate")]
    browser::focus("plan-panel-title");
}
