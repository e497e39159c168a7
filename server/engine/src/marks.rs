//! Marks that somebody sets on the line of events: a deploy, a change of the network.

use model::event::one_line;
use model::{Event, EventKind, ServerId};

use crate::clock::now_ms;
use crate::engine::Engine;
use crate::stored_event::written;

/// The longest title, characters.
const TITLE_CHARS: usize = 200;

/// Why no mark was set; each is one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// The title says nothing.
    #[error("a mark needs a title, such as \"release 42\".")]
    NoTitle,
    /// The title is too long.
    #[error("the title of a mark has at most {TITLE_CHARS} characters; this one has {0}.")]
    TooLong(usize),
    /// There is no such server.
    #[error("pgdeck watches no server of that name; it watches {known}.")]
    UnknownServer {
        /// The names of those it watches.
        known: String,
    },
    /// Nothing is kept.
    #[error(
        "no history is kept here, so a mark would be lost; set history in the configuration, or see pgdeck's log."
    )]
    NoHistory,
    /// What is shown is over.
    #[error("this pgdeck shows a recording, which takes no marks.")]
    Recording,
    /// The store does not take it.
    #[error("the mark was not kept: {0}")]
    NotKept(String),
}

impl Engine {
    /// Sets a mark now, for one server or for all; it is on disk when this returns.
    pub async fn mark(&self, title: &str, server: Option<&ServerId>) -> Result<(), MarkError> {
        let length = title.trim().chars().count();
        if length == 0 {
            return Err(MarkError::NoTitle);
        }
        if length > TITLE_CHARS {
            return Err(MarkError::TooLong(length));
        }
        if server.is_some_and(|id| self.server(id).is_none()) {
            let servers = self.all_servers();
            let names = servers.iter().map(|server| server.id.to_string());
            return Err(MarkError::UnknownServer { known: names.collect::<Vec<_>>().join(", ") });
        }
        if self.recording().is_some() {
            return Err(MarkError::Recording);
        }
        let past = self.past().ok_or(MarkError::NoHistory)?;
        let event = Event {
            at_ms: now_ms(),
            since_ms: None,
            kind: EventKind::Mark,
            title: one_line(title, TITLE_CHARS),
            detail: Vec::new(),
            statement: None,
        };
        past.recorder().event(written(&event, "", server.map_or("", ServerId::as_str)));
        past.flush().await.map_err(|error| MarkError::NotKept(error.to_string()))
    }
}
