//! What a page begins with: fetched on the server, carried in the page, read again in the browser with
//! the one reader of `model::wire`.

use std::future::Future;

use leptos::prelude::*;
use model::wire::JsonText;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Data of a page.
pub type Loaded<T> = Resource<T, JsonText>;

/// Fetches `of` what `source` says, again whenever that changes.
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

/// What the server made once; the browser takes it from the page.
pub fn shared<T>(make: impl FnOnce() -> T) -> T
where
    T: Serialize + DeserializeOwned + 'static,
{
    SharedValue::<T, JsonText>::new_with_encoding(make).into_inner()
}
