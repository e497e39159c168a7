//! What is live on a page: the clock, the one event stream of this tab, and pausing.
//!
//! On the server all of this stands still: a page shows the moment it was made. The browser's half
//! is `event_source.rs`.

pub mod charts;
#[cfg(feature = "hydrate")]
pub mod event_source;

use std::sync::Arc;

use leptos::prelude::*;
use model::{AreaName, Latest, ServerId};
use serde::de::DeserializeOwned;

/// How the event stream of this tab does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser opens a stream"))]
pub enum Stream {
    /// No page that shows live readings, or no JavaScript.
    Off,
    /// Open, or being opened for the first time.
    Open,
    /// Cut: pgdeck itself does not answer. Retried until it does.
    Lost,
}

/// The state shared by all pages of a tab, in the context.
#[derive(Clone, Copy)]
pub struct Live {
    /// Now by pgdeck's clock, ms since the epoch; zero before the first answer. Ticks each second.
    pub now_ms: RwSignal<i64>,
    /// Whether the reader froze the page.
    pub paused: RwSignal<bool>,
    /// How the stream does.
    pub stream: RwSignal<Stream>,
    /// When the newest reading on this page was made.
    pub newest_ms: RwSignal<Option<i64>>,
}

impl Live {
    /// Puts a clock that stands at zero into the context.
    pub fn provide() -> Self {
        let live = Self {
            now_ms: RwSignal::new(0),
            paused: RwSignal::new(false),
            stream: RwSignal::new(Stream::Off),
            newest_ms: RwSignal::new(None),
        };
        provide_context(live);
        live
    }

    /// The one in the context.
    pub fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// Moves the clock forward to what the server says; it never goes back. Nothing happens on a page
    /// that is gone: leptos may look once more at what a request waited for after it has been answered.
    pub fn at(&self, now_ms: i64) {
        if self.now_ms.try_get_untracked().is_some_and(|before| before < now_ms) {
            self.now_ms.set(now_ms);
        }
    }

    /// Notes that a reading of this moment is on the page.
    pub fn read(&self, at_ms: Option<i64>) {
        let before = self.newest_ms.try_get_untracked();
        if at_ms.is_some() && before.is_some_and(|before| before < at_ms) {
            self.newest_ms.set(at_ms);
        }
    }
}

/// Where the events of one area go.
#[derive(Clone)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser hears events"))]
pub struct Sink {
    /// The area.
    pub area: AreaName,
    /// Takes the event's data.
    pub take: Arc<dyn Fn(&str) + Send + Sync>,
}

/// A signal that starts with `first` and follows the events of `area`, and the sink that moves it.
pub fn following<T>(area: AreaName, first: Latest<T>) -> (RwSignal<Latest<T>>, Sink)
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let live = Live::get();
    live.at(first.now_ms);
    live.read(first.reading.as_ref().map(|reading| reading.at_ms));
    let signal = RwSignal::new(first);
    let take = move |data: &str| {
        // A frame that does not parse comes from a newer pgdeck than this tab's code: keep the old
        // reading, whose age then says that something is amiss.
        if let Ok(latest) = model::wire::read::<Latest<T>>(data) {
            live.at(latest.now_ms);
            live.read(latest.reading.as_ref().map(|reading| reading.at_ms));
            signal.set(latest);
        }
    };
    (signal, Sink { area, take: Arc::new(take) })
}

/// Opens the tab's event stream for these areas of `server` until the page is left.
#[cfg(not(feature = "hydrate"))]
pub fn follow(_server: ServerId, _sinks: Vec<Sink>) {}

/// Opens the tab's event stream for these areas of `server` until the page is left.
#[cfg(feature = "hydrate")]
pub fn follow(server: ServerId, sinks: Vec<Sink>) {
    let live = Live::get();
    let mut url = format!("/live?server={}", crate::links::encoded(server.as_str()));
    for sink in &sinks {
        url.push_str("&area=");
        url.push_str(sink.area.as_str());
    }
    let kept = StoredValue::new_local(None);
    Effect::new(move |_| {
        kept.set_value(Some(event_source::Tab::open(&url, sinks.clone(), live)));
    });
    on_cleanup(move || {
        kept.set_value(None);
        live.newest_ms.set(None);
        live.stream.set(Stream::Off);
    });
}

/// Calls `run` every `every_ms` in the browser while the page is shown and not paused.
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
