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
    /// A rate needs two readings and there is one. Once the second has come it is another reason:
    /// `NeedsReadings`, `CounterReset` or `Nothing`.
    NeedsTwoReadings,
    /// It is judged over a longer span than pgdeck has watched the server.
    NeedsReadings {
        /// The span, seconds.
        for_s: u32,
    },
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
    /// This server, or this way of looking at it, does not have it. Not for what is merely absent now:
    /// that is `Nothing`.
    NotSupported {
        /// What was asked for: a noun that ends "This server does not support …".
        what: String,
    },
    /// There is nothing to show, and that is no failure: no standby, no second reading in that span.
    Nothing {
        /// What there is not, one sentence.
        message: String,
    },
    /// PostgreSQL hides it from our role, row by row.
    Hidden {
        /// What is hidden: the subject of "… is hidden".
        what: String,
        /// The statement that would show it.
        sql: String,
    },
    /// PostgreSQL does not record it, because a setting is off.
    NotTracked {
        /// What is not recorded: the subject of "… is not recorded".
        what: String,
        /// The setting that would have it recorded.
        setting: String,
    },
    /// The value came and pgdeck cannot read it.
    Undecodable {
        /// What was read.
        what: String,
        /// The part that cannot be read, where one can be named.
        #[serde(default)]
        column: Option<String>,
    },
    /// The answer was larger than we allow ourselves to hold.
    TooLarge {
        /// What was read.
        what: String,
        /// The limit with its unit: `100000 rows`.
        limit: String,
    },
    /// pgdeck's own code failed; it is started again by itself.
    Broken {
        /// What failed: the subject of "… failed".
        what: String,
    },
    /// pgdeck uses all sessions it allows itself on this server.
    Busy {
        /// How many they are.
        sessions: u32,
    },
    /// No reading has come for too long to say what is so now, and none has failed.
    Overdue {
        /// Age of the newest reading, ms.
        age_ms: u64,
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
    /// Reading it takes this server longer than we allow ourselves: it is tried again, but seldom.
    TooSlow {
        /// What, in the plural.
        what: String,
        /// The limit, ms.
        after_ms: u64,
        /// Until it is tried again, ms.
        again_ms: u64,
        /// What to do.
        remedy: String,
    },
    /// PostgreSQL, or what the provider made of it, refuses to answer this (SQLSTATE 0A000 and others).
    Refused {
        /// The SQLSTATE.
        sqlstate: String,
        /// The server's message, shortened.
        message: String,
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
            Self::NeedsTwoReadings => "A rate needs two readings; there is one so far.".into(),
            Self::NeedsReadings { for_s } => format!(
                "This is judged over {}; pgdeck has not watched the server that long.",
                crate::duration(f64::from(*for_s) * 1_000.0)
            ),
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
            Self::Nothing { message } => message.clone(),
            Self::Hidden { what, .. } => {
                format!("{what} is hidden from pgdeck's role by PostgreSQL.")
            }
            Self::NotTracked { what, setting } => {
                format!("{what} is not recorded by PostgreSQL: the setting {setting} is off.")
            }
            Self::Undecodable { what, column: Some(column) } => {
                format!("The answer came, but pgdeck cannot read {column} in {what}.")
            }
            Self::Undecodable { what, column: None } => {
                format!("The answer came, but pgdeck cannot read {what}.")
            }
            Self::TooLarge { what, limit } => {
                format!("The answer is larger than pgdeck's limit of {limit}: {what}.")
            }
            Self::Broken { what } => format!(
                "{what} failed because of a bug in pgdeck or a malformed answer from the server."
            ),
            Self::Busy { sessions } => format!(
                "All {sessions} sessions that pgdeck allows itself on this server are in use."
            ),
            Self::Overdue { age_ms } => format!(
                "The newest reading is {} old; the next one is overdue.",
                crate::duration(*age_ms as f64)
            ),
            Self::OtherRole { needs } => format!("This exists only on a {needs}."),
            Self::TimedOut { after_ms } => {
                format!(
                    "The query took longer than pgdeck's limit of {}.",
                    crate::duration(*after_ms as f64)
                )
            }
            Self::TooSlow { what, after_ms, again_ms, .. } => format!(
                "Reading {what} took longer than pgdeck's limit of {}; it is tried again {} later.",
                crate::duration(*after_ms as f64),
                crate::duration(*again_ms as f64)
            ),
            Self::Refused { sqlstate, message } => {
                format!("PostgreSQL refuses this here: {message} ({sqlstate}).")
            }
            Self::Failed { sqlstate, message } => {
                format!("PostgreSQL answered with error {sqlstate}: {message}")
            }
        }
    }

    /// What to do about it, as one sentence or a statement, where there is something to do.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Unreachable { remedy, .. } | Self::TooSlow { remedy, .. } => Some(remedy.clone()),
            Self::MissingGrant { sql, .. }
            | Self::MissingExtension { sql, .. }
            | Self::Hidden { sql, .. } => Some(sql.clone()),
            Self::NotTracked { setting, .. } => {
                Some(format!("Set {setting} = on in postgresql.conf and reload the configuration."))
            }
            Self::Broken { .. } => {
                Some("pgdeck restarts it automatically; its log says where it failed.".into())
            }
            Self::Busy { .. } => {
                Some("Wait until another request has ended, then try again.".into())
            }
            Self::TooOld { needs, .. } => Some(format!("Upgrade to PostgreSQL {needs} or later.")),
            _ => None,
        }
    }

    /// Whether `remedy` is SQL to run rather than advice to read.
    pub fn remedy_is_sql(&self) -> bool {
        matches!(
            self,
            Self::MissingGrant { .. } | Self::MissingExtension { .. } | Self::Hidden { .. }
        )
    }

    /// Whether waiting is all that is needed.
    pub fn passes_by_itself(&self) -> bool {
        matches!(
            self,
            Self::NotYet
                | Self::NeedsTwoReadings
                | Self::NeedsReadings { .. }
                | Self::CounterReset
                | Self::Busy { .. }
                | Self::Overdue { .. }
        )
    }

    /// Whether a rule without this evidence is blind: trouble may be there unseen. It is not where
    /// there is nothing to judge, or where only a longer look can judge.
    pub fn is_blind(&self) -> bool {
        !matches!(
            self,
            Self::NeedsTwoReadings
                | Self::NeedsReadings { .. }
                | Self::Nothing { .. }
                | Self::TooOld { .. }
                | Self::OtherRole { .. }
        )
    }

    /// Whether it is no gap in what we know: there simply is nothing.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing { .. })
    }
}

/// A part of an answer that the server refuses, while the rest of it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// What it would tell, in the plural: `Prepared transactions`.
    pub what: String,
    /// Why it is unknown.
    pub reason: Reason,
}

#[cfg(test)]
mod tests;
