//! Code splitting within a page: code that is fetched when it is first needed. The server and the tests
//! have all of it from the start.

#[cfg(feature = "hydrate")]
use std::{future::Future, pin::Pin, sync::OnceLock};

/// Functions that are fetched together: `T` holds pointers to them. Made by [`lazy_code!`].
pub struct LazyCode<T: 'static> {
    #[cfg(feature = "hydrate")]
    fetched: OnceLock<T>,
    #[cfg(feature = "hydrate")]
    fetch: fn() -> Pin<Box<dyn Future<Output = T>>>,
    #[cfg(not(feature = "hydrate"))]
    code: T,
}

impl<T: Copy> LazyCode<T> {
    /// Code that `fetch` gets.
    #[cfg(feature = "hydrate")]
    pub const fn new(fetch: fn() -> Pin<Box<dyn Future<Output = T>>>) -> Self {
        Self { fetched: OnceLock::new(), fetch }
    }

    /// Code that is here.
    #[cfg(not(feature = "hydrate"))]
    pub const fn new(code: T) -> Self {
        Self { code }
    }

    /// The functions, if they have been fetched.
    pub fn get(&self) -> Option<T> {
        #[cfg(feature = "hydrate")]
        return self.fetched.get().copied();
        #[cfg(not(feature = "hydrate"))]
        Some(self.code)
    }

    /// Waits until they have been fetched.
    #[cfg(feature = "hydrate")]
    pub async fn fetched(&self) -> T {
        let code = match self.get() {
            Some(code) => code,
            None => (self.fetch)().await,
        };
        *self.fetched.get_or_init(|| code)
    }

    /// Calls `then` with the functions: at once if they are here, else when they have been fetched.
    #[cfg(feature = "hydrate")]
    pub fn with(&'static self, then: impl FnOnce(T) + 'static) {
        match self.get() {
            Some(code) => then(code),
            None => leptos::task::spawn_local(async move { then(self.fetched().await) }),
        }
    }

    /// Calls `then` with the functions.
    #[cfg(not(feature = "hydrate"))]
    pub fn with(&'static self, then: impl FnOnce(T) + 'static) {
        then(self.code);
    }
}

/// `lazy_code! { /// … NAME: Functions = fetch_name Functions { … }; }`: a static of [`LazyCode`]. The
/// bundler (`server/xtask/src/split_loader.rs`) puts it into a file of its own; `fetch_name` starts with
/// the name of the page that it belongs to.
macro_rules! lazy_code {
    ($($(#[$docs:meta])* $name:ident: $functions:ty = $fetch:ident $code:expr;)+) => {$(
        #[cfg(feature = "hydrate")]
        #[leptos::lazy]
        fn $fetch() -> $functions {
            $code
        }
        $(#[$docs])*
        #[cfg(feature = "hydrate")]
        pub static $name: $crate::live::lazy_code::LazyCode<$functions> =
            $crate::live::lazy_code::LazyCode::new(|| Box::pin($fetch()));
        $(#[$docs])*
        #[cfg(not(feature = "hydrate"))]
        pub static $name: $crate::live::lazy_code::LazyCode<$functions> =
            $crate::live::lazy_code::LazyCode::new($code);
    )+};
}
pub(crate) use lazy_code;
