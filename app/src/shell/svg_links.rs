//! Client-side navigation for links inside SVG: Leptos' router intercepts HTML anchors only, so a
//! click on an SVG link would reload the page.

/// Adds the `click` listener for SVG links. Does nothing on the server.
#[cfg(not(feature = "hydrate"))]
pub fn listen() {}

/// Adds the `click` listener for SVG links, for the lifetime of the tab.
#[cfg(feature = "hydrate")]
pub fn listen() {
    use leptos::prelude::{on_cleanup, window_event_listener};
    let navigate = leptos_router::hooks::use_navigate();
    let handle = window_event_listener(leptos::ev::click, move |event| {
        if event.default_prevented() {
            return;
        }
        if let Some(link) = svg_link(&event)
            && let Some(to) = link.get_attribute("href").filter(|to| to.starts_with('/'))
        {
            event.prevent_default();
            let scroll = !link.has_attribute("data-noscroll");
            let options = leptos_router::NavigateOptions { scroll, ..Default::default() };
            navigate(&to, options);
        }
    });
    on_cleanup(move || handle.remove());
}

#[cfg(feature = "hydrate")]
fn svg_link(event: &web_sys::MouseEvent) -> Option<web_sys::Element> {
    use wasm_bindgen::JsCast;
    let plain = event.button() == 0
        && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    target.closest("svg a[href]").ok()?.filter(|_| plain)
}
