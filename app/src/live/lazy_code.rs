//! Code splitting within a page: functions that are fetched when they are first needed. The server and
//! the tests have all of them from the start.

#[cfg(feature = "hydrate")]
use std::{future::Future, pin::Pin};

use std::sync::OnceLock;

/// The wait for functions.
#[cfg(feature = "hydrate")]
pub type Fetching<T> = Pin<Box<dyn Future<Output = T>>>;

/// Functions that are fetched together: `T` holds pointers to them. A `#[lazy]` function that gives them
/// makes the bundler (`server/xtask/src/split_loader.rs`) put them into a file of their own; its name
/// starts with that of the page they belong to.
pub struct LazyCode<T: 'static> {
    here: OnceLock<T>,
    #[cfg(feature = "hydrate")]
    fetch: OnceLock<fn() -> Fetching<T>>,
}

impl<T: Copy> LazyCode<T> {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self {
            here: OnceLock::new(),
            #[cfg(feature = "hydrate")]
            fetch: OnceLock::new(),
        }
    }

    /// Says how the functions are fetched.
    #[cfg(feature = "hydrate")]
    pub fn fetch_by(&self, fetch: fn() -> Fetching<T>) {
        let _ = self.fetch.set(fetch); // The page has been opened before.
    }

    /// Puts the functions here.
    pub fn set(&self, code: T) {
        let _ = self.here.set(code); // They are the same ones.
    }

    /// The functions, if they are here.
    pub fn get(&self) -> Option<T> {
        self.here.get().copied()
    }

    /// Waits until the functions are here.
    #[cfg(feature = "hydrate")]
    pub async fn fetched(&self) -> T {
        if let Some(code) = self.get() {
            return code;
        }
        let code = match self.fetch.get() {
            Some(fetch) => fetch().await,
            None => std::future::pending().await, // No page has said how.
        };
        self.set(code);
        code
    }

    /// Calls `then` with the functions: at once if they are here, else when they have been fetched.
    pub fn with(&'static self, then: impl FnOnce(T) + 'static) {
        match self.get() {
            Some(code) => then(code),
            #[cfg(feature = "hydrate")]
            None => leptos::task::spawn_local(async move { then(self.fetched().await) }),
            #[cfg(not(feature = "hydrate"))]
            None => {}
        }
    }
}
