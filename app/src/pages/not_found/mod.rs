//! The page for an address nobody has.

use leptos::prelude::*;
use model::ApiError;

/// Says so, with status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <leptos_meta::Title text="Not found"/>
        {crate::ui::reading::broken(&ApiError::NotFound)}
    }
}
