//! Rate limiter for sign-in attempts and actions: a sliding window of one minute for each key.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Tries within `WINDOW` for one account or from one address (`docs/limits.md#password-guessing`).
pub const TRIES: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Accounts and addresses remembered. Beyond it everybody waits: memory stays bounded.
const REMEMBERED: usize = 20_000;

/// Remembers recent tries.
pub struct RateLimiter {
    most: usize,
    tries: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl RateLimiter {
    /// Allows that many tries a minute under each key.
    pub fn new(most: usize) -> Self {
        Self { most, tries: Mutex::default() }
    }

    /// Whether one more try is allowed now under all of `keys`; it is counted when it is.
    pub fn allows(&self, keys: &[String], now: Instant) -> bool {
        let Ok(mut tries) = self.tries.lock() else { return false };
        if tries.len() >= REMEMBERED {
            tries.retain(|_, times| {
                times.back().is_some_and(|last| now.duration_since(*last) < WINDOW)
            });
        }
        if tries.len() >= REMEMBERED {
            return false;
        }
        for key in keys {
            let times = tries.entry(key.clone()).or_default();
            while times.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
                times.pop_front();
            }
        }
        let allowed =
            keys.iter().all(|key| tries.get(key).is_none_or(|times| times.len() < self.most));
        for key in keys.iter().filter(|_| allowed) {
            tries.entry(key.clone()).or_default().push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_try_in_a_minute_is_refused_for_account_and_address() {
        let limiter = RateLimiter::new(TRIES);
        let now = Instant::now();
        let keys =
            |user: &str, address: &str| [format!("user {user}"), format!("address {address}")];
        for _ in 0..TRIES {
            assert!(limiter.allows(&keys("eve", "a"), now));
        }
        assert!(!limiter.allows(&keys("eve", "b"), now), "same account from elsewhere");
        assert!(!limiter.allows(&keys("bob", "a"), now), "another account from the same address");
        assert!(limiter.allows(&keys("bob", "b"), now));
        assert!(limiter.allows(&keys("eve", "a"), now + WINDOW));
    }
}
