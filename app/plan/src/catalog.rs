//! Catalog data of the server a plan ran on: statistics, indexes and sizes of its tables, settings.
//!
//! Pure data: who reads it, when and with which permissions is not known here. What could not be
//! read is `None`, never empty.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::node::Node;

/// The relations of a plan, and the settings in force. Names of fields are the catalog's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Catalog {
    /// The relations.
    pub relations: Vec<Relation>,
    /// pg_settings: `work_mem` as `SHOW` prints it, and so on.
    pub settings: BTreeMap<String, String>,
    /// The operator class of pg_trgm for GIN with its schema, as SQL; `None` where it is not installed or was not
    /// asked for.
    pub trigrams: Option<String>,
}

/// A table with its statistics and indexes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Relation {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Size of the heap, bytes.
    pub size_bytes: Option<f64>,
    /// Rows as the planner knows them; negative or `None` where it was never analysed.
    pub reltuples: Option<f64>,
    /// The share of its blocks that VACUUM marked as all-visible, 0 to 1 (pg_class.relallvisible).
    pub all_visible: Option<f64>,
    /// Rows changed since the last ANALYZE.
    pub n_mod_since_analyze: Option<f64>,
    /// Seconds since the last manual ANALYZE or autoanalyze; `None` if there was none.
    pub analyze_age_seconds: Option<f64>,
    /// Statistics of its columns, those that the role may see.
    pub columns: Vec<Column>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// Extended statistics.
    pub extended: Vec<Extended>,
    /// Its columns with their types; `None` if they could not be read.
    pub types: Option<Vec<ColumnType>>,
    /// The table that it is a part of: the topmost one.
    pub root: Option<Root>,
}

/// What a partition or a chunk of a hypertable is a part of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Root {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Whether it is a partitioned table: an index on it is one on each part, also of later ones.
    pub partitioned: bool,
}

/// A column and its type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnType {
    /// The column's name.
    pub name: String,
    /// The type as format_type prints it without a modifier; of a domain, the type beneath it.
    pub data_type: String,
    /// pg_type.typtype of that: `b` base, `e` enum, `r` range, `m` multirange, `c` composite.
    pub typtype: String,
    /// Whether B-trees order it.
    pub sortable: bool,
    /// Whether it is compared byte by byte (collation C or POSIX).
    pub bytewise: bool,
    /// To how many bytes its values are aligned: 1, 2, 4 or 8; 1 of a type of variable length, whose short values
    /// are not aligned. 0 where it was not read.
    pub alignment: u8,
}

/// pg_stats of a column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Distinct values; negative: as a share of the rows.
    pub n_distinct: Option<f64>,
    /// How far the order of the values is that of the table, −1 to 1.
    pub correlation: Option<f64>,
    /// Share of nulls.
    pub null_frac: Option<f64>,
    /// Share of the most common value.
    pub most_common_freq: Option<f64>,
    /// Average width of its values, bytes.
    pub avg_width: Option<f64>,
}

/// An index in its parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// `btree`, `gin` ….
    pub method: String,
    /// Key columns and expressions in their order, as pg_get_indexdef prints each.
    pub keys: Vec<String>,
    /// The operator class of each key, without its schema.
    pub classes: Vec<String>,
    /// The direction of each key as CREATE INDEX takes it: empty, `desc`, `nulls first` ….
    pub directions: Vec<String>,
    /// Columns of INCLUDE.
    pub include: Vec<String>,
    /// The predicate of a partial index.
    pub predicate: Option<String>,
    /// Whether it is unique.
    pub indisunique: bool,
    /// Whether queries may use it.
    pub indisvalid: bool,
    /// Its size, bytes.
    pub size_bytes: Option<f64>,
}

/// CREATE STATISTICS.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extended {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
}

impl Catalog {
    /// A relation by name, and by schema where that is known.
    pub fn relation(&self, schema: Option<&str>, name: &str) -> Option<&Relation> {
        let mut found = self.relations.iter().filter(|relation| {
            relation.name == name && schema.is_none_or(|schema| relation.schema == schema)
        });
        // Two of one name in different schemas are ambiguous without VERBOSE.
        let first = found.next();
        first.filter(|_| found.next().is_none())
    }

    /// The relation a node reads or writes.
    pub fn relation_of(&self, node: &Node) -> Option<&Relation> {
        self.relation(node.schema.as_deref(), node.relation.as_deref()?)
    }

    /// Whether the node's table is known and no index of it starts with this column (quoted where it
    /// has to be).
    pub fn has_no_index_on(&self, node: &Node, column: &str) -> bool {
        let starts = |index: &Index| index.keys.first().is_some_and(|key| key == column);
        self.relation_of(node).is_some_and(|relation| !relation.indexes.iter().any(starts))
    }
}
