//! The wall clock in milliseconds, by which readings, audit records and sessions are dated.

/// pgdeck's clock, ms since the Unix epoch.
pub fn now_ms() -> i64 {
    std::time::UNIX_EPOCH
        .elapsed()
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
