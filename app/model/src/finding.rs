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
    /// The lock the statement takes and what it blocks.
    pub lock: Option<String>,
    /// How to undo it.
    pub undo: Option<String>,
    /// What would refute the finding.
    pub refuted_by: Option<String>,
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
    /// Whether more than waiting is needed before the rule can be checked.
    pub fn is_blind(&self) -> bool {
        !self.reason.passes_by_itself()
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
