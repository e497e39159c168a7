//! Who may come in: users, sessions, the one-time link and the brakes on guessing.
//!
//! Knows names, roles and hashes; never a password or a session id in clear beyond the request that
//! brought it, and nothing of PostgreSQL.

pub mod handlers;
pub mod one_time_link;
pub mod password;
pub mod sessions;
pub mod users;

use std::sync::Arc;

use sqlx::SqlitePool;
use tokio::sync::Semaphore;

use crate::rate_limit::RateLimiter;
use one_time_link::Link;

/// Password hashes computed at a time: each takes 19 MiB and a core.
const HASHES_AT_A_TIME: usize = 2;

/// The name of the person at this machine who followed the one-time link.
pub const LOCAL: &str = "local";

/// Everything about signing in. Cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    pool: SqlitePool,
    limiter: RateLimiter,
    link: Option<Link>,
    hashes: Semaphore,
    /// What the password of an unknown user is compared with, so that the answer takes as long.
    nobody: String,
}

impl Auth {
    /// Sign-in over an open database; `link` when the one-time link is allowed.
    pub async fn new(pool: SqlitePool, link: Option<Link>) -> anyhow::Result<Self> {
        let nobody = tokio::task::spawn_blocking(|| password::hash("nobody's password")).await??;
        let hashes = Semaphore::new(HASHES_AT_A_TIME);
        Ok(Self(Arc::new(Inner {
            pool,
            limiter: RateLimiter::new(crate::rate_limit::TRIES),
            link,
            hashes,
            nobody,
        })))
    }

    fn pool(&self) -> &SqlitePool {
        &self.0.pool
    }

    /// Whether name and password belong together. Takes as long for names that do not exist.
    pub async fn password_fits(&self, name: &str, given: String) -> anyhow::Result<bool> {
        let known = users::password_hash(self.pool(), name).await?;
        let is_known = known.is_some();
        let hash = known.unwrap_or_else(|| self.0.nobody.clone());
        let _permit = self.0.hashes.acquire().await?;
        let fits = tokio::task::spawn_blocking(move || password::fits(&given, &hash)).await?;
        Ok(fits && is_known)
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.0.pool.close().await;
    }
}
