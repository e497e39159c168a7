//! What is read of locks only while it matters: who waits for whom, and what sessions idle in
//! transaction hold. And how long sessions have been seen held up by something else.

use std::collections::HashMap;

use model::activity::Session;
use model::activity::blocking::{self, ContestedLock};
use model::server::Facts;
use model::{Known, Reason};

use super::{CONTESTED_LOCKS, IDLE_HOLDERS};
use crate::area::read;
use crate::connection::{Observer, Rows};
use crate::error::Error;
use crate::sql::Query;

/// How long a session is idle in transaction before its locks are counted, ms: shorter ones come and go.
const IDLE_FROM_MS: f64 = 1_000.0;

/// A session over its life: the pid alone is given to others.
type Identity = (i32, Option<i64>);

/// What the ticks before have seen.
#[derive(Default)]
pub struct Before {
    waiting: bool,
    /// Of sessions idle in transaction: for how long by then, and the locks held. Neither changes
    /// while they stay idle.
    idle: HashMap<Identity, (f64, i64)>,
    /// Of sessions held up: by what, since when by our clock, and the age of their statement by then.
    held_up: HashMap<Identity, (&'static str, i64, f64)>,
}

#[derive(sqlx::FromRow)]
struct IdleHolder {
    pid: i32,
    locks_held: i64,
}

fn identity(session: &Session) -> Identity {
    (session.pid, session.backend_start_ms)
}

/// The answer to one more query, in a round trip of its own.
async fn asked(observer: &mut Observer, facts: &Facts, query: Query) -> Result<Known<Rows>, Error> {
    Ok(read(observer, facts, &[query]).await?.pop().unwrap_or(Err(Reason::NotYet)))
}

impl Before {
    /// Whether the newest tick saw a session that waits for a lock, or may: then the next one reads who blocks it.
    pub fn waiting(&self) -> bool {
        self.waiting
    }

    /// Adds to the sessions who blocks whom, and what the idle ones hold; says whether that is known.
    pub async fn join(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        sessions: &mut [Session],
        contested: Option<Known<Rows>>,
    ) -> Result<Known<()>, Error> {
        // Whether a hidden session waits is seen in the locks only, which are open to all.
        self.waiting = sessions.iter().any(|session| session.waits_for_lock() || session.hidden);
        let contested = match contested {
            Some(rows) => Some(rows),
            None if self.waiting => Some(asked(observer, facts, CONTESTED_LOCKS).await?),
            None => None,
        };
        let blockers = match contested.map(|rows| rows.and_then(|rows| rows.all::<ContestedLock>()))
        {
            Some(Ok(locks)) => {
                blocking::join(sessions, &locks);
                Ok(())
            }
            Some(Err(reason)) => Err(reason),
            None => Ok(()),
        };
        let idle = self.count_idle(observer, facts, sessions).await?;
        Ok(blockers.and(idle))
    }

    async fn count_idle(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        sessions: &mut [Session],
    ) -> Result<Known<()>, Error> {
        let mut idle: Vec<(&mut Session, f64)> = sessions
            .iter_mut()
            .filter(|session| session.is_idle_in_transaction())
            .filter_map(|session| session.state_age_ms.map(|age| (session, age)))
            .filter(|(_, age_ms)| *age_ms >= IDLE_FROM_MS)
            .collect();
        let before = std::mem::take(&mut self.idle);
        let known = |session: &Session, age_ms: f64| {
            let (at_ms, held) = *before.get(&identity(session))?;
            (age_ms >= at_ms).then_some(held)
        };
        let all_known = idle.iter().all(|(session, age)| known(session, *age).is_some());
        let newly: Known<Vec<IdleHolder>> = match all_known {
            true => Ok(vec![]),
            false => asked(observer, facts, IDLE_HOLDERS).await?.and_then(|rows| rows.all()),
        };
        for (session, age_ms) in &mut idle {
            let counted = newly.as_ref().ok().map(|rows| {
                rows.iter().find(|row| row.pid == session.pid).map_or(0, |row| row.locks_held)
            });
            session.locks_held = known(session, *age_ms).or(counted);
            if let Some(held) = session.locks_held {
                self.idle.insert(identity(session), (*age_ms, held));
            }
        }
        Ok(newly.map(|_| ()))
    }

    /// Adds to the sessions for how long they have been seen held up.
    pub fn time_held_up(&mut self, sessions: &mut [Session], now_ms: i64) {
        let before = std::mem::take(&mut self.held_up);
        for session in sessions {
            let Some(by) = session.held_up_by() else { continue };
            let statement_ms = session.query_age_ms.unwrap_or_default();
            let since_ms = match before.get(&identity(session)) {
                // A younger statement is another one, in a wait of its own.
                Some((same, since, age)) if *same == by && statement_ms >= *age => *since,
                _ => now_ms,
            };
            session.held_up_ms = Some(now_ms.saturating_sub(since_ms).max(0) as f64);
            self.held_up.insert(identity(session), (by, since_ms, statement_ms));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(query_age_ms: f64) -> Session {
        Session {
            pid: 1,
            wait_event_type: Some("IPC".into()),
            wait_event: Some("SyncRep".into()),
            query_age_ms: Some(query_age_ms),
            ..Session::default()
        }
    }

    fn seen(before: &mut Before, session: Session, now_ms: i64) -> Option<f64> {
        let mut sessions = [session];
        before.time_held_up(&mut sessions, now_ms);
        sessions[0].held_up_ms
    }

    #[test]
    fn a_wait_is_timed_from_its_first_sight_and_ends_with_its_statement() {
        let mut before = Before::default();
        assert_eq!(seen(&mut before, session(90_000.0), 1_000), Some(0.0));
        assert_eq!(seen(&mut before, session(91_000.0), 2_000), Some(1_000.0));
        assert_eq!(seen(&mut before, session(100.0), 3_000), Some(0.0), "another statement");
        assert_eq!(seen(&mut before, Session::default(), 4_000), None);
        assert_eq!(
            seen(&mut before, session(5_000.0), 5_000),
            Some(0.0),
            "it was not held up between"
        );
    }
}
