//! Limit of concurrent sessions on one watched server: a semaphore with a deadline.

use std::sync::Arc;
use std::time::Duration;

use model::Reason;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The most sessions we ever hold on one server (`docs/limits.md#connections`).
pub const SESSION_BUDGET: usize = 3;
/// Time allowed to wait for one of them, and again to connect and authenticate (`docs/limits.md#connections`).
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The sessions we may hold on one server.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Semaphore>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SESSION_BUDGET)))
    }
}

impl Budget {
    /// How many sessions are in use.
    pub fn in_use(&self) -> usize {
        SESSION_BUDGET.saturating_sub(self.0.available_permits())
    }

    /// The right to one more session, for as long as it is held.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, Reason> {
        let waiting = Arc::clone(&self.0).acquire_owned();
        match timeout(CONNECT_TIMEOUT, waiting).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Reason::Busy { sessions: SESSION_BUDGET as u32 }),
        }
    }
}
