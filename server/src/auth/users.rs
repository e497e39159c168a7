//! User accounts in the embedded database: name, password hash, roles, servers.

use engine::now_ms;
use model::{Role, ServerId, User};
use sqlx::SqlitePool;

/// Why a user cannot be added or removed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The name is not one.
    #[error(
        "the user name {0:?} is not valid; use 1 to 63 letters, digits and . _ - @, but not the name local"
    )]
    Name(String),
    /// There is one already.
    #[error("there is already a user {0:?}; remove it first to change its password or roles")]
    Exists(String),
    /// There is none.
    #[error("there is no user {0:?}; pgdeck user list names them")]
    Missing(String),
    /// The database failed.
    #[error("the database of users failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// Adds a user.
pub async fn add(pool: &SqlitePool, user: &User, password_hash: &str) -> Result<(), UserError> {
    let is_valid = |c: char| c.is_alphanumeric() || "._-@".contains(c);
    let name = &user.name;
    if name.is_empty()
        || name.chars().count() > 63
        || !name.chars().all(is_valid)
        || name == super::LOCAL
    {
        return Err(UserError::Name(name.clone()));
    }
    let roles: Vec<&str> = user.roles.iter().map(|role| role.as_str()).collect();
    let servers: Vec<&str> = user.servers.iter().map(ServerId::as_str).collect();
    let added = sqlx::query(
        "insert into users (name, password_hash, roles, servers, created_ms) values (?, ?, ?, ?, ?)
         on conflict (name) do nothing",
    )
    .bind(name)
    .bind(password_hash)
    .bind(roles.join(","))
    .bind(servers.join(","))
    .bind(now_ms())
    .execute(pool)
    .await?;
    if added.rows_affected() == 0 { Err(UserError::Exists(name.clone())) } else { Ok(()) }
}

/// All users, by name.
pub async fn list(pool: &SqlitePool) -> Result<Vec<User>, UserError> {
    let rows: Vec<(String, String, String)> =
        sqlx::query_as("select name, roles, servers from users order by name")
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(name, roles, servers)| from_row(name, &roles, &servers)).collect())
}

/// Whether there is any user.
pub async fn any(pool: &SqlitePool) -> Result<bool, UserError> {
    Ok(sqlx::query_scalar("select exists (select 1 from users)").fetch_one(pool).await?)
}

/// Removes a user; their sessions go with them.
pub async fn remove(pool: &SqlitePool, name: &str) -> Result<(), UserError> {
    let removed = sqlx::query("delete from users where name = ?").bind(name).execute(pool).await?;
    if removed.rows_affected() == 0 { Err(UserError::Missing(name.into())) } else { Ok(()) }
}

/// The hash of a user's password, None for a name that does not exist.
pub(super) async fn password_hash(
    pool: &SqlitePool,
    name: &str,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("select password_hash from users where name = ?")
        .bind(name)
        .fetch_optional(pool)
        .await
}

/// A user from the columns of their row.
pub(super) fn from_row(name: String, roles: &str, servers: &str) -> User {
    let words =
        |text: &str| text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let (roles, servers): (Vec<String>, Vec<String>) = (words(roles), words(servers));
    User {
        name,
        roles: roles.iter().filter_map(|role| role.parse::<Role>().ok()).collect(),
        servers: servers.into_iter().map(ServerId::new).collect(),
    }
}
