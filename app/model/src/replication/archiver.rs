//! The archiver: whether WAL reaches the archive (`pg_stat_archiver`).

use serde::{Deserialize, Serialize};

/// `pg_stat_archiver` with the settings that say what it is meant to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::FromRow))]
pub struct Archiver {
    /// archive_mode: `off`, `on`, `always`.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::Text"))]
    pub archive_mode: String,
    /// Whether archive_command or archive_library says how.
    pub configured: bool,
    /// Segments archived since the last reset.
    pub archived_count: i64,
    /// The newest of them.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub last_archived_wal: Option<String>,
    /// How long ago that was, ms.
    pub last_archived_age_ms: Option<f64>,
    /// Failed attempts since the last reset.
    pub failed_count: i64,
    /// The segment of the newest failure.
    #[cfg_attr(feature = "sqlx", sqlx(try_from = "crate::text::MaybeText"))]
    pub last_failed_wal: Option<String>,
    /// How long ago that was, ms.
    pub last_failed_age_ms: Option<f64>,
    /// Whether the newest attempt failed.
    pub failing: bool,
    /// Segments that wait; counted only while it fails, None where our role may not.
    pub ready: Option<i64>,
}

impl Archiver {
    /// Whether this server is meant to archive: a standby does only with `always`.
    pub fn is_on(&self, in_recovery: bool) -> bool {
        self.archive_mode == "always" || (self.archive_mode == "on" && !in_recovery)
    }

    /// Its state in a few words.
    pub fn state(&self, in_recovery: bool) -> &'static str {
        match (self.is_on(in_recovery), self.configured, self.failing) {
            (false, ..) if self.archive_mode == "on" => "off while this server is a standby",
            (false, ..) => "off",
            (true, false, _) => "on, but neither archive_command nor archive_library is set",
            (true, true, true) => "failing",
            (true, true, false) => "on",
        }
    }
}
