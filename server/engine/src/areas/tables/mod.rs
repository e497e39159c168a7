//! Tables of all databases with their TOAST tables and the sizes of their indexes, read every minute on a
//! session beside the one that stays.
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod ages;
pub mod bands;
mod database;
pub mod detail;
mod estimates;
mod judge;
pub mod listing;
mod parts;
pub mod past;
mod points;
mod rewrite;
mod rows;
mod schema;
mod sizes;
pub mod steps;

/// The rules of this area.
pub mod rules {
    pub mod autovacuum_disabled;
    pub mod bloated_index;
    pub mod bloated_table;
    pub mod broken_reltuples;
    pub mod filled_default_partition;
    pub mod key_running_out;
    pub mod missing_next_partition;
    pub mod missing_primary_key;
    pub mod narrow_foreign_key;
    pub mod never_analyzed;
    pub mod partition_pruning_off;
    pub mod repeated_sequential_scans;
    pub mod stale_statistics;
    pub mod unanalyzed_parent;
    pub mod undivided_table;
    pub mod unlogged_table;
    pub mod unvalidated_constraint;
    pub mod updates_to_another_page;
    pub mod vacuum_overdue;
    pub mod view_without_unique_index;
    pub mod workers_saturated;

    use model::tables::Tables;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Tables>, "tables": bloated_table,
            bloated_index,
            filled_default_partition,
            key_running_out,
            missing_next_partition,
            missing_primary_key,
            narrow_foreign_key,
            never_analyzed,
            partition_pruning_off,
            stale_statistics,
            unanalyzed_parent,
            undivided_table,
            unlogged_table,
            unvalidated_constraint,
            view_without_unique_index,
            autovacuum_disabled,
            broken_reltuples,
            vacuum_overdue,
            repeated_sequential_scans,
            updates_to_another_page,
            workers_saturated
    }
}

use history::Point;
use model::autovacuum::Workers;
use model::server::Facts;
use model::tables::Tables;
use model::{AreaName, Known, Reason};

use self::database::DatabaseReader;
use crate::area::{Area, read};
use crate::connection::Observer;
use crate::databases::Databases;
use crate::error::{Error, monitor_grant};
use crate::sql::sql;

sql! {
    SETTINGS = "settings" [14, 18];
    TABLES = "tables" [14, 16, 18];
    TOASTS = "toasts" [14, 16, 18];
    INDEX_SIZES = "index_sizes" [14, 16];
    SIZES = "sizes" [14];
    XMIN_HOLDERS = "xmin_holders" [14];
    MISSING_KEYS = "missing_keys" [14];
    SEQUENCES = "sequences" [14];
    DOUBTFUL_CONSTRAINTS = "doubtful_constraints" [14];
    VIEWS_WITHOUT_KEY = "views_without_key" [14];
    PARTITIONS = "partitions" [14];
    PARTITION_KEYS = "partition_keys" [14];
    AUTOVACUUM_WORKERS = "autovacuum_workers" [14];
    AUTOVACUUM_SCORES = "autovacuum_scores" [19];
}

/// The tables area.
pub struct TablesArea;

impl Area for TablesArea {
    type Value = Tables;
    type State = Databases<DatabaseReader>;
    /// What was asked for since the newest reading.
    type History = std::sync::Arc<listing::Kept>;
    const NAME: AreaName = AreaName::Tables;
    const EVERY_MS: u32 = 60_000;
    const OWN_SESSION: bool = true;
    const RULES: &'static [crate::rule::Rule<Tables>] = rules::RULES;
    const QUERIES: &'static [crate::sql::Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut Self::State,
        now_ms: i64,
    ) -> Result<Tables, Error> {
        let databases = state.read(observer, facts, now_ms).await?;
        let workers = workers(observer, facts).await?;
        Ok(Tables { at_ms: now_ms, databases, workers, count: None })
    }

    fn streamed(value: &Tables) -> Option<Tables> {
        Some(value.without_tables())
    }

    fn points(value: &Tables) -> Option<Vec<Point>> {
        Some(points::points(value))
    }
}

/// The workers of autovacuum; unknown where our role does not see what other backends are.
async fn workers(observer: &mut Observer, facts: &Facts) -> Result<Known<Workers>, Error> {
    let sets = read(observer, facts, &[AUTOVACUUM_WORKERS]).await?;
    let row = sets.into_iter().next().unwrap_or(Err(Reason::NotYet));
    Ok(row.and_then(|rows| rows.one::<Workers>()).and_then(|workers| match workers.hidden {
        0 => Ok(workers),
        _ => Err(Reason::Hidden {
            what: "What other backends are, and with it autovacuum's workers,".into(),
            sql: monitor_grant(facts),
        }),
    }))
}
