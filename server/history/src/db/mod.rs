//! Where the history is kept: one SQLite file, or a PostgreSQL database that several processes share.

mod conn;
mod query;
pub(crate) mod sql;

use std::path::PathBuf;

pub(crate) use conn::{Conn, Raw, Write};
pub(crate) use query::{Query, Row, Sql, query};

use crate::error::Error;
use crate::postgres::Store;
use crate::sqlite::Database;

/// The database.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    /// A file of its own.
    File(Database),
    /// A database of PostgreSQL.
    Shared(Box<Store>),
}

impl Db {
    /// Begins to write what was recorded.
    pub(crate) async fn begin(&self) -> Result<Write, sqlx::Error> {
        Write::begin(match self {
            Self::File(file) => Conn::sqlite(file.writer.acquire().await?),
            Self::Shared(store) => store.writer().await?,
        })
        .await
    }

    /// Begins to write for compaction and retention.
    pub(crate) async fn begin_keeping(&self) -> Result<Write, sqlx::Error> {
        Write::begin(self.keeper().await?).await
    }

    /// A connection for single statements of compaction and retention. There is one.
    pub(crate) async fn keeper(&self) -> Result<Conn, sqlx::Error> {
        Ok(match self {
            Self::File(file) => Conn::sqlite(file.keeper.acquire().await?),
            Self::Shared(store) => store.keeper().await?,
        })
    }

    /// A connection for a question of one statement.
    pub(crate) async fn reader(&self) -> Result<Conn, sqlx::Error> {
        Ok(match self {
            Self::File(file) => Conn::sqlite(file.readers.acquire().await?),
            Self::Shared(store) => store.reader().await?,
        })
    }

    /// A connection for a question of several statements, which all see the same.
    pub(crate) async fn snapshot(&self) -> Result<Conn, sqlx::Error> {
        Ok(match self {
            Self::File(file) => Conn::sqlite_snapshot(file.readers.begin().await?),
            Self::Shared(store) => store.snapshot().await?,
        })
    }

    /// The shared store, if it is one.
    pub(crate) fn shared(&self) -> Option<&Store> {
        match self {
            Self::File(_) => None,
            Self::Shared(store) => Some(store),
        }
    }

    /// What an error of this database means.
    pub(crate) fn error(&self, error: &sqlx::Error) -> Error {
        match self {
            Self::File(file) => file.error(error),
            Self::Shared(store) => store.address.error(error),
        }
    }

    /// Notes that the file is damaged: the next start moves it aside.
    pub(crate) fn mark_damaged(&self) {
        if let Self::File(file) = self {
            file.mark_damaged();
        }
    }

    /// Where it is, to be shown.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::File(file) => file.path.clone(),
            Self::Shared(store) => PathBuf::from(store.address.to_string()),
        }
    }

    /// Where a damaged file was moved to when the store was opened.
    pub(crate) fn moved_aside(&self) -> Option<PathBuf> {
        match self {
            Self::File(file) => file.moved_aside.clone(),
            Self::Shared(_) => None,
        }
    }

    /// Ends all connections.
    pub(crate) async fn close(&self) {
        match self {
            Self::File(file) => file.close().await,
            Self::Shared(store) => store.close().await,
        }
    }
}
