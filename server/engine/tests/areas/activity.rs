//! Sessions: idle in transaction, long transactions, running out of connections.

mod panels;
mod progress;
mod runs;
mod transactions;
mod unknown;

use engine::{Engine, Limits};
use model::Severity;
use playground::ServerOptions;
use sqlx::Connection;

use crate::support::{
    PATIENCE, Result, config, fires, is_up, limits, monitored, quiet, until, watcher,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_in_transaction_and_its_end() -> Result {
    let server = monitored(17).await?;
    let limits = limits(&[("activity/idle_in_transaction", "warn_from_s", 1.0)])?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits);
    let mut idler = server.connect().await?;
    sqlx::raw_sql("set application_name = '<b>idler</b>'; begin; select 1")
        .execute(&mut idler)
        .await?;
    // It holds a lock and blocks nobody.
    sqlx::raw_sql("select count(*) from pg_largeobject").execute(&mut idler).await?;
    let finding = fires(&engine, "one", "activity/idle_in_transaction").await?;
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.message.contains("<b>idler</b>"), "text stays as it is; pages escape it");
    sqlx::raw_sql("rollback").execute(&mut idler).await?;
    quiet(&engine, "one", "activity/idle_in_transaction").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_transaction_and_its_end() -> Result {
    let server = monitored(14).await?;
    let limits = limits(&[("activity/long_transaction", "warn_from_s", 1.0)])?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits);
    until(&engine, "one", PATIENCE, is_up).await?;
    let mut long = server.connect().await?;
    let running = tokio::spawn(async move {
        let _ = sqlx::raw_sql("select pg_sleep(60)").execute(&mut long).await;
    });
    let finding = fires(&engine, "one", "activity/long_transaction").await?;
    let cancel = finding.remedy.sql.expect("a statement to copy");
    server.exec(&cancel).await?;
    running.await?;
    quiet(&engine, "one", "activity/long_transaction").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_run_out() -> Result {
    let server = ServerOptions::new(18).setting("max_connections", "20").start().await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], Limits::default());
    until(&engine, "one", PATIENCE, is_up).await?;
    quiet(&engine, "one", "activity/connection_use").await?;
    let mut held = Vec::new();
    for _ in 0..14 {
        held.push(server.connect().await?);
    }
    fires(&engine, "one", "activity/connection_use").await?;
    for connection in held {
        connection.close().await?;
    }
    quiet(&engine, "one", "activity/connection_use").await
}

/// Superusers take the reserved slots too: the share of the others ends at all of them.
#[test]
fn no_more_slots_are_in_use_than_there_are() {
    let fires = include_str!("../../fixtures/activity/connection_use/fires.json");
    let fires: serde_json::Value = serde_json::from_str(fires).expect("a fixture");
    let mut evidence = fires["evidence"].clone();
    let open = evidence["max_connections"].as_i64().zip(evidence["reserved_connections"].as_i64());
    let open = open.map(|(all, reserved)| all - reserved).expect("numbers");
    evidence["connections"] = (open + 2).into();
    let judged = engine::areas::judge_json("activity/connection_use", &evidence.to_string());
    let findings = judged.expect("a rule").expect("evidence").expect("checked");
    let finding = findings.first().expect("a finding");
    assert!(finding.message.starts_with(&format!("All {open} connection slots")), "{finding:?}");
    assert!(finding.message.contains(", and 2 of the 3 reserved ones"), "{finding:?}");
    assert!(finding.evidence.iter().any(|e| e.name == "share in use" && e.value == 100.0));
    assert_eq!(finding.harm, model::Harm::Risk { due_s: Some(0.0) });
}
