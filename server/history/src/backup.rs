//! A backup of the history while it is being written.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::db::Db;
use crate::error::Error;
use crate::history::History;

impl History {
    /// Writes a copy of everything into a new file, compact and consistent, after a flush. Opening it gives
    /// the same answers.
    ///
    /// Errors: when the file exists, or the disk does not take it; and for a shared store, of which PostgreSQL
    /// makes the backups.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        let Db::File(file) = &self.inner.db else {
            let place = self.inner.db.path().display().to_string();
            return Err(Error::BackedUpThere { place });
        };
        if to.exists() {
            return Err(Error::Exists { path: to.to_owned() });
        }
        self.flush().await?;
        make_private(to).map_err(|error| Error::of_io(to, &error))?;
        let written = sqlx::query("vacuum into ?")
            .bind(to.to_string_lossy().into_owned())
            .execute(&file.keeper)
            .await;
        written.map(|_| ()).map_err(|error| Error::of(to, &error))
    }
}

/// Writes a copy of the store in the file `from` into a new file, also while another process writes to it. What
/// that process has read in the last five seconds may not be in it.
///
/// Errors: when there is no store, the new file exists, or the disk does not take it.
pub async fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    if to.exists() {
        return Err(Error::Exists { path: to.to_owned() });
    }
    let options = SqliteConnectOptions::new()
        .filename(from)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(10));
    let connected = SqliteConnection::connect_with(&options).await;
    let mut connection = connected.map_err(|error| Error::of(from, &error))?;
    // Whether it is a store at all is seen before the new file is made.
    let looked = sqlx::query("select count(*) from source").fetch_one(&mut connection).await;
    looked.map_err(|error| Error::of(from, &error))?;
    make_private(to).map_err(|error| Error::of_io(to, &error))?;
    let written = sqlx::query("vacuum into ?")
        .bind(to.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await;
    written.map(|_| ()).map_err(|error| Error::of(to, &error))
}

/// An empty file that only its owner reads: SQLite writes into it.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new();
    file.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path).map(|_| ())
}
