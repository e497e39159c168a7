//! Leptos resources of a page: fetched during server-side rendering, serialised into the HTML,
//! decoded in the browser by `model::wire`.

use std::future::Future;

use leptos::prelude::*;
use model::wire::JsonText;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A resource with the project's JSON codec.
pub type Loaded<T> = Resource<T, JsonText>;

/// A resource that fetches `of` the source, again whenever it changes.
pub fn loaded<S, T, Answer>(
    source: impl Fn() -> S + Send + Sync + 'static,
    of: impl Fn(S) -> Answer + Send + Sync + 'static,
) -> Loaded<T>
where
    S: PartialEq + Clone + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    Answer: Future<Output = T> + Send + 'static,
{
    Resource::new_with_options(source, of, false)
}

/// A value computed during server-side rendering and reused by hydration (`SharedValue`).
pub fn shared<T>(make: impl FnOnce() -> T) -> T
where
    T: Serialize + DeserializeOwned + 'static,
{
    SharedValue::<T, JsonText>::new_with_encoding(make).into_inner()
}
