//! A B-tree: its build replayed from the catalog.

use crate::band::{Doubts, Rewrite};
use crate::build::Entries;
use crate::distinct::{Distinct, distinct};
use crate::estimate::{Estimate, Unknown};
use crate::heap::live_rows;
use crate::input::Case;
use crate::key::{KeyWidth, widths};
use crate::layout::{
    BTREE_FILLFACTOR, ENTRY_HEADER_BYTES, ITEM_POINTER_BYTES, LINE_POINTER_BYTES,
    NULL_ENTRY_HEADER_BYTES,
};
use crate::reason::Cause;
use crate::row::{self, Length, Lengths, SPREAD, Width};
use crate::rows::unseen;
use crate::shape::Btree;
use crate::table::IndexSize;

/// Entries shorter than this leave little at the ends of pages, however their lengths are spread.
const SHORT_ENTRY_BYTES: f64 = 40.0;

/// Estimates an index of the table.
pub(crate) fn estimate(case: &Case, oid: u32, index: &IndexSize) -> Result<Estimate, Unknown> {
    if !index.is_btree || !case.table.is_heap {
        return Err(Unknown::AccessMethod);
    }
    let btree = case.shape.btrees.iter().find(|btree| btree.oid == oid).ok_or(Unknown::NotRead)?;
    if !btree.is_valid {
        return Err(Unknown::Invalid);
    }
    let mut doubts = Doubts::default();
    let rows = live_rows(case, &mut doubts).ok_or(Unknown::NoRowCount)?;
    let entries = rows * share(case, btree, index, rows, &mut doubts)?;
    let rebuilt = Rebuilt::new(case, btree, entries, rows);
    let target = rebuilt.pages(rebuilt.distinct.keys, rebuilt.length());
    rebuilt.doubt_lengths(target, &mut doubts);
    rebuilt.doubt_nulls(target, &mut doubts);
    rebuilt.doubt_keys(target, &mut doubts);
    rebuilt.doubt_age(target, unseen(&case.table.counters.activity, rows), &mut doubts);
    doubts.add(Cause::Build, 0.005, 0.005);
    let rewrite =
        Rewrite { size: index.size, target, floor: 1.0, doubts, bound: None, dead_bytes: 0.0 };
    Ok(rewrite.estimate(case.layout))
}

/// The share of the rows that the index holds: both counts are of the last ANALYZE.
fn share(
    case: &Case,
    btree: &Btree,
    index: &IndexSize,
    rows: f64,
    doubts: &mut Doubts,
) -> Result<f64, Unknown> {
    if !btree.is_partial {
        return Ok(1.0);
    }
    let counters = &case.table.counters;
    let changed = unseen(&counters.activity, rows);
    let counted = counters.size.counted().filter(|rows| *rows > 0.0 && changed < 0.5);
    let (of, part) = counted.zip(index.size.counted()).ok_or(Unknown::PartialNotCounted)?;
    let share = (part / of).min(1.0);
    let chance = 2.0 / (share * of.min(case.server.sample())).max(1.0).sqrt();
    doubts.add(Cause::PartialShare, (chance + 0.5 * changed).min(0.9), chance + changed);
    Ok(share)
}

/// An index after REINDEX.
struct Rebuilt<'a> {
    keys: Vec<KeyWidth<'a>>,
    widths: Vec<Width>,
    entries: Entries,
    distinct: Distinct,
}

impl<'a> Rebuilt<'a> {
    fn new(case: &'a Case, btree: &'a Btree, count: f64, rows: f64) -> Self {
        let keys = widths(case, btree);
        let widths: Vec<Width> = keys.iter().map(|key| key.width).collect();
        let deduplicates = btree.is_equal_image
            && !btree.is_unique
            && btree.keys.len() == btree.key_columns
            && btree.deduplicate_items != Some(false);
        let distinct = if deduplicates {
            distinct(case, btree, &keys, count, rows)
        } else {
            Distinct { keys: count, frequencies: Vec::new(), doubt: None }
        };
        let null_frac = match widths.as_slice() {
            [only] => only.null_frac,
            _ => 0.0,
        };
        let entries = Entries {
            layout: case.layout,
            fillfactor: btree.fillfactor.map_or(BTREE_FILLFACTOR, f64::from),
            count,
            deduplicates,
            null_frac,
            frequencies: distinct.frequencies.clone(),
        };
        Self { keys, widths, entries, distinct }
    }

    fn pages(&self, distinct: f64, length: Length) -> f64 {
        self.entries.pages(distinct, length)
    }

    fn has(&self, cause: Cause) -> bool {
        self.keys.iter().any(|key| key.doubts.contains(&cause))
    }

    fn varies(&self) -> bool {
        self.widths.iter().any(Width::is_open)
    }

    fn length(&self) -> Length {
        entry(&self.widths, if self.varies() { Lengths::Spread } else { Lengths::Equal })
    }

    /// Bytes of an entry with its line pointer.
    fn entry_bytes(&self) -> f64 {
        self.length().mean + LINE_POINTER_BYTES
    }

    fn open_bytes(&self) -> f64 {
        self.widths.iter().filter(|width| width.is_open()).map(Width::mean_bytes).sum()
    }

    /// Fewest and most pages in each world of lengths.
    fn worlds(&self, widths: &[Width]) -> (f64, f64) {
        let equal = |lengths| Length { variance: 0.0, ..entry(widths, lengths) };
        let worlds = if widths.iter().any(Width::is_open) {
            vec![
                entry(widths, Lengths::Spread),
                equal(Lengths::Equal),
                equal(Lengths::EqualPlusOne),
            ]
        } else {
            vec![entry(widths, Lengths::Equal)]
        };
        let pages = worlds.into_iter().map(|length| self.pages(self.distinct.keys, length));
        pages.fold((f64::INFINITY, 0.0), |(least, most), pages| (pages.min(least), pages.max(most)))
    }

    fn doubt_lengths(&self, target: f64, doubts: &mut Doubts) {
        let count = self.widths.iter().filter(|width| width.is_open()).count();
        let bytes = self.entry_bytes();
        if count > 0 {
            let (least, most) = self.worlds(&self.widths);
            let chance =
                if count == 1 { 0.015 } else { 2.0 * (count as f64 / 12.0).sqrt() / bytes + 0.01 };
            doubts.add(
                Cause::WidthTruncated,
                (1.0 - least / target).max(0.0) + chance,
                (most / target - 1.0).max(0.0) + chance,
            );
            let Length { mean, variance } = self.length();
            let spread = Length { mean, variance: variance * (1.6 / SPREAD).powi(2) };
            let wide = if mean > SHORT_ENTRY_BYTES {
                self.pages(self.distinct.keys, spread)
            } else {
                target
            };
            doubts.between(Cause::PageEnds, target, target, wide);
            self.doubt_guesses(target, doubts);
        }
        if self.has(Cause::ExpressionWidth) {
            doubts.add(Cause::ExpressionWidth, 0.02, 3.0 / bytes);
        }
    }

    /// Keys whose length is a guess: the build with both ends.
    fn doubt_guesses(&self, target: f64, doubts: &mut Doubts) {
        if !self.widths.iter().any(|width| width.guess.is_some()) {
            return;
        }
        let at = |end: fn((f64, f64)) -> f64| -> Vec<Width> {
            let set =
                |width: &Width| Width { bytes: width.guess.map_or(width.bytes, end), ..*width };
            self.widths.iter().map(set).collect()
        };
        let (least, _) = self.worlds(&at(|(least, _)| least));
        let (_, most) = self.worlds(&at(|(_, most)| most));
        let guesses = [
            Cause::NameWidth,
            Cause::CompressedKey,
            Cause::ToastedKey,
            Cause::NeverAnalyzed,
            Cause::NotPermitted,
            Cause::TargetZero,
        ];
        for cause in guesses.into_iter().filter(|cause| self.has(*cause)) {
            doubts.between(cause, target, least, most);
        }
    }

    fn doubt_nulls(&self, target: f64, doubts: &mut Doubts) {
        for cause in [Cause::NeverAnalyzed, Cause::NotPermitted, Cause::TargetZero] {
            if self.has(cause) && !doubts.has(cause) {
                // Of fixed length, but how many are null is not known.
                let low = if self.entries.deduplicates { 0.6 } else { 0.3 };
                doubts.add(cause, low, 8.0 / self.entry_bytes() + 0.02);
            }
        }
        if self.has(Cause::PredicateNulls) {
            let all = |null_frac: f64| -> Vec<Width> {
                let named = |key: &KeyWidth| key.doubts.contains(&Cause::PredicateNulls);
                let set = |key: &KeyWidth| {
                    if named(key) { key.width.with_nulls(null_frac) } else { key.width }
                };
                self.keys.iter().map(set).collect()
            };
            let lengths = if self.varies() { Lengths::Spread } else { Lengths::Equal };
            let pages = |null_frac: f64| {
                let mut entries = self.entries.clone();
                if self.widths.len() == 1 {
                    entries.null_frac = null_frac;
                }
                entries.pages(self.distinct.keys, entry(&all(null_frac), lengths))
            };
            let (none, every) = (pages(0.0), pages(1.0));
            doubts.between(Cause::PredicateNulls, target, none.min(every), none.max(every));
        }
        let has_some =
            self.widths.iter().any(|width| width.null_frac > 0.0 && width.null_frac < 1.0);
        if has_some && self.widths.len() > 1 {
            doubts.add(Cause::NullsTogether, 0.03, 0.03);
        }
    }

    /// How often keys repeat, and whether those that do are as long as the others.
    fn doubt_keys(&self, target: f64, doubts: &mut Doubts) {
        if !self.entries.deduplicates {
            return;
        }
        let (keys, count) = (self.distinct.keys, self.entries.count);
        if keys < 0.9 * count {
            // Groups of one size are the dearest way to divide entries among keys, one giant and many single
            // ones the cheapest.
            let length = self.length();
            let list_bytes = ITEM_POINTER_BYTES + 0.2;
            let bytes = keys * (length.mean + 8.0) + list_bytes * count;
            let several = if self.widths.len() > 1 { 1.0 } else { 0.3 };
            doubts.add(Cause::GroupSizes, several * (10.0 * keys / bytes.max(1.0)).min(0.5), 0.0);
            if self.varies() && keys > 20.0 {
                let worst = self.rare_keys(list_bytes);
                doubts.add(Cause::WidthOfRareKeys, 0.05, 0.05 + 0.7 * worst);
            }
        }
        if let Some((cause, low, high)) = self.distinct.doubt {
            let pages = |keys: f64| self.pages(keys.max(1.0), self.length());
            let (least, most) = (pages(low), pages(high));
            doubts.add(
                cause,
                (1.0 - least / target).max(0.0) + 0.01,
                (most / target - 1.0).max(0.0) + 0.02,
            );
        }
    }

    /// How much larger the index is if keys that occur once are up to six times longer than the mean.
    fn rare_keys(&self, list_bytes: f64) -> f64 {
        let (keys, count, mean) = (self.distinct.keys, self.entries.count, self.length().mean);
        let varlena = self.open_bytes();
        let single = keys / count;
        let longest = ((varlena - (1.0 - single) * 2.0) / single).max(varlena).min(6.0 * varlena);
        let rare = mean - varlena + longest;
        let assumed = (keys * (mean + 8.0) + list_bytes * (count - keys))
            .min(count * (mean + LINE_POINTER_BYTES));
        ((keys * (rare + LINE_POINTER_BYTES) + list_bytes * (count - keys)) / assumed.max(1.0)
            - 1.0)
            .max(0.0)
    }

    /// Rows that changed since ANALYZE.
    fn doubt_age(&self, target: f64, changed: f64, doubts: &mut Doubts) {
        if changed <= 0.0 {
            return;
        }
        let share = self.open_bytes() / self.entry_bytes();
        doubts.add(Cause::StaleWidths, 0.4 * changed * share, 0.6 * changed * share);
        let (keys, count) = (self.distinct.keys, self.entries.count);
        if self.entries.deduplicates && keys < 0.98 * count {
            let pages = |keys: f64| self.pages(keys, self.length());
            let (least, most) = (
                pages((keys / (1.0 + changed)).max(1.0)),
                pages((keys * (1.0 + 2.0 * changed)).min(count)),
            );
            doubts.between(Cause::StaleDistinct, target, least, most);
        }
    }
}

/// The length of an entry: one with a null has a longer header.
fn entry(widths: &[Width], lengths: Lengths) -> Length {
    row::length(widths, ENTRY_HEADER_BYTES, lengths).with_longer_header(
        NULL_ENTRY_HEADER_BYTES - ENTRY_HEADER_BYTES,
        row::share_with_null(widths),
    )
}
