//! What changes seldom and is read once a minute: connection limits and settings of autovacuum.

use model::activity::autovacuum::AutovacuumSettings;
use model::{Known, Reason};

use super::connections::LimitRow;
use super::{AUTOVACUUM_SETTINGS, CONNECTION_LIMITS};
use crate::connection::Rows;
use crate::sql::Query;

/// How often it is read, ms.
const EVERY_MS: i64 = 60_000;

/// The queries of one reading, in the order of `Seldom::take`.
pub const QUERIES: [Query; 2] = [CONNECTION_LIMITS, AUTOVACUUM_SETTINGS];

/// What was read last.
pub struct Seldom {
    read_ms: Option<i64>,
    pub limits: Known<Vec<LimitRow>>,
    pub autovacuum: Known<AutovacuumSettings>,
}

impl Default for Seldom {
    fn default() -> Self {
        Self { read_ms: None, limits: Err(Reason::NotYet), autovacuum: Err(Reason::NotYet) }
    }
}

impl Seldom {
    /// Whether it is to be read again.
    pub fn is_due(&self, now_ms: i64) -> bool {
        self.read_ms.is_none_or(|read_ms| now_ms.saturating_sub(read_ms) >= EVERY_MS)
    }

    /// Keeps the answers to `QUERIES`.
    pub fn take(&mut self, mut next: impl FnMut() -> Known<Rows>, now_ms: i64) {
        self.limits = next().and_then(|rows| rows.all());
        self.autovacuum = next().and_then(|rows| rows.one());
        self.read_ms = Some(now_ms);
    }
}
