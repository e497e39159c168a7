//! Prometheus metrics of the overview: transactions, blocks, temporary files, what the server is.

use model::overview::Overview;

use crate::metrics::{Metrics, Name};

const INFO: Name = (
    "pgdeck_server_info",
    "gauge",
    "What the server is: its version, and whether it is a standby.",
);
const STARTED: Name =
    ("pgdeck_server_start_time_seconds", "gauge", "When the server started, since the epoch.");
const MAX_CONNECTIONS: Name =
    ("pg_settings_max_connections", "gauge", "The setting max_connections.");
const COMMIT: Name =
    ("pgdeck_commits_total", "counter", "Transactions committed, all databases together.");
const ROLLBACK: Name =
    ("pgdeck_rollbacks_total", "counter", "Transactions rolled back, all databases together.");
const HIT: Name = (
    "pgdeck_blocks_hit_total",
    "counter",
    "Blocks found in shared buffers, all databases together.",
);
const READ: Name = (
    "pgdeck_blocks_read_total",
    "counter",
    "Blocks read from outside shared buffers, all databases together.",
);
const TEMP: Name = (
    "pgdeck_temporary_bytes_total",
    "counter",
    "Bytes written to temporary files, all databases together.",
);

/// Adds the metrics of one server.
pub fn metrics(overview: &Overview, server: &str, text: &mut Metrics) {
    let labels = [("server", server)];
    let facts = &overview.facts;
    let is_replica = if facts.in_recovery { "true" } else { "false" };
    let info = [("server", server), ("version", &facts.version), ("is_replica", is_replica)];
    text.add(INFO, &info, 1.0);
    text.add(STARTED, &labels, facts.started_ms as f64 / 1_000.0);
    if let Ok(sessions) = &overview.sessions {
        text.add(MAX_CONNECTIONS, &labels, sessions.max_connections as f64);
    }
    if let Ok(counters) = &overview.counters {
        text.add(COMMIT, &labels, counters.xact_commit as f64);
        text.add(ROLLBACK, &labels, counters.xact_rollback as f64);
        text.add(HIT, &labels, counters.blks_hit as f64);
        text.add(READ, &labels, counters.blks_read as f64);
        text.add(TEMP, &labels, counters.temp_bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use model::Reason;
    use model::overview::{DatabaseCounters, SessionCounts};
    use model::server::Facts;

    use super::*;

    fn overview() -> Overview {
        let facts: Facts = serde_json::from_value(serde_json::json!({
            "major": 17, "version": "17.1", "in_recovery": false, "system_identifier": null,
            "timeline": null, "started_ms": 0, "database": "a", "role": "a", "superuser": false,
            "pg_monitor": true, "through_pooler": false, "provider": null, "extensions": []
        }))
        .unwrap();
        let sessions = SessionCounts {
            connections: 9,
            active: 2,
            idle: 5,
            idle_in_transaction: 1,
            max_connections: 100,
            ..SessionCounts::default()
        };
        Overview {
            facts,
            sessions: Ok(sessions),
            counters: Err(Reason::NotYet),
            checkpoints: Err(Reason::NotYet),
            wal: Err(Reason::NotYet),
            databases: Err(Reason::NotYet),
            windows: vec![],
        }
    }

    fn told(overview: &Overview) -> String {
        let mut text = Metrics::default();
        metrics(overview, "shop", &mut text);
        text.finish()
    }

    #[test]
    fn a_metric_is_described_once_before_all_its_samples() {
        let text = told(&overview());
        assert_eq!(text.matches("# TYPE pgdeck_server_info gauge").count(), 1);
        let info = "pgdeck_server_info{server=\"shop\",version=\"17.1\",is_replica=\"false\"} 1\n";
        assert!(text.contains(info), "{text}");
        assert!(text.contains("pg_settings_max_connections{server=\"shop\"} 100\n"), "{text}");
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        assert!(!told(&overview()).contains("_total"));
        let counters = DatabaseCounters { xact_commit: 5, ..DatabaseCounters::default() };
        let known = Overview { counters: Ok(counters), ..overview() };
        assert!(told(&known).contains("pgdeck_commits_total{server=\"shop\"} 5\n"));
    }
}
