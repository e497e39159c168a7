//! The page for addresses that no route matches (status 404).

use leptos::prelude::*;

/// Renders the message, with status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    crate::ui::page::not_found()
}
