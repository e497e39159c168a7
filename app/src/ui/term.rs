//! PostgreSQL terms as buttons that open their explanation on the spot, without leaving the page.
//!
//! The explanation is a popover of the browser: it needs no JavaScript, opens with Enter and closes
//! with Escape.

use leptos::prelude::*;

/// The ids of the glossary's entries, in its order.
pub const EXPLAINED: [&str; 45] = [
    "active-sessions",
    "bloat",
    "buffer-cache-hits",
    "catalog-xmin-age",
    "connection",
    "deadlocks",
    "failsafe",
    "fillfactor",
    "flush-lag",
    "full-page-images",
    "hot-standby-feedback",
    "hot-updates",
    "idle-in-transaction",
    "lock-modes",
    "max-locks-per-transaction",
    "max-standby-streaming-delay",
    "multixact",
    "multixact-age",
    "on-the-fast-path",
    "parallel-leader",
    "predicate-locks-sireadlock",
    "prepared",
    "query-id",
    "reclaimable-bytes",
    "recovery-conflicts",
    "replay-lag",
    "replay-waits-for",
    "rows-read",
    "serialization-failures",
    "session-state",
    "slot",
    "snapshot-age-xmin",
    "sync",
    "synchronous-standby-names",
    "system-identifier",
    "timeline",
    "transaction-id-age",
    "waits-for",
    "wal",
    "wal-retained",
    "wal-status",
    "write-lag",
    "xid-age",
    "xmin-age",
    "xmin-horizon",
];

/// A term; where the glossary explains it, a button that opens the explanation.
pub fn term(name: &'static str) -> AnyView {
    let id = id(name);
    if EXPLAINED.contains(&id.as_str()) {
        view! { <button type="button" class="term" popovertarget=explanation(&id)>{name}</button> }
            .into_any()
    } else {
        name.into_any()
    }
}

/// The explanations of all terms, hidden until their button is pressed: once per document, because a
/// term may stand in several places. Server-side only.
#[cfg(feature = "ssr")]
pub fn explanations() -> AnyView {
    let one = |(name, message, _): (&'static str, &'static str, &'static str)| {
        let id = id(name);
        // `rel="external"`: a full page load, so that the browser highlights the `:target`.
        view! {
            <div id=explanation(&id) class="explanation" popover="auto" role="note" aria-label=name>
                <p>{message}</p>
                <a href=format!("/glossary#{id}") rel="external">"Glossary"</a>
            </div>
        }
    };
    super::terms::TERMS.map(one).collect_view().into_any()
}

/// The element id of an explanation.
fn explanation(id: &str) -> String {
    format!("explain-{id}")
}

/// `Predicate locks (SIReadLock)` becomes `predicate-locks-sireadlock`.
pub fn id(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}
