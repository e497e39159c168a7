//! Keyed list: a row stays mounted as long as its key does.

use std::sync::Arc;

use leptos::prelude::*;

type Keys = Arc<dyn Fn() -> Vec<String> + Send + Sync>;
type One = Arc<dyn Fn(String) -> AnyView + Send + Sync>;

/// Keyed `For`: a row is mounted when its key appears and disposed when it goes. Shared by all
/// pages: each `For` instance of its own would add 10 KB of wasm.
pub fn keyed(
    keys: impl Fn() -> Vec<String> + Send + Sync + 'static,
    row: impl Fn(String) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    list(Arc::new(keys), Arc::new(row))
}

fn list(keys: Keys, row: One) -> AnyView {
    view! { <For each=move || keys() key=Clone::clone children=move |key| row(key)/> }.into_any()
}
