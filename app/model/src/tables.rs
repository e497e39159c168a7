//! Tables of all databases: sizes, what was read and written, and when they were vacuumed and analysed.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod bloat;
pub mod cleaning;
mod counters;
pub mod detail;
pub mod listing;
mod relation;
mod rewriting;
pub mod schema;
mod toast;
pub mod treemap;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::schema::Schema;
use crate::autovacuum::{Autovacuum, Score, Workers};
use crate::of_database::OfDatabase;
use crate::reason::{Known, Reason};

pub use bloat::{Band, Doubt, IndexBloat, Reclaimable, TableBloat};
pub use counters::{Counters, IndexSize, Maintenance};
pub use listing::{Listing, Question};
pub use relation::{Kind, Persistence, Table};
pub use rewriting::{REPACK_SINCE, Rewriting};
pub use toast::Toast;

/// Everything the area reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tables {
    /// When the area was read, ms since the epoch: the databases read then have this time too.
    #[serde(default)]
    pub at_ms: i64,
    /// One entry for each database that may be connected to, that of the connection string first.
    pub databases: Vec<OfDatabase<DatabaseTables>>,
    /// The workers of autovacuum, of all databases.
    #[serde(default = "not_yet", skip_serializing_if = "is_not_yet")]
    pub workers: Known<Workers>,
    /// How many tables there are, where the tables themselves are left out: the event stream carries no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

impl Default for Tables {
    fn default() -> Self {
        Self { at_ms: 0, databases: Vec::new(), workers: not_yet(), count: None }
    }
}

/// What an earlier version did not record.
fn not_yet<T>() -> Known<T> {
    Err(Reason::NotYet)
}

fn is_not_yet<T>(value: &Known<T>) -> bool {
    matches!(value, Err(Reason::NotYet))
}

/// The tables of one database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DatabaseTables {
    /// The server's clock as they were read, ms since the epoch.
    pub server_now_ms: i64,
    /// When the database's statistics were last reset, ms since the epoch; None if never.
    pub stats_reset_ms: Option<i64>,
    /// The settings that decide when autovacuum runs.
    pub autovacuum: Autovacuum,
    /// Size of a block.
    pub block_bytes: u32,
    /// The time from the reading before to this one, ms; None of a first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// The scores by which autovacuum orders tables, the highest first; since 19, and the first of many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
    /// How tables are defined; None of a recording made before that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Arc<Schema>>,
    /// What a rewrite depends on; None of a recording made before that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewriting: Option<Rewriting>,
    /// Tables, materialized views and partitioned tables, by oid. TOAST tables and indexes stand within them.
    pub tables: Vec<Arc<Table>>,
}

impl DatabaseTables {
    /// The table of that oid.
    pub fn table(&self, oid: i64) -> Option<&Table> {
        let place = self.tables.binary_search_by_key(&oid, |table| i64::from(table.oid)).ok()?;
        self.tables.get(place).map(Arc::as_ref)
    }
}

impl Tables {
    /// What the event stream and the head of a page need: how many tables there are, without them.
    pub fn without_tables(&self) -> Self {
        let of = self.databases.iter().filter_map(|database| database.known());
        let count = of.map(|database| database.tables.len() as u64).sum();
        Self { at_ms: self.at_ms, count: Some(count), ..Self::default() }
    }
}
