//! Lag, a cut link and an abandoned slot, on a primary with a standby.

mod archive;
mod client;
mod growth;
mod kinds;
mod refused;
mod slots;
mod standby;
mod subscriptions;

use engine::Engine;
use model::Object;

use crate::support::{PATIENCE, Result, config, fires, limits, monitored, quiet, watcher};

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
    assert!(finding.message.contains("replay is paused"), "{}", finding.message);
    fires(&engine, "primary", "replication/replication_lag").await?;
    // The primary says what the watched standby knows, and its statement helps there.
    let told = told_by(&engine, "standby: replay is paused").await?;
    standby.exec(&told.remedy.sql.expect("a statement to copy")).await?;
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
async fn a_query_on_the_standby_that_replay_waits_for_is_named_on_the_primary() -> Result {
    let primary = monitored(18).await?;
    let standby = primary.standby("copy").await?;
    each(&standby, "alter system set max_standby_streaming_delay = -1; select pg_reload_conf()")
        .await?;
    let limits = limits(&[("replication/replication_lag", "warn_from_s", 1.0)])?;
    let servers =
        vec![config("primary", &watcher(&primary))?, config("standby", &watcher(&standby))?];
    let engine = Engine::start(servers, limits);
    primary.exec("create table t as select generate_series(1, 1000) as i").await?;
    let there = "select exists (select from pg_class where relname = 't')";
    crate::support::until_true(&standby, there).await?;
    let mut reader = standby.connect().await?;
    sqlx::raw_sql("begin isolation level repeatable read; select count(*) from t")
        .execute(&mut reader)
        .await?;
    each(&primary, "delete from t; vacuum t; insert into t values (1)").await?;
    let told = told_by(&engine, "standby: replay waits (RecoveryConflictSnapshot)").await?;
    standby.exec(&told.remedy.sql.expect("a statement to copy")).await?;
    quiet(&engine, "primary", "replication/replication_lag").await
}

/// Waits until the primary's finding on the lag holds these words.
async fn told_by(engine: &Engine, words: &str) -> Result<model::Finding> {
    let (mut last, started) = (None, std::time::Instant::now());
    while started.elapsed() < PATIENCE {
        let finding = fires(engine, "primary", "replication/replication_lag").await?;
        if finding.message.contains(words) {
            return Ok(finding);
        }
        last = Some(finding.message);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("the primary does not say {words:?}: {last:?}")
}

/// Runs statements one by one: some are refused in the one transaction that several make together.
async fn each(server: &playground::Server, sql: &str) -> Result {
    for statement in sql.split(';').filter(|statement| !statement.trim().is_empty()) {
        server.exec(statement).await?;
    }
    Ok(())
}
