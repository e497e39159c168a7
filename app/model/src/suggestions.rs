//! Index suggestions: indexes that the statements of a workload ask for, and whether the planner takes them.

use serde::{Deserialize, Serialize};

use crate::reason::Known;

/// A statement of the workload and what it weighs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weighted {
    /// Its identity.
    pub queryid: i64,
    /// Its text. Hostile.
    pub text: String,
    /// Its execution time in the window, ms.
    pub total_ms: f64,
    /// Its executions in the window, where they were counted.
    pub calls: Option<f64>,
}

/// What the planner's estimate was and what it is with the suggestions, in its units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// As the tables are.
    pub before: f64,
    /// With all suggestions that are proved.
    pub after: f64,
}

/// A statement that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Considered {
    /// The statement.
    pub statement: Weighted,
    /// Its share of the time of all statements that were looked at, percent.
    pub share_percent: f64,
    /// The cost before, of the plan that fits any value; or why it could not be planned.
    pub cost: Known<f64>,
}

/// A statement that a suggestion serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Served {
    /// The place of the statement in [`Suggestions::statements`].
    pub statement: usize,
    /// The costs of the plan that fits any value; None where nothing was proved.
    pub generic: Option<Costs>,
    /// The costs for common values of its columns, or why there are none.
    pub custom: Known<Costs>,
    /// Whether the plan for any value reads the index.
    pub in_generic: bool,
    /// Whether the plan for common values reads it.
    pub in_custom: bool,
}

/// What a table's writes pay for one more index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WriteCost {
    /// Rows inserted since the counters began.
    pub n_tup_ins: f64,
    /// Rows updated.
    pub n_tup_upd: f64,
    /// Rows updated without a new index entry (HOT).
    pub n_tup_hot_upd: f64,
    /// Seconds since the counters began; None where that is not known.
    pub counted_seconds: Option<f64>,
    /// Columns of the index that statements of the workload update: each such update stops being HOT.
    pub updated_columns: Vec<String>,
    /// The size of one entry, bytes; None where it depends on what is in the values.
    pub entry_bytes: Option<f64>,
}

/// An existing index that a suggested one makes redundant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Redundant {
    /// The statement that drops it.
    pub sql: String,
    /// The statement that creates it again.
    pub undo: String,
    /// Its size, bytes.
    pub size_bytes: Option<f64>,
}

/// An index to create.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Its table, quoted.
    pub table: String,
    /// The statement that creates it.
    pub sql: String,
    /// The statement that takes it away again.
    pub undo: String,
    /// What creating it locks, a sentence.
    pub lock: String,
    /// What it serves.
    pub serves: Vec<Served>,
    /// Whether the planner took it as a hypothetical index; or why that is not known, in a sentence.
    pub proved: Known<()>,
    /// Its size by our own estimate, bytes; about as much WAL is written. None where it depends on the values.
    pub size_bytes: Option<f64>,
    /// The bytes of the table that building it reads; CONCURRENTLY reads them twice.
    pub table_bytes: Option<f64>,
    /// What writes pay; or why that is not known.
    pub writes: Known<WriteCost>,
    /// Existing indexes that can be dropped once it is there.
    pub drops: Vec<Redundant>,
    /// The share of the gain of all suggestions that it and those before it win together, percent; None where that
    /// was not proved.
    pub wins_percent: Option<f64>,
    /// When it stops paying, or what it needs besides, in sentences; None of a plain B-tree, which pays as long as its
    /// statements run.
    pub note: Option<String>,
}

/// An index that a statement asks for and that is not suggested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotSuggested {
    /// The statement that would create it.
    pub sql: String,
    /// Why it is not suggested, in sentences.
    pub why: String,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggestions {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// The database.
    pub database: String,
    /// The statements that were looked at.
    pub statements: Vec<Considered>,
    /// The suggestions: as few as win nearly all that can be won; those that win most first.
    pub suggestions: Vec<Suggestion>,
    /// What was tried and left out.
    pub not_suggested: Vec<NotSuggested>,
    /// The share of the planner's costs that all suggestions together save, each statement weighted by its time,
    /// percent; None where nothing was proved.
    pub saved_percent: Option<f64>,
    /// Whether the time sufficed to find out which indexes can be left out.
    pub is_smallest: bool,
    /// The version of hypopg that proved them; or why nothing was proved.
    pub hypopg: Known<String>,
    /// Statements that were left out because the time was up.
    pub left_out: usize,
    /// How long it took, ms.
    pub took_ms: f64,
}

/// What is known of the statements that suggestions are looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkloadFacts {
    /// Databases that statements ran in, the costliest first.
    pub databases: Vec<String>,
    /// The one that is looked at.
    pub database: String,
    /// Statements that ran in it.
    pub statements: usize,
    /// Those that are planned: the costliest whose text is known and that have a plan.
    pub planned: usize,
    /// The begin of the window, ms since the epoch.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// What of the address was not understood, in sentences.
    pub notes: Vec<String>,
}

/// The statements of a database over a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// What is known of them.
    pub facts: WorkloadFacts,
    /// Those that are planned, the costliest first.
    pub statements: Vec<Weighted>,
}
