//! Metrics of sampled sessions that more than one area reads: what active sessions did, second by second.

use history::Metric;

/// Active sessions by everything that is known of one: labels `class`, `event`, `query_id`, `application`,
/// `role`, `database`, `client`.
pub const BY_ALL: Metric = Metric::increment("active_sessions_by_all");
/// Active sessions by statement and tag: labels `query_id`, `tag`, `value`.
pub const BY_TAG: Metric = Metric::increment("active_sessions_by_tag");
