//! Rate limiter for sign-in attempts and actions: a sliding window of one minute for each key.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Sign-in attempts within `WINDOW` for one account or from one address (`docs/limits.md#password-guessing`).
pub const MAX_ATTEMPTS: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Keys kept in memory. Beyond this every attempt is refused, so memory stays bounded.
const MAX_KEYS: usize = 20_000;

/// Whom an address belongs to: of IPv6 a client has a whole network of 64 bits (RFC 6177).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
        v4 => v4,
    }
}

/// Sliding-window rate limiter over string keys.
pub struct RateLimiter {
    limit: usize,
    attempts: Mutex<HashMap<String, VecDeque<Instant>>>,
}

impl RateLimiter {
    /// Allows `limit` attempts a minute for each key.
    pub fn new(limit: usize) -> Self {
        Self { limit, attempts: Mutex::default() }
    }

    /// Whether another attempt is allowed now for all of `keys`; only an allowed one is counted.
    pub fn allows(&self, keys: &[String], now: Instant) -> bool {
        let Ok(mut attempts) = self.attempts.lock() else { return false };
        if attempts.len() >= MAX_KEYS {
            attempts.retain(|_, times| {
                times.back().is_some_and(|last| now.duration_since(*last) < WINDOW)
            });
        }
        if attempts.len() >= MAX_KEYS {
            return false;
        }
        for key in keys {
            let times = attempts.entry(key.clone()).or_default();
            while times.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
                times.pop_front();
            }
        }
        let allowed =
            keys.iter().all(|key| attempts.get(key).is_none_or(|times| times.len() < self.limit));
        for key in keys.iter().filter(|_| allowed) {
            attempts.entry(key.clone()).or_default().push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_attempt_in_a_minute_is_refused_for_account_and_address() {
        let limiter = RateLimiter::new(MAX_ATTEMPTS);
        let now = Instant::now();
        let keys =
            |user: &str, address: &str| [format!("user {user}"), format!("address {address}")];
        for _ in 0..MAX_ATTEMPTS {
            assert!(limiter.allows(&keys("eve", "a"), now));
        }
        assert!(!limiter.allows(&keys("eve", "b"), now), "same account from elsewhere");
        assert!(!limiter.allows(&keys("bob", "a"), now), "another account from the same address");
        assert!(limiter.allows(&keys("bob", "b"), now));
        assert!(limiter.allows(&keys("eve", "a"), now + WINDOW));
    }

    #[test]
    fn a_client_of_ipv6_has_one_place_among_addresses() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
    }
}
