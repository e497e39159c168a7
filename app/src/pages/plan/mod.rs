//! Plan page `/plan`: EXPLAIN output pasted by the user: verdict, findings, views of the tree,
//! details of a node. In the browser the plan is parsed locally and sent nowhere; without
//! JavaScript the form posts it to the server, which runs the same code and keeps nothing.

pub mod analysis;
#[cfg(feature = "hydrate")]
mod browser;
pub mod catalog;
pub mod code;
pub mod describe;
pub mod explain;
pub mod input;
mod parts;
mod reading;
mod report;
mod share;
pub mod state;
mod views;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::resource::shared;
#[cfg(not(feature = "ssr"))]
use code::SERVER;
use code::{REPORT, ReportCode, Submitted};
#[cfg(feature = "ssr")]
pub use explain::explainer::Explainer;
#[cfg(feature = "ssr")]
pub use explain::journal::{Deed, ExplainJournal, outcome as explain_outcome};
#[cfg(feature = "ssr")]
pub use explain::request::ExplainRequest;
#[cfg(feature = "ssr")]
pub use explain::server::{PlanPageData, submit_plan_form};
pub use input::form::MAX_SENT_BYTES;
#[cfg(feature = "hydrate")]
pub use parts::preload;
use reading::{COMPARING, READING};
use state::PlanState;
pub use state::PlanTexts;

/// The page's icon: path data in a box of 20 × 20.
pub const ICON: &str = "M7 3h6v4H7zM3 13h5v4H3zM12 13h5v4h-5zM10 7v3M5.5 13v-3h9v3";

/// The page component.
#[component]
pub fn Page() -> impl IntoView {
    let example = use_query_map().with_untracked(|query| query.get("example").is_some());
    parts::provide();
    input::recent::RecentPlans::provide();
    let (texts, submitted) = submitted();
    let (mut submission, catalog) = submitted.unwrap_or_default();
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
    // What `parts::preload` looks for.
    let filled_by_server =
        (submission.sent || state.paste.with_untracked(Option::is_some)).then_some("");
    let words = Memo::new(move |_| head(state));
    let filled = move || state.analysis.with(Option::is_some);
    view! {
        <div class="plan-page" data-filled=filled_by_server>
            <div class="plan-first" class:filled=filled>
                <header class="page-head">
                    <h1>"Plan"</h1>
                    <p class=move || format!("verdict {}", words.get().1) role="status">{move || words.get().0}</p>
                </header>
                {move || state.parse_error.get().map(|message| view! { <p class="plan-failed" role="alert">{message}</p> })}
                <div class="plan-forms">
                    <input::form::Form state/>
                    <explain::panel::ExplainPanel state servers submission/>
                    {catalog::picker::line(state)}
                </div>
                {move || report(state).map(|report| (report.first_screen)(state))}
            </div>
            {move || report(state).map(|report| (report.details)(state))}
        </div>
    }
}

/// What shows a plan, once there is one.
fn report(state: PlanState) -> Option<ReportCode> {
    state.paste.with(Option::is_some).then(|| REPORT.get()).flatten()
}

/// The data of a submitted form: the plan texts, the EXPLAIN form with the catalog of the plan's tables.
/// The latter are read by code that a page that was not submitted does not fetch.
fn submitted() -> (PlanTexts, Option<Submitted>) {
    #[cfg(feature = "ssr")]
    {
        let data = use_context::<PlanPageData>().unwrap_or_default();
        let submitted = (data.submission, data.server_catalog);
        // Not a type of its own: see above.
        let text = serde_json::to_string(&submitted).unwrap_or_default();
        let (texts, _) = shared(|| (data.texts, text));
        (texts, Some(submitted))
    }
    #[cfg(not(feature = "ssr"))]
    {
        let (texts, text) = shared(<(PlanTexts, String)>::default);
        (texts, SERVER.get().and_then(|code| (code.submitted)(&text)))
    }
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
        return (COMPARING.get().map(|code| (code.verdict)(&compared)).unwrap_or_default(), "open");
    }
    if state.fetching.get() {
        return ("The plan is read as soon as the code for it is loaded.".into(), "open");
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
            |analysis| READING.get().map(|reading| (reading.verdict)(analysis)).unwrap_or_default(),
        )
    })
}
