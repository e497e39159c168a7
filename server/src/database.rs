//! The embedded SQLite database: one file in the data directory, mode 0600, with migrations.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::cli::error::Failure;

/// The file's name.
const FILE: &str = "pgdeck.sqlite";

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
    let broken = |error: &dyn std::fmt::Display| {
        Failure::failed(format!(
            "the database {} cannot be used: {error}; move it away to start with an empty one.",
            path.display()
        ))
    };
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new().max_connections(connections).connect_with(options).await;
    let pool = pool.map_err(|error| broken(&error))?;
    sqlx::migrate!("./migrations").run(&pool).await.map_err(|error| broken(&error))?;
    Ok(pool)
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
            message.contains("pgdeck.sqlite cannot be used") && !message.contains('\n'),
            "{message}"
        );
    }
}
