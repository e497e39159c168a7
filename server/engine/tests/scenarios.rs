//! Every rule fires on a server that was broken on purpose and stays quiet on a healthy one. Limits
//! in seconds and minutes are lowered by configuration, as a user would, so that a test can wait.

mod watching;

use std::time::Duration;

use engine::{Engine, Limits};
use model::{Finding, Object, ServerId, Severity};
use playground::ServerOptions;
use sqlx::Connection;
use watching::{Result, config, is_up, monitored, until, watcher};

fn limits(set: &[(&str, &str, f64)]) -> Result<Limits> {
    let mut limits = Limits::default();
    for (rule, limit, value) in set {
        engine::rules::set_limit(&mut limits, rule, limit, *value).map_err(anyhow::Error::msg)?;
    }
    Ok(limits)
}

/// Waits for a finding of that rule.
async fn fires(engine: &Engine, name: &str, rule: &str) -> Result<Finding> {
    let id = ServerId::new(name);
    for _ in 0..300 {
        let found = engine.findings(&id).0.into_iter().find(|finding| finding.rule == rule);
        if let Some(finding) = found {
            assert!(!finding.evidence.is_empty() && !finding.remedy.says.is_empty());
            return Ok(finding);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("{rule} did not fire on {name}: {:?}", engine.findings(&id))
}

/// Waits until that rule has nothing to say and was checked.
async fn quiet(engine: &Engine, name: &str, rule: &str) -> Result {
    let id = ServerId::new(name);
    let mut last = None;
    for _ in 0..300 {
        let (findings, not_checked) = engine.findings(&id);
        let found = findings.iter().any(|finding| finding.rule == rule);
        let unchecked = not_checked.iter().any(|entry| entry.rule == rule);
        if !found && !unchecked {
            return Ok(());
        }
        last = Some((findings, not_checked));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("{rule} is not quiet on {name}: {last:?}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_pair_has_no_finding() -> Result {
    let primary = monitored(17).await?;
    let standby = primary.standby("copy").await?;
    let servers =
        vec![config("primary", &watcher(&primary))?, config("standby", &watcher(&standby))?];
    let engine = Engine::start(servers, Limits::default());
    until(&engine, "primary", Duration::from_secs(10), is_up).await?;
    until(&engine, "standby", Duration::from_secs(10), is_up).await?;
    tokio::time::sleep(Duration::from_secs(6)).await;
    for name in ["primary", "standby"] {
        let (findings, not_checked) = engine.findings(&ServerId::new(name));
        assert_eq!(findings, vec![], "{name}");
        let unchecked: Vec<_> = not_checked.iter().map(|entry| entry.rule.as_str()).collect();
        // Ten minutes of windows have not passed: the rule says so instead of being green.
        assert_eq!(unchecked, ["overview/cache_misses"], "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_in_transaction_and_its_end() -> Result {
    let server = monitored(17).await?;
    let limits = limits(&[("activity/idle_in_transaction", "warn_from_s", 1.0)])?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits);
    let mut idler = server.connect().await?;
    sqlx::raw_sql("set application_name = '<b>idler</b>'; begin; select 1")
        .execute(&mut idler)
        .await?;
    let finding = fires(&engine, "one", "activity/idle_in_transaction").await?;
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.says.contains("<b>idler</b>"), "text stays as it is; pages escape it");
    sqlx::raw_sql("rollback").execute(&mut idler).await?;
    quiet(&engine, "one", "activity/idle_in_transaction").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_transaction_and_its_end() -> Result {
    let server = monitored(14).await?;
    let limits = limits(&[("activity/long_transaction", "warn_from_s", 1.0)])?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits);
    until(&engine, "one", Duration::from_secs(10), is_up).await?;
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
    until(&engine, "one", Duration::from_secs(10), is_up).await?;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paused_replay_is_lag_on_both_ends() -> Result {
    let primary = monitored(17).await?;
    let standby = primary.standby("copy").await?;
    let limits = limits(&[("replication/replication_lag", "warn_from_s", 2.0)])?;
    let servers =
        vec![config("primary", &watcher(&primary))?, config("standby", &watcher(&standby))?];
    let engine = Engine::start(servers, limits);
    quiet(&engine, "primary", "replication/replication_lag").await?;
    quiet(&engine, "standby", "replication/replication_lag").await?;
    standby.exec("select pg_wal_replay_pause()").await?;
    primary.exec("create table t as select generate_series(1, 10000)").await?;
    let finding = fires(&engine, "standby", "replication/replication_lag").await?;
    assert!(finding.says.contains("replay is paused"), "{}", finding.says);
    fires(&engine, "primary", "replication/replication_lag").await?;
    standby.exec("select pg_wal_replay_resume()").await?;
    quiet(&engine, "standby", "replication/replication_lag").await?;
    quiet(&engine, "primary", "replication/replication_lag").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_link_and_an_abandoned_slot() -> Result {
    let mut primary = monitored(16).await?;
    let standby = primary.standby("copy").await?;
    let limits = limits(&[
        ("replication/inactive_slot", "warn_from_bytes", 1_000_000.0),
        ("replication/standby_disconnected", "silent_from_s", 2.0),
    ])?;
    let servers =
        vec![config("primary", &watcher(&primary))?, config("standby", &watcher(&standby))?];
    let engine = Engine::start(servers, limits);
    quiet(&engine, "standby", "replication/standby_disconnected").await?;
    primary.crash().await;
    fires(&engine, "standby", "replication/standby_disconnected").await?;
    primary.restart().await?;
    quiet(&engine, "standby", "replication/standby_disconnected").await?;
    quiet(&engine, "primary", "replication/inactive_slot").await?;
    standby.stop().await;
    primary.exec("create table t as select generate_series(1, 100000) as id").await?;
    let finding = fires(&engine, "primary", "replication/inactive_slot").await?;
    assert_eq!(finding.object, Object::Slot { name: "copy".into() });
    primary.exec(&finding.remedy.sql.expect("a statement to copy")).await?;
    quiet(&engine, "primary", "replication/inactive_slot").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transaction_ids_burn() -> Result {
    let server = monitored(15).await?;
    let engine = Engine::start(
        vec![config("one", &watcher(&server))?],
        limits(&[("vacuum/xid_wraparound", "warn_from_xids", 5_000.0)])?,
    );
    quiet(&engine, "one", "vacuum/xid_wraparound").await?;
    engine.stop().await;
    server
        .exec("do $$ begin for i in 1..6000 loop perform pg_current_xact_id(); commit; end loop; end $$")
        .await?;
    let engine = Engine::start(
        vec![config("one", &watcher(&server))?],
        limits(&[("vacuum/xid_wraparound", "warn_from_xids", 5_000.0)])?,
    );
    fires(&engine, "one", "vacuum/xid_wraparound").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_come_from_outside_shared_buffers() -> Result {
    let server = ServerOptions::new(17).setting("shared_buffers", "1MB").start().await?;
    server
        .exec("create table big as select i, repeat('x', 500) from generate_series(1, 60000) i")
        .await?;
    let limits = limits(&[("overview/cache_misses", "held_for_s", 10.0)])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    let mut reader = server.connect().await?;
    let reading = tokio::spawn(async move {
        while sqlx::raw_sql("select count(*) from big").execute(&mut reader).await.is_ok() {}
    });
    let finding = fires(&engine, "one", "overview/cache_misses").await?;
    reading.abort();
    assert!(finding.severity >= Severity::Warning);
    Ok(())
}
