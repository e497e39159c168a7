//! The one-time sign-in link printed at start when pgdeck listens on a loopback address.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::sessions::random_id;

/// How long the link can be used after start.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A token that can be redeemed once. Only its hash is stored.
pub struct OneTimeLink {
    hash: Mutex<Option<[u8; 32]>>,
    expires: Instant,
}

impl OneTimeLink {
    /// A new link and the token to print.
    pub fn new() -> anyhow::Result<(Self, String)> {
        let token = random_id()?;
        let hash = Mutex::new(Some(Sha256::digest(token.as_bytes()).into()));
        Ok((Self { hash, expires: Instant::now() + LIFETIME }, token))
    }

    /// Whether the token is valid; the first valid one uses the link up.
    ///
    /// Compares hashes, so timing reveals nothing about the token.
    pub fn redeem(&self, token: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let Ok(mut hash) = self.hash.lock() else { return false };
        let valid = Instant::now() < self.expires && *hash == Some(given);
        if valid {
            *hash = None;
        }
        valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_redeemed_once_and_expires() {
        let (mut link, token) = OneTimeLink::new().unwrap();
        assert!(!link.redeem("guess"));
        assert!(link.redeem(&token));
        assert!(!link.redeem(&token));
        let token;
        (link, token) = OneTimeLink::new().unwrap();
        link.expires = Instant::now();
        assert!(!link.redeem(&token));
    }
}
