//! UTC or the reader's local time, for the times of charts and of the range. Chosen in the top bar and kept
//! in a cookie. The server renders in UTC; the browser switches after hydration.

use leptos::prelude::*;

use crate::ui::format;

/// How times are shown, in the context.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    local: RwSignal<bool>,
}

impl Clock {
    /// Provides it in the context, in UTC.
    pub fn provide() -> Self {
        let clock = Self { local: RwSignal::new(false) };
        provide_context(clock);
        clock
    }

    /// That of the context.
    pub fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// Whether times are local.
    pub fn is_local(self) -> bool {
        self.local.get()
    }

    /// The same, without following it.
    #[cfg(feature = "hydrate")]
    pub fn is_local_untracked(self) -> bool {
        self.local.get_untracked()
    }

    /// Switches, and remembers it.
    pub fn switch(self) {
        self.local.update(|local| *local = !*local);
        #[cfg(feature = "hydrate")]
        {
            let word = if self.local.get_untracked() { "local" } else { "utc" };
            super::event_source::remember("clock", word);
        }
    }

    /// Reads what is remembered, in the browser.
    #[cfg(feature = "hydrate")]
    pub fn recall(self) {
        if super::event_source::remembered("clock").as_deref() == Some("local") {
            self.local.set(true);
        }
    }

    /// Milliseconds that the clock is ahead of UTC at a moment.
    pub fn ahead_ms(self, ms: i64) -> i64 {
        if self.is_local() { zone_ms(ms) } else { 0 }
    }

    /// What times are in: `UTC` or `local time`.
    pub fn zone(self) -> &'static str {
        if self.is_local() { "local time" } else { "UTC" }
    }

    /// `07:12:03`.
    pub fn time_of_day(self, ms: i64) -> String {
        format::time_of_day(ms + self.ahead_ms(ms))
    }

    /// `11-21 07:12:03`, for times that are not all of one day.
    pub fn day_and_time(self, ms: i64) -> String {
        format::day_and_time(ms + self.ahead_ms(ms))
    }

    /// `2026-11-21T07:12:03`, as an input for dates and times takes it.
    pub fn input(self, ms: i64) -> String {
        let text = format::moment(ms + self.ahead_ms(ms));
        text.trim_end_matches(" UTC").replace(' ', "T")
    }
}

/// Milliseconds that the reader's zone is ahead of UTC at a moment.
#[cfg(feature = "hydrate")]
fn zone_ms(ms: i64) -> i64 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(ms as f64));
    -(date.get_timezone_offset() * 60_000.0) as i64
}

/// The server renders in UTC.
#[cfg(not(feature = "hydrate"))]
fn zone_ms(_ms: i64) -> i64 {
    0
}
