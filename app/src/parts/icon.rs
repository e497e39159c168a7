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
    /// Streams of WAL.
    Replication,
    /// Rules.
    Rules,
    /// pgdeck itself.
    About,
}

/// The drawing, hidden from screen readers.
pub fn icon(icon: Icon) -> AnyView {
    let path = match icon {
        Icon::Fleet => "M3 4h14v4H3zM3 12h14v4H3zM6 6h1M6 14h1",
        Icon::Overview => "M3 16V4M3 16h14M6 13l3-4 3 2 4-6",
        Icon::Activity => "M2 10h4l2-6 4 12 2-6h4",
        Icon::Replication => "M4 4h5v5H4zM11 11h5v5h-5zM9 6h4v5",
        Icon::Rules => "M4 5l2 2 3-3M4 13l2 2 3-3M12 6h5M12 14h5",
        Icon::About => "M10 3a7 7 0 1 0 .01 0M10 9v5M10 6v.5",
    };
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
    .into_any()
}
