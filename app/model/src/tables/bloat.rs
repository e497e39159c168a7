//! How many bytes a rewrite would give back: an estimate as a band, with its doubts.

use serde::{Deserialize, Serialize};

use crate::reason::Known;

/// What a rewrite of a table and of each of its indexes would give back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableBloat {
    /// Its heap.
    pub heap: Known<Band>,
    /// Its TOAST table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toast: Option<Known<Band>>,
    /// Its indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexBloat>,
}

/// What rebuilding an index would give back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexBloat {
    /// The index.
    pub oid: u32,
    /// The estimate.
    pub band: Known<Band>,
}

/// An estimate, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// The size that it is of.
    pub of_bytes: i64,
    /// The best value; None where the band is too wide for one.
    pub point: Option<i64>,
    /// At least so much, in 95 of 100 relations.
    pub low: i64,
    /// At most so much.
    pub high: i64,
    /// Of it rows that are dead and that VACUUM has not removed.
    pub dead: i64,
    /// What a rewrite would add instead.
    pub would_grow: i64,
    /// What the doubt comes from, the largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

/// A reason why an estimate may be off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// It, as a sentence.
    pub message: String,
    /// What would lessen it.
    pub remedy: Option<String>,
}

impl TableBloat {
    /// What rewriting all of it would give back at least and at most; what is not known adds nothing to the lower
    /// end, and makes the sum incomplete.
    pub fn sum(&self) -> (i64, i64, bool) {
        let parts = std::iter::once(&self.heap)
            .chain(&self.toast)
            .chain(self.indexes.iter().map(|index| &index.band));
        parts.fold((0, 0, true), |(low, high, complete), part| match part {
            Ok(band) => (low.saturating_add(band.low), high.saturating_add(band.high), complete),
            Err(_) => (low, high, false),
        })
    }
}

impl Band {
    /// The lower end as a share of the relation.
    pub fn low_percent(&self) -> f64 {
        100.0 * self.low as f64 / (self.of_bytes as f64).max(1.0)
    }
}
