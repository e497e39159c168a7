//! What if an index were there, or were not: the costs of statements with changes that are only tried.

use serde::{Deserialize, Serialize};

use crate::reason::Known;
use crate::suggestions::{Costs, Weighted};

/// What a person asks to have tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// CREATE INDEX and DROP INDEX statements. Never executed.
    pub changes: String,
    /// A statement to plan instead of those of the workload; empty for these.
    pub statement: String,
}

/// One change that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The statement, as it was read.
    pub sql: String,
    /// Whether it was tried; or why not, in a sentence.
    pub tried: Known<()>,
    /// The size of the index by hypopg's estimate, bytes; None for an index that is dropped.
    pub size_bytes: Option<f64>,
    /// How many statements read the index with all changes.
    pub read_by: usize,
}

/// A statement and what the changes do to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replanned {
    /// The statement.
    pub statement: Weighted,
    /// Its share of the time of all statements that were planned, percent.
    pub share_percent: f64,
    /// The costs of the plan that fits any value, or why it was not planned.
    pub generic: Known<Costs>,
    /// The costs for common values of its columns, or why there are none.
    pub custom: Known<Costs>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    /// When, ms since the epoch.
    pub at_ms: i64,
    /// The database.
    pub database: String,
    /// The version of hypopg.
    pub hypopg: String,
    /// The changes.
    pub changes: Vec<Change>,
    /// The statements, the costliest first.
    pub statements: Vec<Replanned>,
    /// Statements that were left out because the time was up.
    pub left_out: usize,
    /// How long it took, ms.
    pub took_ms: f64,
}
