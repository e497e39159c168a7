//! Metrics that one area records and another reads: what active sessions did, second by second, and what the
//! server's log has of statements.

use history::Metric;

/// Active sessions by everything that is known of one: labels `class`, `event`, `query_id`, `application`,
/// `role`, `database`, `client`.
pub const BY_ALL: Metric = Metric::increment("active_sessions_by_all");
/// Active sessions by statement and tag: labels `query_id`, `tag`, `value`.
pub const BY_TAG: Metric = Metric::increment("active_sessions_by_tag");

/// Runs of statements by their age when a sample first met them: labels `query_id`, `bucket` (`model::latency`).
/// A run met after a missed sample counts for the samples that it stands for.
pub const RUNS_MET: Metric = Metric::increment("runs_met_by_age");
/// Runs of at least a second that were seen to end, by how long they took: the same labels.
pub const RUNS_ENDED: Metric = Metric::increment("runs_ended_by_duration");
/// Runs that the server's log has, by how long they took: label `bucket` and `query_id`, or `fingerprint` where
/// the log has no identifier. One of a sample counts for those that it stands for.
pub const RUNS_LOGGED: Metric = Metric::increment("runs_logged_by_duration");
/// Lines of the log that tell of them: labels as above, without `bucket`.
pub const LINES_LOGGED: Metric = Metric::increment("runs_logged");
/// From which duration on the log has runs, ms; no value while it has none.
pub const LOGGED_FROM: Metric = Metric::gauge("runs_logged_from_ms");
/// Bytes of the log that were read.
pub const LOG_READ: Metric = Metric::increment("log_read_bytes");
/// Bytes of the log that were passed over.
pub const LOG_SKIPPED: Metric = Metric::increment("log_skipped_bytes");
