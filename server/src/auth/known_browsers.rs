//! Browsers that have signed in as a user before. Strangers who guess a password share the attempts at a name; these
//! have attempts of their own, so that nobody is locked out by others (OWASP, "Slow Down Online Guessing Attacks with
//! Device Cookies").

use engine::now_ms;
use sqlx::SqlitePool;

use super::sessions::{hash, random_id};

/// How long a browser is known since it last signed in, ms (90 days).
pub const KNOWN_FOR_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// The most browsers of one user; the one not seen for longest is forgotten.
const MOST_OF_A_USER: i64 = 50;

/// Whether the browser with this id signed in as the user.
pub async fn is_known(pool: &SqlitePool, id: &str, user: &str) -> Result<bool, sqlx::Error> {
    let known = sqlx::query_scalar(
        "select exists (select 1 from known_browsers where user_name = ? and id_hash = ? and seen_ms > ?)",
    );
    known.bind(user).bind(hash(id)).bind(now_ms() - KNOWN_FOR_MS).fetch_one(pool).await
}

/// Remembers the browser that has just signed in as the user; returns its id, a new one where it had none.
pub async fn remember(pool: &SqlitePool, id: Option<&str>, user: &str) -> anyhow::Result<String> {
    let id = match id {
        Some(id) if is_one(id) => id.to_owned(),
        _ => random_id()?,
    };
    let now = now_ms();
    sqlx::query(
        "insert or replace into known_browsers (id_hash, user_name, seen_ms) values (?, ?, ?)",
    )
    .bind(hash(&id))
    .bind(user)
    .bind(now)
    .execute(pool)
    .await?;
    sqlx::query(
        "delete from known_browsers where seen_ms <= ? or user_name = ? and id_hash not in
         (select id_hash from known_browsers where user_name = ? order by seen_ms desc limit ?)",
    )
    .bind(now - KNOWN_FOR_MS)
    .bind(user)
    .bind(user)
    .bind(MOST_OF_A_USER)
    .execute(pool)
    .await?;
    Ok(id)
}

/// Whether it has the form of the ids that are given out.
fn is_one(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_browser_is_known_to_the_user_who_signed_in_and_few_are() {
        let folder = tempfile::tempdir().unwrap();
        let pool = crate::database::open(folder.path()).await.unwrap();
        for name in ["ann", "bob"] {
            let user = model::User { name: name.into(), roles: Vec::new(), servers: Vec::new() };
            super::super::users::add(&pool, &user, "").await.unwrap();
        }
        let id = remember(&pool, Some("chosen by a stranger"), "ann").await.unwrap();
        assert!(is_one(&id) && is_known(&pool, &id, "ann").await.unwrap());
        assert!(!is_known(&pool, &id, "bob").await.unwrap());
        assert_eq!(remember(&pool, Some(&id), "bob").await.unwrap(), id, "two people, one browser");
        assert!(is_known(&pool, &id, "bob").await.unwrap());
        sqlx::query("update known_browsers set seen_ms = seen_ms - 10")
            .execute(&pool)
            .await
            .unwrap();
        for _ in 0..MOST_OF_A_USER {
            remember(&pool, None, "ann").await.unwrap();
        }
        assert!(!is_known(&pool, &id, "ann").await.unwrap(), "the oldest of too many");
        assert!(is_known(&pool, &id, "bob").await.unwrap());
        super::super::users::remove(&pool, "bob").await.unwrap();
        assert!(!is_known(&pool, &id, "bob").await.unwrap(), "gone with the user");
    }
}
