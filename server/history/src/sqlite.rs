//! The SQLite file: opened with migrations, private, moved aside when it is damaged.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};

use crate::error::Error;

/// The schema's versions, oldest first.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Connections of one file. SQLite has a single writer at a time: flushes have a connection of their own,
/// and compaction writes in small steps, so that a flush never waits for long.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    /// The file.
    pub(crate) path: PathBuf,
    /// Flushes.
    pub(crate) writer: SqlitePool,
    /// Compaction and retention.
    pub(crate) keeper: SqlitePool,
    /// Questions.
    pub(crate) readers: SqlitePool,
    /// Where a damaged file was moved to when this one was opened.
    pub(crate) moved_aside: Option<PathBuf>,
}

impl Database {
    /// Opens the file, makes it where it is missing, and runs the migrations.
    pub(crate) async fn open(path: &Path, max_pages: u32) -> Result<Self, Error> {
        make_private(path).map_err(|error| Error::of_io(path, &error))?;
        let mut moved_aside = None;
        if marker(path).exists() {
            moved_aside = Some(move_aside(path)?);
        }
        match Self::open_once(path, max_pages).await {
            Err(Error::Corrupt { cause, .. }) => {
                tracing::error!(path = %path.display(), cause, "the history is damaged; a new one is begun");
                moved_aside = Some(move_aside(path)?);
                make_private(path).map_err(|error| Error::of_io(path, &error))?;
                let opened = Self::open_once(path, max_pages).await?;
                Ok(Self { moved_aside, ..opened })
            }
            opened => opened.map(|opened| Self { moved_aside, ..opened }),
        }
    }

    /// The same of a file that is there; a damaged one stays where it is.
    pub(crate) async fn open_once(path: &Path, max_pages: u32) -> Result<Self, Error> {
        let of = |error: &sqlx::Error| Error::of(path, error);
        let writer = pool(path, SqliteSynchronous::Full, 1, max_pages, false);
        let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
        match MIGRATIONS.run(&writer).await {
            Ok(()) => {}
            Err(MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _)) => {
                writer.close().await;
                return Err(Error::Newer { path: path.to_owned(), found, known });
            }
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
                writer.close().await;
                return Err(of(&error));
            }
            Err(error) => {
                writer.close().await;
                let cause = error.to_string().replace('\n', " ");
                return Err(Error::Other { path: path.to_owned(), cause });
            }
        }
        // Reads the first pages of every table: a file that was cut or overwritten fails here.
        let looked =
            sqlx::query("select (select count(*) from source) + (select max(id) from chunk)")
                .fetch_one(&writer)
                .await;
        looked.map_err(|error| of(&error))?;
        Ok(Self {
            path: path.to_owned(),
            writer,
            keeper: pool(path, SqliteSynchronous::Normal, 1, max_pages, false),
            readers: pool(path, SqliteSynchronous::Normal, 3, 0, true),
            moved_aside: None,
        })
    }

    /// An error of this file.
    pub(crate) fn error(&self, error: &sqlx::Error) -> Error {
        Error::of(&self.path, error)
    }

    /// Notes that the file is damaged: the next start moves it aside.
    pub(crate) fn mark_damaged(&self) {
        if let Err(error) = std::fs::write(marker(&self.path), b"") {
            tracing::warn!(%error, "could not note that the history is damaged");
        }
    }

    /// Ends all connections; the last one folds the WAL into the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.keeper.close().await;
        self.writer.close().await;
    }
}

fn pool(
    path: &Path,
    synchronous: SqliteSynchronous,
    connections: u32,
    max_pages: u32,
    reads: bool,
) -> SqlitePool {
    let mut options = SqliteConnectOptions::new()
        .filename(path)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .pragma("journal_size_limit", "4194304")
        .busy_timeout(Duration::from_secs(10));
    if max_pages > 0 {
        options = options.pragma("max_page_count", max_pages.to_string());
    }
    if reads {
        options = options.pragma("query_only", "on");
    }
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        // There is no network that could lose a connection to a file.
        .test_before_acquire(false)
        .max_lifetime(None)
        .connect_lazy_with(options)
}

/// Says beside the file that it is damaged.
fn marker(path: &Path) -> PathBuf {
    beside(path, "-damaged")
}

/// The path with something after the file's name.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Gives the file and its WAL a new name; gives that name.
fn move_aside(path: &Path) -> Result<PathBuf, Error> {
    let free = (1..10_000).map(|n| beside(path, &format!(".damaged-{n}"))).find(|p| !p.exists());
    let to = free.unwrap_or_else(|| beside(path, ".damaged"));
    std::fs::rename(path, &to).map_err(|error| Error::of_io(path, &error))?;
    for ending in ["-wal", "-shm"] {
        // Where the last process ended well there is none.
        if let Err(error) = std::fs::rename(beside(path, ending), beside(&to, ending)) {
            tracing::debug!(%error, ending, "nothing to move aside");
        }
    }
    if let Err(error) = std::fs::remove_file(marker(path)) {
        tracing::debug!(%error, "the damage was not noted before");
    }
    Ok(to)
}

/// SQLite creates the WAL files with the mode of the main file, so restricting that one suffices.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    let mut file = std::fs::OpenOptions::new();
    file.create(true).append(true);
    let parent = path.parent().unwrap_or(Path::new("."));
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
        folder.mode(0o700).create(parent)?;
        file.mode(0o600).open(path)?.set_permissions(std::fs::Permissions::from_mode(0o600))
    }
    #[cfg(not(unix))]
    {
        folder.create(parent)?;
        file.open(path).map(|_| ())
    }
}
