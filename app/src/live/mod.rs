//! Live updates of a page: the event stream (SSE) of the tab, signals that follow it, pausing, and
//! the clock.
//!
//! During server-side rendering nothing moves: a page shows the reading of its request. The
//! browser's half is `event_source.rs`.

pub mod charts;
pub mod clock;
#[cfg(feature = "hydrate")]
pub mod event_source;
pub mod events;
pub mod findings;
pub mod lazy_code;
pub mod lazy_pages;
pub mod range;

use std::sync::Arc;

use leptos::prelude::*;
use model::{ApiError, AreaName, Latest, ServerId};
use serde::de::DeserializeOwned;

/// The state of the tab's event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser opens a stream"))]
pub enum StreamState {
    /// No page that shows live readings, or no JavaScript.
    Off,
    /// Open, or being opened for the first time.
    Open,
    /// Connection to pgdeck lost; reconnecting.
    Lost,
    /// pgdeck has said that it is stopping; reconnecting.
    Stopped,
}

/// Live state shared by all pages of a tab, in the context.
#[derive(Clone, Copy)]
pub struct Live {
    /// The server's clock, ms since the epoch; zero before the first response. Ticks each second.
    pub now_ms: RwSignal<i64>,
    /// Whether a recording is shown: its clock stands still.
    pub is_recording: RwSignal<bool>,
    /// Whether updates are paused.
    pub paused: RwSignal<bool>,
    /// The state of the event stream.
    pub stream: RwSignal<StreamState>,
    /// The time of the newest reading on this page.
    pub newest_ms: RwSignal<Option<i64>>,
}

impl Live {
    /// Provides the state in the context, with the clock at zero.
    pub fn provide() -> Self {
        let live = Self {
            now_ms: RwSignal::new(0),
            is_recording: RwSignal::new(false),
            paused: RwSignal::new(false),
            stream: RwSignal::new(StreamState::Off),
            newest_ms: RwSignal::new(None),
        };
        provide_context(live);
        live
    }

    /// The state from the context.
    pub fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// Advances the clock to the server's time; never goes back. Does nothing once the signals are
    /// disposed: Leptos may poll a resource again after the response was sent.
    pub fn advance_clock(&self, now_ms: i64) {
        if self.now_ms.try_get_untracked().is_some_and(|before| before < now_ms) {
            self.now_ms.set(now_ms);
        }
    }

    /// Records the time of a reading shown on the page.
    pub fn note_reading(&self, at_ms: Option<i64>) {
        let before = self.newest_ms.try_get_untracked();
        if at_ms.is_some() && before.is_some_and(|before| before < at_ms) {
            self.newest_ms.set(at_ms);
        }
    }
}

/// Handler of one area's events.
#[derive(Clone)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser hears events"))]
pub struct Sink {
    /// The area.
    pub area: AreaName,
    /// Receives the event's data.
    pub take: Arc<dyn Fn(&str) + Send + Sync>,
}

/// A signal that starts with `first` and is updated by the events of `area`, and the sink that
/// updates it.
pub fn live_signal<T>(area: AreaName, first: Latest<T>) -> (RwSignal<Latest<T>>, Sink)
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let live = Live::get();
    live.advance_clock(first.now_ms);
    live.note_reading(first.reading.as_ref().map(|reading| reading.at_ms));
    let signal = RwSignal::new(first);
    let take = move |data: &str| {
        // An event that does not decode comes from a newer server than this wasm: keep the old
        // reading, whose age reveals it.
        if let Ok(latest) = model::wire::read::<Latest<T>>(data) {
            live.advance_clock(latest.now_ms);
            live.note_reading(latest.reading.as_ref().map(|reading| reading.at_ms));
            signal.set(latest);
        }
    };
    (signal, Sink { area, take: Arc::new(take) })
}

/// Opens the event stream (SSE) for these areas of `server` until the page is left.
#[cfg(not(feature = "hydrate"))]
pub fn open_stream(_server: ServerId, _sinks: Vec<Sink>) {}

/// Opens the event stream (SSE) for these areas of `server` until the page is left.
#[cfg(feature = "hydrate")]
pub fn open_stream(server: ServerId, sinks: Vec<Sink>) {
    let live = Live::get();
    let mut url = format!("/live?server={}", crate::links::encoded(server.as_str()));
    for sink in &sinks {
        url.push_str("&area=");
        url.push_str(sink.area.as_str());
    }
    let stream = StoredValue::new_local(None);
    Effect::new(move |_| {
        stream.set_value(Some(event_source::EventStream::open(&url, sinks.clone(), live)));
    });
    on_cleanup(move || {
        stream.set_value(None);
        live.newest_ms.set(None);
        live.stream.set(StreamState::Off);
    });
}

/// Asks for a value periodically in the browser, and sets the signal where it has changed. On failure the
/// old value stays: the stream or the navigation reports the outage.
pub fn poll<T, Answer>(every_ms: u64, signal: RwSignal<T>, ask: impl Fn() -> Answer + 'static)
where
    T: PartialEq + Send + Sync + 'static,
    Answer: Future<Output = Result<T, ApiError>> + 'static,
{
    every(every_ms, move || {
        let answer = ask();
        leptos::task::spawn_local(async move {
            // The page may have been left meanwhile; its signals are disposed then.
            if let Ok(new) = answer.await
                && signal.try_with_untracked(|old| *old != new).unwrap_or(false)
            {
                signal.set(new);
            }
        });
    });
}

/// Calls `run` periodically in the browser (`setInterval`) while the page is open and not paused.
pub fn every(every_ms: u64, run: impl Fn() + 'static) {
    #[cfg(feature = "hydrate")]
    {
        let live = Live::get();
        let run = std::rc::Rc::new(run);
        let handle = StoredValue::new(None);
        Effect::new(move |_| {
            let run = run.clone();
            let tick = move || {
                if !live.paused.get_untracked() {
                    run();
                }
            };
            let every = std::time::Duration::from_millis(every_ms);
            handle.set_value(set_interval_with_handle(tick, every).ok());
        });
        on_cleanup(move || {
            if let Some(handle) = handle.get_value() {
                handle.clear();
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    drop((every_ms, run));
}
