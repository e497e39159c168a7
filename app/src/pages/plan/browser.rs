//! What only the browser can do for `/plan`: paste and drop anywhere, files, focus. Never draws.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

use super::state::Desk;

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
    request_animation_frame(move || focus_now(&selector));
}

/// Puts the focus on the first element of that selector, which stands already.
pub fn focus_now(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        // What cannot take the focus leaves it where it is.
        let _ = element.focus();
    }
}

/// Listens for pastes, drops and files as long as the page stands.
pub fn listen(desk: Desk) {
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
        take(desk, within(event.target(), "[data-other]"), text);
    });
    let over = window_event_listener(leptos::ev::dragover, |event| {
        if !within(event.target(), ".plan-run") {
            event.prevent_default();
        }
    });
    let drop = window_event_listener(leptos::ev::drop, move |event| {
        // A statement dropped into its field is no plan.
        if within(event.target(), ".plan-run") {
            return;
        }
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

/// The fields of the form an event comes from, as they would be sent.
pub fn fields(event: &web_sys::Event) -> Vec<(String, String)> {
    let form = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok());
    let data = form.and_then(|form| web_sys::FormData::new_with_form(&form).ok());
    let Some(data) = data else { return vec![] };
    let Ok(Some(entries)) = js_sys::try_iter(&data) else { return vec![] };
    let text = |value: JsValue| value.as_string().unwrap_or_default();
    let pairs = entries.flatten().map(|entry| js_sys::Array::from(&entry));
    pairs.map(|pair| (text(pair.get(0)), text(pair.get(1)))).collect()
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

/// Saves a text as a file.
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
    // The download has begun with the click; not freeing the rest would only cost memory.
    let _ = web_sys::Url::revoke_object_url(&url);
}

/// The longest side of a picture that browsers draw for sure, pixels.
const LONGEST_SIDE: f64 = 8_192.0;

/// Saves a drawing as a picture, smaller where it would be too large.
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

/// Bytes through the browser's own (de)compressor, as raw deflate.
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

/// The part of the address behind `#`.
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}

/// The whole address.
pub fn address() -> String {
    window().location().href().unwrap_or_default()
}

/// Changes the part of the address behind `#` without a step in the browser's history.
pub fn set_fragment(text: &str) {
    if fragment() == text {
        return;
    }
    let place = window().location();
    let path = place.pathname().unwrap_or_default() + &place.search().unwrap_or_default();
    if let Ok(history) = window().history() {
        // A browser that refuses keeps the old address.
        let state = history.state().unwrap_or(JsValue::NULL);
        let _ = history.replace_state_with_url(&state, "", Some(&format!("{path}{text}")));
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// What this browser keeps under a name.
pub fn kept(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Keeps a text in this browser; an empty one is deleted.
pub fn keep(name: &str, text: &str) {
    if let Some(storage) = storage() {
        // A full or forbidden storage keeps nothing, which costs only the history.
        let _ =
            if text.is_empty() { storage.remove_item(name) } else { storage.set_item(name, text) };
    }
}
