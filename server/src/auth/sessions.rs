//! Sessions: a random id in the session cookie, its SHA-256 hash in the database.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use engine::now_ms;
use model::{Role, User};
use sha2::{Digest, Sha256};
use sqlx::SqlitePool;

use super::{LOCAL, users};
use hex::encode as hex;

/// Idle timeout: a session expires after this time without a request, ms (`docs/limits.md#sessions`).
pub const IDLE_TIMEOUT_MS: i64 = 30 * 60 * 1_000;
/// Absolute timeout, ms (12 hours).
pub const ABSOLUTE_TIMEOUT_MS: i64 = 12 * 60 * 60 * 1_000;
/// The last request is written at most this often, ms: not every request writes to the database.
const TOUCH_INTERVAL_MS: i64 = 60 * 1_000;

/// 32 random bytes in hexadecimal: a session's id or the one-time token.
pub fn random_id() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        anyhow::anyhow!("cannot get random bytes from the operating system: {error}")
    })?;
    Ok(hex(bytes))
}

/// What is kept of an id that only a cookie has.
pub(super) fn hash(id: &str) -> Vec<u8> {
    Sha256::digest(id.as_bytes()).to_vec()
}

/// Creates a session for a user, or for the one-time link (None); returns the id for the cookie.
/// Also deletes expired sessions.
pub async fn create(pool: &SqlitePool, user: Option<&str>) -> anyhow::Result<String> {
    let now = now_ms();
    sqlx::query("delete from sessions where seen_ms < ? or created_ms < ?")
        .bind(now - IDLE_TIMEOUT_MS)
        .bind(now - ABSOLUTE_TIMEOUT_MS)
        .execute(pool)
        .await?;
    let id = random_id()?;
    sqlx::query(
        "insert into sessions (id_hash, user_name, created_ms, seen_ms) values (?, ?, ?, ?)",
    )
    .bind(hash(&id))
    .bind(user)
    .bind(now)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(id)
}

/// Deletes a session, if it exists.
pub async fn delete(pool: &SqlitePool, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sessions where id_hash = ?").bind(hash(id)).execute(pool).await?;
    Ok(())
}

/// Deletes the sessions that a one-time link created: it is not valid for a public address.
pub async fn delete_local(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sessions where user_name is null").execute(pool).await?;
    Ok(())
}

/// Whether looking up a session extends its idle timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleTimeout {
    /// A request of the user.
    Extend,
    /// The periodic check of an open event stream.
    Keep,
}

/// When sessions were last seen whose time could not be written, in ms: looking needs no disk, so a full
/// one ends no session.
#[derive(Default)]
pub struct Touches(Mutex<HashMap<Vec<u8>, i64>>);

impl Touches {
    /// The later of what is on disk and what is remembered.
    fn seen_ms(&self, hash: &[u8], written_ms: i64) -> i64 {
        let unwritten = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        unwritten.get(hash).map_or(written_ms, |seen_ms| written_ms.max(*seen_ms))
    }

    /// Writes that the session is in use; remembers it where that fails.
    async fn touch(&self, pool: &SqlitePool, hash: Vec<u8>, now_ms: i64) {
        let update = sqlx::query("update sessions set seen_ms = ? where id_hash = ?");
        let written = update.bind(now_ms).bind(hash.clone()).execute(pool).await;
        let mut unwritten = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match written {
            Ok(_) => drop(unwritten.remove(&hash)),
            Err(error) => {
                tracing::warn!(%error, "it cannot be written that a session is in use");
                unwritten.retain(|_, seen_ms| now_ms - *seen_ms < IDLE_TIMEOUT_MS);
                unwritten.insert(hash, now_ms);
            }
        }
    }
}

type Row = (Option<String>, Option<String>, Option<String>, i64, i64);

/// The user of a session; None when it does not exist or has expired.
pub async fn user(
    pool: &SqlitePool,
    touches: &Touches,
    id: &str,
    idle_timeout: IdleTimeout,
) -> Result<Option<User>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(
        "select sessions.user_name, users.roles, users.servers, sessions.created_ms, sessions.seen_ms
         from sessions left join users on users.name = sessions.user_name where id_hash = ?",
    )
    .bind(hash(id))
    .fetch_optional(pool)
    .await?;
    let Some((name, roles, servers, created_ms, written_ms)) = row else { return Ok(None) };
    let now = now_ms();
    let seen_ms = touches.seen_ms(&hash(id), written_ms);
    if now - created_ms >= ABSOLUTE_TIMEOUT_MS || now - seen_ms >= IDLE_TIMEOUT_MS {
        if let Err(error) = delete(pool, id).await {
            tracing::warn!(%error, "an expired session cannot be deleted");
        }
        return Ok(None);
    }
    if idle_timeout == IdleTimeout::Extend && now - seen_ms >= TOUCH_INTERVAL_MS {
        touches.touch(pool, hash(id), now).await;
    }
    Ok(match (name, roles, servers) {
        (Some(name), Some(roles), Some(servers)) => Some(users::from_row(name, &roles, &servers)),
        (None, ..) => {
            Some(User { name: LOCAL.into(), roles: Role::ALL.to_vec(), servers: Vec::new() })
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database;

    async fn who(
        pool: &SqlitePool,
        id: &str,
        idle_timeout: IdleTimeout,
    ) -> Result<Option<User>, sqlx::Error> {
        user(pool, &Touches::default(), id, idle_timeout).await
    }

    async fn pool() -> (tempfile::TempDir, SqlitePool) {
        let folder = tempfile::tempdir().unwrap();
        let pool = database::open(folder.path()).await.unwrap();
        let eve = User { name: "eve".into(), roles: vec![Role::Viewer], servers: vec![] };
        users::add(&pool, &eve, "hash").await.unwrap();
        (folder, pool)
    }

    async fn shift(pool: &SqlitePool, column: &str, by_ms: i64) {
        let text = match column {
            "seen_ms" => "update sessions set seen_ms = seen_ms - ?",
            _ => "update sessions set created_ms = created_ms - ?, seen_ms = seen_ms",
        };
        sqlx::query(text).bind(by_ms).execute(pool).await.unwrap();
    }

    #[tokio::test]
    async fn only_the_hash_is_stored() {
        let (_folder, pool) = pool().await;
        let id = create(&pool, Some("eve")).await.unwrap();
        let stored: Vec<u8> =
            sqlx::query_scalar("select id_hash from sessions").fetch_one(&pool).await.unwrap();
        assert_eq!((id.len(), stored.len()), (64, 32));
        assert_ne!(id.as_bytes(), stored);
        assert_eq!(who(&pool, &id, IdleTimeout::Extend).await.unwrap().unwrap().name, "eve");
        assert_eq!(who(&pool, "guess", IdleTimeout::Extend).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_session_ends_when_idle_and_in_any_case_after_twelve_hours() {
        let (_folder, pool) = pool().await;
        let id = create(&pool, Some("eve")).await.unwrap();
        shift(&pool, "seen_ms", IDLE_TIMEOUT_MS - 5_000).await;
        assert!(who(&pool, &id, IdleTimeout::Keep).await.unwrap().is_some());
        assert!(who(&pool, &id, IdleTimeout::Extend).await.unwrap().is_some());
        shift(&pool, "seen_ms", IDLE_TIMEOUT_MS - 5_000).await;
        assert!(
            who(&pool, &id, IdleTimeout::Keep).await.unwrap().is_some(),
            "the request extended it"
        );
        shift(&pool, "seen_ms", 5_000).await;
        assert_eq!(who(&pool, &id, IdleTimeout::Extend).await.unwrap(), None);
        let id = create(&pool, Some("eve")).await.unwrap();
        shift(&pool, "created_ms", ABSOLUTE_TIMEOUT_MS).await;
        assert_eq!(who(&pool, &id, IdleTimeout::Extend).await.unwrap(), None);
    }

    #[tokio::test]
    async fn removing_a_user_ends_their_sessions() {
        let (_folder, pool) = pool().await;
        let id = create(&pool, Some("eve")).await.unwrap();
        users::remove(&pool, "eve").await.unwrap();
        assert_eq!(who(&pool, &id, IdleTimeout::Extend).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_full_disk_ends_no_session() {
        let (_folder, pool) = pool().await;
        let id = create(&pool, Some("eve")).await.unwrap();
        shift(&pool, "seen_ms", IDLE_TIMEOUT_MS - 5_000).await;
        for what in ["update", "delete"] {
            let full = format!(
                "create trigger full_on_{what} before {what} on sessions
                 begin select raise(abort, 'database or disk is full'); end"
            );
            sqlx::query(sqlx::AssertSqlSafe(full)).execute(&pool).await.unwrap();
        }
        let touches = Touches::default();
        let extended = user(&pool, &touches, &id, IdleTimeout::Extend).await.unwrap();
        assert!(extended.is_some(), "looking needs no disk");
        assert!(now_ms() - touches.seen_ms(&hash(&id), 0) < 60_000, "it is remembered");
        sqlx::query("drop trigger full_on_update").execute(&pool).await.unwrap();
        shift(&pool, "seen_ms", 5_000).await;
        assert!(user(&pool, &touches, &id, IdleTimeout::Keep).await.unwrap().is_some());
        assert_eq!(
            who(&pool, &id, IdleTimeout::Extend).await.unwrap(),
            None,
            "expired, not an error"
        );
    }
}
