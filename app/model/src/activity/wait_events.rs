//! What sessions wait for at one moment, by name.

use serde::{Deserialize, Serialize};

/// Why a session waits, as far as it matters to whoever looks for load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiter {
    /// It has work to do: a statement, a vacuum.
    #[default]
    Busy,
    /// A client's session without a statement: it waits for its client.
    Idle,
    /// A process of the server that waits for something to do.
    Background,
}

/// Sessions that wait for the same; without a class, those that wait for nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WaitEvent {
    /// Which sessions.
    pub waiter: Waiter,
    /// `Lock`, `IO` …; `CPU` for a busy session that waits for nothing.
    pub class: String,
    /// The event's name; None for `CPU`.
    pub event: Option<String>,
    /// How many sessions.
    pub sessions: i64,
    /// What it means; None for an event of an extension.
    pub description: Option<String>,
}
