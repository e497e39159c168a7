//! Pages whose code could not be fetched: the loader (`server/xtask/src/loader.js`) says so with an
//! event of the window and tries again when it is asked to.

use leptos::prelude::*;

/// Whether the page that is awaited could not be fetched; false again while it is tried.
#[derive(Clone, Copy)]
pub struct LazyPages {
    failed: RwSignal<bool>,
}

impl LazyPages {
    /// Listens to the loader while the caller lives. What failed is tried again when the browser is
    /// back online.
    pub fn listen() -> Self {
        let pages = Self { failed: RwSignal::new(false) };
        #[cfg(feature = "hydrate")]
        {
            let failed = window_event_listener_untyped("pgdeck-no-page", move |_| {
                pages.failed.set(true);
            });
            let online = window_event_listener_untyped("online", move |_| pages.try_again());
            on_cleanup(move || {
                failed.remove();
                online.remove();
            });
        }
        pages
    }

    /// Whether it has failed.
    pub fn has_failed(self) -> bool {
        self.failed.get()
    }

    /// Asks the loader to fetch what it could not.
    pub fn try_again(self) {
        self.failed.set(false);
        #[cfg(feature = "hydrate")]
        if let Ok(event) = web_sys::Event::new("pgdeck-load-page") {
            // Nobody listens where nothing has failed.
            let _ = window().dispatch_event(&event);
        }
    }
}
