//! Prometheus metrics of statement statistics: how much of the server's work they explain, how full the table
//! is, and how often entries were removed.

use model::statements::Statements;

use crate::metrics::{Metrics, Name};

const EXPLAINED: Name = (
    "pgdeck_statements_explained_ratio",
    "gauge",
    "Share of the time in statements of the last ten minutes that pg_stat_statements explains.",
);
const UNSEEN: Name = (
    "pgdeck_statements_unseen_ratio",
    "gauge",
    "Share of the time in statements of the last ten minutes that pg_stat_statements does not explain: evicted, reset or not tracked.",
);
const ENTRIES: Name = ("pgdeck_statements_entries", "gauge", "Entries of pg_stat_statements.");
const MAX_ENTRIES: Name =
    ("pgdeck_statements_entries_max", "gauge", "The setting pg_stat_statements.max.");
const DEALLOCATIONS: Name = (
    "pgdeck_statements_deallocations_total",
    "counter",
    "Passes that removed the least used entries since all were reset, because the table was full.",
);

/// Adds the metrics of one server.
pub fn metrics(value: &Statements, server: &str, text: &mut Metrics) {
    let labels = [("server", server)];
    let Ok(entries) = &value.entries else { return };
    text.add(ENTRIES, &labels, entries.count as f64);
    text.add(DEALLOCATIONS, &labels, entries.deallocations as f64);
    if let Some(max) = value.settings.max_entries {
        text.add(MAX_ENTRIES, &labels, max as f64);
    }
    let Ok(window) = &entries.window else { return };
    if let Ok(percent) = window.integrity.explained_percent() {
        text.add(EXPLAINED, &labels, percent / 100.0);
        text.add(UNSEEN, &labels, 1.0 - percent / 100.0);
    }
}
