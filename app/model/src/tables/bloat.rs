//! How many bytes a rewrite would give back: an estimate as a band, with its doubts.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::counters::is_default;
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
    #[serde(default, skip_serializing_if = "is_default")]
    pub dead: i64,
    /// What a rewrite would add instead.
    #[serde(default, skip_serializing_if = "is_default")]
    pub would_grow: i64,
    /// What the doubt comes from, the largest first; left out where little could come back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

/// A reason why an estimate may be off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// It, as a sentence.
    pub message: Cow<'static, str>,
    /// What would lessen it.
    pub remedy: Option<Cow<'static, str>>,
}

/// What rewriting several relations would give back together, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reclaimable {
    /// At least.
    pub low: i64,
    /// The sum of the best values; None where one of them has none.
    pub likely: Option<i64>,
    /// At most.
    pub high: i64,
    /// How many relations are not in it, for nothing is known of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unknown: usize,
}

impl Default for Reclaimable {
    fn default() -> Self {
        Self { low: 0, likely: Some(0), high: 0, unknown: 0 }
    }
}

impl Reclaimable {
    /// With another relation.
    pub fn with(self, part: &Known<Band>) -> Self {
        match part {
            Ok(band) => {
                self.plus(Self { low: band.low, likely: band.point, high: band.high, unknown: 0 })
            }
            Err(_) => Self { unknown: self.unknown.saturating_add(1), ..self },
        }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        let likely = self.likely.zip(other.likely);
        Self {
            low: self.low.saturating_add(other.low),
            likely: likely.map(|(one, other)| one.saturating_add(other)),
            high: self.high.saturating_add(other.high),
            unknown: self.unknown.saturating_add(other.unknown),
        }
    }
}

impl TableBloat {
    /// What rewriting all of it would give back.
    pub fn reclaimable(&self) -> Reclaimable {
        let parts = std::iter::once(&self.heap)
            .chain(&self.toast)
            .chain(self.indexes.iter().map(|index| &index.band));
        parts.fold(Reclaimable::default(), Reclaimable::with)
    }

    /// The estimate of one of its indexes.
    pub fn index(&self, oid: u32) -> Option<&Known<Band>> {
        self.indexes.iter().find(|one| one.oid == oid).map(|one| &one.band)
    }
}

impl Band {
    /// The lower end as a share of the relation.
    pub fn low_percent(&self) -> f64 {
        self.percent(self.low)
    }

    /// The upper end as a share of the relation.
    pub fn high_percent(&self) -> f64 {
        self.percent(self.high)
    }

    /// Whether half of what comes back at least are dead rows that VACUUM has not removed.
    pub fn is_mostly_dead(&self) -> bool {
        self.dead > 0 && self.dead.saturating_mul(2) >= self.low
    }

    fn percent(&self, bytes: i64) -> f64 {
        100.0 * bytes as f64 / (self.of_bytes as f64).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;

    #[test]
    fn a_sum_has_a_likely_value_only_where_all_have_one_and_counts_what_is_not_known() {
        let band = |low, point, high| Ok(Band { low, point, high, ..Band::default() });
        let index = |oid, band| IndexBloat { oid, band };
        let mut bloat = TableBloat {
            heap: band(10, Some(12), 20),
            toast: None,
            indexes: vec![index(1, band(1, Some(2), 3))],
        };
        let sum = Reclaimable { low: 11, likely: Some(14), high: 23, unknown: 0 };
        assert_eq!(bloat.reclaimable(), sum);
        bloat.indexes.push(index(2, Err(Reason::NotYet)));
        assert_eq!(bloat.reclaimable(), Reclaimable { unknown: 1, ..sum });
        bloat.toast = Some(band(1, None, 5));
        let wide = Reclaimable { low: 12, likely: None, high: 28, unknown: 1 };
        assert_eq!(bloat.reclaimable(), wide);
        assert!(bloat.index(2).is_some_and(|band| band.is_err()) && bloat.index(3).is_none());
    }

    #[test]
    fn mostly_dead_is_half_of_what_comes_back_at_least() {
        let of = |dead, low| Band { dead, low, of_bytes: 100, ..Band::default() }.is_mostly_dead();
        assert!(of(20, 40) && !of(19, 40) && !of(0, 0));
    }
}
