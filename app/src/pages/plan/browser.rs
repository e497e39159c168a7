//! Browser APIs of `/plan`: paste, drag and drop, files, focus, downloads, `localStorage`, URL
//! fragment. Renders nothing.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

use super::state::PlanState;

/// Whether the key event is text input.
pub fn is_typing(event: &leptos::ev::KeyboardEvent) -> bool {
    within(event.target(), "input, textarea, select, dialog")
}

fn within(target: Option<web_sys::EventTarget>, selector: &str) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.and_then(|element| element.closest(selector).ok().flatten()).is_some()
}

/// Whether the event's target is inside an element that matches the selector.
pub fn on(event: &web_sys::Event, selector: &str) -> bool {
    within(event.target(), selector)
}

/// Captures the pointer for a drag.
pub fn capture(element: NodeRef<leptos::html::Div>, pointer: i32) {
    if let Some(element) = element.get_untracked() {
        // Without capture the drag ends at the edge.
        let _ = element.set_pointer_capture(pointer);
    }
}

/// The widest window that is a phone's, pixels; the same in the style sheets.
const NARROW: f64 = 700.0;

/// Whether the window is as narrow as a phone.
pub fn is_narrow() -> bool {
    window()
        .inner_width()
        .ok()
        .and_then(|width| width.as_f64())
        .is_some_and(|width| width <= NARROW)
}

/// Observes the size of an element in pixels (`ResizeObserver`).
pub fn measure(element: NodeRef<leptos::html::Div>, on_size: impl Fn((f64, f64)) + 'static) {
    let on_size = std::rc::Rc::new(on_size);
    Effect::new(move |_| {
        let Some(box_) = element.get() else { return };
        let on_size = on_size.clone();
        let seen = box_.clone();
        let tell = wasm_bindgen::prelude::Closure::<dyn FnMut()>::new(move || {
            on_size((f64::from(seen.client_width()), f64::from(seen.client_height())));
        });
        let Ok(observer) = web_sys::ResizeObserver::new(tell.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(&box_);
        let kept = StoredValue::new_local((observer, tell));
        on_cleanup(move || kept.with_value(|(observer, _)| observer.disconnect()));
    });
}

/// Focuses the element with that id after the next render.
pub fn focus(id: &str) {
    focus_in(&format!("#{id}"));
}

/// Focuses the first match of a selector after the next render.
pub fn focus_in(selector: &str) {
    let selector = selector.to_owned();
    request_animation_frame(move || focus_now(&selector));
}

/// Focuses the first match of a selector now.
pub fn focus_now(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        // An element that cannot be focused is no error.
        let _ = element.focus();
    }
}

/// The first form that matches a selector.
pub fn form(selector: &str) -> Option<web_sys::HtmlFormElement> {
    document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// Adds the listeners for paste, drop and files, until the page is left.
pub fn listen(state: PlanState) {
    let paste = window_event_listener(leptos::ev::paste, move |event| {
        if within(event.target(), "input, dialog, .plan-run") {
            return;
        }
        let text =
            event.clipboard_data().and_then(|data| data.get_data("text").ok()).unwrap_or_default();
        if text.trim().is_empty() {
            return;
        }
        event.prevent_default();
        take(state, within(event.target(), "[data-other]"), text);
    });
    let over = window_event_listener(leptos::ev::dragover, |event| {
        if !within(event.target(), ".plan-run") {
            event.prevent_default();
        }
    });
    let drop = window_event_listener(leptos::ev::drop, move |event| {
        // Text dropped into the statement field is no plan.
        if within(event.target(), ".plan-run") {
            return;
        }
        event.prevent_default();
        let other = within(event.target(), "[data-other]");
        let Some(data) = event.data_transfer() else { return };
        match data.files().filter(|files| files.length() > 0) {
            Some(files) => read(state, &files, other),
            None => take(state, other, data.get_data("text").unwrap_or_default()),
        }
    });
    let change = window_event_listener(leptos::ev::change, move |event| {
        let input =
            event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(input) = input.filter(|input| input.has_attribute("data-files")) else { return };
        if let Some(files) = input.files() {
            read(state, &files, false);
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

/// The fields of the event's form, as a submit would send them.
pub fn fields(event: &web_sys::Event) -> Vec<(String, String)> {
    let form = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok());
    form.map(|form| fields_of(&form)).unwrap_or_default()
}

/// The fields of a form.
pub fn fields_of(form: &web_sys::HtmlFormElement) -> Vec<(String, String)> {
    let Ok(data) = web_sys::FormData::new_with_form(form) else { return vec![] };
    let Ok(Some(entries)) = js_sys::try_iter(&data) else { return vec![] };
    let text = |value: JsValue| value.as_string().unwrap_or_default();
    let pairs = entries.flatten().map(|entry| js_sys::Array::from(&entry));
    pairs.map(|pair| (text(pair.get(0)), text(pair.get(1)))).collect()
}

fn take(state: PlanState, other: bool, text: String) {
    if other && state.analysis.with_untracked(Option::is_some) {
        state.compare(text);
    } else {
        state.load(text, |_| ());
    }
}

/// Several files are concatenated to one text: its plans can be chosen from.
fn read(state: PlanState, files: &web_sys::FileList, other: bool) {
    let files: Vec<web_sys::File> = (0..files.length()).filter_map(|at| files.get(at)).collect();
    leptos::task::spawn_local(async move {
        let mut all = String::new();
        for file in files {
            match wasm_bindgen_futures::JsFuture::from(file.text()).await {
                Ok(text) => all.push_str(&text.as_string().unwrap_or_default()),
                Err(_) => {
                    state.parse_error.set(Some(format!("The file {} cannot be read.", file.name())))
                }
            }
            all.push('\n');
        }
        take(state, other, all);
    });
}

/// Downloads a text as a file.
pub fn save(name: &str, mime: &str, text: &str) {
    let parts = js_sys::Array::of1(&text.into());
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime);
    if let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) {
        save_blob(name, &blob);
    }
}

fn save_blob(name: &str, blob: &web_sys::Blob) {
    let Ok(url) = web_sys::Url::create_object_url_with_blob(blob) else { return };
    let link = document().create_element("a").ok();
    if let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlAnchorElement>().ok()) {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // The download has begun with the click; failing to revoke the URL only costs memory.
    let _ = web_sys::Url::revoke_object_url(&url);
}

/// The maximum canvas side that all browsers support, pixels.
const LONGEST_SIDE: f64 = 8_192.0;

/// Downloads an SVG as PNG, scaled down to the maximum size.
pub async fn save_png(
    name: &'static str,
    svg: &str,
    width: f64,
    height: f64,
) -> Result<(), JsValue> {
    let scale = (LONGEST_SIDE / width.max(height)).min(2.0);
    let image = web_sys::HtmlImageElement::new()?;
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{}", crate::links::encoded(svg)));
    wasm_bindgen_futures::JsFuture::from(image.decode()).await?;
    let canvas = document().create_element("canvas")?.dyn_into::<web_sys::HtmlCanvasElement>()?;
    canvas.set_width((width * scale) as u32);
    canvas.set_height((height * scale) as u32);
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let context = context.dyn_into::<web_sys::CanvasRenderingContext2d>()?;
    context.draw_image_with_html_image_element_and_dw_and_dh(
        &image,
        0.0,
        0.0,
        width * scale,
        height * scale,
    )?;
    let save = wasm_bindgen::prelude::Closure::once_into_js(move |blob: Option<web_sys::Blob>| {
        if let Some(blob) = blob {
            save_blob(name, &blob);
        }
    });
    canvas.to_blob(save.unchecked_ref())
}

/// Compresses or decompresses bytes (`CompressionStream`), raw deflate.
pub async fn through(stream: &str, bytes: &[u8]) -> Result<Vec<u8>, JsValue> {
    let global = js_sys::global();
    let class =
        |name: &str| js_sys::Reflect::get(&global, &name.into())?.dyn_into::<js_sys::Function>();
    let call = |on: &JsValue, name: &str, with: &js_sys::Array| {
        js_sys::Reflect::get(on, &name.into())?.dyn_into::<js_sys::Function>()?.apply(on, with)
    };
    let stream =
        js_sys::Reflect::construct(&class(stream)?, &js_sys::Array::of1(&"deflate-raw".into()))?;
    let bytes = js_sys::Uint8Array::from(bytes);
    let blob = web_sys::Blob::new_with_u8_array_sequence(&js_sys::Array::of1(&bytes))?;
    let source = call(&blob, "stream", &js_sys::Array::new())?;
    let piped = call(&source, "pipeThrough", &js_sys::Array::of1(&stream))?;
    let response = js_sys::Reflect::construct(&class("Response")?, &js_sys::Array::of1(&piped))?;
    let buffer =
        call(&response, "arrayBuffer", &js_sys::Array::new())?.dyn_into::<js_sys::Promise>()?;
    let buffer = wasm_bindgen_futures::JsFuture::from(buffer).await?;
    Ok(js_sys::Uint8Array::new(&buffer).to_vec())
}

/// The URL fragment.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// The URL.
pub fn address() -> String {
    window().location().href().unwrap_or_default()
}

/// Replaces the URL fragment without a history entry.
pub fn set_fragment(text: &str) {
    if fragment() == text {
        return;
    }
    let place = window().location();
    let path = place.pathname().unwrap_or_default() + &place.search().unwrap_or_default();
    if let Ok(history) = window().history() {
        // On failure the URL stays.
        let state = history.state().unwrap_or(JsValue::NULL);
        let _ = history.replace_state_with_url(&state, "", Some(&format!("{path}{text}")));
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Reads from `localStorage`.
pub fn storage_get(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Writes to `localStorage`; an empty text deletes the key.
pub fn storage_set(name: &str, text: &str) {
    if let Some(storage) = storage() {
        // A full or blocked storage only costs the recent plans.
        let _ =
            if text.is_empty() { storage.remove_item(name) } else { storage.set_item(name, text) };
    }
}
