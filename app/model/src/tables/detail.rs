//! One table, as its page shows it.

use serde::{Deserialize, Serialize};

use super::listing::Row;
use super::relation::Table;
use crate::autovacuum::Autovacuum;
use crate::pruning::TreeKey;
use crate::reason::Known;

/// The most partitions that are listed with a table.
pub const MOST_PARTITIONS: usize = 200;

/// A table's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableName {
    /// Its database.
    pub database: String,
    /// Its schema.
    pub schema: String,
    /// Its name, as the catalog spells it.
    pub name: String,
}

/// A table and what belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// The table.
    pub table: Table,
    /// Its sizes and counters; of a partitioned one with those of its partitions.
    pub row: Row,
    /// Size of a block.
    pub block_bytes: u32,
    /// When it was read, ms since the epoch.
    pub at_ms: i64,
    /// When the database's statistics were last reset, ms since the epoch; None if never.
    pub stats_reset_ms: Option<i64>,
    /// Schema and name of the table that it is a partition or a child of.
    pub parent: Option<(String, String)>,
    /// The partitions directly below it, largest first, each with what is below that.
    pub partitions: Vec<Row>,
    /// How many more there are.
    pub more_partitions: usize,
    /// By what it and the partitions below it are divided; None where it is not partitioned.
    pub tree_key: Option<Known<TreeKey>>,
    /// The settings that decide when autovacuum runs.
    pub autovacuum: Autovacuum,
    /// The server's clock as it was read, ms since the epoch.
    pub server_now_ms: i64,
}
