//! Registry of EXPLAIN runs in progress: who started each and which backend serves it, for
//! cancellation.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use model::ServerId;
use model::explain::{Refusal, RunId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::rejected::Rejected;
use crate::planning::Handover;

/// Runs at once on one server: one, so that of the three sessions we may hold one is left to sample
/// and one to cancel.
const RUNS_AT_ONCE: usize = 1;

/// In this time a plan that pgdeck asked for has ended: to connect, to plan, to clear up.
const OWN_ENDS: Duration = Duration::from_secs(5);

/// What a server allows of EXPLAIN.
pub struct Explains {
    slots: Arc<Semaphore>,
    superuser: AtomicBool,
    /// Whether it is pgdeck itself that runs one.
    own: AtomicBool,
    /// What areas hand each other about plans.
    pub(crate) handover: Handover,
    /// What is not planned again.
    pub(super) rejected: Rejected,
}

impl Default for Explains {
    fn default() -> Self {
        Self {
            slots: Arc::new(Semaphore::new(RUNS_AT_ONCE)),
            superuser: AtomicBool::new(false),
            own: AtomicBool::new(false),
            handover: Handover::default(),
            rejected: Rejected::default(),
        }
    }
}

impl Explains {
    /// The right to run now.
    pub fn slot(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.slots).try_acquire_owned().map_err(|_| Refusal::Busy)
    }

    /// The same for a person, who waits for a plan that pgdeck asked for by itself: it ends within its second.
    pub async fn slot_for_person(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let begun = Instant::now();
        loop {
            let slot = self.slot();
            let waits = self.own.load(Ordering::Acquire) && begun.elapsed() < OWN_ENDS;
            if slot.is_ok() || !waits {
                return slot;
            }
            tokio::time::sleep(OWN_ENDS / 100).await;
        }
    }

    /// Notes whether it is pgdeck itself that runs one.
    pub fn set_own(&self, own: bool) {
        self.own.store(own, Ordering::Release);
    }

    /// Whether EXPLAIN may run as a superuser.
    pub fn superuser_may_explain(&self) -> bool {
        self.superuser.load(Ordering::Relaxed)
    }

    /// Notes whether EXPLAIN may run as a superuser: the administrator's decision.
    pub fn let_superuser(&self, may: bool) {
        self.superuser.store(may, Ordering::Relaxed);
    }
}

/// A backend, so that its process id cannot be mistaken after it is used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Its process id.
    pub pid: i32,
    /// When it started, µs since the Unix epoch.
    pub start_us: i64,
}

/// One run.
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// Where it runs.
    pub server: ServerId,
    /// The database it asked for.
    pub database: Option<String>,
    /// Who started it.
    pub who: String,
    /// When.
    pub started: Instant,
    backend: OnceLock<Backend>,
    cancelled_by: OnceLock<String>,
    over: AtomicBool,
}

impl Run {
    /// The backend, once it is known.
    pub fn backend(&self) -> Option<Backend> {
        self.backend.get().copied()
    }

    /// Notes the backend.
    pub fn served_by(&self, backend: Backend) {
        let _ = self.backend.set(backend);
    }

    /// Who cancelled it.
    pub fn cancelled_by(&self) -> Option<&str> {
        self.cancelled_by.get().map(String::as_str)
    }

    /// Notes the wish to cancel; the first counts.
    pub fn cancel(&self, who: &str) {
        let _ = self.cancelled_by.set(who.to_owned());
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// How long it has run, ms.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// All runs under way.
#[derive(Default)]
pub struct Runs(Mutex<HashMap<RunId, Arc<Run>>>);

impl Runs {
    /// Enters a run; it is taken out when the answer is dropped.
    pub fn begin(
        self: &Arc<Self>,
        id: &RunId,
        server: &ServerId,
        database: Option<&str>,
        who: &str,
    ) -> Result<Running, Refusal> {
        let run = Arc::new(Run {
            id: id.clone(),
            server: server.clone(),
            database: database.map(str::to_owned),
            who: who.to_owned(),
            started: Instant::now(),
            backend: OnceLock::new(),
            cancelled_by: OnceLock::new(),
            over: AtomicBool::new(false),
        });
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.contains_key(id) {
            return Err(Refusal::SameRun);
        }
        runs.insert(id.clone(), Arc::clone(&run));
        Ok(Running { run, runs: Arc::clone(self) })
    }

    /// The run of that name.
    pub fn find(&self, id: &RunId) -> Option<Arc<Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

/// A run's entry.
pub struct Running {
    /// The run.
    pub run: Arc<Run>,
    runs: Arc<Runs>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.run.over.store(true, Ordering::Release);
        self.runs.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.run.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_entered_once_and_taken_out_at_its_end() {
        let runs: Arc<Runs> = Arc::default();
        let (id, server) = (RunId::new([1; 16]), ServerId::new("one"));
        let running = runs.begin(&id, &server, None, "ann").expect("free");
        assert_eq!(runs.begin(&id, &server, None, "bob").err(), Some(Refusal::SameRun));
        let found = runs.find(&id).expect("under way");
        found.cancel("ann");
        found.cancel("root");
        assert_eq!(found.cancelled_by(), Some("ann"));
        drop(running);
        assert!(found.is_over() && runs.find(&id).is_none());
    }

    #[test]
    fn a_second_run_on_a_server_is_busy() {
        let explains = Explains::default();
        let slot = explains.slot().expect("free");
        assert_eq!(explains.slot().err(), Some(Refusal::Busy));
        drop(slot);
        assert!(explains.slot().is_ok());
    }
}
