//! A store that is only looked at, such as a recording: what answers is a copy, and the file itself is opened
//! read-only.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::compact;
use crate::db::Db;
use crate::error::{Error, said};
use crate::history::History;
use crate::settings::Settings;
use crate::sqlite::{Database, beside};

/// What every store has, whatever its version.
const IS_STORE: &str = "select count(*) = 4 from sqlite_schema where name in ('_sqlx_migrations', 'source', 'chunk', 'block')";

impl History {
    /// Opens a copy of the store in the file `from`, made in `folder`: one of an older schema is migrated
    /// there, and what another process has just written is in it. Nothing happens to it by itself.
    ///
    /// Errors: one sentence, when the file is no store, is damaged, or was written by a newer pgdeck.
    pub async fn view(from: &Path, folder: &Path) -> Result<Self, Error> {
        let not = |cause: String| Error::NotShown { path: from.to_owned(), cause };
        let to = folder.join("view.sqlite");
        copy_read_only(from, &to).await.map_err(not)?;
        let settings = Settings { background: false, ..Settings::default() };
        let opened = Database::open_once(&to, settings.max_pages).await;
        let db = Db::File(opened.map_err(|error| {
            not(match error {
                Error::Newer { found, known, .. } => {
                    format!("a newer pgdeck wrote it (schema {found}, this one knows {known})")
                }
                Error::Corrupt { cause, .. } | Error::Other { cause, .. } => cause,
                error => error.to_string().trim_end_matches('.').to_owned(),
            })
        })?);
        compact::tidy(&db).await.map_err(|error| not(said(&error)))?;
        Ok(Self::start(db, settings))
    }
}

/// Copies the store; the error says why not.
async fn copy_read_only(from: &Path, to: &Path) -> Result<(), String> {
    // Without a WAL the file is all there is, and SQLite need not write beside it.
    let is_whole = std::fs::metadata(beside(from, "-wal")).map_or(true, |wal| wal.len() == 0);
    let options = SqliteConnectOptions::new()
        .filename(from)
        .read_only(true)
        .immutable(is_whole)
        .busy_timeout(Duration::from_secs(10));
    let mut connection =
        SqliteConnection::connect_with(&options).await.map_err(|error| said(&error))?;
    let is_store: Result<bool, _> = sqlx::query_scalar(IS_STORE).fetch_one(&mut connection).await;
    if !is_store.map_err(|error| said(&error))? {
        return Err("it is a database of something else".to_owned());
    }
    let written = sqlx::query("vacuum into ?")
        .bind(to.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await;
    written.map(drop).map_err(|error| said(&error))
}
