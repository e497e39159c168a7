//! The sessions of ours that the server holds, looked at all the while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use playground::{Fault, Server};
use tokio::task::JoinHandle;

use super::callers::{Caller, SLACK};
use super::{PAGES, Place};
use crate::support::Result;

/// The most sessions on one server (`docs/limits.md#connections`).
const BUDGET: usize = 3;
/// Those of a sampler: one stays, another reads what takes long.
const SAMPLER: usize = 2;
/// How often the server is asked.
const LOOK: Duration = Duration::from_millis(100);
const SESSIONS: &str = "select pid, usename::text, datname::text from pg_stat_activity
    where application_name like 'pgdeck %' and usename is not null and datname is not null";

/// When a session was seen.
#[derive(Clone, Debug)]
struct Seen {
    database: String,
    first: Instant,
    last: Instant,
}

#[derive(Default)]
struct State {
    /// By role and process.
    sessions: HashMap<(String, i32), Seen>,
    /// The most at once, by the number of the place.
    most: HashMap<String, usize>,
    looked: Option<Instant>,
}

/// All sessions since the watch began.
pub struct Backends {
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for Backends {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Backends {
    pub async fn watch(server: &Server) -> Result<Backends> {
        let mut connection = server.connect().await?;
        let state = Arc::<Mutex<State>>::default();
        let noted = Arc::clone(&state);
        let task = tokio::spawn(async move {
            loop {
                let rows = sqlx::query_as::<_, (i32, String, String)>(SESSIONS);
                let Ok(rows) = rows.fetch_all(&mut connection).await else { return };
                locked(&noted).note(rows, Instant::now());
                tokio::time::sleep(LOOK).await;
            }
        });
        Ok(Backends { state, task })
    }

    /// The sessions of a place that stayed too long or were too many, and whose they were. The fault was set
    /// and lifted at these times.
    pub async fn left(
        &self,
        place: &Place,
        (set, lifted): (Instant, Instant),
    ) -> Vec<(Caller, String)> {
        // The last ones that healed say good-bye.
        let until = Instant::now() + SLACK;
        while Instant::now() < until && !self.is_quiet(place) {
            tokio::time::sleep(LOOK).await;
        }
        let state = locked(&self.state);
        let mut left = Vec::new();
        let most = state.most.get(&place.cell.to_string()).copied().unwrap_or_default();
        if most > BUDGET {
            left.push((Caller::Sampler, format!("{most} sessions at once")));
        }
        let samplers = state.there(place).filter(|caller| *caller == Caller::Sampler).count();
        if samplers > SAMPLER {
            left.push((Caller::Sampler, format!("{samplers} sessions of the sampler are left")));
        }
        let fault = (place.fault.fault)(place.phase);
        for ((role, pid), seen) in &state.sessions {
            let Some(caller) = caller(place, role, seen) else { continue };
            if seen.last < set {
                continue;
            }
            // Nothing that a client says comes through, not even that it has gone.
            let begins = if fault == Fault::Unreachable { lifted } else { seen.first.max(set) };
            let stayed = seen.last.saturating_duration_since(begins);
            let is_there = state.is_there(seen);
            let too_long = match caller {
                Caller::Sampler => false,
                caller => is_there || stayed > caller.deadline(place) + SLACK,
            };
            if too_long {
                left.push((caller, format!("the session {pid} of {role} stayed {stayed:?}")));
            }
        }
        left
    }

    /// Whether there is no session but the sampler's two.
    fn is_quiet(&self, place: &Place) -> bool {
        locked(&self.state).there(place).all(|caller| caller == Caller::Sampler)
    }
}

impl State {
    fn note(&mut self, rows: Vec<(i32, String, String)>, now: Instant) {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (pid, role, database) in rows {
            if let Some((_, number)) = role.split_once('_') {
                *counts.entry(number.to_owned()).or_default() += 1;
            }
            let seen = self.sessions.entry((role, pid));
            seen.or_insert(Seen { database, first: now, last: now }).last = now;
        }
        for (number, count) in counts {
            let most = self.most.entry(number).or_default();
            *most = count.max(*most);
        }
        self.looked = Some(now);
    }

    fn is_there(&self, seen: &Seen) -> bool {
        Some(seen.last) == self.looked
    }

    /// Whose sessions of a place were there at the last look.
    fn there(&self, place: &Place) -> impl Iterator<Item = Caller> {
        let there = self.sessions.iter().filter(|(_, seen)| self.is_there(seen));
        there.filter_map(|((role, _), seen)| caller(place, role, seen))
    }
}

/// Whose session it is, if it is one of the place's.
fn caller(place: &Place, role: &str, seen: &Seen) -> Option<Caller> {
    if role == place.operator() {
        return Some(Caller::Action);
    }
    let is_page = seen.database == PAGES;
    (role == place.reader()).then_some(if is_page { Caller::Page } else { Caller::Sampler })
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
