//! The page for addresses that no route matches (status 404).

use leptos::prelude::*;
use model::ApiError;

/// Renders the message, with status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <leptos_meta::Title text="Not found"/>
        {crate::ui::reading::api_error(&ApiError::NotFound)}
    }
}
