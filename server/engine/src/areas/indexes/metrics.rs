//! Prometheus metrics of indexes, database by database: how many there are, their bytes, and how many have a
//! problem. No label names an index.

use model::indexes::{Indexes, ProblemKind};

use crate::metrics::{Metrics, Name};

const INDEXES: Name =
    ("pgdeck_indexes", "gauge", "Indexes of a database that are not the system's.");
const BYTES: Name = (
    "pgdeck_index_bytes",
    "gauge",
    "Their size as of the last VACUUM, ANALYZE or CREATE INDEX of each.",
);
const PROBLEMS: Name = (
    "pgdeck_indexes_with_problem",
    "gauge",
    "Indexes that are invalid, duplicate, redundant, or not scanned on this server since scans are counted.",
);

/// Adds the metrics of one server.
pub fn metrics(indexes: &Indexes, server: &str, text: &mut Metrics) {
    for database in &indexes.databases {
        let Some(read) = database.known() else { continue };
        let labels = [("server", server), ("datname", database.datname.as_str())];
        // A partitioned one has no entries itself: its parts have them.
        let own = || read.indexes.iter().filter(|index| !index.partitioned);
        text.add(INDEXES, &labels, own().count() as f64);
        text.add(BYTES, &labels, own().map(|index| read.size_bytes(index)).sum());
        for kind in ProblemKind::ALL {
            if kind == ProblemKind::Unused && !read.track_counts {
                continue;
            }
            let count = read.problems.iter().filter(|problem| problem.kind == kind).count();
            let [of_server, of_database] = labels;
            text.add(PROBLEMS, &[of_server, of_database, ("problem", kind.as_str())], count as f64);
        }
    }
}
