//! Prometheus metrics of activity: sessions by all that postgres_exporter tells them apart by.

use std::collections::BTreeMap;

use model::activity::{Activity, Session};

use crate::metrics::{Metrics, Name};

const SESSIONS: Name = (
    "pg_stat_activity_count",
    "gauge",
    "Sessions in a database by what they are and what they wait for, without pgdeck's own.",
);
/// The labels of `pg_stat_activity_count` in postgres_exporter.
const LABELS: [&str; 7] = [
    "datname",
    "usename",
    "application_name",
    "backend_type",
    "state",
    "wait_event_type",
    "wait_event",
];
const CONNECTIONS: Name = ("pgdeck_connections", "gauge", "Client connections in use.");

/// Adds the metrics of one server. Where sessions are hidden from our role nothing is counted: neither what
/// they are nor whether they are connections is known. Where the list is cut, a part of them would look
/// like a quiet server.
pub fn metrics(activity: &Activity, server: &str, text: &mut Metrics) {
    if activity.others.is_err() {
        return;
    }
    text.add(CONNECTIONS, &[("server", server)], activity.connections as f64);
    if activity.sessions_total > activity.sessions.len() as i64 {
        return;
    }
    let mut counts: BTreeMap<[&str; 7], u32> = BTreeMap::new();
    for session in activity.sessions.iter().filter(|session| !session.own) {
        if let Some(values) = values(session) {
            *counts.entry(values).or_default() += 1;
        }
    }
    for (values, count) in counts {
        let labels: Vec<(&str, &str)> =
            std::iter::once(("server", server)).chain(LABELS.into_iter().zip(values)).collect();
        text.add(SESSIONS, &labels, f64::from(count));
    }
}

/// The values of the labels; None for a process of the server that is in no database.
fn values(session: &Session) -> Option<[&str; 7]> {
    Some([
        session.datname.as_deref()?,
        text(&session.usename),
        text(&session.application_name),
        text(&session.backend_type),
        text(&session.state),
        text(&session.wait_event_type),
        text(&session.wait_event),
    ])
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use model::Reason;

    use super::*;

    fn session(pid: i32, state: &str, own: bool) -> Session {
        let text = |text: &str| Some(text.to_owned());
        Session {
            pid,
            datname: text("shop"),
            usename: text("web"),
            application_name: text("a\"b"),
            backend_type: text("client backend"),
            state: text(state),
            own,
            ..Session::default()
        }
    }

    fn activity(sessions: Vec<Session>) -> Activity {
        Activity {
            sessions_total: sessions.len() as i64,
            sessions,
            connections: 3,
            max_connections: 100,
            reserved_connections: 3,
            progress: Ok(vec![]),
            progress_unread: vec![],
            others: Ok(()),
            blockers: Ok(()),
            waits: vec![],
            connection_use: Err(Reason::NotYet),
            wait_events: Err(Reason::NotYet),
            autovacuum: Err(Reason::NotYet),
            runs: Default::default(),
        }
    }

    fn told(activity: &Activity) -> String {
        let mut text = Metrics::default();
        metrics(activity, "one", &mut text);
        text.finish()
    }

    #[test]
    fn sessions_are_told_apart_as_by_postgres_exporter_and_ours_is_left_out() {
        let background = Session { pid: 9, ..Session::default() };
        let sessions = vec![
            session(1, "active", false),
            session(2, "active", false),
            session(3, "idle", true),
            background,
        ];
        let text = told(&activity(sessions));
        let wanted = "pg_stat_activity_count{server=\"one\",datname=\"shop\",usename=\"web\",application_name=\"a\\\"b\",backend_type=\"client backend\",state=\"active\",wait_event_type=\"\",wait_event=\"\"} 2\n";
        assert!(text.contains(wanted), "{text}");
        assert_eq!(text.matches("pg_stat_activity_count{").count(), 1, "{text}");
    }

    #[test]
    fn a_part_of_the_sessions_is_not_counted() {
        let all = activity(vec![session(1, "active", false)]);
        let hidden = Activity { others: Err(Reason::missing_grant("x", "y")), ..all.clone() };
        let cut = Activity { sessions_total: 2, ..all };
        assert_eq!(told(&hidden), "");
        let text = told(&cut);
        assert!(!text.contains("pg_stat_activity_count"), "{text}");
        assert!(text.contains("pgdeck_connections{server=\"one\"} 3\n"), "{text}");
    }
}
