//! One index and what belongs to it: the data of its page.

use serde::{Deserialize, Serialize};

use super::listing::{Considered, LastScan, Row};
use crate::finding::Remedy;

/// An index's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndexName {
    /// Its database.
    pub database: String,
    /// Its schema.
    pub schema: String,
    /// Its name, as the catalog spells it.
    pub name: String,
}

/// How one index stands to another of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Both have the same definition.
    Same,
    /// The other serves every scan that this one serves.
    CoveredBy,
    /// This one serves every scan that the other serves.
    Covers,
}

impl Overlap {
    /// The words on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "has the same definition",
            Self::CoveredBy => "begins with its columns, and serves every scan of it",
            Self::Covers => "is a left prefix of it, and serves no scan that it does not",
        }
    }
}

/// Another index of the table that does the same work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Other {
    /// Its name; its schema is the same.
    pub relname: String,
    /// What it is to this one.
    pub overlap: Overlap,
    /// Its scans on this server; None where they are not counted.
    pub scans: Option<i64>,
    /// Its size as of the last VACUUM, ANALYZE or CREATE INDEX, bytes.
    pub bytes: f64,
}

/// What one server of the cluster counts of an index: each counts its own scans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScansOn {
    /// The server's name in pgdeck.
    pub server: String,
    /// Whether it is a standby.
    pub is_standby: bool,
    /// Scans; None where they are not counted, or where its database or the index was not read there.
    pub scans: Option<i64>,
    /// Since when they are counted at the earliest, ms since the epoch.
    pub counted_since_ms: Option<i64>,
    /// The last of them.
    pub last_scan: LastScan,
    /// When the counters of the index alone were reset, ms since the epoch; told since 19.
    pub stats_reset_ms: Option<i64>,
}

/// Something that can be done about an index, whether or not a finding asks for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What is done: `Drop it`.
    pub title: String,
    /// The statement, what it locks and how it is undone; without a statement why there is none.
    pub remedy: Remedy,
}

/// An index and what belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// What the list says of it.
    pub row: Row,
    /// When its database was read, ms since the epoch.
    pub at_ms: i64,
    /// The server's major version.
    pub major: u16,
    /// Entries as of the last VACUUM, ANALYZE or CREATE INDEX; None if they were never counted.
    pub entries: Option<f64>,
    /// Entries that scans returned.
    pub idx_tup_read: i64,
    /// Live rows that simple scans fetched.
    pub idx_tup_fetch: i64,
    /// Blocks read from outside shared buffers.
    pub idx_blks_read: i64,
    /// Blocks found in shared buffers.
    pub idx_blks_hit: i64,
    /// Rows of its table that were inserted since they are counted.
    pub n_tup_ins: i64,
    /// Rows that were updated, HOT updates included.
    pub n_tup_upd: i64,
    /// HOT updates, which write to no index.
    pub n_tup_hot_upd: i64,
    /// Updates that had room on their page and were not HOT, because they changed a column of some index; told since
    /// 16.
    pub kept_from_hot: Option<i64>,
    /// Indexes of the table that the writes maintain.
    pub siblings: usize,
    /// The foreign keys that it supports, by name.
    pub supports: Vec<String>,
    /// Foreign keys of other tables that refer to its columns, by name.
    pub referenced_by: Vec<String>,
    /// The index of the partitioned table that it is a part of.
    pub part_of: Option<(String, String)>,
    /// Its own parts.
    pub parts: usize,
    /// Other indexes that do the same work.
    pub others: Vec<Other>,
    /// What each server of the cluster counts, this one first.
    pub scans_on: Vec<ScansOn>,
    /// Whose scans could be considered.
    pub considered: Considered,
    /// What can be done about it.
    pub changes: Vec<Change>,
}
