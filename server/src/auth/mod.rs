//! Authentication: users, password hashes, session cookies, the one-time sign-in link, and the rate limit
//! on sign-in attempts.
//!
//! Never keeps a password or session id in clear text beyond its request. Knows nothing of PostgreSQL.

pub mod handlers;
pub mod one_time_link;
pub mod password;
pub mod sessions;
pub mod users;

use std::sync::Arc;

use sqlx::SqlitePool;
use tokio::sync::Semaphore;

use crate::rate_limit::RateLimiter;
use one_time_link::OneTimeLink;

/// Password hashes computed concurrently: each takes 19 MiB and a core.
const MAX_CONCURRENT_HASHES: usize = 2;

/// The user name of a session that the one-time link created.
pub const LOCAL: &str = "local";

/// Authentication state shared by the handlers. Cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    pool: SqlitePool,
    limiter: RateLimiter,
    link: Option<OneTimeLink>,
    hashes: Semaphore,
    /// Verified against for unknown users, so that timing does not reveal which names exist.
    dummy_hash: String,
}

impl Auth {
    /// Authentication over an open database; `link` where the one-time link is allowed.
    pub async fn new(pool: SqlitePool, link: Option<OneTimeLink>) -> anyhow::Result<Self> {
        let dummy_hash =
            tokio::task::spawn_blocking(|| password::hash("nobody's password")).await??;
        let hashes = Semaphore::new(MAX_CONCURRENT_HASHES);
        Ok(Self(Arc::new(Inner {
            pool,
            limiter: RateLimiter::new(crate::rate_limit::MAX_ATTEMPTS),
            link,
            hashes,
            dummy_hash,
        })))
    }

    fn pool(&self) -> &SqlitePool {
        &self.0.pool
    }

    /// Verifies a password. Takes as long for names that do not exist.
    pub async fn verify_password(&self, name: &str, given: String) -> anyhow::Result<bool> {
        let known = users::password_hash(self.pool(), name).await?;
        let is_known = known.is_some();
        let hash = known.unwrap_or_else(|| self.0.dummy_hash.clone());
        let _permit = self.0.hashes.acquire().await?;
        let matches = tokio::task::spawn_blocking(move || password::verify(&given, &hash)).await?;
        Ok(matches && is_known)
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.0.pool.close().await;
    }
}
