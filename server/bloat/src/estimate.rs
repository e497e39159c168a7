//! The answer: a point and a band in bytes, or why there is none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::reason::Reason;

/// What a rewrite of a relation would give back, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Its size now.
    pub bytes: u64,
    /// The best value; `None` where the band is too wide for one: show the range and offer a measurement.
    pub point: Option<u64>,
    /// At least this comes back.
    pub low: u64,
    /// At most this comes back.
    pub high: u64,
    /// Of the size, dead rows that wait for VACUUM. It makes them reusable and does not shrink the file.
    pub dead: u64,
    /// What a rewrite would add: fillfactor lowered later, defaults of columns that old rows lack.
    pub would_grow: u64,
    /// Where the doubt comes from, the largest part first.
    pub reasons: Vec<Reason>,
}

/// Why nothing is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// Neither heap nor B-tree.
    AccessMethod,
    /// There is no count of its rows.
    NoRowCount,
    /// The index is invalid: all of it is wasted, which is a finding of its own.
    Invalid,
    /// A partial index whose rows were not counted, or not since half the table changed.
    PartialNotCounted,
    /// Its columns have not been read yet.
    NotRead,
}

impl Unknown {
    /// Why, as a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::AccessMethod => "Only heaps and B-trees are estimated.",
            Self::NoRowCount => {
                "The server has not counted its rows: it was never analyzed or vacuumed."
            }
            Self::Invalid => "The index is invalid: no query uses it.",
            Self::PartialNotCounted => {
                "How many rows the partial index holds is not known: ANALYZE has not counted them lately."
            }
            Self::NotRead => "Its columns have not been read yet.",
        }
    }
}

/// The estimates of a table and all that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableEstimate {
    /// The heap without TOAST.
    pub heap: Result<Estimate, Unknown>,
    /// The TOAST table without its index.
    pub toast: Option<Result<Estimate, Unknown>>,
    /// Each index by oid.
    pub indexes: BTreeMap<u32, Result<Estimate, Unknown>>,
}
