//! `/plan`: a pasted plan. First what it says in words, then findings with what to do, then pictures,
//! then the table, then one node whole. In the browser the plan is read here and sent nowhere;
//! without JavaScript the form brings it to the server, which runs the same code and keeps nothing.

#[cfg(feature = "hydrate")]
mod browser;
mod camera;
mod compare;
mod consulted;
mod desk;
#[cfg(any(feature = "hydrate", test))]
mod export;
mod findings;
mod flame;
mod form;
#[cfg(any(feature = "hydrate", test))]
mod fragment;
mod judge;
mod keep;
mod map;
mod node;
mod panel;
mod paste;
mod plain;
mod query;
mod report;
mod rows;
mod run;
mod says;
mod search;
mod shapes;
mod share;
mod source;
mod table;
mod totals;
mod tree;
mod tree_keys;
mod views;
mod virtual_rows;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::loaded::shared;
use desk::Desk;
pub use desk::Pasted;
pub use form::MAX_SENT_BYTES;
#[cfg(feature = "ssr")]
pub use run::bring::{Brought, bring};

/// The example behind one click: a sequential scan that keeps few of its rows.
const EXAMPLE: &str = include_str!("example.txt");

/// The page.
#[component]
pub fn PlanPage() -> impl IntoView {
    let example = use_query_map().with_untracked(|query| query.get("example").is_some());
    keep::Memory::provide();
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
    let servers = run::Servers::provide();
    #[cfg(feature = "hydrate")]
    {
        browser::listen(desk);
        share::follow_address(desk);
        keep::follow(desk);
        judge::follow(desk);
    }
    Effect::new(move |_| desk.alive.set(true));
    view! {
        <Title text="Plan"/>
        <div class="plan-page">
            <header class="page-head">
                <h1>"Plan"</h1>
                <p class=move || format!("verdict {}", head(desk).1) role="status">{move || head(desk).0}</p>
            </header>
            {move || desk.failed.get().map(|says| view! { <p class="plan-failed" role="alert">{says}</p> })}
            <form::Form desk/>
            <run::form::RunPart desk servers started/>
            {judge::line(desk)}
            <report::Report desk/>
        </div>
    }
}

/// What a form brought: the plan to show, the form itself, what a server says of the plan's tables.
fn brought() -> (Pasted, run::Started, Option<consulted::Consulted>) {
    #[cfg(feature = "ssr")]
    if let Some(Brought { pasted, started, consulted }) = use_context() {
        return (pasted, started, consulted);
    }
    Default::default()
}

/// The limits in force that are not the defaults.
fn limits() -> Vec<(String, String, f64)> {
    #[cfg(feature = "ssr")]
    return use_context().map(|engine| crate::navigation::plan_limits(&engine)).unwrap_or_default();
    #[cfg(not(feature = "ssr"))]
    use_context::<crate::navigation::Nav>()
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
            |case| says::verdict(case),
        )
    })
}

/// Opens the panel of the node looked at and puts the focus on it.
fn panel_opened(desk: Desk) {
    desk.panel.set(true);
    #[cfg(feature = "hydrate")]
    browser::focus("plan-panel-title");
}
