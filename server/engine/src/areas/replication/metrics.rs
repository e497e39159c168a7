//! Prometheus metrics of replication: the lag in seconds and in bytes of WAL.

use model::replication::Replication;

use crate::metrics::{Metrics, Name};

const LAG_SECONDS: Name = (
    "pgdeck_replication_lag_seconds",
    "gauge",
    "Replay lag: a standby's own, or the worst of a primary's standbys.",
);
const LAG_BYTES: Name = ("pgdeck_replication_lag_bytes", "gauge", "The same in bytes of WAL.");

/// Adds the metrics of one server.
pub fn metrics(replication: &Replication, server: &str, text: &mut Metrics) {
    let labels = [("server", server)];
    if let Some(newest) = replication.history.last() {
        if let Some(ms) = newest.ms {
            text.add(LAG_SECONDS, &labels, ms / 1_000.0);
        }
        if let Some(bytes) = newest.bytes {
            text.add(LAG_BYTES, &labels, bytes as f64);
        }
    }
}
