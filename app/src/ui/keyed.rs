//! A list that keeps each row while its key stays.

use std::sync::Arc;

use leptos::prelude::*;

type Keys = Arc<dyn Fn() -> Vec<String> + Send + Sync>;
type One = Arc<dyn Fn(String) -> AnyView + Send + Sync>;

/// One row for each key, made when the key comes and dropped when it goes. All lists of all pages are
/// this one: a `For` of their own would be 10 KB of the browser part each.
pub fn each(
    keys: impl Fn() -> Vec<String> + Send + Sync + 'static,
    row: impl Fn(String) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    list(Arc::new(keys), Arc::new(row))
}

fn list(keys: Keys, row: One) -> AnyView {
    view! { <For each=move || keys() key=Clone::clone children=move |key| row(key)/> }.into_any()
}
