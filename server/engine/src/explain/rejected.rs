//! What the server rejected when pgdeck planned it by itself: each time leaves an error in the server's log, so the
//! same is not sent again while the process lives.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::explain::NotExplained;

use crate::parsing::on_large_stack;
use crate::planning::Values;

/// The most that are remembered.
const MOST: usize = 2_000;
/// After this time what took too long is tried again.
const SLOW_FOR: Duration = Duration::from_secs(86_400);

/// A statement, its database and the way to plan it.
pub type Key = u64;

/// What was rejected, and why.
#[derive(Debug, Default)]
pub struct Rejected(Mutex<HashMap<Key, (NotExplained, Instant)>>);

/// The key of a statement: by its fingerprint, for its values may be others each time. Parses: not on a thread that
/// serves others.
pub fn key(statement: &str, database: &str, values: Values) -> Key {
    let print = on_large_stack(|| pg_query::fingerprint(statement, 0, 0).ok());
    let print = print.flatten().map(|print| print.hex);
    let mut hasher = DefaultHasher::new();
    (print.as_deref().unwrap_or(statement), database, values as u8).hash(&mut hasher);
    hasher.finish()
}

impl Rejected {
    /// Why it is not sent.
    pub fn why(&self, key: Key, now: Instant) -> Option<NotExplained> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (why, since) = all.get(&key)?;
        let is_slow = matches!(why, NotExplained::TimedOut { .. });
        let is_over = is_slow && now.saturating_duration_since(*since) >= SLOW_FOR;
        (!is_over).then(|| why.clone())
    }

    /// Notes what came of it.
    pub fn note(&self, key: Key, why: Option<&NotExplained>, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match why {
            Some(why) if is_of_statement(why) => {
                let oldest = all.iter().min_by_key(|(_, (_, since))| *since).map(|(key, _)| *key);
                if let Some(oldest) = oldest.filter(|_| all.len() >= MOST) {
                    all.remove(&oldest);
                }
                all.insert(key, (why.clone(), now));
            }
            // The server did not have to refuse it.
            Some(_) => {}
            None => drop(all.remove(&key)),
        }
    }
}

/// Whether the statement is the reason, and not the state of the server: a conflict, resources, an operator.
fn is_of_statement(why: &NotExplained) -> bool {
    match why {
        NotExplained::TimedOut { .. } => true,
        NotExplained::Failed { sqlstate, .. } => {
            !["40", "53", "55", "57", "58"].iter().any(|class| sqlstate.starts_with(class))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rejected_is_not_sent_again_whatever_its_values() {
        let (rejected, now) = (Rejected::default(), Instant::now());
        let of = |text: &str| key(text, "shop", Values::Any);
        let failed = NotExplained::Failed {
            sqlstate: "42501".into(),
            message: "permission denied".into(),
            hint: None,
            at: None,
        };
        rejected.note(of("select * from a where b = 1"), Some(&failed), now);
        let later = now + 10 * SLOW_FOR;
        assert_eq!(rejected.why(of("select * from a where b = $1"), later), Some(failed.clone()));
        assert_eq!(rejected.why(of("select * from a where c = $1"), later), None);
        assert_eq!(
            rejected.why(key("select * from a where b = 1", "other", Values::Any), now),
            None
        );
        assert_eq!(
            rejected.why(key("select * from a where b = 1", "shop", Values::Common), now),
            None
        );
        rejected.note(of("select * from a where b = $1"), None, later);
        assert_eq!(
            rejected.why(of("select * from a where b = 1"), later),
            None,
            "a person had one"
        );
        // Slow today, and perhaps not tomorrow; busy is not the statement's fault.
        let slow = NotExplained::TimedOut { after_ms: 1_000, waited_for: "the statement".into() };
        rejected.note(1, Some(&slow), now);
        rejected.note(2, Some(&model::Reason::Busy { sessions: 3 }.into()), now);
        assert_eq!((rejected.why(1, now), rejected.why(2, now)), (Some(slow), None));
        assert_eq!(rejected.why(1, now + SLOW_FOR), None);
        (0..MOST as u64 + 9).for_each(|key| rejected.note(key, Some(&failed), now));
        assert_eq!(rejected.0.lock().unwrap().len(), MOST);
    }
}
