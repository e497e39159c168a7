//! The error type: every message names what failed, where, and the remedy.

use std::path::{Path, PathBuf};

/// A playground server, pooler or proxy could not be started or driven.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No PostgreSQL of this major was found.
    #[error(
        "PostgreSQL {0} is not installed: run `npm install` in server/playground, install the package postgresql-{0}, or set PGDECK_POSTGRES_{0} to the directory that holds its `postgres`"
    )]
    NotInstalled(u16),
    /// No PostgreSQL was found at all.
    #[error(
        "no PostgreSQL was found: run `npm install` in server/playground, install a postgresql package, or set PGDECK_POSTGRES_17 to the directory that holds its `postgres`"
    )]
    NothingInstalled,
    /// A program we need is not installed.
    #[error("{program} is not installed: {remedy}")]
    NoProgram {
        /// The program's name.
        program: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Started as root without any user to drop to.
    #[error(
        "PostgreSQL refuses to run as root and neither `postgres` nor `nobody` is in /etc/passwd: create a user named postgres"
    )]
    NoUser,
    /// A file or directory could not be used.
    #[error("could not {what} {}: {source}; check the permissions and the free space there", path.display())]
    File {
        /// The verb.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A program ended badly.
    #[error("{program} failed; its last words: {log}")]
    Program {
        /// What was run, with the major where it matters.
        program: String,
        /// The end of its output.
        log: String,
    },
    /// No free port could be had.
    #[error("no free port on 127.0.0.1 after {0} tries: end what occupies ports 20000 to 32000")]
    NoPort(u32),
    /// The server answered a statement with an error, or did not answer.
    #[error("the playground server refused `{sql}`: {source}")]
    Sql {
        /// The beginning of the statement.
        sql: String,
        /// The answer.
        source: sqlx::Error,
    },
    /// Something did not happen in time.
    #[error("{0} did not happen within {1} s; look at the server's log")]
    Timeout(String, u64),
    /// A word that names nothing we know.
    #[error("{0}")]
    Unknown(String),
}

impl Error {
    /// The SQLSTATE the server answered with, when it did.
    pub fn sqlstate(&self) -> Option<String> {
        match self {
            Error::Sql { source, .. } => {
                source.as_database_error()?.code().map(|code| code.into_owned())
            }
            _ => None,
        }
    }

    /// Wraps an I/O error with what was tried and where.
    pub(crate) fn file(
        what: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_owned();
        move |source| Error::File { what, path, source }
    }

    /// Wraps a database error with the beginning of its statement.
    pub(crate) fn sql(sql: &str) -> impl FnOnce(sqlx::Error) -> Error {
        let sql: String = sql.trim().chars().take(80).collect();
        move |source| Error::Sql { sql, source }
    }
}
