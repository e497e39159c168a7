//! Markup that the server made ready with leptos, where every name is escaped. Put into the page as
//! it is; what had the focus keeps it when newer markup takes its place.

use leptos::prelude::*;

/// The newest markup.
#[component]
pub fn Made(
    /// Made by a server function of ours.
    #[prop(into)]
    html: Signal<String>,
    /// The class of the element around it.
    #[prop(default = "made")]
    class: &'static str,
) -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();
    let first = html.get_untracked();
    #[cfg(feature = "hydrate")]
    {
        let shown = StoredValue::new(first.clone());
        Effect::new(move |_| {
            let new = html.get();
            if let Some(place) = place.get()
                && shown.with_value(|shown| *shown != new)
            {
                browser::replace(&place, &new);
                shown.set_value(new);
            }
        });
    }
    view! { <div class=class node_ref=place inner_html=first></div> }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement, HtmlInputElement};

    fn boxes(place: &Element) -> impl Iterator<Item = HtmlInputElement> {
        let all = place.query_selector_all("input[type=checkbox]").ok();
        let count = all.as_ref().map_or(0, |all| all.length());
        (0..count).filter_map(move |at| all.as_ref()?.item(at)?.dyn_into().ok())
    }

    /// What the ticked boxes stand for.
    fn ticked(place: &Element) -> Vec<String> {
        boxes(place).filter(HtmlInputElement::checked).map(|one| one.value()).collect()
    }

    /// Puts new markup in place, the focus back to the element of the same id, and the ticks back.
    pub fn replace(place: &Element, html: &str) {
        let focused = document().active_element().filter(|active| place.contains(Some(active)));
        let scrolls = place.query_selector(".scroll").ok().flatten();
        let (left, top) = scrolls.map_or((0, 0), |s| (s.scroll_left(), s.scroll_top()));
        let ticked = ticked(place);
        place.set_inner_html(html);
        for value in ticked {
            let again = boxes(place).find(|other| other.value() == value);
            again.inspect(|other| other.set_checked(true));
        }
        if let Some(scrolls) = place.query_selector(".scroll").ok().flatten() {
            scrolls.set_scroll_left(left);
            scrolls.set_scroll_top(top);
        }
        let id = focused.map(|focused| focused.id()).filter(|id| !id.is_empty());
        if let Some(again) = id.and_then(|id| document().get_element_by_id(&id)) {
            // An element of a drawing can take the focus like any other; its type does not say so.
            let again: &HtmlElement = again.unchecked_ref();
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            // Focus moves where it can; nothing is lost where it cannot.
            let _ = again.focus_with_options(&options);
        }
    }
}
