//! The one-time sign-in link that is printed at start on a loopback address.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::sessions::random_id;

/// How long the link can be used after start.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// A token that signs in once. Only its hash is kept.
pub struct Link {
    hash: Mutex<Option<[u8; 32]>>,
    until: Instant,
}

impl Link {
    /// A new link and the token to print.
    pub fn new() -> anyhow::Result<(Self, String)> {
        let token = random_id()?;
        let hash = Mutex::new(Some(Sha256::digest(token.as_bytes()).into()));
        Ok((Self { hash, until: Instant::now() + LIFE }, token))
    }

    /// Whether the token is right; the first right one uses the link up.
    ///
    /// Hashes are compared, so the time taken tells nothing about the token.
    pub fn take(&self, token: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let Ok(mut hash) = self.hash.lock() else { return false };
        let right = Instant::now() < self.until && *hash == Some(given);
        if right {
            *hash = None;
        }
        right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_not_for_ever() {
        let (mut link, token) = Link::new().unwrap();
        assert!(!link.take("guess"));
        assert!(link.take(&token));
        assert!(!link.take(&token));
        let token;
        (link, token) = Link::new().unwrap();
        link.until = Instant::now();
        assert!(!link.take(&token));
    }
}
