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
pub use actions::ActionService;
pub use actions::{ActionStep, Confirmed};
#[cfg(feature = "ssr")]
pub use pages::about::OwnCostSource;
#[cfg(feature = "ssr")]
pub use pages::plan::{Brought, bring};
pub use pages::plan::{MAX_SENT_BYTES, Pasted};
pub use pages::sign_in::SignInInfo;
#[cfg(feature = "ssr")]
pub use shell::document::document;
#[cfg(feature = "ssr")]
pub use ui::reading::code as status;
pub use ui::{csv, format};

/// The application: the router with all pages, and what surrounds them.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    live::Live::provide();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "pgdeck".into() } else { format!("{title} · pgdeck") }/>
        <Router>
            <Frame>
                <Routes/>
            </Frame>
        </Router>
    }
}

/// Hydrates the page that the server sent. What needs JavaScript is shown from then on (`data-js` on
/// the root element); when the WebAssembly has stopped, `data-js` says so.
#[cfg(feature = "hydrate")]
pub fn start() {
    let Some(body) = document().body() else { return };
    wasm_bindgen_futures::spawn_local(async {
        routes::preload(&location().pathname().unwrap_or_default()).await;
        leptos::mount::hydrate_from_async(body, App).await.forget();
        live::event_source::mark_root("data-js", "on");
    });
}

/// Shows on the page that the WebAssembly has stopped: nothing on it would react any more.
#[cfg(feature = "hydrate")]
pub fn stopped() {
    live::event_source::mark_root("data-js", "stopped");
}
