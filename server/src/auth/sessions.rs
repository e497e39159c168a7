//! Who is signed in. A session is a random id in the person's cookie and its hash in the database.

use engine::now_ms;
use model::{Role, User};
use sha2::{Digest, Sha256};
use sqlx::SqlitePool;

use super::{LOCAL, users};
use hex::encode as hex;

/// A session ends after this time without a request, ms (`docs/limits.md#sessions`).
pub const IDLE_MS: i64 = 30 * 60 * 1_000;
/// And in any case after this time, ms (12 hours).
pub const ABSOLUTE_MS: i64 = 12 * 60 * 60 * 1_000;
/// A request is noted at most this often, ms: not every request is a write.
const NOTE_EVERY_MS: i64 = 60 * 1_000;

/// 32 random bytes in hexadecimal: a session's id or the one-time token.
pub fn random_id() -> anyhow::Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        anyhow::anyhow!("cannot get random bytes from the operating system: {error}")
    })?;
    Ok(hex(bytes))
}

fn hash(id: &str) -> Vec<u8> {
    Sha256::digest(id.as_bytes()).to_vec()
}

/// Begins a session for a user, or for the person at this machine (None). Gives the id for the cookie.
/// Ended sessions are swept out on the way.
pub async fn begin(pool: &SqlitePool, user: Option<&str>) -> anyhow::Result<String> {
    let now = now_ms();
    sqlx::query("delete from sessions where seen_ms < ? or created_ms < ?")
        .bind(now - IDLE_MS)
        .bind(now - ABSOLUTE_MS)
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

/// Ends a session. Ending one that does not exist is fine.
pub async fn end(pool: &SqlitePool, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sessions where id_hash = ?").bind(hash(id)).execute(pool).await?;
    Ok(())
}

/// Ends the sessions of the person at this machine: the link that began them is not for a public address.
pub async fn end_local(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    sqlx::query("delete from sessions where user_name is null").execute(pool).await?;
    Ok(())
}

/// Whether a look at a session counts as its person doing something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A request of theirs: keeps the session from idling out.
    Request,
    /// Our own look, while a live stream is open: keeps nothing alive.
    Check,
}

type Row = (Option<String>, Option<String>, Option<String>, i64, i64);

/// Who the session belongs to; None when it has ended.
pub async fn who(pool: &SqlitePool, id: &str, look: Look) -> Result<Option<User>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(
        "select sessions.user_name, users.roles, users.servers, sessions.created_ms, sessions.seen_ms
         from sessions left join users on users.name = sessions.user_name where id_hash = ?",
    )
    .bind(hash(id))
    .fetch_optional(pool)
    .await?;
    let Some((name, roles, servers, created_ms, seen_ms)) = row else { return Ok(None) };
    let now = now_ms();
    if now - created_ms >= ABSOLUTE_MS || now - seen_ms >= IDLE_MS {
        end(pool, id).await?;
        return Ok(None);
    }
    if look == Look::Request && now - seen_ms >= NOTE_EVERY_MS {
        sqlx::query("update sessions set seen_ms = ? where id_hash = ?")
            .bind(now)
            .bind(hash(id))
            .execute(pool)
            .await?;
    }
    Ok(match (name, roles, servers) {
        (Some(name), Some(roles), Some(servers)) => Some(users::who(name, &roles, &servers)),
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
    async fn only_the_hash_is_kept() {
        let (_folder, pool) = pool().await;
        let id = begin(&pool, Some("eve")).await.unwrap();
        let kept: Vec<u8> =
            sqlx::query_scalar("select id_hash from sessions").fetch_one(&pool).await.unwrap();
        assert_eq!((id.len(), kept.len()), (64, 32));
        assert_ne!(id.as_bytes(), kept);
        assert_eq!(who(&pool, &id, Look::Request).await.unwrap().unwrap().name, "eve");
        assert_eq!(who(&pool, "guess", Look::Request).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_session_ends_when_idle_and_in_any_case_after_twelve_hours() {
        let (_folder, pool) = pool().await;
        let id = begin(&pool, Some("eve")).await.unwrap();
        shift(&pool, "seen_ms", IDLE_MS - 5_000).await;
        assert!(who(&pool, &id, Look::Check).await.unwrap().is_some());
        assert!(who(&pool, &id, Look::Request).await.unwrap().is_some());
        shift(&pool, "seen_ms", IDLE_MS - 5_000).await;
        assert!(who(&pool, &id, Look::Check).await.unwrap().is_some(), "the request was noted");
        shift(&pool, "seen_ms", 5_000).await;
        assert_eq!(who(&pool, &id, Look::Request).await.unwrap(), None);
        let id = begin(&pool, Some("eve")).await.unwrap();
        shift(&pool, "created_ms", ABSOLUTE_MS).await;
        assert_eq!(who(&pool, &id, Look::Request).await.unwrap(), None);
    }

    #[tokio::test]
    async fn removing_a_user_ends_their_sessions() {
        let (_folder, pool) = pool().await;
        let id = begin(&pool, Some("eve")).await.unwrap();
        users::remove(&pool, "eve").await.unwrap();
        assert_eq!(who(&pool, &id, Look::Request).await.unwrap(), None);
    }
}
