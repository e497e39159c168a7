//! Icons beside text, hidden from screen readers.

use leptos::prelude::*;

/// The icons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Pause.
    Pause,
    /// Resume.
    Resume,
    /// Search.
    GoTo,
    /// Theme.
    Theme,
    /// Sign out.
    SignOut,
}

/// The SVG, hidden from screen readers.
pub fn icon(icon: Icon) -> AnyView {
    let path = match icon {
        Icon::Pause => "M7 4v12M13 4v12",
        Icon::Resume => "M6 4l10 6-10 6z",
        Icon::GoTo => "M8.5 3a5.5 5.5 0 1 0 .01 0M12.5 12.5l4.5 4.5",
        Icon::Theme => "M10 3a7 7 0 1 0 .01 0M10 3v14",
        Icon::SignOut => "M8 3H4v14h4M8 10h9M13 6l4 4-4 4",
    };
    icon_path(path)
}

/// An icon from its path data, in a box of 20 × 20; hidden from screen readers.
pub fn icon_path(path: &'static str) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
    .into_any()
}
