//! Errors of connections and queries, and their translation into a `Reason` with a remedy.

pub use model::identifier::quoted_literal;
use std::io;

use model::server::Facts;
use model::shorten;
use model::{Cause, Reason};
use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::connection::batch::LOCK_TIMEOUT_MS;

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

/// Why connecting failed or a connection broke, in words with what to do.
pub(crate) fn connect_reason(error: &sqlx::Error, address: &str) -> Reason {
    let (cause, message, remedy) = match error {
        sqlx::Error::Database(error) => return refused(&**error, address),
        sqlx::Error::Io(error) => {
            let (message, remedy) = network(error, address);
            (Cause::Network, message, remedy)
        }
        sqlx::Error::Tls(error) => (
            Cause::Tls,
            format!("TLS with {address} failed: {}.", shortened(&error.to_string())),
            "Check sslmode and sslrootcert in the DSN and the ssl setting of the server.",
        ),
        sqlx::Error::Protocol(text) => (
            Cause::Protocol,
            format!(
                "{} does not speak the PostgreSQL protocol: {}.",
                service(address),
                shortened(without_place(text))
            ),
            "Check that host and port belong to PostgreSQL or to a pooler.",
        ),
        other => (
            Cause::Unknown,
            format!("Connecting to {address} failed: {}.", shortened(&other.to_string())),
            "Check the DSN in pgdeck's configuration.",
        ),
    };
    Reason::Unreachable { cause, message, remedy: remedy.into() }
}

/// What a server is called within a session.
pub(crate) const THE_SERVER: &str = "the server";

/// Who answers at an address; within a session that is `THE_SERVER`.
pub(crate) fn service(address: &str) -> String {
    if address == THE_SERVER {
        return "The server".into();
    }
    format!("The service at {address}")
}

/// sqlx ends its messages with the place in its own source.
fn without_place(text: &str) -> &str {
    text.rsplit_once(" (sqlx_").map_or(text, |(said, _)| said)
}

/// What an error of the network means, and what to do.
fn network(error: &io::Error, address: &str) -> (String, &'static str) {
    let said = error.to_string();
    let said = said.split_once(" (os error ").map_or(&*said, |(said, _)| said);
    // std gives looking up a name no kind of its own.
    if let Some(why) = said.strip_prefix("failed to lookup address information: ") {
        return (
            format!("Cannot connect to {address}: its host name cannot be resolved ({why})."),
            "Check the host name in the DSN, and that the machine pgdeck runs on can resolve it.",
        );
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => (
            format!("The connection to {address} was closed by the other side."),
            "Check the server's log, and poolers and firewalls in between; pgdeck reconnects automatically.",
        ),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => (
            format!("The connection to {address} broke: {}.", shortened(said)),
            "Check the server's log, and poolers and firewalls in between; pgdeck reconnects automatically.",
        ),
        _ => (
            format!("Cannot connect to {address}: {}.", shortened(said)),
            "Check that the server runs, that listen_addresses and the port are right, and that no firewall is in between.",
        ),
    }
}

/// What a server's refusal to let us in means. Codes: PostgreSQL manual, appendix A. Beyond the code
/// the place in the server's source decides, never its message, which comes in many languages.
fn refused(error: &dyn DatabaseError, address: &str) -> Reason {
    let code = error.code().unwrap_or_default().to_string();
    let message = shortened(error.message());
    let details = error.try_downcast_ref::<PgDatabaseError>();
    let routine = details.and_then(PgDatabaseError::routine).unwrap_or_default();
    let cause = match &*code {
        // PgBouncer's message; with `ignore_startup_parameters` it drops them without one.
        "08P01" if message.contains("unsupported startup parameter") => Cause::StartupOptions,
        _ => Cause::Refused { sqlstate: code.clone() },
    };
    let remedy = match (&*code, routine) {
        ("28P01", _) => {
            "Check the password in the DSN, ~/.pgpass or the password file; pgdeck tries at most twice a minute, so that no account is locked."
        }
        ("28000", "ClientAuthentication") => {
            "Add a line to pg_hba.conf on the server that lets this role in from here, then reload."
        }
        ("28000", _) => "Check that the role exists and may log in.",
        ("3D000", _) => "Check the database name in the DSN.",
        ("42501", "CheckMyDatabase") => "Grant the role CONNECT on the database.",
        ("53300", "InitializeSessionUserId") => {
            "The role's own connection limit is reached. Raise it with ALTER ROLE … CONNECTION LIMIT or end sessions of the role; pgdeck retries automatically."
        }
        ("53300", "CheckMyDatabase") => {
            "The database's own connection limit is reached. Raise it with ALTER DATABASE … CONNECTION LIMIT or end sessions of the database; pgdeck retries automatically."
        }
        ("53300", _) => {
            "All connection slots are taken. Raise max_connections or end sessions; pgdeck retries automatically."
        }
        ("57P03", _) => {
            "The server is starting up, shutting down or in recovery; pgdeck retries automatically."
        }
        ("57P01" | "57P02", _) => {
            "The server closed pgdeck's session; pgdeck reconnects automatically."
        }
        ("08P01", _) => {
            "Check that host and port belong to PostgreSQL or to a pooler, and the pooler's settings."
        }
        // Nothing else runs a function while a session starts.
        _ if details.is_some_and(|details| details.r#where().is_some()) => {
            "A login event trigger of the database failed for pgdeck's role. Mend the trigger, or let it pass over this role; pgdeck retries automatically."
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
    error: &dyn DatabaseError,
    role: &str,
    sql: &str,
    timeout_ms: u64,
) -> Reason {
    let code = error.code().unwrap_or_default().to_string();
    let message = shortened(error.message());
    match code.as_str() {
        "42501" => Reason::MissingGrant {
            sql: grant_for(&message, role, sql),
            what: message,
            is_message: true,
        },
        "0A000" => Reason::Refused { sqlstate: code, message },
        "57014" => Reason::TimedOut { after_ms: timeout_ms },
        "55P03" => Reason::TimedOut { after_ms: LOCK_TIMEOUT_MS },
        _ => Reason::Failed { sqlstate: code, message },
    }
}

/// The statement that grants what a message says is denied, in whatever language: the function that it
/// names, which `sql` calls itself or through a view.
fn grant_for(message: &str, role: &str, sql: &str) -> String {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let called = |word: &&str| {
        let named = sql.contains(&format!("pg_catalog.{word}"));
        let itself = sql.contains(&format!("pg_catalog.{word}("));
        word.starts_with("pg_") && !sql.is_empty() && (itself || !named)
    };
    match words.into_iter().find(called) {
        Some(function) => format!(
            "grant execute on function pg_catalog.{}() to {};",
            quoted(function),
            quoted(role)
        ),
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

/// The statement that gives our role the privileges of `pg_monitor`. A member that does not inherit them
/// gets nothing by another plain GRANT (tried on 15 and 18).
pub fn monitor_grant(facts: &Facts) -> String {
    let role = quoted(&facts.role);
    match (facts.inherits_not, facts.major) {
        (false, _) => format!("grant pg_monitor to {role};"),
        (true, 16..) => format!("grant pg_monitor to {role} with inherit true;"),
        (true, _) => format!("alter role {role} inherit;"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_libraries_do_not_reach_the_page() {
        let text = "unexpected response from SSLRequest: 0x48 (sqlx_postgres::connection::tls:95)";
        let said = connect_reason(&sqlx::Error::Protocol(text.into()), "h:1").message();
        assert!(said.ends_with("protocol: unexpected response from SSLRequest: 0x48."), "{said}");
        let said = |error: io::Error| connect_reason(&sqlx::Error::Io(error), "h:1");
        let refused = said(io::Error::from_raw_os_error(111)).message();
        assert_eq!(refused, "Cannot connect to h:1: Connection refused.");
        let eof = io::Error::new(io::ErrorKind::UnexpectedEof, "expected to read 5 bytes");
        assert_eq!(said(eof).message(), "The connection to h:1 was closed by the other side.");
        let name = "failed to lookup address information: Name or service not known";
        let unknown = said(io::Error::other(name));
        assert!(unknown.message().contains("its host name cannot be resolved"));
        assert!(unknown.remedy().is_some_and(|remedy| !remedy.contains("listen_addresses")));
    }

    #[test]
    fn a_grant_is_found_whatever_language_the_server_speaks() {
        let sql = "select s.x from pg_catalog.pg_control_system() s";
        for said in [
            "permission denied for function pg_control_system",
            "keine Berechtigung für Funktion pg_control_system",
            "droit refusé pour la fonction « pg_control_system »",
        ] {
            let grant = grant_for(said, "mon", sql);
            assert_eq!(
                grant,
                "grant execute on function pg_catalog.\"pg_control_system\"() to \"mon\";"
            );
        }
        let behind = grant_for("permission denied for function pg_stat_get_wal", "mon", sql);
        assert!(behind.starts_with("grant execute on function pg_catalog.\"pg_stat_get_wal\"()"));
        let sql = "select c.x from pg_catalog.pg_config c";
        let view = grant_for("permission denied for view pg_config", "mon", sql);
        assert_eq!(view, "grant pg_monitor to \"mon\";");
    }

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
