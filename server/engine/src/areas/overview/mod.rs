//! Server-wide statistics: cumulative counters (pg_stat_database, checkpointer, WAL) read every few
//! seconds, shown as rates over the window between two readings, never as sums since a reset
//! (`docs/limits.md#rates`).
// What a server counts may be anything: sums of it saturate.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod databases;
mod metrics;
pub mod past;
mod windows;
/// The rules of this area.
pub mod rules {
    pub mod cache_misses;
    pub mod end_of_life;

    use model::overview::Overview;

    use crate::rule::{Rule, rules};

    rules! {
        Rule<Overview>, "overview": cache_misses, end_of_life
    }
}

use std::collections::VecDeque;

use model::overview::{
    CheckpointCounters, DatabaseCounters, Overview, SessionCounts, WalPosition, Window,
};
use model::server::{Facts, Headline};
use model::{AreaName, Known};

use crate::area::{Area, read};
use crate::connection::{Observer, Rows};
use crate::error::Error;
use crate::metrics::Metrics;
use crate::sql::{Query, sql};

sql! {
    SESSION_COUNTS = "session_counts" [14];
    DATABASE_COUNTERS = "database_counters" [14];
    CHECKPOINTS = "checkpoints" [14, 17];
    WAL_POSITIONS = "wal_positions" [14];
    DATABASES = "databases" [14];
    DATABASE_SIZES = "database_sizes" [14];
}

/// What every tick reads. Sizes are read far more seldom (`databases::Sizes`).
const EVERY_TICK: [Query; 5] =
    [SESSION_COUNTS, DATABASE_COUNTERS, CHECKPOINTS, WAL_POSITIONS, DATABASES];

/// How many windows are kept: fifteen minutes.
const WINDOWS_KEPT: usize = 180;

/// The overview area.
pub struct OverviewArea;

/// What the overview remembers between ticks.
#[derive(Default)]
pub struct State {
    before: Option<windows::Sample>,
    windows: VecDeque<Window>,
    databases: databases::State,
}

impl Area for OverviewArea {
    type Value = Overview;
    type State = State;
    type History = ();
    const NAME: AreaName = AreaName::Overview;
    const EVERY_MS: u32 = 5_000;
    const RULES: &'static [crate::rule::Rule<Overview>] = rules::RULES;
    const QUERIES: &'static [Query] = QUERIES;

    async fn collect(
        observer: &mut Observer,
        facts: &Facts,
        state: &mut State,
        now_ms: i64,
    ) -> Result<Overview, Error> {
        let mut sets = read(observer, facts, &EVERY_TICK).await?.into_iter();
        let mut next = || sets.next().unwrap_or(Err(model::Reason::NotYet));
        let sessions: Known<SessionCounts> = next().and_then(|rows: Rows| rows.one());
        let counters: Known<DatabaseCounters> = next().and_then(|rows| rows.one());
        let checkpoints: Known<CheckpointCounters> = next().and_then(|rows| rows.one());
        let wal: Known<WalPosition> = next().and_then(|rows| {
            let part = if facts.in_recovery { "replayed" } else { "current" };
            rows.missing(part).map_or_else(|| rows.one(), Err)
        });
        let databases: Known<Vec<databases::Row>> = next().and_then(|rows| rows.all());
        // Not in the first tick: no page waits for sizes.
        if state.before.is_some() {
            state.databases.sizes.read(observer, facts, now_ms).await?;
        }
        let sample = windows::Sample {
            at_ms: now_ms,
            started_ms: facts.started_ms,
            in_recovery: facts.in_recovery,
            sessions: sessions.clone().ok(),
            counters: counters.clone().ok(),
            checkpoints: checkpoints.clone().ok(),
            wal: wal.clone().ok(),
        };
        if let Some(before) = &state.before {
            state.windows.push_back(windows::between(before, &sample));
        }
        state.before = Some(sample);
        while state.windows.len() > WINDOWS_KEPT {
            state.windows.pop_front();
        }
        Ok(Overview {
            facts: facts.clone(),
            sessions,
            counters,
            checkpoints,
            wal,
            databases: databases.map(|rows| state.databases.rates(rows, facts, now_ms)),
            windows: state.windows.iter().cloned().collect(),
        })
    }

    fn points(value: &Overview) -> Option<Vec<history::Point>> {
        past::points(value)
    }

    fn headline(overview: &Overview, headline: &mut Headline) {
        let sessions = overview.sessions.as_ref().ok();
        let window = overview.windows.last();
        *headline = Headline {
            transactions_per_s: window.and_then(|w| w.transactions_per_s),
            connections: sessions.map(|s| s.connections),
            max_connections: sessions.map(|s| s.max_connections),
            active: window.and_then(|w| w.active),
            waiting_for_lock: window.and_then(|w| w.waiting_for_lock),
            cache_hit_percent: window.and_then(|w| w.cache_hit_percent),
            lag_bytes: window.and_then(|w| w.lag_bytes),
            lag_ms: window.and_then(|w| w.lag_ms),
            transactions_spark: overview.windows.iter().map(|w| w.transactions_per_s).collect(),
        };
    }

    fn metrics(value: &Overview, server: &str, metrics: &mut Metrics) {
        metrics::metrics(value, server, metrics);
    }
}
