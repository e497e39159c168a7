//! Prometheus metrics of vacuum: the transaction id and multixact age of each database, and how far back
//! the xmin horizon is held.

use model::vacuum::Vacuum;

use crate::metrics::{Metrics, Name};

const XID_AGE: Name = (
    "pgdeck_database_xid_age",
    "gauge",
    "Transactions since the oldest unfrozen transaction id of the database.",
);
const MULTIXACT_AGE: Name = (
    "pgdeck_database_multixact_age",
    "gauge",
    "Multixact ids since the oldest one that is not frozen.",
);
const HORIZON: Name = (
    "pgdeck_xmin_horizon_age",
    "gauge",
    "Transactions since the oldest xmin or xid that something holds, by kind of holder.",
);

/// Adds the metrics of one server.
pub fn metrics(vacuum: &Vacuum, server: &str, text: &mut Metrics) {
    for database in &vacuum.databases {
        let labels = [("server", server), ("datname", database.datname.as_str())];
        let ages = [(XID_AGE, database.xid_age), (MULTIXACT_AGE, database.multixact_age)];
        for (name, age) in ages {
            if let Some(age) = age {
                text.add(name, &labels, age as f64);
            }
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    // Farthest back first: the first of a kind is its oldest.
    for holder in vacuum.xmin_holders.iter().flatten() {
        if let Some(xids) = holder.xids.filter(|_| !seen.contains(&holder.kind.as_str())) {
            seen.push(&holder.kind);
            text.add(HORIZON, &[("server", server), ("holder", &holder.kind)], xids as f64);
        }
    }
}
