//! Whether a connection of a client has a request under way, and since when it has none.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use tokio::time::Instant;

/// What a connection and its requests know of each other.
pub struct Activity {
    /// Requests that are answered.
    pub under_way: usize,
    /// When the last one had ended.
    pub idle_since: Instant,
    /// Who waits for the next one, and must then look at the clock.
    pub reader: Option<Waker>,
}

/// Shared by a connection and its requests.
pub type Idle = Arc<Mutex<Activity>>;

/// Counts a request of a connection until it is dropped.
pub struct UnderWay(Idle);

impl UnderWay {
    /// One begins.
    pub fn begin(idle: Idle) -> Self {
        idle.lock().unwrap_or_else(PoisonError::into_inner).under_way += 1;
        Self(idle)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut activity = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        activity.under_way = activity.under_way.saturating_sub(1);
        activity.idle_since = Instant::now();
        if let Some(reader) = activity.reader.take() {
            reader.wake();
        }
    }
}
