//! `/metrics`: what a Prometheus server gets, of a server that is down and of a real one, read by promtool.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::in_process::InProcess;

/// The text once all of `wanted` are in it; within a minute.
async fn scraped(pgdeck: &InProcess, wanted: &[&str]) -> String {
    let mut text = String::new();
    for _ in 0..600 {
        text = pgdeck.get("/metrics").send().await.unwrap().text().await.unwrap();
        if wanted.iter().all(|part| text.contains(part)) {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let missing: Vec<_> = wanted.iter().filter(|part| !text.contains(**part)).collect();
    panic!("{missing:?} are missing in:\n{text}");
}

/// What promtool says: its exit code (0 fine, 1 not readable, 3 unusual), and a line for each remark.
fn promtool(text: &str) -> (i32, String) {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, which .ci/setup test installs");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn metrics_omit_unknown_values_and_report_that_the_server_is_down() {
    let pgdeck = InProcess::start(&[]).await;
    let text = scraped(&pgdeck, &["pg_up{server=\"shop\"} 0\n", "pgdeck_viewers 0\n"]).await;
    for family in ["pg_stat_activity_count", "pgdeck_findings", "pgdeck_lock_waiters"] {
        assert!(!text.contains(family), "{family} of a server that was never read: {text}");
    }
    assert_eq!(promtool(&text), (0, String::new()), "{text}");
    let forwarded =
        pgdeck.get("/metrics").header("x-forwarded-for", "1.2.3.4").send().await.unwrap();
    assert_eq!(forwarded.status(), 401, "a reverse proxy on loopback forwards for others");
}

#[tokio::test]
async fn metrics_of_a_real_server_are_what_promtool_expects() {
    let server = playground::ServerOptions::new(17)
        .setting("max_prepared_transactions", "2")
        .start()
        .await
        .unwrap();
    server.exec("create database \"a\"\"b\\c\"").await.unwrap();
    server.exec("select pg_create_physical_replication_slot('kept', true)").await.unwrap();
    server.exec("create role limited login password 'a'; create table t (n int); create index on t (n); create index on t (n)").await.unwrap();
    // One waits for the other: a finding is open, and a session waits for a lock.
    let mut holder = server.connect().await.unwrap();
    let mut waiter = server.connect().await.unwrap();
    sqlx::raw_sql("begin; lock table t").execute(&mut holder).await.unwrap();
    let waiting =
        tokio::spawn(async move { sqlx::raw_sql("select * from t").execute(&mut waiter).await });
    let dsns = [server.dsn(), server.dsn_for("limited", "a", "postgres")];
    let pgdeck = InProcess::watching(&dsns, &[]).await;
    let wanted = [
        "pg_up{server=\"local\"} 1\n",
        "pgdeck_server_info{server=\"local\",version=\"17",
        "is_replica=\"false\"} 1\n",
        "pgdeck_lock_waiters{server=\"local\"} 1\n",
        "pgdeck_prepared_transactions{server=\"local\"} 0\n",
        "pgdeck_replication_slot_active{server=\"local\",slot_name=\"kept\",slot_type=\"physical\"} 0\n",
        "pgdeck_replication_slot_retained_bytes{server=\"local\",slot_name=\"kept\"",
        "pgdeck_commits_total{server=\"local\"} ",
        "pgdeck_waited_seconds_total{server=\"local\"} ",
        "pgdeck_area_readings_total{server=\"local\",area=\"tables\"} ",
        "pgdeck_area_seconds_total{server=\"local\",area=\"locks\"} ",
        "pgdeck_io_read_bytes_total{server=\"local\",backend_type=\"client backend\",object=\"relation\",context=\"normal\"} ",
        "pgdeck_checkpoints_total{server=\"local\",cause=\"requested\"} ",
        "pgdeck_buffers_written_total{server=\"local\",by=\"checkpointer\"} ",
        "pgdeck_wal_bytes_total{server=\"local\"} ",
        "pgdeck_indexes{server=\"local\",datname=\"postgres\"} 2\n",
        "pgdeck_index_bytes{server=\"local\",datname=\"postgres\"} ",
        "pgdeck_indexes_with_problem{server=\"local\",datname=\"postgres\",problem=\"duplicate\"} 1\n",
        "pgdeck_database_xid_age{server=\"local\",datname=\"a\\\"b\\\\c\"} ",
        "pgdeck_database_multixact_age{server=\"local\",datname=\"postgres\"} ",
        "state=\"active\",wait_event_type=\"Lock\",wait_event=\"relation\"} 1\n",
        "pg_up{server=\"local-2\"} 1\n",
        "pgdeck_rules_not_checked{server=\"local-2\",rule=\"",
        "pgdeck_lock_waiters{server=\"local-2\"} 1\n",
    ];
    let text = scraped(&pgdeck, &wanted).await;
    assert!(
        !text.contains("pg_stat_activity_count{server=\"local-2\""),
        "a part is not all: {text}"
    );
    let (_, remarks) = promtool(&text);
    // postgres_exporter's own name has an ending that is meant for histograms.
    let ours: Vec<&str> =
        remarks.lines().filter(|line| !line.starts_with("pg_stat_activity_count ")).collect();
    assert!(ours.is_empty(), "{ours:?}\n{text}");
    assert!(text.ends_with('\n'));
    drop(holder);
    waiting.await.unwrap().unwrap();
}
