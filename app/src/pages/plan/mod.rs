//! Plan page `/plan`: EXPLAIN output pasted by the user: verdict, findings, views of the tree,
//! details of a node. In the browser the plan is parsed locally and sent nowhere; without
//! JavaScript the form posts it to the server, which runs the same code and keeps nothing.

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
pub use explain::explainer::Explainer;
#[cfg(feature = "ssr")]
pub use explain::journal::{Deed, ExplainJournal, outcome as explain_outcome};
#[cfg(feature = "ssr")]
pub use explain::server::{PlanPageData, submit_plan_form};
pub use input::form::MAX_SENT_BYTES;
use state::PlanState;
pub use state::PlanTexts;

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M7 3h6v4H7zM3 13h5v4H3zM12 13h5v4h-5zM10 7v3M5.5 13v-3h9v3";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let example = use_query_map().with_untracked(|query| query.get("example").is_some());
    input::recent::RecentPlans::provide();
    let (texts, mut submission, catalog) = shared(page_data);
    let texts = if example && texts.plan.is_empty() {
        PlanTexts { plan: input::EXAMPLE.into(), other: String::new() }
    } else {
        texts
    };
    let limits = shared(limits);
    let limits = limits.into_iter().map(|(rule, limit, value)| ((rule, limit), value)).collect();
    let state = PlanState::new(&texts, catalog, limits);
    state.catalog_error.set(submission.catalog_error.take());
    let servers = explain::Servers::provide();
    #[cfg(feature = "hydrate")]
    {
        browser::listen(state);
        // Cards, before the address says otherwise: the tree needs more room than a phone has.
        if browser::is_narrow() {
            state.view.set(state::View::Table);
        }
        share::follow_address(state);
        input::recent::follow(state);
        catalog::picker::follow(state);
    }
    Effect::new(move |_| state.hydrated.set(true));
    let words = Memo::new(move |_| head(state));
    let filled = move || state.analysis.with(Option::is_some);
    view! {
        <div class="plan-page">
            <div class="plan-first" class:filled=filled>
                <header class="page-head">
                    <h1>"Plan"</h1>
                    <p class=move || format!("verdict {}", words.get().1) role="status">{move || words.get().0}</p>
                </header>
                {move || state.parse_error.get().map(|message| view! { <p class="plan-failed" role="alert">{message}</p> })}
                <div class="plan-forms">
                    <input::form::Form state/>
                    <explain::form::ExplainPanel state servers submission/>
                    {catalog::picker::line(state)}
                </div>
                <report::FirstScreen state/>
            </div>
            <report::Details state/>
        </div>
    }
}

/// The data of a submitted form: the plan texts, the EXPLAIN form, the catalog of the plan's tables.
fn page_data() -> (PlanTexts, explain::ExplainSubmission, Option<catalog::ServerCatalog>) {
    #[cfg(feature = "ssr")]
    if let Some(PlanPageData { texts, submission, server_catalog }) = use_context() {
        return (texts, submission, server_catalog);
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

/// The line below the heading: of both plans where two are compared.
fn head(state: PlanState) -> (String, &'static str) {
    if let Some(compared) = state.comparison.get() {
        return (report::compare::verdict(&compared.found), "open");
    }
    state.analysis.with(|analysis| {
        analysis.as_ref().map_or_else(
            || {
                (
                    "Paste the output of EXPLAIN to see why a statement is slow and what to do."
                        .into(),
                    "open",
                )
            },
            |analysis| describe::verdict(analysis),
        )
    })
}
