//! Errors of connections and queries, and their translation into a `Reason` with a remedy.

use model::shorten;
use model::{Cause, Reason};

/// An SQL identifier in double quotes, whatever it is.
pub use model::identifier::always_quoted as quoted;

/// An error on the way to a reading.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The connection is gone, or was dropped because an answer did not come in time.
    #[error("connection lost: {}", .0.message())]
    Lost(Reason),
    /// One query failed; the connection is fine.
    #[error("{query}: {}", reason.message())]
    Query {
        /// The SQL file.
        query: &'static str,
        /// Why.
        reason: Reason,
    },
}

impl Error {
    /// The reason to show.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Lost(reason) | Self::Query { reason, .. } => reason.clone(),
        }
    }
}

/// The longest server message we pass on, characters: enough for a sentence, too short for a page.
const MESSAGE_CHARS: usize = 300;

/// One short line of a server's message.
pub(crate) fn shortened(message: &str) -> String {
    let line: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    shorten::shortened(&line, MESSAGE_CHARS).into_owned()
}

/// Why connecting failed, in words with what to do.
pub(crate) fn connect_reason(error: &sqlx::Error, address: &str) -> Reason {
    let (cause, message, remedy) = match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default().to_string();
            return refused(&code, error.message(), address);
        }
        sqlx::Error::Io(error) => (
            Cause::Network,
            format!("Cannot connect to {address}: {error}."),
            "Check that the server runs, that listen_addresses and the port are right, and that no firewall is in between.".to_owned(),
        ),
        sqlx::Error::Tls(error) => (
            Cause::Tls,
            format!("TLS with {address} failed: {}.", shortened(&error.to_string())),
            "Check sslmode and sslrootcert in the DSN and the ssl setting of the server.".to_owned(),
        ),
        sqlx::Error::Protocol(text) => (
            Cause::Protocol,
            format!("The service at {address} does not speak the PostgreSQL protocol: {}.", shortened(text)),
            "Check that host and port belong to PostgreSQL or to a pooler.".to_owned(),
        ),
        other => (
            Cause::Unknown,
            format!("Connecting to {address} failed: {}.", shortened(&other.to_string())),
            "Check the DSN in pgdeck's configuration.".to_owned(),
        ),
    };
    Reason::Unreachable { cause, message, remedy }
}

/// What a server's refusal to let us in means. Codes: PostgreSQL manual, appendix A.
fn refused(code: &str, message: &str, address: &str) -> Reason {
    let message = shortened(message);
    let cause = match code {
        // PgBouncer's message; with `ignore_startup_parameters` it drops them without one.
        "08P01" if message.contains("unsupported startup parameter") => Cause::StartupOptions,
        _ => Cause::Refused { sqlstate: code.to_owned() },
    };
    let remedy = match code {
        "28P01" => "Check the password in the DSN, ~/.pgpass or the password file.",
        "28000" if message.contains("pg_hba.conf") => {
            "Add a line to pg_hba.conf on the server that lets this role in from here, then reload."
        }
        "28000" => "Check that the role exists and may log in.",
        "3D000" => "Check the database name in the DSN.",
        "53300" => {
            "All connection slots are taken. Raise max_connections or end sessions; pgdeck retries automatically."
        }
        "57P03" => {
            "The server is starting up, shutting down or in recovery; pgdeck retries automatically."
        }
        "57P01" | "57P02" => "The server closed pgdeck's session; pgdeck reconnects automatically.",
        "08P01" => {
            "Check that host and port belong to PostgreSQL or to a pooler, and the pooler's settings."
        }
        _ => {
            "Look the error code up in appendix A of the PostgreSQL manual; pgdeck retries automatically."
        }
    };
    Reason::Unreachable {
        cause,
        message: format!("{address} rejected the connection: {message} ({code})."),
        remedy: remedy.to_owned(),
    }
}

/// Why a query of ours failed.
pub(crate) fn query_reason(
    error: &dyn sqlx::error::DatabaseError,
    role: &str,
    timeout_ms: u64,
) -> Reason {
    let code = error.code().unwrap_or_default().to_string();
    let message = shortened(error.message());
    match code.as_str() {
        "42501" => {
            Reason::MissingGrant { sql: grant_for(&message, role), what: message, is_message: true }
        }
        "0A000" => Reason::Refused { sqlstate: code, message },
        "57014" | "55P03" => Reason::TimedOut { after_ms: timeout_ms },
        _ => Reason::Failed { sqlstate: code, message },
    }
}

/// The statement that grants what a message says is denied. The name in it is the server's own
/// (our queries name catalog functions only), and it is quoted all the same.
fn grant_for(message: &str, role: &str) -> String {
    match message.split_once("for function ") {
        Some((_, function)) => {
            format!(
                "grant execute on function pg_catalog.{}() to {};",
                quoted(function.trim()),
                quoted(role)
            )
        }
        None => format!("grant pg_monitor to {};", quoted(role)),
    }
}

/// Whether the connection is unusable after this error.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            // Class 57P is operator intervention, 08 a connection exception.
            let code = error.code().unwrap_or_default().to_string();
            code.starts_with("57P") || code.starts_with("08")
        }
        _ => true,
    }
}

/// A string literal, quoted so that it is one whatever `standard_conforming_strings` says.
pub fn quoted_literal(text: &str) -> String {
    let inner = text.replace('\0', "").replace('\'', "''");
    if inner.contains('\\') {
        format!("E'{}'", inner.replace('\\', "\\\\"))
    } else {
        format!("'{inner}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_cannot_break_out() {
        assert_eq!(quoted(r#"x"; drop table w; --"#), r#""x""; drop table w; --""#);
    }

    #[test]
    fn messages_are_one_short_line() {
        let long = shortened(&"a\nb".repeat(400));
        assert!(!long.contains('\n'));
        assert_eq!(long.chars().count(), MESSAGE_CHARS + 1);
    }
}
