//! What of a table changes only with ANALYZE and DDL: its columns, what ANALYZE left of them, its B-trees.

use serde::{Deserialize, Serialize};

use crate::predicate::NullsLeft;

/// How a type is aligned: `pg_type.typalign`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alignment {
    /// `c`: not at all.
    Char,
    /// `s`: to 2 bytes.
    Short,
    /// `i`: to 4 bytes.
    Int,
    /// `d`: to 8 bytes.
    Double,
}

impl Alignment {
    /// From `attalign`; an unknown letter is taken for the widest.
    #[must_use]
    pub fn new(letter: &str) -> Self {
        match letter {
            "c" => Self::Char,
            "s" => Self::Short,
            "i" => Self::Int,
            _ => Self::Double,
        }
    }

    pub(crate) fn bytes(self) -> f64 {
        match self {
            Self::Char => 1.0,
            Self::Short => 2.0,
            Self::Int => 4.0,
            Self::Double => 8.0,
        }
    }
}

/// How a value is stored: `pg_attribute.attstorage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Storage {
    /// `p`: as it is.
    Plain,
    /// `e`: may be moved to the TOAST table.
    External,
    /// `m`: may be compressed, moved only as a last resort.
    Main,
    /// `x`: may be compressed and moved.
    Extended,
}

impl Storage {
    /// From `attstorage`.
    #[must_use]
    pub fn new(letter: &str) -> Self {
        match letter {
            "e" => Self::External,
            "m" => Self::Main,
            "x" => Self::Extended,
            _ => Self::Plain,
        }
    }

    pub(crate) fn compresses(self) -> bool {
        matches!(self, Self::Main | Self::Extended)
    }

    pub(crate) fn moves_out(self) -> bool {
        matches!(self, Self::External | Self::Extended)
    }
}

/// What ANALYZE left about a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Statistics {
    /// Its numbers.
    Known(ColumnNumbers),
    /// ANALYZE has not seen the column.
    NeverAnalyzed,
    /// The role may not read them.
    NotPermitted,
    /// Its statistics target is 0.
    TargetZero,
}

impl Statistics {
    pub(crate) fn known(&self) -> Option<&ColumnNumbers> {
        match self {
            Self::Known(numbers) => Some(numbers),
            Self::NeverAnalyzed | Self::NotPermitted | Self::TargetZero => None,
        }
    }
}

/// Numbers of `pg_statistic` about a column, never values (documentation, `pg_stats`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnNumbers {
    /// Share of nulls, 0 to 1.
    pub null_frac: f64,
    /// Mean bytes of a value that is not null, cut off to whole bytes.
    pub avg_width: f64,
    /// Distinct values; negative: by row.
    pub n_distinct: f64,
    /// `most_common_freqs`; read only where a one-column index needs them.
    pub frequencies: Vec<f64>,
}

impl ColumnNumbers {
    pub(crate) fn null_frac(&self) -> f64 {
        if self.null_frac.is_finite() { self.null_frac.clamp(0.0, 1.0) } else { 0.0 }
    }

    pub(crate) fn avg_width(&self) -> f64 {
        if self.avg_width.is_finite() { self.avg_width.clamp(0.0, 1e9) } else { 0.0 }
    }

    /// Distinct values in `rows`, at least one.
    pub(crate) fn distinct(&self, rows: f64) -> f64 {
        let distinct =
            if self.n_distinct > 0.0 { self.n_distinct } else { -self.n_distinct * rows };
        if distinct.is_finite() { distinct.max(1.0) } else { 1.0 }
    }

    /// Every value that is not null occurs once.
    pub(crate) fn is_unique(&self) -> bool {
        self.n_distinct < 0.0 && self.n_distinct <= -0.9999 * (1.0 - self.null_frac())
    }
}

/// A column of a table, dropped ones included: they have a place in every row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// `attnum`.
    pub attnum: i16,
    /// `attlen`: bytes, or −1 for a varlena.
    pub len: i16,
    /// `attalign`.
    pub align: Alignment,
    /// `attstorage`.
    pub storage: Storage,
    /// `attnotnull`.
    pub is_not_null: bool,
    /// `attisdropped`: a rewrite makes it null in every row.
    pub is_dropped: bool,
    /// A virtual generated column (PostgreSQL 18): null in every row.
    pub is_virtual: bool,
    /// `atthasmissing`: rows from before ADD COLUMN do not have its default.
    pub has_missing: bool,
    /// Lengths of its type come in steps: arrays, numeric, ranges, records (`typcategory` A, N, R, C).
    pub is_stepped: bool,
    /// The declared length in characters of `char(n)` or `varchar(n)`.
    pub characters: Option<u32>,
    /// It is `char(n)`, so that every value has `n` characters.
    pub is_padded: bool,
    /// `attstattarget`, where it is set.
    pub statistics_target: Option<u32>,
    /// What ANALYZE left.
    pub statistics: Statistics,
}

/// Where a key of an index comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum KeySource {
    /// A column of the table, by `attnum`.
    Column(i16),
    /// An expression, whose statistics the index has itself.
    Expression(Statistics),
}

/// A column of an index, keys first, then those of INCLUDE: the index's own row of `pg_attribute`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// Where its values come from.
    pub source: KeySource,
    /// `attlen`: bytes, −1 for a varlena, −2 for a C string (a column of type `name`).
    pub len: i16,
    /// `attalign`.
    pub align: Alignment,
    /// `attstorage`.
    pub storage: Storage,
    /// What the predicate of a partial index leaves of its nulls.
    pub nulls_left: NullsLeft,
}

impl Key {
    pub(crate) fn attnum(&self) -> Option<i16> {
        match self.source {
            KeySource::Column(attnum) => Some(attnum),
            KeySource::Expression(_) => None,
        }
    }
}

/// What a B-tree is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Btree {
    /// `indexrelid`.
    pub oid: u32,
    /// All columns, in order.
    pub keys: Vec<Key>,
    /// `indnkeyatts`: how many of them are keys; the others are from INCLUDE.
    pub key_columns: usize,
    /// `indisunique`.
    pub is_unique: bool,
    /// `indisvalid`.
    pub is_valid: bool,
    /// It has a predicate.
    pub is_partial: bool,
    /// `fillfactor`, where it is set.
    pub fillfactor: Option<u32>,
    /// `deduplicate_items`, where it is set.
    pub deduplicate_items: Option<bool>,
    /// Equal keys are the same bytes: a build may deduplicate (documentation, "B-Tree Support Functions").
    pub is_equal_image: bool,
}

impl Btree {
    pub(crate) fn has_expression(&self) -> bool {
        self.keys.iter().any(|key| key.attnum().is_none())
    }

    /// The columns of its keys, without those of INCLUDE.
    pub(crate) fn key_attnums(&self) -> impl Iterator<Item = i16> {
        self.keys.iter().take(self.key_columns).filter_map(Key::attnum)
    }
}

/// What of a table changes only with ANALYZE and DDL, so that it can be kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// All columns in the order of `attnum`.
    pub columns: Vec<Column>,
    /// Its B-trees.
    pub btrees: Vec<Btree>,
}

impl Shape {
    pub(crate) fn column(&self, attnum: i16) -> Option<&Column> {
        self.columns.iter().find(|column| column.attnum == attnum)
    }

    pub(crate) fn has_dropped(&self) -> bool {
        self.columns.iter().any(|column| column.is_dropped)
    }
}
