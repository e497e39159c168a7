//! pgdeck's own load on a watched server: counters of connections, round trips, queries and ticks.
//! Shown at `/about` and in the metrics.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::overhead::{AreaCost, QueryCost, ServerCost};
use model::{AreaName, ServerId};

use crate::connection::budget::{Budget, SESSION_BUDGET};

/// The span over which the present load is measured.
const RECENT: Duration = Duration::from_secs(60);

/// Counters of one server.
#[derive(Debug, Default)]
pub struct Overhead(Mutex<Counters>);

#[derive(Debug, Default)]
struct Counters {
    connects: u64,
    round_trips: u64,
    waited: Duration,
    heard: Option<Instant>,
    recent: VecDeque<(Instant, Duration)>,
    queries: BTreeMap<&'static str, QueryCost>,
    areas: BTreeMap<AreaName, AreaCost>,
}

impl Overhead {
    fn counters(&self) -> MutexGuard<'_, Counters> {
        // Counters are whole after every statement, so a poisoned lock holds nothing broken.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection was opened.
    pub fn connect(&self) {
        self.counters().connects += 1;
    }

    /// A round trip took that long.
    pub fn round_trip(&self, took: Duration) {
        let now = Instant::now();
        let mut counters = self.counters();
        counters.round_trips += 1;
        counters.waited += took;
        counters.recent.push_back((now, took));
        while counters.recent.front().is_some_and(|(at, _)| now.duration_since(*at) > RECENT) {
            counters.recent.pop_front();
        }
    }

    /// The sampler's question was answered, whatever the answer.
    pub fn heard(&self) {
        self.counters().heard = Some(Instant::now());
    }

    /// How long ago that was.
    pub fn silent_for(&self) -> Option<Duration> {
        self.counters().heard.map(|heard| heard.elapsed())
    }

    /// A query gave that many rows and bytes.
    pub fn query(&self, name: &'static str, rows: u64, bytes: u64) {
        let mut counters = self.counters();
        let cost = counters.queries.entry(name).or_default();
        cost.runs += 1;
        cost.rows += rows;
        cost.bytes += bytes;
    }

    /// A query failed.
    pub fn failure(&self, name: &'static str) {
        let mut counters = self.counters();
        let cost = counters.queries.entry(name).or_default();
        cost.runs += 1;
        cost.failures += 1;
    }

    /// An area's tick took that long.
    pub fn tick(&self, area: AreaName, every_ms: u32, took: Duration, skipped: u64) {
        let mut counters = self.counters();
        let cost = counters.areas.entry(area).or_insert_with(|| AreaCost {
            area: area.as_str().to_owned(),
            every_ms,
            ticks: 0,
            skipped: 0,
            waited_ms: 0.0,
        });
        cost.ticks += 1;
        cost.skipped += skipped;
        cost.waited_ms += took.as_secs_f64() * 1_000.0;
    }

    /// The counters as shown.
    pub fn of(&self, server: &ServerId, budget: &Budget) -> ServerCost {
        let counters = self.counters();
        let recent: Duration = counters.recent.iter().map(|(_, took)| *took).sum();
        ServerCost {
            server: server.clone(),
            sessions: budget.in_use() as u32,
            budget: SESSION_BUDGET as u32,
            connects: counters.connects,
            round_trips: counters.round_trips,
            waited_ms: counters.waited.as_secs_f64() * 1_000.0,
            waited_ms_per_s: recent.as_secs_f64() * 1_000.0 / RECENT.as_secs_f64(),
            queries: counters
                .queries
                .iter()
                .map(|(name, cost)| QueryCost { query: (*name).to_owned(), ..cost.clone() })
                .collect(),
            areas: counters.areas.values().cloned().collect(),
        }
    }
}
