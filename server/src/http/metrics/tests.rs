//! The text format, and that the unknown is left out.

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
    let mut text = Text::default();
    of_overview(&mut text, "shop", overview);
    text.finish()
}

#[test]
fn label_values_are_escaped() {
    let mut text = Text::default();
    text.add(AGE, &[("datname", "a\"b\\c\nd")], 3.0);
    let text = text.finish();
    assert!(text.ends_with("pg_database_age{datname=\"a\\\"b\\\\c\\nd\"} 3\n"), "{text}");
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn a_metric_is_described_once_before_all_its_samples() {
    let text = told(&overview());
    assert_eq!(text.matches("# TYPE pg_stat_activity_count gauge").count(), 1);
    assert!(
        text.contains("pg_stat_activity_count{server=\"shop\",state=\"idle in transaction\"} 1\n"),
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

#[test]
fn only_requests_of_this_machine_itself_are_local() {
    let local: SocketAddr = "127.0.0.1:5".parse().unwrap();
    let plain = HeaderMap::new();
    assert!(is_local(local, &plain) && !is_local("10.0.0.1:5".parse().unwrap(), &plain));
    let passed_on: HeaderMap =
        [(header::HeaderName::from_static("x-forwarded-for"), "1.2.3.4".parse().unwrap())]
            .into_iter()
            .collect();
    assert!(!is_local(local, &passed_on));
}

#[test]
fn a_token_has_to_be_configured_and_right() {
    let headers: HeaderMap =
        [(header::AUTHORIZATION, "Bearer abc".parse().unwrap())].into_iter().collect();
    assert!(has_token(&headers, Some("abc")));
    assert!(!has_token(&headers, Some("abd")) && !has_token(&headers, None));
    assert!(!has_token(&HeaderMap::new(), Some("abc")));
}
