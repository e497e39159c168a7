//! Sign-in links that work once: the one printed at start when pgdeck listens on a loopback address, and
//! those that `pgdeck login-link` asks for.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::sessions::random_id;

/// How long the link that is printed at start can be used.
pub const LIFETIME_AT_START: Duration = Duration::from_secs(60 * 60);
/// How long a link that was asked for can be used.
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);
/// Links that are valid at once; a new one then replaces the oldest.
const MAX_LINKS: usize = 8;

/// The links that were issued and not used yet. Only hashes of their tokens are stored.
#[derive(Default)]
pub struct SignInLinks(Mutex<VecDeque<Link>>);

struct Link {
    hash: [u8; 32],
    /// Whom it signs in; None is the person at this machine.
    user: Option<String>,
    expires: Instant,
}

impl SignInLinks {
    /// Issues a link; returns its token.
    pub fn issue(&self, user: Option<&str>, lifetime: Duration) -> anyhow::Result<String> {
        let token = random_id()?;
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| Instant::now() < link.expires);
        if links.len() >= MAX_LINKS {
            links.pop_front();
        }
        links.push_back(Link {
            hash: Sha256::digest(token.as_bytes()).into(),
            user: user.map(str::to_owned),
            expires: Instant::now() + lifetime,
        });
        Ok(token)
    }

    /// Whom the token signs in, where it is valid; that uses the link up.
    ///
    /// Compares hashes, so timing reveals nothing about the token.
    pub fn redeem(&self, token: &str) -> Option<Option<String>> {
        let given: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found =
            links.iter().position(|link| link.hash == given && Instant::now() < link.expires)?;
        links.remove(found).map(|link| link.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_redeemed_once_and_expires() {
        let links = SignInLinks::default();
        let token = links.issue(None, LIFETIME).unwrap();
        assert_eq!(links.redeem("guess"), None);
        assert_eq!(links.redeem(&token), Some(None));
        assert_eq!(links.redeem(&token), None);
        let token = links.issue(Some("eve"), LIFETIME).unwrap();
        assert_eq!(links.redeem(&token), Some(Some("eve".to_owned())));
        let token = links.issue(None, Duration::ZERO).unwrap();
        assert_eq!(links.redeem(&token), None);
    }

    #[test]
    fn a_new_link_replaces_the_oldest_of_many() {
        let links = SignInLinks::default();
        let first = links.issue(None, LIFETIME).unwrap();
        let last = (0..MAX_LINKS).map(|_| links.issue(None, LIFETIME).unwrap()).last().unwrap();
        assert_eq!(links.redeem(&first), None);
        assert_eq!(links.redeem(&last), Some(None));
    }
}
