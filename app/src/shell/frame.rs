//! Layout around a page: top bar, sidebar, command palette, keyboard help.

use leptos::prelude::*;
use leptos_meta::Title;

use super::palette::Palette;
use super::range::{GeneratedPast, Recording, RefusedRange};
use super::sidebar::Sidebar;
use super::topbar::TopBar;
use super::{navigation, shortcuts, svg_links};
use crate::live::lazy_pages::LazyPages;
use crate::ui::page::title_of;
use crate::{links, routes};

/// Top bar and sidebar around a page; the sign-in page stands alone.
#[component]
pub fn Frame(
    /// Whether the next page is being loaded.
    routing: ReadSignal<bool>,
    children: Children,
) -> impl IntoView {
    let nav = navigation::Nav::provide();
    let path = leptos_router::hooks::use_location().pathname;
    let alone = Memo::new(move |_| path.with(|path| path.starts_with("/sign-in")));
    let palette = NodeRef::<leptos::html::Dialog>::new();
    let key_list = NodeRef::<leptos::html::Dialog>::new();
    shortcuts::listen(palette, key_list);
    svg_links::listen();
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        crate::live::event_source::start_clock(crate::live::Live::get());
        crate::live::clock::Clock::get().recall();
    });
    let open = |dialog: NodeRef<leptos::html::Dialog>| {
        Callback::new(move |()| {
            if let Some(dialog) = dialog.get_untracked() {
                // `showModal` fails on an open dialog, which is fine.
                let _ = dialog.show_modal();
            }
        })
    };
    view! {
        <Title text=title_of(path, |path| title(path))/>
        <a class="skip" href="#main">"Skip to content"</a>
        <Transition>
            {move || Suspend::new(async move {
                // An error is shown by the page, which requires the same permission.
                let _ = nav.ready().await;
                view! {
                    <Show when=move || !alone.get()>
                        <Awaited routing/>
                        <TopBar open_palette=open(palette) open_keys=open(key_list)/>
                        <Sidebar/>
                        <Palette dialog=palette/>
                        <shortcuts::ShortcutHelp dialog=key_list/>
                    </Show>
                }
            })}
        </Transition>
        <main id="main" tabindex="-1">{notes(nav)} <RefusedRange/> {children()}</main>
    }
}

/// Whether what is shown is a recording, or made up: known with the navigation.
fn notes(nav: navigation::Nav) -> impl IntoView {
    view! {
        <Transition>
            {move || Suspend::new(async move {
                let _ = nav.ready().await;
                view! { <Recording/> <GeneratedPast/> }
            })}
        </Transition>
    }
}

/// Names the page that a click has asked for while it is being loaded, or says that it, or a part of the
/// page that is shown, cannot be.
#[component]
fn Awaited(routing: ReadSignal<bool>) -> impl IntoView {
    let path = leptos_router::hooks::use_location().pathname;
    let navigate = leptos_router::hooks::use_navigate();
    let pages = LazyPages::listen();
    // A click on a page that could not be fetched is another try.
    Effect::new(move |before: Option<()>| {
        path.track();
        if before.is_some() {
            pages.try_again();
        }
    });
    // The browser's address changes only once the page has come; going to it gives up the wait.
    let cancel = move |_| {
        let here = leptos::prelude::location();
        let here = here.pathname().unwrap_or_default() + &here.search().unwrap_or_default();
        let options =
            leptos_router::NavigateOptions { replace: true, scroll: false, ..Default::default() };
        navigate(&here, options);
    };
    let message = move || {
        let label = path.with(|path| routes::page_at(path).map_or("page", |page| page.label));
        match pages.has_failed() {
            true if !routing.get() => {
                "A part of this page could not be loaded: pgdeck cannot be reached.".into()
            }
            true => format!("{label} could not be loaded: pgdeck cannot be reached."),
            false => format!("Waiting for {label} …"),
        }
    };
    view! {
        <div role="status">
            <Show when=move || routing.get() || pages.has_failed()>
                <p class="awaited" class:failed=move || pages.has_failed()>
                    {message} " "
                    <Show when=move || pages.has_failed()>
                        <button type="button" on:click=move |_| pages.try_again()>"Try again"</button> " "
                    </Show>
                    <button type="button" hidden=move || !routing.get() on:click=cancel.clone()>"Cancel"</button>
                </p>
            </Show>
        </div>
    }
}

/// The document title of the page at `path`; a page with a title of its own overrides it. A text that
/// no server can be called is not repeated.
fn title(path: &str) -> String {
    let server = links::server_in(path);
    match (routes::page_at(path), server) {
        (Some(page), Some(server)) if server.is_valid() => page.title(Some(server.as_str())),
        (Some(page), None) => page.title(None),
        _ => "Not found".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_only_what_can_be_a_server() {
        assert_eq!(title("/s/db1.example.com/activity"), "Activity of db1.example.com");
        assert_eq!(title("/s/%3C%2Ftitle%3E/activity"), "Not found");
        assert_eq!(title("/s/Sign%20in%20again%20at/"), "Not found");
        assert_eq!(title("/nothing"), "Not found");
    }
}
