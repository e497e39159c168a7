//! What only the browser can do for `/plan`: paste and drop anywhere, files, focus. Never draws.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::desk::Desk;

/// Whether the key goes into a field.
pub fn types(event: &leptos::ev::KeyboardEvent) -> bool {
    within(event.target(), "input, textarea, select, dialog")
}

fn within(target: Option<web_sys::EventTarget>, selector: &str) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.and_then(|element| element.closest(selector).ok().flatten()).is_some()
}

/// Whether an event comes from within such an element.
pub fn on(event: &web_sys::Event, selector: &str) -> bool {
    within(event.target(), selector)
}

/// Keeps a drag's events coming when the pointer leaves the box.
pub fn capture(element: NodeRef<leptos::html::Div>, pointer: i32) {
    if let Some(element) = element.get_untracked() {
        // Without it the drag ends at the edge, which is as well.
        let _ = element.set_pointer_capture(pointer);
    }
}

/// Tells the size of a box in pixels, first and whenever it changes.
pub fn measure(element: NodeRef<leptos::html::Div>, told: impl Fn((f64, f64)) + 'static) {
    let told = std::rc::Rc::new(told);
    Effect::new(move |_| {
        let Some(box_) = element.get() else { return };
        let told = told.clone();
        let seen = box_.clone();
        let tell = wasm_bindgen::prelude::Closure::<dyn FnMut()>::new(move || {
            told((f64::from(seen.client_width()), f64::from(seen.client_height())));
        });
        let Ok(observer) = web_sys::ResizeObserver::new(tell.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&box_);
        let kept = StoredValue::new_local((observer, tell));
        on_cleanup(move || kept.with_value(|(observer, _)| observer.disconnect()));
    });
}

/// Puts the focus on the element of that id, once it has been drawn.
pub fn focus(id: &str) {
    focus_in(&format!("#{id}"));
}

/// Puts the focus on the first element of that selector, once it has been drawn.
pub fn focus_in(selector: &str) {
    let selector = selector.to_owned();
    request_animation_frame(move || {
        let found = document().query_selector(&selector).ok().flatten();
        if let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
            // What cannot take the focus leaves it where it is.
            let _ = element.focus();
        }
    });
}

/// Listens for pastes, drops and files as long as the page stands.
pub fn listen(desk: Desk) {
    let paste = window_event_listener(leptos::ev::paste, move |event| {
        if within(event.target(), "input, dialog") {
            return;
        }
        let text =
            event.clipboard_data().and_then(|data| data.get_data("text").ok()).unwrap_or_default();
        if text.trim().is_empty() {
            return;
        }
        event.prevent_default();
        take(desk, within(event.target(), "[data-other]"), text);
    });
    let over = window_event_listener(leptos::ev::dragover, |event| event.prevent_default());
    let drop = window_event_listener(leptos::ev::drop, move |event| {
        event.prevent_default();
        let other = within(event.target(), "[data-other]");
        let Some(data) = event.data_transfer() else { return };
        match data.files().filter(|files| files.length() > 0) {
            Some(files) => read(desk, &files, other),
            None => take(desk, other, data.get_data("text").unwrap_or_default()),
        }
    });
    let change = window_event_listener(leptos::ev::change, move |event| {
        let input =
            event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(input) = input.filter(|input| input.has_attribute("data-files")) else { return };
        if let Some(files) = input.files() {
            read(desk, &files, false);
        }
        input.set_value("");
    });
    on_cleanup(move || {
        paste.remove();
        over.remove();
        drop.remove();
        change.remove();
    });
}

fn take(desk: Desk, other: bool, text: String) {
    if other && desk.case.with_untracked(Option::is_some) {
        desk.compare(text);
    } else {
        desk.load(text);
    }
}

/// Files put together are one paste: several plans in it can be chosen from.
fn read(desk: Desk, files: &web_sys::FileList, other: bool) {
    let files: Vec<web_sys::File> = (0..files.length()).filter_map(|at| files.get(at)).collect();
    leptos::task::spawn_local(async move {
        let mut all = String::new();
        for file in files {
            match wasm_bindgen_futures::JsFuture::from(file.text()).await {
                Ok(text) => all.push_str(&text.as_string().unwrap_or_default()),
                Err(_) => {
                    desk.failed.set(Some(format!("The file {} cannot be read.", file.name())))
                }
            }
            all.push('\n');
        }
        take(desk, other, all);
    });
}
