//! The pages of pgdeck. Knows how readings look; never speaks to a watched server and judges
//! nothing. The same code makes the HTML on the server and brings it to life in the browser.
#![recursion_limit = "512"]

mod actions;
#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
mod csp;
pub mod csv;
#[cfg(feature = "ssr")]
mod draw;
pub mod format;
#[cfg(feature = "ssr")]
pub mod guard;
mod links;
mod live;
mod loaded;
mod navigation;
#[cfg(feature = "ssr")]
pub mod needs;
mod order;
mod pages;
mod parts;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{Lazy, SsrMode, path};

use pages::lazy;
use pages::not_found::NotFound;
use parts::{drawn_links, keys, palette::Palette, rail::Rail, topbar::TopBar};

#[cfg(feature = "ssr")]
pub use actions::ActsSource;
pub use actions::{ActStep, Confirmed};
#[cfg(feature = "ssr")]
pub use pages::plan::{Brought, bring};
pub use pages::plan::{MAX_SENT_BYTES, Pasted};
pub use pages::sign_in::SignInInfo;
#[cfg(feature = "ssr")]
pub use parts::show::code as status;

/// Gives what the pgdeck process itself uses, for `/about`. The server puts one into the context.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct OwnCostSource(pub std::sync::Arc<dyn Fn() -> model::overhead::OwnCost + Send + Sync>);

/// The document around every page, with the content security policy on its response.
#[cfg(feature = "ssr")]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    csp::send();
    let css = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=parts::theme::chosen()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                <link rel="stylesheet" href=css/>
                <HydrationScripts options/>
                <leptos_meta::MetaTags/>
            </head>
            <body>
                <App/>
                // Hidden by itself too: it must not show before the stylesheet has come.
                <p class="stopped" role="alert" hidden>
                    "This page has stopped following pgdeck. "<a href="" rel="external">"Load it again"</a>
                </p>
            </body>
        </html>
    }
}

/// Brings the page that the server sent to life. What needs JavaScript is shown from then on
/// (`data-js` on the root); where the browser part has stopped, `data-js` says so.
#[cfg(feature = "hydrate")]
pub fn start() {
    let Some(body) = document().body() else { return };
    wasm_bindgen_futures::spawn_local(async {
        pages::lazy::fetch(&location().pathname().unwrap_or_default()).await;
        leptos::mount::hydrate_from_async(body, App).await.forget();
        browser::mark_root("data-js", "on");
    });
}

/// Says on the page that the browser part has stopped: nothing on it would react any more.
#[cfg(feature = "hydrate")]
pub fn stopped() {
    browser::mark_root("data-js", "stopped");
}

/// All pages with what surrounds them.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    live::Live::provide();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "pgdeck".into() } else { format!("{title} · pgdeck") }/>
        <Router>
            <Frame>
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view={Lazy::<lazy::Fleet>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/s/:server") view={Lazy::<lazy::Overview>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/s/:server/activity") view={Lazy::<lazy::Activity>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/s/:server/locks") view={Lazy::<lazy::Locks>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/s/:server/replication") view={Lazy::<lazy::Replication>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/plan") view={Lazy::<lazy::Plan>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/rules") view={Lazy::<lazy::Rules>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/words") view={Lazy::<lazy::Words>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/s/:server/act") view={Lazy::<lazy::Act>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/audit") view={Lazy::<lazy::Audit>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/about") view={Lazy::<lazy::About>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/sign-in") view={Lazy::<lazy::SignIn>::new()} ssr=SsrMode::Async/>
                </FlatRoutes>
            </Frame>
        </Router>
    }
}

/// Rail and top bar around a page; the sign-in page stands alone.
#[component]
fn Frame(children: Children) -> impl IntoView {
    let nav = navigation::Nav::provide();
    let path = leptos_router::hooks::use_location().pathname;
    let alone = Memo::new(move |_| path.with(|path| path.starts_with("/sign-in")));
    let palette = NodeRef::<leptos::html::Dialog>::new();
    let key_list = NodeRef::<leptos::html::Dialog>::new();
    keys::listen(palette, key_list);
    drawn_links::listen();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::tick(live::Live::get()));
    let open = |dialog: NodeRef<leptos::html::Dialog>| {
        Callback::new(move |()| {
            if let Some(dialog) = dialog.get_untracked() {
                // A dialog that is open already refuses to open again, which is as well.
                let _ = dialog.show_modal();
            }
        })
    };
    view! {
        <a class="skip" href="#main">"Skip to the page"</a>
        <Transition>
            {move || Suspend::new(async move {
                // A failure is shown by the page, which asks for the same rights.
                let _ = nav.ready().await;
                view! {
                    <Show when=move || !alone.get()>
                        <TopBar open_palette=open(palette) open_keys=open(key_list)/>
                        <Rail/>
                        <Palette dialog=palette/>
                        <keys::KeyList dialog=key_list/>
                    </Show>
                }
            })}
        </Transition>
        <main id="main" tabindex="-1">{children()}</main>
    }
}
