//! The web interface of pgdeck (Leptos): rendered on the server, hydrated in the browser.
//!
//! Start reading at `routes.rs`, the table of pages; each page is a folder below `pages`. Never speaks
//! to a watched server itself and judges nothing: server functions ask the engine.
#![recursion_limit = "512"]

mod actions;
#[cfg(feature = "ssr")]
pub mod auth;
pub mod links;
mod live;
mod pages;
mod resource;
pub mod routes;
mod shell;
mod ui;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::Router;

use routes::Routes;
use shell::frame::Frame;

#[cfg(feature = "ssr")]
pub use actions::{ActionService, Handler};
pub use actions::{ActionStep, Confirmation};
#[cfg(feature = "ssr")]
pub use pages::about::OwnCostSource;
#[cfg(feature = "ssr")]
pub use pages::io::{CacheForm, submit_cache};
#[cfg(feature = "ssr")]
pub use pages::measure::{MeasuredForm, submit_measurement};
#[cfg(feature = "ssr")]
pub use pages::plan::ExplainRequest;
#[cfg(feature = "ssr")]
pub use pages::plan::analysis::Analysis as PlanAnalysis;
#[cfg(feature = "ssr")]
pub use pages::plan::describe::verdict as plan_verdict;
#[cfg(feature = "ssr")]
pub use pages::plan::{
    Deed, ExplainJournal, Explainer, PlanPageData, explain_outcome, submit_plan_form,
};
pub use pages::plan::{MAX_SENT_BYTES, PlanTexts};
pub use pages::sign_in::SignInInfo;
#[cfg(feature = "ssr")]
pub use pages::statement::{PlannedForm, submit_planning};
#[cfg(feature = "ssr")]
pub use pages::suggestions::{SuggestionsForm, submit_suggestions};
#[cfg(feature = "ssr")]
pub use shell::document::document;
pub use ui::form_token::FormToken;
#[cfg(feature = "ssr")]
pub use ui::reading::status_code as status;
pub use ui::{csv, format};

/// The root component: router, pages and the frame around them.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    live::Live::provide();
    live::clock::Clock::provide();
    ui::chart::Pointing::provide();
    let routing = RwSignal::new(false);
    view! {
        <Title formatter=ui::page::document_title/>
        <Router set_is_routing=routing.write_only()>
            <Frame routing=routing.read_only()>
                <Routes/>
            </Frame>
        </Router>
    }
}

/// Hydrates the server-rendered page. Sets `data-js` on the root element, by which CSS shows what
/// needs JavaScript, or `stopped` when the WebAssembly has panicked.
#[cfg(feature = "hydrate")]
pub fn start() {
    let Some(body) = document().body() else { return };
    wasm_bindgen_futures::spawn_local(async {
        routes::preload(&location().pathname().unwrap_or_default()).await;
        leptos::mount::hydrate_from_async(body, App).await.forget();
        live::event_source::mark_root("data-js", "on");
    });
}

/// Shows that the WebAssembly has panicked: nothing on the page reacts any more.
#[cfg(feature = "hydrate")]
pub fn stopped() {
    live::event_source::mark_root("data-js", "stopped");
}
