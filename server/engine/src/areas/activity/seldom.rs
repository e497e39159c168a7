//! What changes seldom and is read once a minute: connection limits, settings of autovacuum, how long texts are.

use model::activity::autovacuum::AutovacuumSettings;
use model::{Known, Reason};

use super::connections::LimitRow;
use super::{AUTOVACUUM_SETTINGS, CONNECTION_LIMITS, TEXT_LIMITS};
use crate::connection::Rows;
use crate::sql::Query;

/// How often it is read, ms.
const EVERY_MS: i64 = 60_000;

/// The queries of one reading, in the order of `Seldom::take`.
pub const QUERIES: [Query; 3] = [CONNECTION_LIMITS, AUTOVACUUM_SETTINGS, TEXT_LIMITS];

/// What was read last.
pub struct Seldom {
    read_ms: Option<i64>,
    pub limits: Known<Vec<LimitRow>>,
    pub autovacuum: Known<AutovacuumSettings>,
    text_bytes: Known<TextRow>,
}

/// How long a text may be.
#[derive(sqlx::FromRow)]
struct TextRow {
    text_bytes: i64,
}

impl Default for Seldom {
    fn default() -> Self {
        let text_bytes = Err(Reason::NotYet);
        let autovacuum = Err(Reason::NotYet);
        Self { read_ms: None, limits: Err(Reason::NotYet), autovacuum, text_bytes }
    }
}

impl Seldom {
    /// Whether it is to be read again.
    pub fn is_due(&self, now_ms: i64) -> bool {
        self.read_ms.is_none_or(|read_ms| now_ms.saturating_sub(read_ms) >= EVERY_MS)
    }

    /// From which length on a text may have been cut, bytes; 0 while that is not known.
    pub fn longest_text(&self) -> usize {
        let bytes = self.text_bytes.as_ref().map_or(0, |row| row.text_bytes);
        usize::try_from(bytes).unwrap_or(0)
    }

    /// Keeps the answers to `QUERIES`.
    pub fn take(&mut self, mut next: impl FnMut() -> Known<Rows>, now_ms: i64) {
        self.limits = next().and_then(|rows| rows.all());
        self.autovacuum = next().and_then(|rows| rows.one());
        self.text_bytes = next().and_then(|rows| rows.one());
        self.read_ms = Some(now_ms);
    }
}
