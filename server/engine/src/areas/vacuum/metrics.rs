//! Prometheus metrics of vacuum: the ages that wraparound is counted by, of each database.

use model::vacuum::Vacuum;

use crate::metrics::{Metrics, Name};

const XID_AGE: Name = (
    "pgdeck_database_xid_age",
    "gauge",
    "Transactions since the oldest unfrozen transaction id of the database.",
);
const MULTIXACT_AGE: Name =
    ("pgdeck_database_multixact_age", "gauge", "Multixacts since the oldest of the database.");

/// Adds the metrics of one server.
pub fn metrics(vacuum: &Vacuum, server: &str, text: &mut Metrics) {
    for database in &vacuum.databases {
        let labels = [("server", server), ("datname", database.datname.as_str())];
        text.add(XID_AGE, &labels, database.xid_age as f64);
        text.add(MULTIXACT_AGE, &labels, database.multixact_age as f64);
    }
}
