//! Small drawings beside words. Never the only carrier of a meaning.

use leptos::prelude::*;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// All servers.
    Fleet,
    /// One server.
    Overview,
    /// Sessions.
    Activity,
    /// A padlock.
    Locks,
    /// Streams of WAL.
    Replication,
    /// A plan: a tree of boxes.
    Plan,
    /// Rules.
    Rules,
    /// What words mean.
    Words,
    /// What was done.
    Audit,
    /// pgdeck itself.
    About,
    /// Standing still.
    Pause,
    /// Going on.
    Resume,
    /// Finding a page.
    GoTo,
    /// Light or dark.
    Theme,
    /// Leaving.
    SignOut,
}

/// The drawing, hidden from screen readers.
pub fn icon(icon: Icon) -> AnyView {
    let path = match icon {
        Icon::Fleet => "M3 4h14v4H3zM3 12h14v4H3zM6 6h1M6 14h1",
        Icon::Overview => "M3 16V4M3 16h14M6 13l3-4 3 2 4-6",
        Icon::Activity => "M2 10h4l2-6 4 12 2-6h4",
        Icon::Locks => "M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3M10 12v2",
        Icon::Replication => "M4 4h5v5H4zM11 11h5v5h-5zM9 6h4v5",
        Icon::Plan => "M7 3h6v4H7zM3 13h5v4H3zM12 13h5v4h-5zM10 7v3M5.5 13v-3h9v3",
        Icon::Rules => "M4 5l2 2 3-3M4 13l2 2 3-3M12 6h5M12 14h5",
        Icon::Words => {
            "M10 5c-2-1.5-4.5-1.5-7-1v11c2.5-.5 5-.5 7 1 2-1.5 4.5-1.5 7-1V4c-2.5-.5-5-.5-7 1zM10 5v11"
        }
        Icon::Audit => "M5 2h10v16H5zM8 6h4M8 9h4M8 12.5l1.5 1.5 3-3",
        Icon::Pause => "M7 4v12M13 4v12",
        Icon::Resume => "M6 4l10 6-10 6z",
        Icon::GoTo => "M8.5 3a5.5 5.5 0 1 0 .01 0M12.5 12.5l4.5 4.5",
        Icon::Theme => "M10 3a7 7 0 1 0 .01 0M10 3v14",
        Icon::SignOut => "M8 3H4v14h4M8 10h9M13 6l4 4-4 4",
        Icon::About => "M10 3a7 7 0 1 0 .01 0M10 9v5M10 6v.5",
    };
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
    .into_any()
}
