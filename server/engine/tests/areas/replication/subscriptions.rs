//! A subscription that is blocked, fails, and is disabled.

use engine::Engine;
use engine::areas::replication::ReplicationArea;
use model::replication::Subscription;
use model::{ServerId, Severity};
use playground::ServerOptions;

use super::each;
use crate::support::{PATIENCE, Result, config, fires, limits, quiet, until};

const RULE: &str = "replication/subscription_failing";

fn subscription(engine: &Engine) -> Option<Subscription> {
    let latest = engine.latest::<ReplicationArea>(&ServerId::new("one"))?;
    latest.value()?.subscriptions.as_ref().ok()?.first().cloned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_is_blocked_fails_and_is_disabled() -> Result {
    blocked_failing_and_disabled(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_is_blocked_fails_and_is_disabled_on_19() -> Result {
    if playground::install::passed_over(19) {
        return Ok(());
    }
    blocked_failing_and_disabled(19).await
}

async fn blocked_failing_and_disabled(major: u16) -> Result {
    let server =
        ServerOptions::new(major).setting("wal_retrieve_retry_interval", "1s").start().await?;
    each(
        &server,
        "create database copy; create table t (i int primary key); create publication p for table t;
         select pg_create_logical_replication_slot('sub', 'pgoutput')",
    )
    .await?;
    let mut copy = playground::connect(&server.dsn_to("copy")).await?;
    let create = format!(
        "create subscription sub connection '{}' publication p
           with (create_slot = false, slot_name = sub, copy_data = false)",
        server.dsn()
    );
    for sql in ["create table t (i int primary key)", &create] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut copy).await?;
    }
    let limits = limits(&[
        ("replication/subscription_failing", "no_worker_from_s", 0.0),
        ("replication/subscription_failing", "blocked_from_s", 1.0),
    ])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    quiet(&engine, "one", RULE).await?;
    server.exec("insert into t values (0)").await?;
    // Blocked: somebody here holds the table.
    sqlx::raw_sql("begin; lock table t").execute(&mut copy).await?;
    server.exec("insert into t select generate_series(1, 20000)").await?;
    let finding = fires(&engine, "one", RULE).await?;
    assert!(finding.message.contains("waits for a lock"), "{}", finding.message);
    sqlx::raw_sql("rollback").execute(&mut copy).await?;
    quiet(&engine, "one", RULE).await?;
    let lag = subscription(&engine).and_then(|one| one.lag_bytes);
    assert!(lag.is_some(), "a superuser knows the origin's position");
    // Failing: the row exists.
    sqlx::raw_sql("insert into t values (-1)").execute(&mut copy).await?;
    server.exec("insert into t values (-1)").await?;
    until(&engine, "one", PATIENCE, |_| {
        let (findings, _) = engine.findings(&ServerId::new("one"));
        findings.iter().any(|f| f.rule == RULE && f.severity == Severity::Critical)
    })
    .await?;
    sqlx::raw_sql("alter subscription sub disable").execute(&mut copy).await?;
    until(&engine, "one", PATIENCE, |_| {
        let (findings, _) = engine.findings(&ServerId::new("one"));
        findings.iter().any(|f| f.rule == RULE && f.message.contains("is disabled"))
    })
    .await?;
    let finding = fires(&engine, "one", RULE).await?;
    assert_eq!(finding.object, "subscription sub".into());
    sqlx::raw_sql("delete from t where i = -1").execute(&mut copy).await?;
    sqlx::raw_sql("alter subscription sub enable").execute(&mut copy).await?;
    quiet(&engine, "one", RULE).await
}
