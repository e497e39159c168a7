//! What was known of a server when pgdeck last ran, from the history store.

use std::time::Duration;

use history::{History, Source};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::area::Saved;

/// The longest that sampling waits for the store, once after the start.
const PATIENCE: Duration = Duration::from_secs(4);

/// The history store as a sampler asks it: the store's connections live on the thread that opened it.
#[derive(Clone, Debug)]
pub struct Past {
    history: History,
    thread: Handle,
}

impl Past {
    /// None outside of a runtime.
    pub fn new(history: &History) -> Option<Self> {
        Some(Self { history: history.clone(), thread: Handle::try_current().ok()? })
    }

    /// The store.
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Runs a task where the store's connections live.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.thread.spawn(task);
    }

    /// What was kept last of a source's state; the outer None says that the store gives no answer.
    pub async fn saved(&self, source: &Source) -> Option<Option<Saved>> {
        let (history, source) = (self.history.clone(), source.clone());
        let asked = self.thread.spawn(async move { history.state(&source).await });
        match timeout(PATIENCE, asked).await {
            Ok(Ok(Ok(blob))) => {
                Some(blob.map(|blob| Saved { at_ms: blob.to_ms, bytes: blob.bytes }))
            }
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "what was known of a server cannot be read");
                None
            }
            Ok(Err(_)) | Err(_) => None,
        }
    }
}
