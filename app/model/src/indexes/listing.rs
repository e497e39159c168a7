//! A page of indexes: what is asked, and the rows that answer it.

use serde::{Deserialize, Serialize};

use super::{Duty, ProblemKind};
use crate::finding::Finding;
use crate::reason::Known;
use crate::tables::Reclaimable;

/// Rows of a page.
pub const PAGE_ROWS: usize = 50;

/// What is asked of the indexes. All of it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Question {
    /// The name of a database; empty is all.
    pub database: String,
    /// What `schema.table.index` contains.
    pub q: String,
    /// The rule whose findings are asked for: `indexes/unused_index`.
    pub problem: String,
    /// A column of `Order`, with `-` in front for descending.
    pub sort: String,
    /// The page, from 0.
    pub page: usize,
}

/// A column by which indexes are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Bytes.
    Size,
    /// Bytes that building it anew would give back at least.
    Reclaimable,
    /// Scans since they are counted.
    Scans,
    /// When it was last scanned.
    LastScan,
    /// Entries a second that writes add.
    Cost,
    /// Schema, table and name.
    Table,
}

impl Order {
    /// All, with the word in the address.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Size, "size"),
        (Self::Reclaimable, "reclaimable"),
        (Self::Scans, "scans"),
        (Self::LastScan, "last"),
        (Self::Cost, "cost"),
        (Self::Table, "table"),
    ];

    /// The column of that word; None of another.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(order, _)| order)
    }
}

/// When an index was last scanned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastScan {
    /// The server does not tell it: it is older than 16, or counts nothing.
    #[default]
    NotTold,
    /// Not since scans are counted.
    Never,
    /// Then, ms since the epoch.
    At(i64),
}

/// An index in the list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its database.
    pub datname: String,
    /// Its schema, which is its table's.
    pub nspname: String,
    /// Its table.
    pub table: String,
    /// Its name.
    pub relname: String,
    /// Its access method.
    pub amname: String,
    /// How many key columns it has.
    pub columns: usize,
    /// Columns, INCLUDE and WHERE as its definition spells them; None where that was not read.
    pub spelled: Option<String>,
    /// What it is and does.
    pub duties: Vec<Duty>,
    /// Its size as of the last VACUUM, ANALYZE or CREATE INDEX, bytes.
    pub bytes: f64,
    /// What building it anew would give back, or why that is not known; None while it is not estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaimable: Option<Known<Reclaimable>>,
    /// Its size in that of the table without indexes and TOAST, percent; None where the table is empty.
    pub table_percent: Option<f64>,
    /// Scans since they are counted; None where they are not.
    pub scans: Option<i64>,
    /// Since when that is at the earliest, ms since the epoch.
    pub counted_since_ms: Option<i64>,
    /// The last of them.
    pub last_scan: LastScan,
    /// Watched standbys that scan it.
    pub scanned_on: Vec<String>,
    /// Entries a second that writes add, at most where it is partial; None before the second reading.
    pub entries_per_s: Option<f64>,
    /// What is wrong by definitions and counters.
    pub problems: Vec<ProblemKind>,
    /// What rules say of it, and of its table as far as it goes for its indexes.
    pub findings: Vec<Finding>,
    /// `pg_get_indexdef`, where it was read.
    pub indexdef: Option<String>,
    /// `pg_get_constraintdef` of its constraint, where it was read.
    pub constraintdef: Option<String>,
}

/// A database, as far as its indexes go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatabaseState {
    /// Its name.
    pub datname: String,
    /// When it was last read, ms since the epoch.
    pub at_ms: i64,
    /// How many indexes it has, and their bytes; or why that is not known.
    pub indexes: Known<(usize, f64)>,
    /// Since when scans are counted, ms since the epoch.
    pub counted_since_ms: Option<i64>,
    /// Whether they are.
    pub track_counts: bool,
}

/// The servers whose scans were counted before an index is called unused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Considered {
    /// Whether the server itself is a standby.
    pub in_recovery: bool,
    /// Watched standbys of the same cluster whose indexes were read.
    pub standbys: Vec<String>,
    /// Standbys that stream from the server now; None where that cannot be seen.
    pub connected: Option<i64>,
    /// Physical slots that nobody uses now; None likewise.
    pub idle_slots: Option<i64>,
}

/// What answers a question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// The rows of the page.
    pub rows: Vec<Row>,
    /// The page that they are of.
    pub page: usize,
    /// How many indexes match.
    pub matching: usize,
    /// Their bytes.
    pub matching_bytes: f64,
    /// All databases.
    pub databases: Vec<DatabaseState>,
    /// Whose scans were counted.
    pub considered: Considered,
    /// What of the address was not understood, in sentences.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_an_address_has_one_meaning() {
        for (order, word) in Order::ALL {
            assert_eq!(Order::named(word), Some(order));
        }
        assert_eq!(Order::named("x"), None);
    }
}
