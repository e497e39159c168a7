//! Indexes of all databases, with what is scanned and written, read every minute on a session beside
//! the one that stays.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod changes;
mod database;
pub mod detail;
pub mod listing;
mod metrics;
mod parts;
pub mod past;
mod points;
mod rows;
mod standbys;

/// The rules of this area.
pub mod rules {
    pub mod duplicate_index;
    pub mod hot_prevented_by_index;
    pub mod index_larger_than_table;
    pub mod invalid_index;
    pub mod rarely_used_index;
    pub mod redundant_index;
    mod remedy;
    pub mod unindexed_foreign_key;
    pub mod unused_index;
    pub mod wide_write_cost;

    pub(super) use remedy::Place;

    use model::indexes::Indexes;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Indexes>, "indexes": invalid_index, unindexed_foreign_key, duplicate_index, redundant_index,
            unused_index, rarely_used_index, index_larger_than_table, wide_write_cost,
            hot_prevented_by_index
    }
}

use history::Point;
use model::AreaName;
use model::indexes::Indexes;
use model::server::Facts;

use self::database::DatabaseReader;
use crate::area::Area;
use crate::connection::Observer;
use crate::databases::Databases;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::sql::sql;

sql! {
    SETTINGS = "settings" [14];
    BUILDS = "builds" [14];
    INDEX_ROWS = "index_rows" [14];
    OWNERS = "owners" [14, 16];
    INDEXES = "indexes" [14, 15, 16, 19];
    FOREIGN_KEYS = "foreign_keys" [14];
    DEFINITIONS = "definitions" [14];
    KEY_COLUMNS = "key_columns" [14];
}

/// The indexes area.
pub struct IndexesArea;

impl Area for IndexesArea {
    type Value = Indexes;
    type State = Databases<DatabaseReader>;
    /// What was asked for since the newest reading.
    type History = std::sync::Arc<listing::Kept>;
    const NAME: AreaName = AreaName::Indexes;
    const EVERY_MS: u32 = 60_000;
    const OWN_SESSION: bool = true;
    const RULES: &'static [crate::rule::Rule<Indexes>] = rules::RULES;
    const QUERIES: &'static [crate::sql::Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut Self::State,
        now_ms: i64,
    ) -> Result<Indexes, Error> {
        Ok(Indexes { databases: state.read(observer, facts, now_ms).await?, count: None })
    }

    fn streamed(value: &Indexes) -> Option<Indexes> {
        Some(value.counted())
    }

    fn points(value: &Indexes) -> Option<Vec<Point>> {
        Some(points::points(value))
    }

    fn metrics(value: &Indexes, server: &str, text: &mut Metrics) {
        metrics::metrics(value, server, text);
    }
}
