//! When autovacuum runs: the settings that decide it, what makes a table due, the order in which tables are taken,
//! and when it would have run over a recorded past.

mod due;
mod options;
mod queue;
pub mod simulation;
pub mod tuning;
mod workers;

pub use due::{Measured, Pressure, Trigger, pressures};
pub use options::Options;
pub use queue::{Place, Queue, Score, queue};
pub use workers::{OwnCost, Pace, Workers, paces};

use serde::{Deserialize, Serialize};

/// The server's settings, in the units of `pg_settings`; what a major does not have is None.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Autovacuum {
    /// `autovacuum`.
    pub enabled: bool,
    /// `track_counts`, without which it never begins for dead rows.
    pub track_counts: bool,
    /// `autovacuum_max_workers`.
    pub max_workers: i32,
    /// `autovacuum_naptime`, seconds.
    pub naptime_s: i32,
    /// `autovacuum_vacuum_threshold`, rows.
    pub vacuum_threshold: i32,
    /// `autovacuum_vacuum_scale_factor`.
    pub vacuum_scale_factor: f64,
    /// `autovacuum_vacuum_max_threshold`, rows, −1 is no limit; since 18.
    pub vacuum_max_threshold: Option<i32>,
    /// `autovacuum_vacuum_insert_threshold`, rows, −1 is off.
    pub vacuum_insert_threshold: i32,
    /// `autovacuum_vacuum_insert_scale_factor`.
    pub vacuum_insert_scale_factor: f64,
    /// `autovacuum_analyze_threshold`, rows.
    pub analyze_threshold: i32,
    /// `autovacuum_analyze_scale_factor`.
    pub analyze_scale_factor: f64,
    /// `autovacuum_freeze_max_age`, transactions.
    pub freeze_max_age: i32,
    /// `autovacuum_multixact_freeze_max_age`, multixacts.
    pub multixact_freeze_max_age: i32,
    /// `vacuum_failsafe_age`, transactions.
    pub failsafe_age: i32,
    /// `vacuum_multixact_failsafe_age`, multixacts.
    pub multixact_failsafe_age: i32,
    /// `autovacuum_vacuum_cost_delay`, ms, −1 is `vacuum_cost_delay`.
    pub cost_delay_ms: f64,
    /// `autovacuum_vacuum_cost_limit`, −1 is `vacuum_cost_limit`.
    pub cost_limit: i32,
    /// `autovacuum_freeze_score_weight`; since 19, as are all weights.
    #[serde(default)]
    pub freeze_score_weight: Option<f64>,
    /// `autovacuum_multixact_freeze_score_weight`.
    #[serde(default)]
    pub multixact_freeze_score_weight: Option<f64>,
    /// `autovacuum_vacuum_score_weight`.
    #[serde(default)]
    pub vacuum_score_weight: Option<f64>,
    /// `autovacuum_vacuum_insert_score_weight`.
    #[serde(default)]
    pub vacuum_insert_score_weight: Option<f64>,
    /// `autovacuum_analyze_score_weight`.
    #[serde(default)]
    pub analyze_score_weight: Option<f64>,
}

impl Autovacuum {
    /// Whether it counts changes at all: otherwise it only freezes (`AutoVacuumingActive` in autovacuum.c).
    pub fn is_active(&self) -> bool {
        self.enabled && self.track_counts
    }
}
