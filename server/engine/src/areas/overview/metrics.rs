//! Prometheus metrics of the overview: sessions by state, transactions, blocks.

use model::overview::Overview;

use crate::metrics::{Metrics, Name};

const ACTIVITY: Name = ("pg_stat_activity_count", "gauge", "Client sessions by state.");
const MAX_CONNECTIONS: Name =
    ("pg_settings_max_connections", "gauge", "The setting max_connections.");
const COMMIT: Name =
    ("pg_stat_database_xact_commit", "counter", "Transactions committed, all databases.");
const ROLLBACK: Name =
    ("pg_stat_database_xact_rollback", "counter", "Transactions rolled back, all databases.");
const HIT: Name =
    ("pg_stat_database_blks_hit", "counter", "Blocks found in shared buffers, all databases.");
const READ: Name = (
    "pg_stat_database_blks_read",
    "counter",
    "Blocks read from outside shared buffers, all databases.",
);

/// Adds the metrics of one server.
pub fn metrics(overview: &Overview, server: &str, text: &mut Metrics) {
    let labels = [("server", server)];
    if let Ok(sessions) = &overview.sessions {
        // Sessions hidden from us are in no state we know: the sum stays right without guessing.
        let states = [
            ("active", sessions.active),
            ("idle", sessions.idle),
            ("idle in transaction", sessions.idle_in_transaction),
        ];
        let known = states.iter().map(|(_, count)| *count).fold(0, i64::saturating_add);
        let other = sessions.connections.saturating_sub(known);
        for (state, count) in states.into_iter().chain((other > 0).then_some(("unknown", other))) {
            text.add(ACTIVITY, &[("server", server), ("state", state)], count as f64);
        }
        text.add(MAX_CONNECTIONS, &labels, sessions.max_connections as f64);
    }
    if let Ok(counters) = &overview.counters {
        text.add(COMMIT, &labels, counters.xact_commit as f64);
        text.add(ROLLBACK, &labels, counters.xact_rollback as f64);
        text.add(HIT, &labels, counters.blks_hit as f64);
        text.add(READ, &labels, counters.blks_read as f64);
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
        assert_eq!(text.matches("# TYPE pg_stat_activity_count gauge").count(), 1);
        assert!(
            text.contains(
                "pg_stat_activity_count{server=\"shop\",state=\"idle in transaction\"} 1\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("pg_stat_activity_count{server=\"shop\",state=\"unknown\"} 1\n"),
            "{text}"
        );
        assert!(text.contains("pg_settings_max_connections{server=\"shop\"} 100\n"), "{text}");
    }

    #[test]
    fn what_is_unknown_is_left_out() {
        assert!(!told(&overview()).contains("pg_stat_database"));
        let counters = DatabaseCounters { xact_commit: 5, ..DatabaseCounters::default() };
        let known = Overview { counters: Ok(counters), ..overview() };
        assert!(told(&known).contains("pg_stat_database_xact_commit{server=\"shop\"} 5\n"));
    }
}
