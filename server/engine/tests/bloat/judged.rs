//! Estimates beside the truth: what a rewrite really gave back.

use std::collections::BTreeMap;

use bloat::{Estimate, Size, TableEstimate, Unknown};

use crate::server::Captured;

const BLOCK: u64 = 8_192;
/// Smaller relations are not judged by shares: a page is too much of them.
const LEAST_PAGES: u64 = 16;
/// A table with its TOAST table, or an index: its estimate and what came back.
pub struct Judged {
    pub name: String,
    /// Of the table, and of the index if it is one.
    pub table: u32,
    pub index: Option<u32>,
    pub bytes: u64,
    pub truth: u64,
    pub ours: Option<Ours>,
    /// Why there is no estimate.
    pub unknown: Option<Unknown>,
}

/// An estimate, of a table the sum of its parts.
pub struct Ours {
    pub low: u64,
    pub point: Option<u64>,
    pub high: u64,
    pub reasons: Vec<String>,
}

impl Ours {
    fn new(parts: &[&Estimate]) -> Self {
        let sum = |of: fn(&Estimate) -> u64| parts.iter().map(|part| of(part)).sum();
        let points: Option<Vec<u64>> = parts.iter().map(|part| part.point).collect();
        let reason = |reason: &bloat::Reason| {
            format!("{:?} -{:.3} +{:.3}", reason.cause, reason.low, reason.high)
        };
        Self {
            low: sum(|part| part.low),
            point: points.map(|points| points.iter().sum()),
            high: sum(|part| part.high),
            reasons: parts
                .iter()
                .flat_map(|part| part.reasons.iter().take(4).map(reason))
                .collect(),
        }
    }

    fn holds(&self, truth: u64) -> bool {
        self.low <= truth + BLOCK && truth <= self.high + BLOCK
    }
}

impl Judged {
    /// In pages: the size, what came back, the band, and the doubts.
    pub fn line(&self) -> String {
        let pages = |bytes: u64| bytes / BLOCK;
        let Some(ours) = &self.ours else { return format!("{}: {:?}", self.name, self.unknown) };
        let point = ours.point.map_or("no point".to_owned(), |point| pages(point).to_string());
        format!(
            "{} of {} pages gave back {}, said {} ({} to {}): {}",
            self.name,
            pages(self.bytes),
            pages(self.truth),
            point,
            pages(ours.low),
            pages(ours.high),
            ours.reasons.join(", ")
        )
    }

    /// Per cent of the size.
    pub fn share(&self, bytes: f64) -> f64 {
        100.0 * bytes / self.bytes as f64
    }

    /// The low end as a share of the size; 0 without an estimate.
    pub fn low_share(&self) -> f64 {
        self.ours.as_ref().map_or(0.0, |ours| self.share(ours.low as f64))
    }

    /// Whether it is large enough to be judged by shares.
    pub fn is_judged(&self) -> bool {
        self.bytes >= LEAST_PAGES * BLOCK
    }

    /// Whether the band holds the truth; `None` without a band.
    pub fn holds(&self) -> Option<bool> {
        self.ours.as_ref().map(|ours| ours.holds(self.truth))
    }
}

/// All tables and indexes with their estimates and what a rewrite gave back.
pub fn judge(
    captured: &BTreeMap<u32, Captured>,
    estimates: &BTreeMap<u32, TableEstimate>,
    after: &BTreeMap<u32, u64>,
) -> Vec<Judged> {
    let back = |oid: u32, bytes: u64| {
        bytes.saturating_sub(BLOCK * after.get(&oid).copied().unwrap_or_default())
    };
    let mut judged = Vec::new();
    for (oid, table) in captured {
        let Some(estimate) = estimates.get(oid) else { continue };
        let toast = table.table.toast.as_ref().zip(table.toast_oid);
        let heap_bytes = bytes(table.table.counters.size);
        let toast_bytes = toast.map_or(0, |(toast, _)| bytes(toast.counters.size));
        let parts: Result<Vec<&Estimate>, _> =
            std::iter::once(&estimate.heap).chain(&estimate.toast).map(Result::as_ref).collect();
        judged.push(Judged {
            name: table.name.clone(),
            table: *oid,
            index: None,
            bytes: heap_bytes + toast_bytes,
            truth: back(*oid, heap_bytes) + toast.map_or(0, |(_, toast)| back(toast, toast_bytes)),
            unknown: parts.as_ref().err().map(|unknown| **unknown),
            ours: parts.ok().map(|parts| Ours::new(&parts)),
        });
        for (index, found) in &estimate.indexes {
            let size = table.table.indexes.get(index).map(|index| index.size).unwrap_or_default();
            judged.push(Judged {
                name: table.index_names.get(index).cloned().unwrap_or_default(),
                table: *oid,
                index: Some(*index),
                bytes: bytes(size),
                truth: back(*index, bytes(size)),
                unknown: found.as_ref().err().copied(),
                ours: found.as_ref().ok().map(|index| Ours::new(&[index])),
            });
        }
    }
    judged
}

fn bytes(size: Size) -> u64 {
    BLOCK * size.pages.unwrap_or_default()
}
