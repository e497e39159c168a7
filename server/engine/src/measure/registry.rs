//! The measurement under way on a server, and the newest result of each relation.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use model::measure::{Measured, NotMeasured, Progress, Request, Target};
use tokio::sync::Notify;

/// Results kept in memory for one server; the oldest makes room. The history keeps all.
const MOST_RESULTS: usize = 1_000;

/// Measurements of one server.
#[derive(Default)]
pub struct Measures {
    running: Mutex<Option<Arc<Run>>>,
    newest: Mutex<BTreeMap<Target, Measured>>,
}

/// One measurement.
pub struct Run {
    request: Request,
    who: String,
    started: Instant,
    blocks: AtomicU64,
    of_blocks: AtomicU64,
    aborted_by: OnceLock<String>,
    abort: Notify,
}

impl Run {
    /// Who started it.
    pub fn who(&self) -> &str {
        &self.who
    }

    /// Notes that this many of these blocks are read.
    pub fn read(&self, blocks: u64, of: u64) {
        self.of_blocks.store(of, Ordering::Relaxed);
        self.blocks.store(blocks, Ordering::Relaxed);
    }

    /// Ends it; the first who does counts.
    pub fn abort(&self, who: &str) {
        let _ = self.aborted_by.set(who.to_owned());
        self.abort.notify_one();
    }

    /// Waits until somebody ends it.
    pub async fn aborted(&self) -> NotMeasured {
        self.abort.notified().await;
        NotMeasured::Aborted { by: self.aborted_by.get().cloned().unwrap_or_default() }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let of = self.of_blocks.load(Ordering::Relaxed);
        Progress {
            request: self.request.clone(),
            who: self.who.clone(),
            elapsed_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            blocks: self
                .request
                .method
                .is_in_parts()
                .then(|| (self.blocks.load(Ordering::Relaxed), of)),
        }
    }
}

impl Measures {
    /// Enters a measurement; `end` takes it out.
    pub fn begin(&self, request: &Request, who: &str) -> Arc<Run> {
        let run = Arc::new(Run {
            request: request.clone(),
            who: who.to_owned(),
            started: Instant::now(),
            blocks: AtomicU64::new(0),
            of_blocks: AtomicU64::new(0),
            aborted_by: OnceLock::new(),
            abort: Notify::new(),
        });
        *held(&self.running) = Some(Arc::clone(&run));
        run
    }

    /// Takes it out.
    pub fn end(&self) {
        *held(&self.running) = None;
    }

    /// The measurement under way.
    pub fn running(&self) -> Option<Arc<Run>> {
        held(&self.running).clone()
    }

    /// Keeps a result as the newest of its relation.
    pub fn keep(&self, measured: &Measured) {
        let mut newest = held(&self.newest);
        newest.insert(measured.request.target.clone(), measured.clone());
        if newest.len() > MOST_RESULTS
            && let Some(oldest) = newest.values().min_by_key(|result| result.at_ms)
        {
            let oldest = oldest.request.target.clone();
            newest.remove(&oldest);
        }
    }

    /// The newest result of a relation.
    pub fn newest(&self, target: &Target) -> Option<Measured> {
        held(&self.newest).get(target).cloned()
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
