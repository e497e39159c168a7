//! PostgreSQL's words as links to what `/words` says of them. Knows which it explains, not what.

use leptos::prelude::*;

/// The ids of what `/words` explains, in its order.
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
    "wal-kept-for-it",
    "wal-status",
    "waits-for",
    "write-lag",
    "xid-age",
    "xmin-age",
];

/// The name of a figure; a link where `/words` explains it.
pub fn word(name: &'static str) -> AnyView {
    let id = id(name);
    // A page of its own and not a step of the router: the browser marks the target.
    if EXPLAINED.contains(&id.as_str()) {
        view! { <a class="word" href=format!("/words#{id}") rel="external">{name}</a> }.into_any()
    } else {
        name.into_any()
    }
}

/// `Own transaction id, age` becomes `own-transaction-id-age`.
pub fn id(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}
