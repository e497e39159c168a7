//! EXPLAIN of a user's statement: request, preview and result.
//!
//! Words only; the guard and the running are the engine's.

use serde::{Deserialize, Serialize};

pub use crate::explain_refusal::{Danger, Position, Refusal};
use crate::reason::Reason;

/// The name of one run: 128 random bits, so that nobody can guess it and cancel another's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// Length of a run's name, hexadecimal digits.
const RUN_DIGITS: usize = 32;

impl RunId {
    /// The id of these random bytes.
    pub fn new(random: [u8; 16]) -> Self {
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The id written so, when it is one: it travels inside an SQL comment, so nothing else may.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        (text.len() == RUN_DIGITS && text.chars().all(digit)).then(|| Self(text.to_owned()))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RunId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a run's name has 32 hexadecimal digits")
    }
}

impl From<RunId> for String {
    fn from(run: RunId) -> Self {
        run.0
    }
}

/// Whether the statement is executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Planned only.
    #[default]
    Plan,
    /// Executed and measured, then rolled back.
    Analyze {
        /// Yes to a statement that changes or locks rows.
        dml: bool,
        /// Yes to functions that are volatile or run with their owner's rights.
        functions: bool,
    },
}

impl Mode {
    /// Whether the statement is executed.
    pub fn executes(self) -> bool {
        self != Self::Plan
    }

    /// Whether rows may be changed or locked.
    pub fn dml(self) -> bool {
        matches!(self, Self::Analyze { dml: true, .. })
    }

    /// Whether volatile functions may be called.
    pub fn functions(self) -> bool {
        matches!(self, Self::Analyze { functions: true, .. })
    }
}

/// EXPLAIN's options, as in its manual page; what a major lacks is left out and said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Output columns, schema names, per-worker figures.
    pub verbose: bool,
    /// Buffers.
    pub buffers: bool,
    /// WAL records and bytes; needs ANALYZE.
    pub wal: bool,
    /// Planner settings that differ from their default.
    pub settings: bool,
    /// What it costs to turn rows into text; needs ANALYZE and 17.
    pub serialize: bool,
    /// The planner's memory; needs 17.
    pub memory: bool,
    /// The plan that fits any parameter, instead of the one for these values.
    pub generic: bool,
    /// After how many milliseconds the server gives up; None is our default.
    pub timeout_ms: Option<u32>,
}

/// The request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its name; a preview gives one.
    pub run: RunId,
    /// The statement, without EXPLAIN.
    pub statement: String,
    /// The database, when it is not the one of the DSN.
    #[serde(default)]
    pub database: Option<String>,
    /// Values of `$1`, `$2`, … as text; None is NULL.
    #[serde(default)]
    pub parameters: Vec<Option<String>>,
    /// Whether it is executed.
    #[serde(default)]
    pub mode: Mode,
    /// EXPLAIN's options.
    #[serde(default)]
    pub options: Options,
}

/// What a run would do, said before it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The run's name.
    pub run: RunId,
    /// Every statement we would send, in order.
    pub sql: Vec<String>,
    /// Where, without secrets.
    pub address: String,
    /// The database.
    pub database: String,
    /// The role it runs as.
    pub role: String,
    /// Whether that role is a superuser.
    pub superuser: bool,
    /// Whether the statement really runs.
    pub executes: bool,
    /// Whether the transaction is read-only.
    pub read_only: bool,
    /// When the server ends it, ms.
    pub statement_timeout_ms: u64,
    /// How long it waits for a lock, ms.
    pub lock_timeout_ms: u64,
    /// What it does and what a rollback does not undo, one sentence each.
    #[serde(rename = "says")]
    pub message: Vec<String>,
    /// Options this major does not have, one sentence each.
    pub left_out: Vec<String>,
}

/// A plan, and how it was come by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The run's name.
    pub run: RunId,
    /// EXPLAIN's answer, JSON.
    pub plan: String,
    /// Every statement sent, in order.
    pub sql: Vec<String>,
    /// The statement explained.
    pub statement: String,
    /// When it was run, ms since the epoch by pgdeck's clock.
    pub at_ms: i64,
    /// How long the server took to answer, ms.
    pub took_ms: f64,
    /// The server's major.
    pub major: u16,
    /// The database.
    pub database: String,
    /// The role.
    pub role: String,
    /// Whether it was executed.
    pub executed: bool,
    /// Options this major does not have, one sentence each.
    pub left_out: Vec<String>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotExplained {
    /// The guard refuses; nothing of the statement was run.
    Refused(Refusal),
    /// The server cannot be asked.
    Unknown(Reason),
    /// PostgreSQL answered with an error.
    Failed {
        /// The SQLSTATE.
        sqlstate: String,
        /// The message.
        message: String,
        /// The hint.
        hint: Option<String>,
        /// Where in the given statement.
        at: Option<Position>,
    },
    /// Somebody cancelled it.
    Cancelled {
        /// After how many milliseconds.
        after_ms: u64,
        /// Who.
        by: String,
    },
    /// It took longer than allowed.
    TimedOut {
        /// After how many milliseconds.
        after_ms: u64,
        /// What took so long: the statement, a lock, or any answer at all.
        waited_for: String,
    },
}

impl NotExplained {
    /// One sentence.
    pub fn message(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.message(),
            Self::Unknown(reason) => reason.message(),
            Self::Failed { sqlstate, message, at, .. } => {
                let place = at.map(|at| format!(" ({at})")).unwrap_or_default();
                format!("PostgreSQL rejects the statement{place}: {message} ({sqlstate}).")
            }
            Self::Cancelled { after_ms, by } => {
                format!("Cancelled by {by} after {}.", crate::duration(*after_ms as f64))
            }
            Self::TimedOut { after_ms, waited_for } => {
                let after = crate::duration(*after_ms as f64);
                format!("Timed out after {after} waiting for {waited_for}.")
            }
        }
    }

    /// The same for a user who may not see the text of statements: an error's message can carry
    /// data (`invalid input syntax for type integer: "…"`, PgHero CVE-2023-22626).
    pub fn without_query_text(self) -> Self {
        match self {
            Self::Failed { sqlstate, at, .. } => Self::Failed {
                message: "the message is hidden from your role because it may contain data".into(),
                sqlstate,
                hint: None,
                at,
            },
            Self::Unknown(Reason::Failed { sqlstate, .. }) => {
                Self::Unknown(Reason::Failed { sqlstate, message: "hidden from your role".into() })
            }
            other => other,
        }
    }
}

impl From<Refusal> for NotExplained {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Reason> for NotExplained {
    fn from(reason: Reason) -> Self {
        Self::Unknown(reason)
    }
}

/// What came of a wish to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cancelling {
    /// The cancel was sent; the run ends with `Cancelled`.
    Sent,
    /// The run had ended, or there never was one of that name.
    Over,
    /// It is another user's, and the user is no admin.
    NotYours,
}

/// A plan that auto_explain wrote into a server's log. It holds the statement and its values: never kept as it is.
#[derive(Clone, PartialEq)]
pub struct LoggedPlan {
    /// The statement's identifier, where the server computes it.
    pub query_id: Option<i64>,
    /// The database.
    pub database: String,
    /// How long the run took, ms.
    pub ms: f64,
    /// Statement and plan, in any format of EXPLAIN. Hostile text.
    pub text: String,
    /// When it was read, ms since the epoch.
    pub at_ms: i64,
}

impl std::fmt::Debug for LoggedPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { query_id, database, ms, text, .. } = self;
        write!(f, "a plan of {query_id:?} in {database:?}, {ms} ms, {} bytes", text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_hexadecimal_digits_and_nothing_else() {
        let run = RunId::new([0xa5; 16]);
        assert_eq!(RunId::parse(run.as_str()), Some(run));
        for text in
            ["", "a5", "*/ drop table t; --aaaaaaaaaaaaaaa", "A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5"]
        {
            assert_eq!(RunId::parse(text), None, "{text}");
        }
        assert!(serde_json::from_str::<RunId>("\"*/\"").is_err());
    }

    #[test]
    fn an_error_text_is_hidden_from_those_without_query_text() {
        let error = NotExplained::Failed {
            sqlstate: "22P02".into(),
            message: "invalid input syntax for type integer: \"S3cret\"".into(),
            hint: Some("S3cret".into()),
            at: None,
        };
        let shown = format!("{:?}", error.without_query_text());
        assert!(!shown.contains("S3cret") && shown.contains("22P02"), "{shown}");
    }
}
