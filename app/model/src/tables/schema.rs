//! What the catalog says of how tables are defined, as far as findings need it.

use serde::{Deserialize, Serialize};

use crate::pruning::PartitionKey;
use crate::reason::{Known, Reason};

/// The parts are read more seldom than counters; each may be unknown by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// When it was read, ms since the epoch.
    pub at_ms: i64,
    /// Tables without a primary key.
    pub missing_keys: Known<Vec<MissingKey>>,
    /// Sequences that belong to a column.
    pub sequences: Known<Vec<Sequence>>,
    /// Constraints that were not validated, and foreign keys whose types differ.
    pub constraints: Known<Vec<DoubtfulConstraint>>,
    /// Materialized views that cannot be refreshed concurrently, by oid.
    pub views_without_key: Known<Vec<ViewWithoutKey>>,
    /// Partitions.
    pub partitions: Known<Vec<Partition>>,
    /// By which columns tables are divided.
    #[serde(default = "unread")]
    pub partition_keys: Known<Vec<PartitionKey>>,
}

/// What a recording from before it was read has.
fn unread<T>() -> Known<T> {
    Err(Reason::NotYet)
}

/// A table without a primary key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct MissingKey {
    /// The table.
    pub oid: i64,
    /// `pg_class.relreplident`: `d` is the primary key, `i` an index, `f` the whole row, `n` nothing.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub relreplident: String,
    /// Whether a publication sends its updates or deletes.
    pub is_published: bool,
}

/// A sequence of a column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Sequence {
    /// The table of the column.
    pub oid: i64,
    /// The column.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub attname: String,
    /// Its type: `int4`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub typname: String,
    /// The sequence's schema.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub seq_nspname: String,
    /// The sequence's name.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub seq_relname: String,
    /// The largest value that it gives.
    pub seqmax: i64,
    /// What it adds.
    pub seqincrement: i64,
    /// Whether it begins again after the largest value.
    pub seqcycle: bool,
    /// The value that it gave last; None if it gave none, or may not be read.
    pub last_value: Option<i64>,
    /// Whether our role may read it.
    pub is_readable: bool,
    /// For how long pgdeck has watched it, ms.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(default))]
    pub watched_ms: i64,
    /// By how much its value grew in that time.
    #[serde(default)]
    #[cfg_attr(feature = "sqlx", sqlx(default))]
    pub advanced: i64,
}

/// The shortest time that a pace is told from: an hour, so that one burst is no trend.
const PACE_MS: i64 = 3_600_000;

impl Sequence {
    /// In how many seconds so many values are used up at the pace seen so far; None while that is too young, or
    /// where nothing asks for values.
    pub fn seconds_left(&self, values: i64) -> Option<f64> {
        let known = self.watched_ms >= PACE_MS && self.advanced > 0;
        known.then(|| values as f64 * self.watched_ms as f64 / 1_000.0 / self.advanced as f64)
    }
}

/// A constraint that promises less than it seems to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct DoubtfulConstraint {
    /// Its table.
    pub oid: i64,
    /// Its name.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub conname: String,
    /// `f` is a foreign key, `c` a check, `n` not null.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub contype: String,
    /// Whether all rows are known to satisfy it.
    pub convalidated: bool,
    /// The table that a foreign key refers to.
    pub ref_oid: i64,
    /// The first column of a foreign key whose type differs.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub attname: Option<String>,
    /// Its type.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub typname: Option<String>,
    /// The column that it refers to.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub ref_attname: Option<String>,
    /// The type of that.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub ref_typname: Option<String>,
}

/// A materialized view without a unique index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct ViewWithoutKey {
    /// The view.
    pub oid: i64,
}

/// A partition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Partition {
    /// The table that it is a part of.
    pub parent_oid: i64,
    /// How that is divided: `r` by range, `l` by list, `h` by hash.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub partstrat: String,
    /// By how many columns.
    pub partnatts: i32,
    /// The type of the first column; None of an expression.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub key_typname: Option<String>,
    /// The partition.
    pub oid: i64,
    /// Its bounds as SQL says them: `FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub bound: Option<String>,
    /// Whether it takes the rows that no other partition takes.
    pub is_default: bool,
    /// Whether pg_partman is installed in the database, which may make partitions by itself.
    pub is_managed: bool,
}
