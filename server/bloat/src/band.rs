//! The band: the size after a rewrite with the doubts of its parts, and the bytes that follow.

use crate::counters::Bound;
use crate::estimate::Estimate;
use crate::layout::Layout;
use crate::reason::{Cause, Reason};
use crate::table::Size;

/// Share of doubts that are spreads which the band takes. Measured on shapes that were really rewritten: 0.6
/// holds some 96 % of them, 0.8 98 to 100 %.
const CAUTION: f64 = 0.8;
/// A doubt never takes more of the low side: something is left after a rewrite.
const MOST_LOW: f64 = 0.98;
/// Wider than this share of the relation, and than [`VAGUE_PAGES`]: there is no point to show.
const VAGUE_SHARE: f64 = 0.4;
/// A band up to this wide has a point in any case.
const VAGUE_PAGES: f64 = 8.0;

/// The doubts of an estimate, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts(Vec<(Cause, f64, f64)>);

impl Doubts {
    /// Shares of the size after a rewrite by which it may be smaller and larger.
    pub(crate) fn add(&mut self, cause: Cause, low: f64, high: f64) {
        let sound = |share: f64| if share.is_finite() { share.max(0.0) } else { 1.0 };
        self.0.retain(|(known, ..)| *known != cause);
        self.0.push((cause, sound(low), sound(high)));
    }

    /// As [`Self::add`], from the sizes themselves.
    pub(crate) fn between(&mut self, cause: Cause, target: f64, low: f64, high: f64) {
        self.add(cause, 1.0 - low / target, high / target - 1.0);
    }

    pub(crate) fn has(&self, cause: Cause) -> bool {
        self.0.iter().any(|(known, ..)| *known == cause)
    }

    fn weighed(&self) -> impl Iterator<Item = (Cause, f64, f64)> {
        self.0.iter().map(|(cause, low, high)| {
            let weight = if cause.is_range() { 1.0 } else { CAUTION };
            (*cause, weight * low, weight * high)
        })
    }

    /// Both sides: worlds are added, chances squared.
    fn sides(&self) -> (f64, f64) {
        let (mut added, mut squared) = ((0.0, 0.0), (0.0, 0.0));
        for (cause, low, high) in self.weighed() {
            if cause.is_either_or() {
                added = (added.0 + low, added.1 + high);
            } else {
                squared = (squared.0 + low * low, squared.1 + high * high);
            }
        }
        (added.0 + f64::sqrt(squared.0), added.1 + f64::sqrt(squared.1))
    }

    fn reasons(&self) -> Vec<Reason> {
        let sum: f64 = self.weighed().map(|(_, low, high)| low + high).sum();
        let mut reasons: Vec<Reason> = self
            .weighed()
            .filter(|(_, low, high)| low + high > 0.0)
            .map(|(cause, low, high)| Reason { cause, low, high, share: (low + high) / sum })
            .collect();
        reasons.sort_by(|one, other| other.share.total_cmp(&one.share));
        reasons
    }
}

/// Pages now, pages after a rewrite, and what is in doubt.
pub(crate) struct Rewrite {
    pub(crate) size: Size,
    /// Pages after a rewrite.
    pub(crate) target: f64,
    /// Fewest pages that a rewrite can leave.
    pub(crate) floor: f64,
    pub(crate) doubts: Doubts,
    /// What the counters say that a rewrite can give back at most.
    pub(crate) bound: Option<Bound>,
    pub(crate) dead_bytes: f64,
}

impl Rewrite {
    pub(crate) fn estimate(mut self, layout: Layout) -> Estimate {
        if self.size.pages.is_none() && !self.doubts.has(Cause::AsOfLastVacuum) {
            self.doubts.add(Cause::AsOfLastVacuum, 0.003, 0.003);
        }
        let pages = self.size.pages_known();
        let (low_side, high_side) = self.doubts.sides();
        let least = (self.target * (1.0 - low_side.min(MOST_LOW)) - 1.0).max(self.floor);
        let most = self.target * (1.0 + high_side) + 1.0;
        let back = |target: f64| (pages - target).max(0.0);
        let (mut low, mut point, mut high) = (back(most), back(self.target), back(least));
        if let Some(bound) = self.bound {
            // The lengths contradict the counters, so the lengths must be wrong.
            low = if bound.most < low { 0.0 } else { low };
            high = high.min(bound.most);
            point = point.min(bound.likely).min(high);
            low = low.min(point);
        }
        let bytes = |pages: f64| (pages * layout.block).round() as u64;
        let is_vague = high - low > VAGUE_SHARE * pages && high - low > VAGUE_PAGES;
        Estimate {
            bytes: bytes(pages),
            point: (!is_vague).then(|| bytes(point)),
            low: bytes(low),
            high: bytes(high),
            dead: self.dead_bytes.clamp(0.0, pages * layout.block) as u64,
            would_grow: if is_vague { 0 } else { bytes((self.target - pages).max(0.0)) },
            reasons: self.doubts.reasons(),
        }
    }
}
