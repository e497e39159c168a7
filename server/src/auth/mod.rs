//! Authentication: users, password hashes, session cookies, the one-time sign-in link, and the rate limit
//! on sign-in attempts.
//!
//! Never keeps a password or session id in clear text beyond its request. Knows nothing of PostgreSQL.

pub mod cookies;
pub mod handlers;
mod known_browsers;
pub mod one_time_link;
pub mod password;
pub mod sessions;
pub mod users;

use std::sync::Arc;

use sqlx::SqlitePool;
use tokio::sync::Semaphore;

use crate::rate_limit::RateLimiter;
use one_time_link::SignInLinks;
use sessions::Touches;

/// Password hashes computed concurrently: each takes 19 MiB and a core.
const MAX_CONCURRENT_HASHES: usize = 2;
/// The same of browsers that are known, beside them.
const MAX_CONCURRENT_KNOWN: usize = 1;
/// Sign-in attempts that wait for a hash: about two seconds of them. More are turned away.
const MAX_WAITING: usize = 64;

/// The user name of a session that the one-time link created.
pub const LOCAL: &str = "local";

/// Authentication state shared by the handlers. Cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    pool: SqlitePool,
    strangers: Queue,
    /// Browsers that have signed in before: strangers cannot fill theirs.
    known: Queue,
    links: SignInLinks,
    touches: Touches,
    /// Verified against for unknown users, so that timing does not reveal which names exist.
    dummy_hash: String,
}

/// Where sign-in attempts wait.
struct Queue {
    limiter: RateLimiter,
    hashes: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Queue {
    fn new(hashes: usize) -> Self {
        Self {
            limiter: RateLimiter::new(crate::rate_limit::MAX_ATTEMPTS),
            hashes: Arc::new(Semaphore::new(hashes)),
            waiting: Semaphore::new(MAX_WAITING),
        }
    }
}

impl Auth {
    /// Authentication over an open database.
    pub async fn new(pool: SqlitePool, links: SignInLinks) -> anyhow::Result<Self> {
        let dummy_hash =
            tokio::task::spawn_blocking(|| password::hash("nobody's password")).await??;
        Ok(Self(Arc::new(Inner {
            pool,
            strangers: Queue::new(MAX_CONCURRENT_HASHES),
            known: Queue::new(MAX_CONCURRENT_KNOWN),
            links,
            touches: Touches::default(),
            dummy_hash,
        })))
    }

    fn pool(&self) -> &SqlitePool {
        &self.0.pool
    }

    /// Verifies a password. Takes as long for names that do not exist. None: too many others wait.
    async fn verify_password(
        &self,
        queue: &Queue,
        name: &str,
        given: String,
    ) -> anyhow::Result<Option<bool>> {
        let Ok(_place) = queue.waiting.try_acquire() else { return Ok(None) };
        let known = users::password_hash(self.pool(), name).await?;
        let is_known = known.is_some();
        let hash = known.unwrap_or_else(|| self.0.dummy_hash.clone());
        let permit = Arc::clone(&queue.hashes).acquire_owned().await?;
        let matches = tokio::task::spawn_blocking(move || {
            // Hashing goes on when the client has gone: its permit must not be free before.
            let _permit = permit;
            password::verify(&given, &hash)
        });
        Ok(Some(matches.await? && is_known))
    }

    /// The sign-in links.
    pub fn links(&self) -> &SignInLinks {
        &self.0.links
    }

    /// Issues a link that signs in once, as this user or as the person at this machine; returns its
    /// token. None: there is no such user.
    pub async fn issue_link(&self, user: Option<&str>) -> anyhow::Result<Option<String>> {
        if let Some(name) = user
            && users::password_hash(self.pool(), name).await?.is_none()
        {
            return Ok(None);
        }
        self.0.links.issue(user, one_time_link::LIFETIME).map(Some)
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.0.pool.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_abandoned_attempt_keeps_its_place_until_its_hash_ends() {
        let folder = tempfile::tempdir().unwrap();
        let pool = crate::database::open(folder.path()).await.unwrap();
        let auth = Auth::new(pool, SignInLinks::default()).await.unwrap();
        let mut busy = 0;
        for _ in 0..20 {
            let own = auth.clone();
            let attempt = tokio::spawn(async move {
                own.verify_password(&own.0.strangers, "eve", "x".into()).await
            });
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            attempt.abort();
            busy = busy.max(MAX_CONCURRENT_HASHES - auth.0.strangers.hashes.available_permits());
        }
        assert!(busy > 0, "hashing has gone on, and its permit with it");
        assert_eq!(
            auth.verify_password(&auth.0.strangers, "eve", "x".into()).await.unwrap(),
            Some(false)
        );
        let held = auth.0.strangers.waiting.acquire_many(MAX_WAITING as u32).await.unwrap();
        assert_eq!(auth.verify_password(&auth.0.strangers, "eve", "x".into()).await.unwrap(), None);
        let known = auth.verify_password(&auth.0.known, "eve", "x".into()).await;
        assert_eq!(known.unwrap(), Some(false), "strangers do not stand in the way");
        drop(held);
        assert!(
            auth.verify_password(&auth.0.strangers, "eve", "x".into()).await.unwrap().is_some()
        );
    }
}
