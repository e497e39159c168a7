//! The embedded SQLite database: one file in the data directory, mode 0600, with migrations.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::cli::error::Failure;

/// The file's name.
const FILE: &str = "pgdeck.sqlite";
/// Up to this size the file is checked at start, bytes: a fraction of a second.
const CHECKED_BYTES: u64 = 64 << 20;
/// SQLITE_BUSY.
const BUSY: i32 = 5;
/// SQLITE_LOCKED.
const LOCKED: i32 = 6;
/// SQLITE_FULL.
const FULL: i32 = 13;

/// Opens the database, creates directory and file where missing, and runs the migrations.
///
/// Errors: when the directory is not writable or the file is not a database of pgdeck.
pub async fn open(data_dir: &Path) -> Result<SqlitePool, Failure> {
    // SQLite has a single writer; in WAL mode the other connections read meanwhile.
    open_with(data_dir, SqliteSynchronous::Normal, 4).await
}

/// Opens it with `synchronous = full`: a commit is on disk when it returns. A single connection, so that
/// appends to the hash chain are serialised.
pub async fn open_synced(data_dir: &Path) -> Result<SqlitePool, Failure> {
    open_with(data_dir, SqliteSynchronous::Full, 1).await
}

/// Passes when the directory has a database of pgdeck; makes none.
pub fn require(data_dir: &Path) -> Result<(), Failure> {
    let path = data_dir.join(FILE);
    // A file of no bytes is what an interrupted copy leaves: it holds no log either.
    if path.metadata().is_ok_and(|file| file.is_file() && file.len() > 0) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "there is no database of pgdeck at {}; name the directory that pgdeck serve uses with --data-dir.",
        path.display()
    )))
}

async fn open_with(
    data_dir: &Path,
    synchronous: SqliteSynchronous,
    connections: u32,
) -> Result<SqlitePool, Failure> {
    let path = data_dir.join(FILE);
    make_private(data_dir, &path).map_err(|error| {
        Failure::failed(format!(
            "the data directory {} cannot be written: {error}; make it writable or name another with --data-dir.",
            data_dir.display()
        ))
    })?;
    let broken = |error: sqlx::Error| Failure::failed(sentence(&path, &error));
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new().max_connections(connections).connect_with(options).await;
    let pool = pool.map_err(broken)?;
    match sqlx::migrate!("./migrations").run(&pool).await {
        Ok(()) => {}
        Err(MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..)) => {
            return Err(Failure::failed(format!(
                "the database {} was written by a newer pgdeck; use that version, or name another directory with --data-dir.",
                path.display()
            )));
        }
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            return Err(broken(error));
        }
        Err(error) => return Err(broken(sqlx::Error::Migrate(Box::new(error)))),
    }
    check(&path, &pool).await.map_err(broken)?;
    Ok(pool)
}

/// Looks for damage in a file of ordinary size: better now than when somebody signs in.
async fn check(path: &Path, pool: &SqlitePool) -> Result<(), sqlx::Error> {
    if path.metadata().is_ok_and(|file| file.len() > CHECKED_BYTES) {
        return Ok(());
    }
    let found: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(pool).await?;
    let found = found.replace('\n', " ");
    if found == "ok" { Ok(()) } else { Err(sqlx::Error::Protocol(found)) }
}

/// Why the file cannot be used and what to do, by SQLite's primary result code (sqlite.org/rescode.html).
fn sentence(path: &Path, error: &sqlx::Error) -> String {
    let path = path.display();
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<i32>().ok()).unwrap_or_default() & 0xff;
    let said = match error {
        sqlx::Error::Database(error) => error.message().replace('\n', " "),
        sqlx::Error::Protocol(found) => found.clone(),
        error => error.to_string().replace('\n', " "),
    };
    match code {
        BUSY | LOCKED => format!(
            "the database {path} is locked by another program; end that program (fuser {path} names it) and start again."
        ),
        FULL => format!("the disk with the database {path} is full; make room and start again."),
        _ => format!(
            "the database {path} cannot be used: {said}; restore it from a backup, or move it away to start with an empty one, without users and audit log."
        ),
    }
}

/// SQLite creates the WAL files with the mode of the main file, so restricting that one suffices.
fn make_private(data_dir: &Path, path: &Path) -> std::io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    let mut file = std::fs::OpenOptions::new();
    file.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
        folder.mode(0o700).create(data_dir)?;
        file.mode(0o600).open(path)?.set_permissions(std::fs::Permissions::from_mode(0o600))
    }
    #[cfg(not(unix))]
    {
        folder.create(data_dir)?;
        file.open(path).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_is_private_and_opens_twice() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("a/b");
        drop(open(&data_dir).await.unwrap());
        let pool = open(&data_dir).await.unwrap();
        let mode: String =
            sqlx::query_scalar("pragma journal_mode").fetch_one(&pool).await.unwrap();
        assert_eq!(mode, "wal");
        #[cfg(unix)]
        for file in std::fs::read_dir(&data_dir).unwrap() {
            use std::os::unix::fs::PermissionsExt;
            let file = file.unwrap();
            assert_eq!(
                file.metadata().unwrap().permissions().mode() & 0o777,
                0o600,
                "{:?}",
                file.path()
            );
        }
    }

    #[tokio::test]
    async fn only_a_directory_with_a_database_passes() {
        let folder = tempfile::tempdir().unwrap();
        let wrong = folder.path().join("wrong");
        assert!(require(&wrong).unwrap_err().to_string().contains("--data-dir"));
        assert!(!wrong.exists(), "looking makes nothing");
        std::fs::write(folder.path().join(FILE), "").unwrap();
        assert!(require(folder.path()).is_err(), "an empty file is no database");
        open(folder.path()).await.unwrap().close().await;
        assert!(require(folder.path()).is_ok());
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_reported_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "not a database at all, just text".repeat(50))
            .unwrap();
        let message = open(folder.path()).await.unwrap_err().to_string();
        assert!(
            message.contains("pgdeck.sqlite cannot be used: file is not a database"),
            "{message}"
        );
        assert!(
            message.contains("restore it from a backup") && !message.contains('\n'),
            "{message}"
        );
    }

    #[tokio::test]
    async fn damage_in_the_middle_is_found_at_start() {
        let folder = tempfile::tempdir().unwrap();
        let pool = open(folder.path()).await.unwrap();
        for number in 0..400 {
            sqlx::query(
                "insert into users (name, password_hash, roles, servers, created_ms) values (?, ?, '', '', 0)",
            )
            .bind(format!("user {number}"))
            .bind("x".repeat(200))
            .execute(&pool)
            .await
            .unwrap();
        }
        pool.close().await;
        let path = folder.path().join(FILE);
        let mut bytes = std::fs::read(&path).unwrap();
        let (from, to) = (bytes.len() / 2, bytes.len() * 3 / 4);
        bytes[from..to].fill(0xa5);
        std::fs::write(&path, bytes).unwrap();
        let message = open(folder.path()).await.unwrap_err().to_string();
        assert!(message.contains("cannot be used: ") && !message.contains('\n'), "{message}");
        assert!(message.contains("restore it from a backup"), "{message}");
    }

    #[tokio::test]
    async fn a_locked_database_says_so_and_one_of_a_newer_pgdeck_too() {
        let folder = tempfile::tempdir().unwrap();
        let pool = open(folder.path()).await.unwrap();
        sqlx::query("insert into _sqlx_migrations values (99990101000000, 'later', current_timestamp, 1, x'00', 0)")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        let message = open(folder.path()).await.unwrap_err().to_string();
        assert!(message.contains("was written by a newer pgdeck"), "{message}");
        let options = SqliteConnectOptions::new().filename(folder.path().join(FILE));
        let other = SqlitePoolOptions::new().max_connections(1);
        let other = other.connect_with(options.pragma("locking_mode", "exclusive")).await.unwrap();
        sqlx::query("delete from _sqlx_migrations where version > 99990000000000")
            .execute(&other)
            .await
            .unwrap();
        let message = open(folder.path()).await.unwrap_err().to_string();
        assert!(message.contains("is locked by another program"), "{message}");
        assert!(message.contains("start again") && !message.contains("move it away"), "{message}");
    }
}
