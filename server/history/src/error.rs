//! Why the store cannot be used, each in one sentence with what to do, and why recording has stopped.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sqlx::migrate::MigrateError;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file was written by a newer pgdeck.
    #[error(
        "the history {path} was written by a newer pgdeck (schema {found}, this one knows {known}); use that version, or name another directory with --data-dir."
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The directory or the file must not be written.
    #[error(
        "the history {path} cannot be written: {cause}; make it writable or name another directory with --data-dir."
    )]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// No room is left.
    #[error("the disk with the history {path} is full; recording goes on when there is room.")]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged, or is no database.
    #[error(
        "the history {path} is damaged: {cause}; it is moved aside at the next start and a new one begun."
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        cause: String,
    },
    /// There is already a file where a backup should go.
    #[error("{path} exists; name a file that does not exist yet.")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file that should only be looked at is no store, or is damaged.
    #[error("the recording {path} cannot be shown: {cause}.")]
    NotShown {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The database of a shared history does not answer.
    #[error("the history {place} cannot be reached: {cause}; recording goes on when it can.")]
    Unreachable {
        /// The database.
        place: String,
        /// What was said.
        cause: String,
    },
    /// The database of a shared history refuses what is needed.
    #[error(
        "the history {place} cannot be kept: {cause}; give its role a database in which it may create a schema, or name another place with the key history."
    )]
    Refused {
        /// The database.
        place: String,
        /// What PostgreSQL said.
        cause: String,
    },
    /// A shared history was written by a newer pgdeck.
    #[error(
        "the history {place} was written by a newer pgdeck (schema {found}, this one knows {known}); use that version, or name another place with the key history."
    )]
    SharedNewer {
        /// The database.
        place: String,
        /// Its schema version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// A shared history is backed up where it is.
    #[error("the history is in {place}; back it up there, with pg_dump --schema=pgdeck.")]
    BackedUpThere {
        /// The database.
        place: String,
    },
    /// Anything else that PostgreSQL says.
    #[error("the history {place} could not be used: {cause}.")]
    SharedOther {
        /// The database.
        place: String,
        /// What PostgreSQL said.
        cause: String,
    },
    /// Anything else that SQLite says.
    #[error("the history {path} could not be used: {cause}.")]
    Other {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        cause: String,
    },
}

/// Why recording has stopped; it resumes by itself once the cause is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Since when, ms since the epoch.
    pub since_ms: i64,
    /// The cause, one sentence.
    pub cause: String,
}

/// SQLite's primary result codes that mean something of their own (sqlite.org/rescode.html).
const PERM: u32 = 3;
const READONLY: u32 = 8;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const NOTADB: u32 = 26;

/// The primary result code of an error of SQLite.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// The message of the database or of sqlx, in one line.
pub(crate) fn said(error: &sqlx::Error) -> String {
    let text = match error {
        sqlx::Error::PoolTimedOut => "it does not answer".to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        _ => {
            error.as_database_error().map_or_else(|| error.to_string(), |e| e.message().to_owned())
        }
    };
    text.replace('\n', " ").trim_end_matches('.').to_owned()
}

impl Error {
    /// What an error of SQLite on this file means.
    pub(crate) fn of(path: &Path, error: &sqlx::Error) -> Self {
        let path = path.to_owned();
        let cause = said(error);
        match code(error) {
            Some(PERM | READONLY | CANTOPEN) => Self::NotWritable { path, cause },
            Some(CORRUPT | NOTADB) => Self::Corrupt { path, cause },
            Some(FULL) => Self::Full { path },
            _ => Self::Other { path, cause },
        }
    }

    /// What an error of PostgreSQL means, by its SQLSTATE.
    pub(crate) fn of_shared(place: &str, error: &sqlx::Error) -> Self {
        let place = place.to_owned();
        let cause = said(error);
        if let sqlx::Error::Migrate(error) = error {
            return match &**error {
                MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _) => {
                    Self::SharedNewer { place, found: *found, known: crate::postgres::newest() }
                }
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                    Self::of_shared(&place, error)
                }
                _ => Self::SharedOther { place, cause },
            };
        }
        let Some(database) = error.as_database_error() else {
            return match error {
                sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut => {
                    Self::Unreachable { place, cause }
                }
                _ => Self::SharedOther { place, cause },
            };
        };
        let code = database.code().unwrap_or_default();
        match &*code {
            "53100" => Self::Full { path: PathBuf::from(place) },
            // Invalid authorisation, no such database, insufficient privilege, read-only.
            "28000" | "28P01" | "3D000" | "42501" | "25006" => Self::Refused { place, cause },
            // Connection exceptions, insufficient resources, operator intervention, timeouts.
            code if ["08", "53", "57", "25", "55", "40"]
                .iter()
                .any(|class| code.starts_with(class)) =>
            {
                Self::Unreachable { place, cause }
            }
            _ => Self::SharedOther { place, cause },
        }
    }

    /// What an error of the file system on this file means.
    pub(crate) fn of_io(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full { path },
            _ => Self::NotWritable { path, cause: error.to_string() },
        }
    }
}
