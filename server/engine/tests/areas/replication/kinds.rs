//! Standbys of other kinds: a standby of a standby, one that restores from an archive only, and one whose
//! WAL receiver is gone.

use engine::areas::overview::OverviewArea;
use engine::areas::replication::ReplicationArea;
use engine::metrics::Metrics;
use engine::{Engine, ServerConfig};
use model::replication::Replication;
use model::replication::topology::Kind;
use model::{Finding, Object, Reason, ServerId};
use playground::{Server, ServerOptions};

use super::each;
use crate::support::{
    PATIENCE, Result, all_findings, config, fires, is_up, limits, quiet, until, until_true, watcher,
};

const LAG: &str = "replication/replication_lag";
const WATCHER: &str = "create role watcher login password 'w'; grant pg_monitor to watcher;
                       create role plain login password 'p'; create table t (i int)";

fn reading(engine: &Engine, name: &str) -> Option<Replication> {
    engine.latest::<ReplicationArea>(&ServerId::new(name))?.value().cloned()
}

fn watched(servers: &[(&str, &Server)]) -> Result<Vec<ServerConfig>> {
    servers.iter().map(|(name, server)| config(name, &watcher(server))).collect()
}

/// Waits for a finding of that rule with these words.
async fn says(engine: &Engine, name: &str, rule: &str, words: &str) -> Result<Finding> {
    let started = std::time::Instant::now();
    loop {
        let found = all_findings(engine, name);
        if let Some(finding) = found.iter().find(|f| f.rule == rule && f.message.contains(words)) {
            return Ok(finding.clone());
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{name} does not say {words:?}: {found:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cascade_names_the_standby_that_lags_and_no_other() -> Result {
    // A backup of a standby needs full-page writes.
    let primary = ServerOptions::new(16).setting("full_page_writes", "on").start().await?;
    primary.exec(WATCHER).await?;
    let middle = primary.standby("middle").await?;
    let leaf = middle.standby("leaf").await?;
    let limits = limits(&[(LAG, "warn_from_s", 1.0)])?;
    let servers = [("primary", &primary), ("middle", &middle), ("leaf", &leaf)];
    let engine = Engine::start(watched(&servers)?, limits);
    let linked = |name: &str| {
        let lag = reading(&engine, name).and_then(|reading| reading.lag.ok());
        lag.is_some_and(|lag| lag.linked && lag.bytes == 0)
    };
    until(&engine, "leaf", PATIENCE, |_| linked("leaf") && linked("middle")).await?;
    for (name, _) in &servers {
        quiet(&engine, name, LAG).await?;
    }
    let drawn = engine.topology(&ServerId::new("leaf"));
    let mut nodes: Vec<_> =
        drawn.nodes.iter().map(|n| (n.depth, n.name.as_str(), n.kind)).collect();
    nodes.sort_by_key(|node| node.0);
    let expected =
        [(0, "primary", Kind::Primary), (1, "middle", Kind::Standby), (2, "leaf", Kind::Standby)];
    assert_eq!(nodes, expected);
    assert_eq!(drawn.streams.len(), 2, "{drawn:#?}");

    leaf.exec("select pg_wal_replay_pause()").await?;
    primary.exec("insert into t select generate_series(1, 10000)").await?;
    // The server that sends to it says so, and what the standby knows of itself.
    let told = says(&engine, "middle", LAG, "leaf: replay is paused").await?;
    assert!(told.message.starts_with("Standby “leaf” is"), "{}", told.message);
    fires(&engine, "leaf", LAG).await?;
    quiet(&engine, "primary", LAG).await?;
    leaf.exec(&told.remedy.sql.expect("a statement to copy")).await?;
    quiet(&engine, "middle", LAG).await?;

    // WAL that a standby has not replayed is passed on all the same.
    middle.exec("select pg_wal_replay_pause()").await?;
    primary.exec("insert into t select generate_series(1, 10000)").await?;
    let told = says(&engine, "primary", LAG, "middle: replay is paused").await?;
    assert!(says(&engine, "middle", LAG, "replay is paused").await?.message.starts_with("This"));
    quiet(&engine, "leaf", LAG).await?;
    middle.exec(&told.remedy.sql.expect("a statement to copy")).await?;
    quiet(&engine, "primary", LAG).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_restores_only_is_neither_cut_off_nor_up_to_date() -> Result {
    let primary = ServerOptions::new(15)
        .setting("archive_mode", "on")
        .setting("archive_command", Server::ARCHIVE)
        .start()
        .await?;
    primary.exec(WATCHER).await?;
    let cold = primary.archive_standby("cold").await?;
    primary.exec("insert into t values (1)").await?;
    primary.exec("select pg_switch_wal()").await?;
    let limits = limits(&[
        (LAG, "warn_from_s", 1.0),
        ("replication/standby_disconnected", "silent_from_s", 1.0),
    ])?;
    let mut servers = watched(&[("primary", &primary), ("cold", &cold)])?;
    servers.push(config("plain", &cold.dsn_for("plain", "p", "postgres"))?);
    let engine = Engine::start(servers, limits);
    let position = |name: &str| reading(&engine, name).map(|reading| reading.position);
    until(&engine, "cold", PATIENCE, |_| {
        position("cold").is_some_and(|p| p.replayed_xact_age_ms > Some(2_000.0))
    })
    .await?;
    for name in ["primary", "cold"] {
        for rule in [LAG, "replication/standby_disconnected"] {
            quiet(&engine, name, rule).await?;
        }
    }
    let lag = reading(&engine, "cold").and_then(|reading| reading.lag.ok()).expect("a lag");
    assert_eq!((lag.ms, lag.from_archive, lag.linked), (None, true, false));
    let overview = engine.latest::<OverviewArea>(&ServerId::new("cold")).expect("known");
    let wal = overview.value().expect("a reading").wal.clone().expect("positions");
    assert_eq!((wal.lag_bytes, wal.lag_ms), (None, None));
    let mut metrics = Metrics::default();
    engine.metrics(&ServerId::new("cold"), &mut metrics);
    assert!(!metrics.finish().contains("pgdeck_replication_lag_seconds{"));
    // Without pg_monitor nobody knows whether it has a sender: that is said, and no alarm.
    until(&engine, "plain", PATIENCE, |_| position("plain").is_some()).await?;
    let (findings, not_checked) = engine.findings(&ServerId::new("plain"));
    assert!(!findings.iter().any(|f| f.rule == "replication/standby_disconnected"), "{findings:?}");
    let cut = not_checked.iter().find(|n| n.rule == "replication/standby_disconnected");
    let Some(Reason::Hidden { sql, .. }) = cut.map(|cut| &cut.reason) else {
        anyhow::bail!("{not_checked:?}")
    };
    primary.exec(sql).await?;
    primary.exec("select pg_switch_wal()").await?;
    // Told apart from a primary, with nobody to stream from.
    let drawn = engine.topology(&ServerId::new("cold"));
    assert!(drawn.nodes.iter().any(|n| n.kind == Kind::Standby && n.name == "cold"), "{drawn:#?}");
    assert_eq!(drawn.streams, vec![]);
    quiet(&engine, "plain", "replication/standby_disconnected").await?;

    cold.exec("select pg_wal_replay_pause()").await?;
    let paused = says(&engine, "cold", LAG, "replay is paused").await?;
    assert!(paused.message.contains("unknown amount of WAL"), "{}", paused.message);
    cold.exec(&paused.remedy.sql.expect("a statement to copy")).await?;
    quiet(&engine, "cold", LAG).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slot_of_a_standby_that_stopped_streaming_says_what_the_standby_knows() -> Result {
    const SLOT: &str = "replication/inactive_slot";
    let primary = playground::server(17).await?;
    primary.exec(WATCHER).await?;
    let mut standby = primary.standby("copy").await?;
    let limits = limits(&[(SLOT, "warn_from_bytes", 1.0)])?;
    let engine = Engine::start(watched(&[("primary", &primary), ("standby", &standby)])?, limits);
    until(&engine, "standby", PATIENCE, is_up).await?;
    quiet(&engine, "primary", SLOT).await?;
    // As after a full disk: the receiver ends, and the next one does as well.
    let nowhere =
        "alter system set primary_conninfo = 'host=127.0.0.1 port=1'; select pg_reload_conf()";
    each(&standby, nowhere).await?;
    primary.exec("insert into t select generate_series(1, 1000)").await?;
    let told = says(&engine, "primary", SLOT, "standby: no WAL receiver is running").await?;
    assert_eq!(told.object, Object::Slot { name: "copy".into() });
    assert_eq!(told.remedy.sql, None, "the standby answers: its slot is wanted");
    assert!(told.remedy.message.contains("log of standby"), "{}", told.remedy.message);
    standby.crash().await;
    let told = says(&engine, "primary", SLOT, "pgdeck does not reach it either").await?;
    assert!(told.remedy.sql.is_some_and(|sql| sql.contains("drop_replication_slot")));
    // The reload from before the crash is gone with its file only.
    standby.restart().await?;
    each(&standby, "alter system reset primary_conninfo; select pg_reload_conf()").await?;
    until_true(&primary, "select active from pg_replication_slots where slot_name = 'copy'")
        .await?;
    quiet(&engine, "primary", SLOT).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_replay_waits_for_names_its_holder() -> Result {
    let primary = playground::server(17).await?;
    primary.exec(WATCHER).await?;
    let standby = primary.standby("copy").await?;
    each(&standby, "alter system set max_standby_streaming_delay = -1; select pg_reload_conf()")
        .await?;
    let limits = limits(&[(LAG, "warn_from_s", 1.0)])?;
    let engine = Engine::start(watched(&[("primary", &primary), ("standby", &standby)])?, limits);
    until_true(&standby, "select exists (select from pg_class where relname = 't')").await?;
    let mut other = standby.connect().await?;
    sqlx::raw_sql("begin isolation level repeatable read; select 1 from pg_class limit 1")
        .execute(&mut other)
        .await?;
    let mut reader = standby.connect().await?;
    sqlx::raw_sql("set application_name = 'reports'; begin; select count(*) from t")
        .execute(&mut reader)
        .await?;
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut reader).await?;
    primary.exec("truncate t; insert into t select generate_series(1, 1000)").await?;
    let told =
        says(&engine, "primary", LAG, "standby: replay waits for a lock on t held by").await?;
    assert!(told.message.contains(&format!("pid {pid} (reports)")), "{}", told.message);
    standby.exec(&told.remedy.sql.expect("a statement to copy")).await?;
    quiet(&engine, "primary", LAG).await
}
