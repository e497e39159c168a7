//! Audit log entries as shown: who did what to which server, when, why and with what result.

use serde::{Deserialize, Serialize};

use crate::action::Outcome;
use crate::server::ServerId;

/// One act on one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number in the log.
    pub id: i64,
    /// When it was asked for, ms since the epoch by pgdeck's clock: written before it was done.
    pub asked_ms: i64,
    /// By whom.
    pub who: String,
    /// On which server.
    pub server: ServerId,
    /// The action's word.
    pub action: String,
    /// To what: `pid 640`, or a table's quoted name. Hostile text.
    pub object: String,
    /// Whom it touched: role, database, application, client. Hostile text.
    pub touched: String,
    /// The exact statement.
    pub sql: String,
    /// Why, as the user wrote it. Hostile text.
    pub reason: String,
    /// The SHA-256 of this record and all before it, in hexadecimal.
    pub hash: String,
    /// What became of it.
    pub end: AuditEnd,
}

/// What became of an act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AuditEnd {
    /// Still running.
    UnderWay,
    /// pgdeck ended between the record and the result: whether it was done is not known.
    NeverCompleted,
    /// It has ended.
    Ended {
        /// When, ms since the epoch.
        at_ms: i64,
        /// How.
        outcome: Outcome,
        /// In one sentence.
        #[serde(rename = "says")]
        message: String,
        /// From asking to seeing the effect, ms.
        took_ms: Option<f64>,
    },
}

impl AuditEnd {
    /// The word in filters and exports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::UnderWay => "in progress",
            Self::NeverCompleted => "started, outcome unknown",
            Self::Ended { outcome, .. } => outcome.as_str(),
        }
    }
}

/// Whether the log is as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Chain {
    /// Every record follows from the one before it.
    Whole {
        /// How many records there are; an act has two, before and after.
        records: i64,
        /// The newest hash: who keeps it elsewhere can tell later that nothing was rewritten.
        head: String,
        /// The first record from which on the head was kept outside the log; None: it is not.
        since: Option<i64>,
    },
    /// A record was changed, removed or put in.
    Broken {
        /// The first record that does not follow.
        record: i64,
        /// What is wrong, one sentence.
        #[serde(rename = "says")]
        message: String,
    },
    /// What is kept outside the log cannot be read, or was written by another hand.
    Doubtful {
        /// What is wrong, one clause.
        #[serde(rename = "says")]
        message: String,
    },
}

impl Chain {
    /// One sentence.
    pub fn message(&self) -> String {
        match self {
            Self::Whole { records: 0, since, .. } => {
                format!("The log is empty{}", compared(*since, "as it should be"))
            }
            Self::Whole { records: 1, since, .. } => {
                let kept = compared(*since, "it was not changed");
                format!("The hash chain of its one record is intact{kept}")
            }
            Self::Whole { records, since, .. } => {
                let kept = compared(*since, "none was changed or removed");
                format!("The hash chain of its {records} records is intact{kept}")
            }
            Self::Doubtful { message } => {
                format!("Nothing outside the log vouches for it: {message}")
            }
            Self::Broken { record, message } => {
                format!("The hash chain is broken at record {record}: {message}")
            }
        }
    }
}

/// What follows from a head that is kept outside the log.
fn compared(since: Option<i64>, kept: &str) -> String {
    match since {
        Some(..=1) => format!(": {kept}."),
        Some(since) => format!(": {kept} since record {since}; before it, nothing was kept outside the log."),
        None => "; but no head of it is kept outside, so one that was cut at its end or computed anew looks the same.".into(),
    }
}

/// Search terms for the log. Empty fields look for everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditQuery {
    /// Text that user, server, action, object, statement or reason holds.
    pub text: String,
    /// Only records before this number; zero begins with the newest.
    pub before: i64,
}

/// A page of the log, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditPage {
    /// Now by pgdeck's clock, ms since the epoch.
    pub now_ms: i64,
    /// The acts.
    pub entries: Vec<AuditEntry>,
    /// Whether there are older ones that match.
    pub more: bool,
    /// Whether the whole log is as it was written.
    pub chain: Chain,
}
