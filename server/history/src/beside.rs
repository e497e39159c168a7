//! Events, texts and plans of statements, and blobs: what is kept beside the series.

use serde::{Deserialize, Serialize};

use crate::names::Source;

/// Something that happened to a server: DDL, a setting, a restart, a deploy mark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The cluster's system identifier; empty for what concerns no single cluster.
    pub cluster: String,
    /// The server's name; empty for all servers.
    pub server: String,
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// What kind of event, one word.
    pub kind: String,
    /// What it says in one line.
    pub title: String,
    /// More, as JSON.
    pub detail: serde_json::Value,
}

/// The text behind a key, such as a queryid. It must be redacted before it comes here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementText {
    /// The cluster's system identifier.
    pub cluster: String,
    /// Its key within the cluster.
    pub key: String,
    /// The text.
    pub text: String,
    /// Our own fingerprint, the same across upgrades; empty if unknown.
    pub fingerprint: String,
    /// First seen, ms since the epoch.
    pub first_ms: i64,
    /// Last seen.
    pub last_ms: i64,
}

/// A plan of a statement that was seen. It must be free of values before it comes here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementPlan {
    /// The cluster's system identifier.
    pub cluster: String,
    /// The statement's key within the cluster, as [`StatementText`] has it.
    pub key: String,
    /// The database in which it was planned.
    pub database: String,
    /// How the plan was had, in one word; plans that were had in different ways are not compared.
    pub how: String,
    /// What makes two plans the same.
    pub shape: String,
    /// The statement's fingerprint; empty if unknown.
    pub fingerprint: String,
    /// The plan of this shape that was seen first, as JSON.
    pub plan: String,
    /// When this shape was seen first, ms since the epoch.
    pub first_ms: i64,
    /// When it was seen last.
    pub last_ms: i64,
}

/// Bytes that an area encodes itself, such as an hour of lock graphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// From when, ms since the epoch.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// The area's own encoding.
    pub bytes: Vec<u8>,
}

/// What waits to be written besides ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Beside {
    /// An event.
    Event(Event),
    /// A statement's text.
    Text(StatementText),
    /// A plan of a statement, and what is told where it is another one than the last.
    Plan(Box<StatementPlan>, Option<Box<Event>>),
    /// A blob of a source.
    Blob(Source, Blob),
    /// The only blob of a source: what it knows. It takes the place of the one before.
    State(Source, Blob),
}

impl Beside {
    /// Roughly its bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Event(event) => event_bytes(event),
            Self::Text(text) => 256 + text.text.len(),
            Self::Plan(plan, flip) => {
                256 + plan.plan.len() + flip.as_deref().map_or(0, event_bytes)
            }
            Self::Blob(_, blob) | Self::State(_, blob) => 256 + blob.bytes.len(),
        }
    }
}

fn event_bytes(event: &Event) -> usize {
    256 + event.title.len() + event.detail.to_string().len()
}
