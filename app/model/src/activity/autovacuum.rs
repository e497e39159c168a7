//! Autovacuum at one moment: its workers, what each does, and how many there may be.

use serde::{Deserialize, Serialize};

use crate::reason::{Known, Reason};

/// A worker of autovacuum.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AutovacuumWorker {
    /// Its process.
    pub pid: i32,
    /// Database.
    pub datname: Option<String>,
    /// `VACUUM`, `VACUUM ANALYZE`, `ANALYZE`, `BRIN summarize`; None before it has begun with a table.
    pub command: Option<String>,
    /// The table with its schema. Hostile text.
    pub table: Option<String>,
    /// Whether it freezes the table to prevent wraparound: then it does not yield to locks.
    pub to_prevent_wraparound: Option<bool>,
    /// The phase as PostgreSQL names it; None where none is reported.
    pub phase: Option<String>,
    /// How far the phase is, percent; None where that is not known.
    pub percent: Option<f64>,
    /// For how long it has worked on this table, ms.
    pub age_ms: Option<f64>,
    /// Class and event of what it waits for: `Timeout: VacuumDelay` is its cost delay.
    pub waits_for: Option<String>,
    /// Time it has slept because of the cost delay, ms; None before PostgreSQL 18, and without
    /// track_cost_delay_timing.
    pub delay_ms: Option<f64>,
}

/// Settings of autovacuum, as they are for all tables without their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct AutovacuumSettings {
    /// Whether `autovacuum` and `track_counts` are on.
    pub enabled: bool,
    /// autovacuum_max_workers.
    pub max_workers: i64,
    /// autovacuum_worker_slots; None before PostgreSQL 18.
    pub worker_slots: Option<i64>,
    /// autovacuum_vacuum_cost_delay, ms.
    pub cost_delay_ms: f64,
    /// autovacuum_vacuum_cost_limit.
    pub cost_limit: i64,
}

impl AutovacuumSettings {
    /// How many workers may run at once.
    pub fn workers(&self) -> i64 {
        self.worker_slots.map_or(self.max_workers, |slots| self.max_workers.min(slots))
    }
}

/// What autovacuum does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Autovacuum {
    /// Its workers, the longest at work first.
    pub workers: Vec<AutovacuumWorker>,
    /// How many there may be, and how they are slowed down.
    pub settings: Known<AutovacuumSettings>,
}

impl Default for Autovacuum {
    fn default() -> Self {
        Self { workers: Vec::new(), settings: Err(Reason::NotYet) }
    }
}
