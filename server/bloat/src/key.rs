//! The width of an index's columns: the layout of the index, the statistics of the table.

use crate::heap::{is_exact, missing};
use crate::input::Case;
use crate::layout::LONGEST_KEY_BYTES;
use crate::predicate::NullsLeft;
use crate::reason::Cause;
use crate::row::Width;
use crate::shape::{Btree, Key, KeySource, Statistics, Storage};

/// Assumed of a key without statistics, and between what it lies.
const UNKNOWN_BYTES: f64 = 16.0;
const UNKNOWN_RANGE_BYTES: (f64, f64) = (2.0, 400.0);
/// A `name` is stored as a C string: up to 64 bytes with its end (`NAMEDATALEN`).
const NAME_RANGE_BYTES: (f64, f64) = (4.0, 64.0);
/// What an expression's value loses when the index packs its header of 4 bytes.
const PACKED_BYTES: f64 = 3.0;
/// The longest value that can be packed, with its header of 4 bytes.
const PACKABLE_BYTES: f64 = 130.0;
/// Mean widths at which the table may hold pointers of 18 bytes in place of values.
const MAYBE_POINTERS_BYTES: std::ops::RangeInclusive<f64> = 17.0..=60.0;
/// Assumed of a value that the table keeps outside and the index does not.
const MOVED_OUT_BYTES: f64 = 1_200.0;

/// A key with its width and what is in doubt about it.
pub(crate) struct KeyWidth<'a> {
    pub(crate) width: Width,
    pub(crate) statistics: Option<&'a Statistics>,
    pub(crate) doubts: Vec<Cause>,
}

/// The widths of all columns of an index.
pub(crate) fn widths<'a>(case: &'a Case, btree: &'a Btree) -> Vec<KeyWidth<'a>> {
    btree.keys.iter().map(|key| under_predicate(btree, key, width(case, key))).collect()
}

fn under_predicate<'a>(btree: &Btree, key: &Key, mut found: KeyWidth<'a>) -> KeyWidth<'a> {
    let nulls = &mut found.width.null_frac;
    if !btree.is_partial || key.attnum().is_none() || *nulls == 0.0 {
        return found;
    }
    match key.nulls_left {
        NullsLeft::AsInTable => {}
        NullsLeft::None => *nulls = 0.0,
        NullsLeft::All => *nulls = 1.0,
        NullsLeft::Doubtful => {
            *nulls = 0.0;
            found.doubts.push(Cause::PredicateNulls);
        }
    }
    found
}

fn width<'a>(case: &'a Case, key: &'a Key) -> KeyWidth<'a> {
    let column = key.attnum().and_then(|attnum| case.shape.column(attnum));
    let statistics = match &key.source {
        KeySource::Expression(statistics) => Some(statistics),
        KeySource::Column(_) => column.map(|column| &column.statistics),
    };
    let numbers = statistics.and_then(Statistics::known);
    let lacking = statistics.map_or(Some(Cause::NeverAnalyzed), missing);
    let is_not_null = column.is_some_and(|column| column.is_not_null);
    let mut doubts = Vec::new();
    doubts.extend(lacking.filter(|_| !is_not_null));
    let known = Width {
        null_frac: numbers.map_or(0.0, |n| n.null_frac()),
        align: key.align.bytes(),
        ..Width::default()
    };
    let varlena = Width { is_varlena: true, is_packable: true, ..known };
    let width = if key.len > 0 {
        Width { bytes: f64::from(key.len), ..known }
    } else if key.len == -2 {
        doubts.push(Cause::NameWidth);
        Width { bytes: UNKNOWN_BYTES, align: 1.0, guess: Some(NAME_RANGE_BYTES), ..varlena }
    } else if let Some(bytes) = numbers.map(|numbers| numbers.avg_width()) {
        let is_packable = key.storage != Storage::Plain;
        let is_expression = column.is_none();
        if is_expression && bytes <= PACKABLE_BYTES && is_packable {
            doubts.push(Cause::ExpressionWidth);
            Width { bytes: (bytes - PACKED_BYTES).max(1.0), ..varlena }
        } else if bytes > case.layout.index_compresses_over() && key.storage.compresses() {
            doubts.push(Cause::CompressedKey);
            Width { bytes: bytes * 0.7, guess: Some((bytes * 0.05, bytes)), ..varlena }
        } else if column.is_some_and(|column| column.storage.moves_out())
            && MAYBE_POINTERS_BYTES.contains(&bytes)
            && has_toast(case)
        {
            doubts.push(Cause::ToastedKey);
            Width {
                bytes: MOVED_OUT_BYTES,
                guess: Some((bytes * 0.9, LONGEST_KEY_BYTES)),
                ..varlena
            }
        } else {
            let is_exact = column.is_some_and(|column| is_exact(column, bytes));
            Width { bytes, is_packable, is_exact, ..varlena }
        }
    } else {
        doubts.extend(
            lacking.filter(|cause| !doubts.contains(cause)).into_iter().collect::<Vec<_>>(),
        );
        let is_packable = key.storage != Storage::Plain;
        Width { bytes: UNKNOWN_BYTES, is_packable, guess: Some(UNKNOWN_RANGE_BYTES), ..varlena }
    };
    KeyWidth { width, statistics, doubts }
}

fn has_toast(case: &Case) -> bool {
    case.table.toast.is_some_and(|toast| toast.counters.size.pages_known() > 0.0)
}
