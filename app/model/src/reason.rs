//! Why a value is unknown: an enum of reasons with a message and a remedy each, and `Known<T>`.

use serde::{Deserialize, Serialize};

/// A value, or why it is not known. Unknown is never shown as zero, empty or green.
pub type Known<T> = Result<T, Reason>;

/// What kept us from a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// Not recorded: readings that an earlier version wrote.
    #[default]
    Unknown,
    /// The network: nobody listens, or the connection broke.
    Network,
    /// TLS could not be agreed on.
    Tls,
    /// What answers does not speak PostgreSQL's protocol.
    Protocol,
    /// The server or a pooler refused us.
    Refused {
        /// The SQLSTATE.
        sqlstate: String,
    },
    /// A pooler takes no start-up options.
    StartupOptions,
    /// No answer came within our own deadline.
    TimedOut,
    /// A pooler stands between, and our limits would not hold.
    Pooled,
    /// The configuration has no such server or DSN, or the DSN leads to another server.
    Configuration,
}

/// Why something is not known, in terms that say what would make it known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// The first reading is still on its way.
    NotYet,
    /// A rate needs two readings; the second is on its way.
    NeedsTwoReadings,
    /// The counter went backwards or its epoch changed between two readings.
    CounterReset,
    /// The server cannot be reached or refuses us. `says` is what happened, `remedy` what to do.
    Unreachable {
        /// What kept us.
        #[serde(default)]
        cause: Cause,
        /// What happened, one sentence.
        #[serde(rename = "says")]
        message: String,
        /// What to do, one sentence.
        remedy: String,
    },
    /// The role we use lacks a privilege.
    MissingGrant {
        /// What cannot be read, or the server's message about it.
        what: String,
        /// Whether `what` is the server's message.
        #[serde(default)]
        is_message: bool,
        /// The statement that grants it.
        sql: String,
    },
    /// An extension is absent or not loaded.
    MissingExtension {
        /// The extension's name.
        name: String,
        /// The statement or setting that provides it.
        sql: String,
    },
    /// The server's major version lacks it.
    TooOld {
        /// The first major that has it.
        needs: u16,
        /// The major we talk to.
        has: u16,
    },
    /// The provider of this server has removed it (SQLSTATE 0A000).
    NotSupported {
        /// What was asked for.
        what: String,
    },
    /// It exists on a primary only, or on a standby only.
    OtherRole {
        /// `primary` or `standby`: where it exists.
        needs: String,
    },
    /// Reading it took longer than we allow ourselves.
    TimedOut {
        /// The limit, in milliseconds.
        after_ms: u64,
    },
    /// PostgreSQL answered with an error that is none of the above.
    Failed {
        /// The SQLSTATE, `XX000` where none was sent.
        sqlstate: String,
        /// The server's message, shortened.
        message: String,
    },
}

impl Reason {
    /// Our role may not read `what`; `sql` grants it.
    pub fn missing_grant(what: impl Into<String>, sql: impl Into<String>) -> Self {
        Self::MissingGrant { what: what.into(), is_message: false, sql: sql.into() }
    }

    /// What is wrong, as one sentence.
    pub fn message(&self) -> String {
        match self {
            Self::NotYet => "The first reading is on its way.".into(),
            Self::NeedsTwoReadings => "A rate needs two readings; the second is on its way.".into(),
            Self::CounterReset => {
                "The counter was reset between two readings, so no rate is shown for that span."
                    .into()
            }
            Self::Unreachable { message, .. } => message.clone(),
            Self::MissingGrant { what, is_message: true, .. } => {
                format!("PostgreSQL says: {what}.")
            }
            Self::MissingGrant { what, .. } => {
                format!("pgdeck's role is not allowed to read {what}.")
            }
            Self::MissingExtension { name, .. } => {
                format!("The extension {name} is not available in this database.")
            }
            Self::TooOld { needs, has } => {
                format!("PostgreSQL {has} does not have this; it was added in {needs}.")
            }
            Self::NotSupported { what } => format!("This server does not support {what}."),
            Self::OtherRole { needs } => format!("This exists only on a {needs}."),
            Self::TimedOut { after_ms } => {
                format!(
                    "The query took longer than pgdeck's limit of {}.",
                    crate::duration(*after_ms as f64)
                )
            }
            Self::Failed { sqlstate, message } => {
                format!("PostgreSQL answered with error {sqlstate}: {message}")
            }
        }
    }

    /// What to do about it, as one sentence or a statement, where there is something to do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Unreachable { remedy, .. } => Some(remedy.clone()),
            Self::MissingGrant { sql, .. } | Self::MissingExtension { sql, .. } => {
                Some(sql.clone())
            }
            Self::TooOld { needs, .. } => Some(format!("Upgrade to PostgreSQL {needs} or later.")),
            _ => None,
        }
    }

    /// Whether `remedy` is SQL to run rather than advice to read.
    pub fn remedy_is_sql(&self) -> bool {
        matches!(self, Self::MissingGrant { .. } | Self::MissingExtension { .. })
    }

    /// Whether waiting is all that is needed.
    pub fn passes_by_itself(&self) -> bool {
        matches!(self, Self::NotYet | Self::NeedsTwoReadings | Self::CounterReset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_of_an_earlier_version_still_read() {
        let old = r#"{"Unreachable":{"says":"Nobody answers.","remedy":"Start it."}}"#;
        let reason: Reason = serde_json::from_str(old).expect("a reason");
        assert!(matches!(&reason, Reason::Unreachable { cause: Cause::Unknown, .. }));
        assert_eq!(reason.message(), "Nobody answers.");
        let old = r#"{"MissingGrant":{"what":"sessions","sql":"grant x to y;"}}"#;
        let reason: Reason = serde_json::from_str(old).expect("a reason");
        assert_eq!(reason, Reason::missing_grant("sessions", "grant x to y;"));
        assert_eq!(reason.message(), "pgdeck's role is not allowed to read sessions.");
    }

    #[test]
    fn the_words_of_the_server_are_marked_as_such() {
        let what = "must be superuser".to_owned();
        let reason = Reason::MissingGrant { what, is_message: true, sql: "grant x to y;".into() };
        assert_eq!(reason.message(), "PostgreSQL says: must be superuser.");
    }
}
