//! HTML rendered by Leptos on the server (hence escaped), inserted as is. Focus, scroll position
//! and checked boxes survive an update.

use leptos::prelude::*;

/// HTML rendered by the server, with updates.
#[component]
pub fn ServerHtml(
    /// The HTML, rendered by one of our server functions.
    #[prop(into)]
    html: Signal<String>,
    /// The CSS class of the element around it.
    #[prop(default = "made")]
    class: &'static str,
) -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();
    let first = html.get_untracked();
    #[cfg(feature = "hydrate")]
    {
        let shown = StoredValue::new(first.clone());
        let again = Trigger::new();
        Effect::new(move |_| {
            again.track();
            let new = html.get();
            if let Some(place) = place.get()
                && shown.with_value(|shown| *shown != new)
            {
                // What is pressed must still be there when it is released: else the click is lost.
                if place.matches(":active").unwrap_or(false) {
                    set_timeout(move || again.notify(), PRESSED);
                    return;
                }
                browser::replace(&place, &new);
                shown.set_value(new);
            }
        });
    }
    view! { <div class=class node_ref=place inner_html=first></div> }
}

/// The wait for the end of a press.
#[cfg(feature = "hydrate")]
const PRESSED: std::time::Duration = std::time::Duration::from_millis(100);

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement, HtmlInputElement};

    fn checkboxes(place: &Element) -> impl Iterator<Item = HtmlInputElement> {
        let all = place.query_selector_all("input[type=checkbox]").ok();
        let count = all.as_ref().map_or(0, |all| all.length());
        (0..count).filter_map(move |at| all.as_ref()?.item(at)?.dyn_into().ok())
    }

    /// The values of the checked boxes.
    fn checked_values(place: &Element) -> Vec<String> {
        checkboxes(place).filter(HtmlInputElement::checked).map(|one| one.value()).collect()
    }

    /// Replaces the HTML; restores the focus (by element id), the scroll position and the checked
    /// boxes.
    pub fn replace(place: &Element, html: &str) {
        let focused = document().active_element().filter(|active| place.contains(Some(active)));
        let scroll_box = place.query_selector(".scroll").ok().flatten();
        let (left, top) = scroll_box.map_or((0, 0), |s| (s.scroll_left(), s.scroll_top()));
        let checked_values = checked_values(place);
        place.set_inner_html(html);
        for value in checked_values {
            let again = checkboxes(place).find(|other| other.value() == value);
            again.inspect(|other| other.set_checked(true));
        }
        if let Some(scroll_box) = place.query_selector(".scroll").ok().flatten() {
            scroll_box.set_scroll_left(left);
            scroll_box.set_scroll_top(top);
        }
        let id = focused.map(|focused| focused.id()).filter(|id| !id.is_empty());
        if let Some(again) = id.and_then(|id| document().get_element_by_id(&id)) {
            // SVG elements can be focused like HTML elements; `web_sys` has no such method on their
            // type.
            let again: &HtmlElement = again.unchecked_ref();
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            // An element that cannot be focused is no error.
            let _ = again.focus_with_options(&options);
        }
    }
}
