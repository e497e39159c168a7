//! PostgreSQL terms as links to their glossary entry.

use leptos::prelude::*;

/// The ids of the glossary's entries, in its order.
pub const EXPLAINED: [&str; 38] = [
    "active-sessions",
    "bloat",
    "buffer-cache-hits",
    "catalog-xmin-age",
    "deadlocks",
    "flush-lag",
    "holds-back-xmin-by",
    "hot-standby-feedback",
    "idle-in-transaction",
    "lock-modes",
    "max-locks-per-transaction",
    "max-standby-streaming-delay",
    "multixact-age",
    "on-the-fast-path",
    "own-transaction-id-age",
    "parallel-leader",
    "predicate-locks-sireadlock",
    "prepared",
    "query-id",
    "recovery-conflicts",
    "replay-lag",
    "replay-waits-for",
    "rows-read",
    "serialization-failures",
    "session-state",
    "slot",
    "sync",
    "synchronous-standby-names",
    "system-identifier",
    "through",
    "timeline",
    "wal",
    "wal-retained",
    "wal-status",
    "waits-for",
    "write-lag",
    "xid-age",
    "xmin-age",
];

/// A term; a link where the glossary explains it.
pub fn term(name: &'static str) -> AnyView {
    let id = id(name);
    // `rel="external"`: a full page load, so that the browser highlights the `:target`.
    if EXPLAINED.contains(&id.as_str()) {
        view! { <a class="term" href=format!("/glossary#{id}") rel="external">{name}</a> }
            .into_any()
    } else {
        name.into_any()
    }
}

/// `Own transaction id, age` becomes `own-transaction-id-age`.
pub fn id(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}
