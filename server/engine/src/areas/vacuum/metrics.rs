//! Prometheus metrics of vacuum: the transaction id age of each database.

use model::vacuum::Vacuum;

use crate::metrics::{Metrics, Name};

const AGE: Name =
    ("pg_database_age", "gauge", "Transactions since the oldest unfrozen transaction id.");

/// Adds the metrics of one server.
pub fn metrics(vacuum: &Vacuum, server: &str, text: &mut Metrics) {
    for database in &vacuum.databases {
        let labels = [("server", server), ("datname", database.datname.as_str())];
        text.add(AGE, &labels, database.xid_age as f64);
    }
}
