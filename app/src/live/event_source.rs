//! Event stream (SSE, `EventSource`) with reconnection and backoff, the clock that ticks each
//! second, clipboard and cookies. Compiled for the browser only; renders nothing.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{EventSource, MessageEvent};

use super::{Live, Sink, StreamState};

/// Silence after which pgdeck counts as frozen, ms: two keep-alive events (`events.rs`) did not come.
const FROZEN_AFTER_MS: f64 = 4_500.0;
/// Delays between reconnection attempts (backoff), seconds.
const BACKOFF_S: [u64; 5] = [1, 2, 4, 8, 15];

struct Connection {
    source: EventSource,
    _on_event: Vec<Closure<dyn FnMut(MessageEvent)>>,
    _on_error: Closure<dyn FnMut()>,
    _on_open: Closure<dyn FnMut()>,
}

impl Drop for Connection {
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
    attempts: usize,
    closed: bool,
    /// When something was last heard, by the browser's clock.
    heard_ms: f64,
    connection: Option<Connection>,
}

/// The event stream of this tab. Closed when dropped.
pub struct EventStream(Rc<RefCell<State>>);

impl EventStream {
    /// Opens the stream; reconnects with backoff.
    pub fn open(url: &str, sinks: Vec<Sink>, live: Live) -> Self {
        let state = State {
            url: url.to_owned(),
            sinks,
            live,
            attempts: 0,
            closed: false,
            heard_ms: js_sys::Date::now(),
            connection: None,
        };
        let state = Rc::new(RefCell::new(state));
        live.stream.set(StreamState::Open);
        connect(&state);
        watch(&state);
        Self(state)
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        state.closed = true;
        state.connection = None;
    }
}

fn connect(state: &Rc<RefCell<State>>) {
    if state.borrow().closed {
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
                state.attempts = 0;
                state.heard_ms = js_sys::Date::now();
            }
            if live.stream.get_untracked() != StreamState::Open {
                live.stream.set(StreamState::Open);
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
    let alive = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
        if let Ok(mut state) = back.try_borrow_mut() {
            state.heard_ms = js_sys::Date::now();
        }
        if live.stream.get_untracked() != StreamState::Open {
            live.stream.set(StreamState::Open);
        }
    });
    if source.add_event_listener_with_callback("alive", alive.as_ref().unchecked_ref()).is_ok() {
        on_event.push(alive);
    }
    let stopped =
        Closure::<dyn FnMut(MessageEvent)>::new(move |_| live.stream.set(StreamState::Stopped));
    let added =
        source.add_event_listener_with_callback("stopping", stopped.as_ref().unchecked_ref());
    if added.is_ok() {
        on_event.push(stopped);
    }
    let back = state.clone();
    // Dropping the connection drops this closure, so it is done after the handler has returned.
    let on_error = Closure::<dyn FnMut()>::new(move || {
        let back = back.clone();
        set_timeout(move || retry(&back), Duration::ZERO);
    });
    let on_open = Closure::<dyn FnMut()>::new(move || live.stream.set(StreamState::Open));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    let connection =
        Connection { source, _on_event: on_event, _on_error: on_error, _on_open: on_open };
    state.borrow_mut().connection = Some(connection);
}

/// Marks the stream as lost while a connection that is open says nothing.
fn watch(state: &Rc<RefCell<State>>) {
    let state = Rc::downgrade(state);
    let again = move || {
        let Some(state) = state.upgrade() else { return };
        let (live, silent_ms) = {
            let state = state.borrow();
            if state.closed {
                return;
            }
            (state.live, js_sys::Date::now() - state.heard_ms)
        };
        if silent_ms > FROZEN_AFTER_MS && live.stream.get_untracked() == StreamState::Open {
            live.stream.set(StreamState::Lost);
        }
        watch(&state);
    };
    set_timeout(again, Duration::from_millis(500));
}

fn retry(state: &Rc<RefCell<State>>) {
    let (live, wait) = {
        let mut state = state.borrow_mut();
        if state.closed {
            return;
        }
        state.connection = None;
        let wait = BACKOFF_S.get(state.attempts).or(BACKOFF_S.last()).copied().unwrap_or(15);
        state.attempts += 1;
        (state.live, wait)
    };
    // Why it is lost is known, if pgdeck has said so.
    if live.stream.get_untracked() != StreamState::Stopped {
        live.stream.set(StreamState::Lost);
    }
    let state = state.clone();
    set_timeout(move || connect(&state), Duration::from_secs(wait));
}

/// Starts the clock: ticks each second, set by the server's time.
pub fn start_clock(live: Live) {
    let base = Rc::new(RefCell::new((live.now_ms.get_untracked(), js_sys::Date::now())));
    let step = move || {
        let stands = live.paused.get_untracked() || live.is_recording.get_untracked();
        if stands || live.now_ms.get_untracked() == 0 {
            return;
        }
        let (mut server, mut here) = *base.borrow();
        let expected = server + (js_sys::Date::now() - here) as i64;
        if live.now_ms.get_untracked() > expected || server == 0 {
            (server, here) = (live.now_ms.get_untracked(), js_sys::Date::now());
            *base.borrow_mut() = (server, here);
        }
        live.advance_clock(server + (js_sys::Date::now() - here) as i64);
    };
    // The handle is dropped on purpose: the clock runs as long as the tab.
    let _ = set_interval_with_handle(step, Duration::from_secs(1));
}

/// Copies `text` to the clipboard; browsers refuse outside a secure context.
pub fn copy(text: &str) {
    // The promise is not awaited: a failure has no remedy.
    let _ = window().navigator().clipboard().write_text(text);
}

/// Sets or removes (empty) an attribute on `<html>`.
pub fn mark_root(name: &str, value: &str) {
    let Some(root) = document().document_element() else { return };
    // A failure leaves the page as it was.
    let _ = if value.is_empty() {
        root.remove_attribute(name)
    } else {
        root.set_attribute(name, value)
    };
}

/// Stores a choice in a cookie for a year: the theme, which the server renders with, or the clock.
pub fn remember(name: &str, word: &str) {
    let cookie = format!("{name}={word}; Path=/; Max-Age=31536000; SameSite=Lax");
    if let Some(document) = document().dyn_ref::<web_sys::HtmlDocument>() {
        // Without cookies the choice still applies to this page.
        let _ = document.set_cookie(&cookie);
    }
}

/// What was stored so.
pub fn remembered(name: &str) -> Option<String> {
    let document = document();
    let cookies = document.dyn_ref::<web_sys::HtmlDocument>()?.cookie().ok()?;
    let found =
        cookies.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    found.map(str::to_owned)
}
