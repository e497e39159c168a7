//! Findings of rules: severity, object, evidence and remedy; metadata and limits of rules.

use serde::{Deserialize, Serialize};

use crate::object::Object;
use crate::reason::Reason;

/// How bad a finding is. Ordered: `Info < Warning < Critical`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing breaks.
    Info,
    /// Will hurt if left alone.
    Warning,
    /// Hurts now.
    Critical,
}

impl Severity {
    /// The word on pages, in CLI output and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The word at the start of a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Info => "Info",
            Self::Warning => "Warning",
            Self::Critical => "Critical",
        }
    }
}

/// The unit a number is in, so that every page prints it the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A plain count.
    Count,
    /// A share from 0 to 100.
    Percent,
    /// Bytes, printed with binary prefixes.
    Bytes,
    /// Milliseconds.
    Ms,
    /// Seconds.
    Seconds,
    /// Transactions between two transaction ids.
    Xids,
    /// Something per second.
    PerSecond,
    /// Bytes per second.
    BytesPerSecond,
}

/// One number a finding rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is, in a few words.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

/// What to do about a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What to do, in words.
    #[serde(rename = "says")]
    pub message: String,
    /// The statement to copy, where one statement does it.
    pub sql: Option<String>,
    /// The lock the statement takes and what it blocks: a sentence, or "None" and why.
    pub lock: Option<String>,
    /// How to undo it: a sentence, a statement, or "None" and why.
    pub undo: Option<String>,
    /// When the finding is a false alarm: a clause that follows "False alarm if", or a sentence.
    pub refuted_by: Option<String>,
}

impl Remedy {
    /// `Takes no lock: it reads a view.`: the lock as a sentence.
    pub fn lock_sentence(&self) -> Option<String> {
        self.lock.as_deref().map(|lock| match lock.strip_prefix("None") {
            Some(rest) => format!("Takes no lock{rest}"),
            None => lock.to_owned(),
        })
    }

    /// `Cannot be undone: …` or `Undo with …`: how to undo it, as a sentence.
    pub fn undo_sentence(&self) -> Option<String> {
        self.undo.as_deref().map(|undo| match undo.strip_prefix("None") {
            Some(rest) => format!("Cannot be undone{rest}"),
            None if begins_small(undo) => format!("Undo with {undo}"),
            None => undo.to_owned(),
        })
    }

    /// `False alarm if someone is working in psql on purpose.`
    pub fn false_alarm(&self) -> Option<String> {
        self.refuted_by.as_deref().map(|clause| match begins_small(clause) {
            true => format!("False alarm if {clause}"),
            false => format!("False alarm: {clause}"),
        })
    }
}

/// Whether a text begins like a clause or a statement and not like a sentence.
fn begins_small(text: &str) -> bool {
    text.starts_with(char::is_lowercase)
}

/// A defect that a rule found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id: its path, for example `activity/idle_in_transaction`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: `pid 640`, `slot standby_1`, `database shop`.
    pub object: Object,
    /// The finding as one sentence that could be read out on the phone.
    #[serde(rename = "says")]
    pub message: String,
    /// The numbers used.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub remedy: Remedy,
    /// Whom it hurts, and when; it decides the place in a list.
    #[serde(default)]
    pub harm: Harm,
    /// What causes it: a session, a slot, a standby, a relation. Findings with one root are folded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Object>,
    /// The other findings with the same root, where they were folded into this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_root: Vec<Finding>,
}

/// Whom a finding hurts, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Harm {
    /// Sessions are kept from their work now.
    Hurts {
        /// How many.
        sessions: u32,
        /// How long they have waited together, seconds.
        seconds: f64,
    },
    /// It will break something if nothing is done.
    Risk {
        /// In how many seconds, where that can be computed.
        due_s: Option<f64>,
    },
    /// Worth tidying up; nothing breaks by it.
    #[default]
    Hygiene,
}

/// A rule that could not be run, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotChecked {
    /// The rule's id.
    pub rule: String,
    /// Why its evidence is unknown.
    pub reason: Reason,
}

impl NotChecked {
    /// Whether trouble may be there unseen.
    pub fn is_blind(&self) -> bool {
        self.reason.is_blind()
    }
}

/// A threshold of a rule: a named constant with its unit and its source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Its name as written in the configuration, with the unit in the name.
    pub name: &'static str,
    /// The default.
    pub default: f64,
    /// Its unit.
    pub unit: Unit,
    /// Who says so.
    pub source: &'static str,
}

/// What a rule says about itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About {
    /// The defect in a few words.
    pub title: &'static str,
    /// What happens if it is left alone.
    pub effect: &'static str,
    /// What to do, in general.
    pub remedy: &'static str,
    /// The chapter of the PostgreSQL manual that explains it.
    pub docs: &'static str,
    /// Its limits.
    pub limits: &'static [Limit],
}

/// A rule as listed at `/rules`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleEntry {
    /// The rule's id.
    pub id: String,
    /// The defect in a few words.
    pub title: String,
    /// What happens if it is left alone.
    pub effect: String,
    /// What to do, in general.
    pub remedy: String,
    /// The chapter of the PostgreSQL manual.
    pub docs: String,
    /// Its limits, as in force.
    pub limits: Vec<LimitEntry>,
}

/// A limit as in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitEntry {
    /// Its name in the configuration.
    pub name: String,
    /// The value in force.
    pub value: f64,
    /// The default.
    pub default: f64,
    /// Its unit.
    pub unit: Unit,
    /// Who says so.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_speaks_in_sentences() {
        let some = |text: &str| Some(text.to_owned());
        let of = |lock: &str, undo: &str, refuted_by: &str| Remedy {
            lock: some(lock),
            undo: some(undo),
            refuted_by: some(refuted_by),
            ..Remedy::default()
        };
        let short = of("None: it reads a view.", "reset jit;", "it is a backup.");
        assert_eq!(short.lock_sentence(), some("Takes no lock: it reads a view."));
        assert_eq!(short.undo_sentence(), some("Undo with reset jit;"));
        assert_eq!(short.false_alarm(), some("False alarm if it is a backup."));
        let long = of("Takes a lock.", "None: it is rolled back.", "A backup.");
        assert_eq!(long.lock_sentence(), some("Takes a lock."));
        assert_eq!(long.undo_sentence(), some("Cannot be undone: it is rolled back."));
        assert_eq!(long.false_alarm(), some("False alarm: A backup."));
        assert_eq!(Remedy::default().undo_sentence(), None);
    }
}
