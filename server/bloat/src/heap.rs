//! The heap: live rows times the length of a rebuilt row.

use crate::band::{Doubts, Rewrite};
use crate::counters::{Versions, bound};
use crate::estimate::{Estimate, Unknown};
use crate::input::Case;
use crate::layout::{HEAP_FILLFACTOR, LINE_POINTER_BYTES, ROW_HEADER_BYTES, aligned};
use crate::pages::{rows_per_page, waste};
use crate::reason::Cause;
use crate::row::{self, Length, Lengths, SPREAD, Width};
use crate::rows::{Rows, unseen};
use crate::shape::{Column, Statistics};

/// Assumed of a varlena without statistics, and between what it lies.
const UNKNOWN_BYTES: f64 = 20.0;
const UNKNOWN_LEAST_BYTES: f64 = 1.0;
const UNKNOWN_MOST_BYTES: f64 = 400.0;
/// The longest `char(n)` or `varchar(n)` of one-byte characters with a header of one byte.
const SHORT_CHARACTERS: f64 = 126.0;
/// Bytes of the tuple header before the bitmap of nulls.
const HEADER_WITHOUT_BITMAP_BYTES: f64 = 23.0;
/// Columns whose varlenas are shorter together may all end at one remainder.
const NARROW_BYTES: f64 = 60.0;

/// Estimates a table's heap.
pub(crate) fn estimate(case: &Case) -> Result<Estimate, Unknown> {
    if !case.table.is_heap {
        return Err(Unknown::AccessMethod);
    }
    let mut doubts = Doubts::default();
    let rows = live_rows(case, &mut doubts).ok_or(Unknown::NoRowCount)?;
    let counters = &case.table.counters;
    let heap = Heap::new(case);
    let length = heap.length(heap.lengths());
    let row_bytes = length.mean + LINE_POINTER_BYTES;
    let target = if rows >= 1.0 { (rows / heap.per_page(length)).ceil() } else { 0.0 };
    if target > 0.0 {
        heap.doubt_lengths(rows, &mut doubts);
        heap.doubt_nulls(&mut doubts);
        heap.doubt_age(rows, &mut doubts);
        heap.doubt_statistics(&mut doubts);
    }
    let rewrite = Rewrite {
        size: counters.size,
        target,
        floor: 0.0,
        doubts,
        bound: heap.bound(rows, length),
        dead_bytes: counters.activity.n_dead_tup as f64 * row_bytes,
    };
    Ok(rewrite.estimate(case.layout))
}

/// Live rows of a table.
pub(crate) fn live_rows(case: &Case, doubts: &mut Doubts) -> Option<f64> {
    let complete = case.shape.btrees.iter().filter(|btree| btree.is_valid && !btree.is_partial);
    let entries = complete.filter_map(|btree| case.table.indexes.get(&btree.oid)?.size.counted());
    let rows = Rows {
        counters: &case.table.counters,
        index_reltuples: entries.min_by(f64::total_cmp),
        sample: case.server.sample(),
    };
    rows.live(doubts)
}

/// A rebuilt heap.
struct Heap<'a> {
    case: &'a Case<'a>,
    widths: Vec<Width>,
    room: f64,
    /// Header of a row with a null.
    nulled: f64,
    /// Share of the rows with a null.
    with_null: f64,
}

impl<'a> Heap<'a> {
    fn new(case: &'a Case<'a>) -> Self {
        let columns = &case.shape.columns;
        let widths: Vec<Width> = columns.iter().map(width).collect();
        let fillfactor = case.table.fillfactor.map_or(HEAP_FILLFACTOR, f64::from);
        let bitmap = columns.len().div_ceil(8) as f64;
        Self {
            case,
            room: case.layout.heap_room() - case.layout.reserve(fillfactor),
            nulled: aligned(HEADER_WITHOUT_BITMAP_BYTES + bitmap),
            with_null: row::share_with_null(&widths),
            widths,
        }
    }

    /// Varlenas whose lengths are known only as a mean.
    fn open(&self) -> impl Iterator<Item = &Width> {
        self.widths.iter().filter(|width| width.is_open())
    }

    fn varies(&self) -> bool {
        self.open().next().is_some()
    }

    fn open_bytes(&self) -> f64 {
        self.open().map(Width::mean_bytes).sum()
    }

    fn lengths(&self) -> Lengths {
        if self.varies() { Lengths::Spread } else { Lengths::Equal }
    }

    fn length(&self, lengths: Lengths) -> Length {
        row::length(&self.widths, ROW_HEADER_BYTES, lengths)
            .with_longer_header(self.nulled - ROW_HEADER_BYTES, self.with_null)
    }

    fn row_bytes(&self) -> f64 {
        self.length(self.lengths()).mean + LINE_POINTER_BYTES
    }

    fn per_page(&self, length: Length) -> f64 {
        let most = self.case.layout.most_rows();
        rows_per_page(self.room, length.mean + LINE_POINTER_BYTES, length.variance).min(most)
    }

    fn is_without_statistics(&self) -> bool {
        self.case.shape.columns.iter().any(|column| lacks(column).is_some())
    }

    /// What the dead versions that the counters saw can have left. Unknown once a column has been dropped: old
    /// versions were longer than what is left of them.
    fn bound(&self, rows: f64, length: Length) -> Option<crate::counters::Bound> {
        if self.case.shape.has_dropped() {
            return None;
        }
        let layout = self.case.layout;
        let longest = if self.varies() {
            length.mean.max(layout.toast_target()).min(layout.heap_room())
        } else {
            length.mean
        };
        let longest = longest + LINE_POINTER_BYTES;
        let mean =
            if self.is_without_statistics() { longest } else { length.mean + LINE_POINTER_BYTES };
        let counters = &self.case.table.counters;
        let versions = Versions { mean, longest, room: self.room.max(longest) };
        bound(self.case.server, &counters.activity, counters.size.pages_known(), rows, &versions)
    }

    /// Means that were cut off, padding behind values of any length, free ends of pages.
    fn doubt_lengths(&self, rows: f64, doubts: &mut Doubts) {
        let count = self.open().count();
        if count == 0 {
            return;
        }
        let length = self.length(Lengths::Spread);
        let per_page = self.per_page(length);
        let worlds: &[Lengths] =
            if count <= 2 { &[Lengths::Equal, Lengths::EqualPlusOne] } else { &[Lengths::Equal] };
        let equal = worlds
            .iter()
            .map(|world| self.per_page(Length { variance: 0.0, ..self.length(*world) }));
        let (fewest, most) = equal
            .fold((per_page, per_page), |(fewest, most), rows| (rows.min(fewest), rows.max(most)));
        let padding = self.padding();
        doubts.add(
            Cause::WidthTruncated,
            1.0 - per_page / most + 0.3 * padding,
            per_page / fewest - 1.0 + 0.3 * padding,
        );
        doubts.add(Cause::Alignment, padding, padding);
        let sample = self.case.server.sample();
        let sampled = if rows > sample { 0.005 + 0.7 / sample.sqrt() } else { 0.002 };
        doubts.add(Cause::WidthSampled, sampled, sampled);
        self.doubt_page_ends(length, per_page, doubts);
    }

    /// Half a row of freely mixed lengths, or next to nothing: rows that lie in this order already fitted.
    fn doubt_page_ends(&self, length: Length, per_page: f64, doubts: &mut Doubts) {
        let bytes = length.mean + LINE_POINTER_BYTES;
        let likely = waste(self.room, bytes, length.variance);
        let worst =
            waste(self.room, bytes, length.variance * (2.0 * SPREAD / SPREAD).powi(2)).max(likely);
        let best = (self.room - likely.min(0.15 * bytes)) / bytes;
        let low = if per_page < best {
            1.0 - per_page / best.min(self.case.layout.most_rows())
        } else {
            0.0
        };
        let high = per_page / ((self.room - worst) / bytes).max(1.0) - 1.0;
        doubts.add(Cause::PageEnds, low, high);
    }

    /// The padding that is not known, as a share of the row.
    fn padding(&self) -> f64 {
        let count = self.open().count();
        let means = if count > 1 {
            2.0 * (self.open().map(|w| w.present().powi(2)).sum::<f64>() / 12.0).sqrt()
        } else {
            0.3
        };
        let behind = self.widths.iter().skip_while(|width| !width.is_open());
        let ends: f64 = behind
            .filter(|width| !width.is_varlena)
            .map(|width| ((width.align - 1.0) / 2.0).powi(2))
            .sum();
        let share = if count > 1 {
            if self.open_bytes() < NARROW_BYTES { 1.0 } else { 0.5 }
        } else if self.open().any(|width| width.is_stepped) {
            0.75
        } else {
            0.1
        };
        means.hypot(share * (ends + 3.5 * 3.5).sqrt()) / self.row_bytes()
    }

    fn doubt_nulls(&self, doubts: &mut Doubts) {
        if !self.widths.iter().any(|width| width.null_frac > 0.0 && width.null_frac < 1.0) {
            return;
        }
        let plain = if self.with_null >= 1.0 { self.nulled } else { ROW_HEADER_BYTES };
        let together =
            row::length_with_nulls_together(&self.widths, plain, self.nulled, self.lengths());
        let per_page = self.per_page(self.length(self.lengths()));
        let change = per_page / self.per_page(together) - 1.0;
        let most_with_null = self.widths.iter().map(|width| width.null_frac).sum::<f64>().min(1.0);
        let header = (most_with_null - self.with_null).max(0.0) * (self.nulled - ROW_HEADER_BYTES)
            / self.row_bytes();
        doubts.add(
            Cause::NullsTogether,
            (-change).max(0.0) + 0.003,
            change.max(0.0) + header + 0.003,
        );
    }

    /// Rows that changed since ANALYZE, and old rows that lack the default of a new column.
    fn doubt_age(&self, rows: f64, doubts: &mut Doubts) {
        if !self.varies() {
            return;
        }
        let changed = unseen(&self.case.table.counters.activity, rows);
        let share = self.open_bytes() / self.row_bytes();
        if changed > 0.0 {
            doubts.add(Cause::StaleWidths, 0.5 * changed * share, 0.8 * changed * share);
        }
        if self.case.shape.columns.iter().any(|column| column.has_missing) {
            doubts.add(Cause::FastDefault, 0.0, 0.02);
        }
    }

    fn doubt_statistics(&self, doubts: &mut Doubts) {
        let Some(cause) = self.case.shape.columns.iter().find_map(lacks) else { return };
        let guessed = || self.widths.iter().filter_map(|width| Some((width.bytes, width.guess?)));
        let shorter: f64 = guessed().map(|(bytes, (least, _))| (bytes - least).max(0.0)).sum();
        let longer: f64 = guessed().map(|(bytes, (_, most))| (most - bytes).max(0.0)).sum();
        let pairs = self.widths.iter().zip(&self.case.shape.columns);
        // Of fixed length, but perhaps null.
        let absent: f64 = pairs
            .filter(|(_, column)| column.len > 0 && lacks(column).is_some())
            .map(|(width, _)| width.bytes)
            .sum();
        let bytes = self.row_bytes();
        doubts.add(cause, ((shorter + absent) / bytes).min(0.9), longer / bytes);
    }
}

/// Why the length of a column is not known.
fn lacks(column: &Column) -> Option<Cause> {
    let is_settled =
        column.is_dropped || column.is_virtual || (column.len > 0 && column.is_not_null);
    if is_settled { None } else { missing(&column.statistics) }
}

/// Why there are no statistics.
pub(crate) fn missing(statistics: &Statistics) -> Option<Cause> {
    match statistics {
        Statistics::Known(_) => None,
        Statistics::NeverAnalyzed => Some(Cause::NeverAnalyzed),
        Statistics::NotPermitted => Some(Cause::NotPermitted),
        Statistics::TargetZero => Some(Cause::TargetZero),
    }
}

/// The width of a column in the heap.
pub(crate) fn width(column: &Column) -> Width {
    if column.is_dropped || column.is_virtual {
        return Width::absent();
    }
    let align = column.align.bytes();
    let numbers = column.statistics.known();
    let null_frac = numbers.map_or(0.0, |numbers| numbers.null_frac());
    if column.len > 0 {
        return Width { null_frac, bytes: f64::from(column.len), align, ..Width::default() };
    }
    let varlena = Width {
        null_frac,
        is_varlena: true,
        align,
        is_packable: column.storage != crate::shape::Storage::Plain,
        is_stepped: column.is_stepped,
        ..Width::default()
    };
    let Some(numbers) = numbers else {
        let most = column.characters.map_or(UNKNOWN_MOST_BYTES, |n| f64::from(n) + 1.0);
        return Width { bytes: UNKNOWN_BYTES, guess: Some((UNKNOWN_LEAST_BYTES, most)), ..varlena };
    };
    Width { bytes: numbers.avg_width(), is_exact: is_exact(column, numbers.avg_width()), ..varlena }
}

/// All values of a `char(n)` have one length, if all their characters have one byte.
pub(crate) fn is_exact(column: &Column, avg_width: f64) -> bool {
    let Some(characters) = column.characters.filter(|_| column.is_padded) else { return false };
    let characters = f64::from(characters);
    let header = if characters <= SHORT_CHARACTERS { 1.0 } else { 4.0 };
    avg_width == characters + header
}
