//! Which part of the history is made up: the past of the demo. The store says so by an event; it is read once
//! and answered from memory, for every page asks.

use std::sync::{Arc, Mutex, PoisonError};

use history::History;
use model::EventKind;

use crate::stored_event::read;

/// From and to, ms since the epoch; None of what was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Generated(Arc<Mutex<Option<(i64, i64)>>>);

impl Generated {
    /// Asks the store. Where it cannot be told, the log says why.
    pub(crate) async fn look(&self, past: &History) {
        let Ok(found) = past
            .events_of_kind(EventKind::Generated.as_str())
            .await
            .inspect_err(|error| tracing::error!(%error, "the history cannot be read"))
        else {
            return;
        };
        let spans = found.into_iter().filter_map(read);
        let spans = spans.map(|event| (event.since_ms.unwrap_or(event.at_ms), event.at_ms));
        let span = spans.reduce(|one, next| (one.0.min(next.0), one.1.max(next.1)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = span;
    }

    /// What was found.
    pub(crate) fn get(&self) -> Option<(i64, i64)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
