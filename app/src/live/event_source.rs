//! The browser's half of `live.rs`: the event stream, the ticking clock, storage and clipboard.
//! Compiled for the browser only; never renders anything.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{EventSource, MessageEvent};

use super::{Live, Sink, Stream};

/// Pauses between attempts to reach pgdeck again, seconds.
const BACKOFF_S: [u64; 5] = [1, 2, 4, 8, 15];

struct Open {
    source: EventSource,
    _on_event: Vec<Closure<dyn FnMut(MessageEvent)>>,
    _on_error: Closure<dyn FnMut()>,
    _on_open: Closure<dyn FnMut()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.source.set_onerror(None);
        self.source.set_onopen(None);
        self.source.close();
    }
}

struct State {
    url: String,
    sinks: Vec<Sink>,
    live: Live,
    tries: usize,
    left: bool,
    open: Option<Open>,
}

/// The event stream of this tab. Closed when dropped.
pub struct Tab(Rc<RefCell<State>>);

impl Tab {
    /// Opens the stream and keeps it open, with growing pauses between attempts.
    pub fn open(url: &str, sinks: Vec<Sink>, live: Live) -> Self {
        let state = State { url: url.to_owned(), sinks, live, tries: 0, left: false, open: None };
        let state = Rc::new(RefCell::new(state));
        live.stream.set(Stream::Open);
        connect(&state);
        Self(state)
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.left = true;
        state.open = None;
    }
}

fn connect(state: &Rc<RefCell<State>>) {
    if state.borrow().left {
        return;
    }
    let Ok(source) = EventSource::new(&state.borrow().url) else {
        return retry(state);
    };
    let live = state.borrow().live;
    let mut on_event = Vec::new();
    for sink in state.borrow().sinks.clone() {
        let back = state.clone();
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Ok(mut state) = back.try_borrow_mut() {
                state.tries = 0;
            }
            if live.stream.get_untracked() != Stream::Open {
                live.stream.set(Stream::Open);
            }
            if let (false, Some(data)) = (live.paused.get_untracked(), event.data().as_string()) {
                (sink.take)(&data);
            }
        });
        let added = source
            .add_event_listener_with_callback(sink.area.as_str(), heard.as_ref().unchecked_ref());
        if added.is_ok() {
            on_event.push(heard);
        }
    }
    let back = state.clone();
    // Dropping the stream drops this very closure, so it is done after the handler has returned.
    let on_error = Closure::<dyn FnMut()>::new(move || {
        let back = back.clone();
        set_timeout(move || retry(&back), Duration::ZERO);
    });
    let on_open = Closure::<dyn FnMut()>::new(move || live.stream.set(Stream::Open));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    let open = Open { source, _on_event: on_event, _on_error: on_error, _on_open: on_open };
    state.borrow_mut().open = Some(open);
}

fn retry(state: &Rc<RefCell<State>>) {
    let (live, wait) = {
        let mut state = state.borrow_mut();
        if state.left {
            return;
        }
        state.open = None;
        let wait = BACKOFF_S.get(state.tries).or(BACKOFF_S.last()).copied().unwrap_or(15);
        state.tries += 1;
        (state.live, wait)
    };
    live.stream.set(Stream::Lost);
    let state = state.clone();
    set_timeout(move || connect(&state), Duration::from_secs(wait));
}

/// Lets the clock tick each second from where the server's answers put it.
pub fn tick(live: Live) {
    let base = Rc::new(RefCell::new((live.now_ms.get_untracked(), js_sys::Date::now())));
    let step = move || {
        if live.paused.get_untracked() || live.now_ms.get_untracked() == 0 {
            return;
        }
        let (mut server, mut here) = *base.borrow();
        let expected = server + (js_sys::Date::now() - here) as i64;
        if live.now_ms.get_untracked() > expected || server == 0 {
            (server, here) = (live.now_ms.get_untracked(), js_sys::Date::now());
            *base.borrow_mut() = (server, here);
        }
        live.at(server + (js_sys::Date::now() - here) as i64);
    };
    // The handle is dropped on purpose: the clock runs as long as the tab.
    let _ = set_interval_with_handle(step, Duration::from_secs(1));
}

/// Copies `text`; the browser may refuse when the page is not served from a safe origin.
pub fn copy(text: &str) {
    // The promise settles by itself; there is nothing to do when it fails.
    let _ = window().navigator().clipboard().write_text(text);
}

/// Sets or removes (empty) an attribute on `<html>`.
pub fn mark_root(name: &str, value: &str) {
    let Some(root) = document().document_element() else { return };
    // Failing to set an attribute leaves the page as it was.
    let _ = if value.is_empty() {
        root.remove_attribute(name)
    } else {
        root.set_attribute(name, value)
    };
}

/// Remembers the theme for a year in a cookie, so that the server's first byte already has it.
pub fn remember_theme(word: &str) {
    let cookie = format!("theme={word}; Path=/; Max-Age=31536000; SameSite=Lax");
    if let Some(document) = document().dyn_ref::<web_sys::HtmlDocument>() {
        // A browser that refuses cookies still gets the theme for this page.
        let _ = document.set_cookie(&cookie);
    }
}
