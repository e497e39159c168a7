//! A standby whose age nobody knows, whose replay is paused or delayed by configuration, and one that
//! holds back its primary's xmin through its slot.

use engine::Engine;
use engine::areas::overview::OverviewArea;
use engine::areas::replication::ReplicationArea;
use engine::areas::vacuum::VacuumArea;
use engine::metrics::Metrics;
use model::overview::WalPosition;
use model::replication::Replication;
use model::{Object, ServerId, Severity};
use playground::Server;

use super::each;
use crate::support::{
    PATIENCE, Result, config, fires, limits, monitored, until, until_true, watcher,
};

fn reading(engine: &Engine, name: &str) -> Option<Replication> {
    engine.latest::<ReplicationArea>(&ServerId::new(name))?.value().cloned()
}

fn wal_of_overview(engine: &Engine, name: &str) -> Option<WalPosition> {
    engine.latest::<OverviewArea>(&ServerId::new(name))?.value()?.wal.clone().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_age_is_unknown_and_paused_replay_is_told_at_once() -> Result {
    let mut primary = monitored(16).await?;
    primary.exec("create table t (i int); checkpoint").await?;
    let mut standby = primary.standby("copy").await?;
    standby.exec("select pg_wal_replay_pause()").await?;
    until_true(&standby, "select pg_get_wal_replay_pause_state() = 'paused'").await?;
    primary.exec("insert into t select generate_series(1, 1000)").await?;
    let waits = "select pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()";
    until_true(&standby, waits).await?;
    let look = || async {
        let report = engine::check(config("standby", &watcher(&standby))?, limits(&[])?).await;
        report.map_err(|reason| anyhow::anyhow!("{}", reason.message()))
    };
    let report = look().await?;
    let paused = report.findings.iter().find(|f| f.rule == "replication/replication_lag");
    assert!(paused.is_some_and(|f| f.message.contains("replay is paused")), "{report:?}");
    standby.exec(&paused.and_then(|f| f.remedy.sql.clone()).expect("a statement")).await?;
    until_true(&standby, "select pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()").await?;
    // Nothing to replay after the restartpoint, and nobody to hear.
    primary.exec("checkpoint").await?;
    until_true(&standby, "select pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()").await?;
    standby.exec("checkpoint").await?;
    primary.crash().await;
    standby.restart().await?;
    let engine = Engine::start(vec![config("standby", &watcher(&standby))?], limits(&[])?);
    until(&engine, "standby", PATIENCE, |_| {
        wal_of_overview(&engine, "standby").is_some() && reading(&engine, "standby").is_some()
    })
    .await?;
    let lag = reading(&engine, "standby").and_then(|reading| reading.lag.ok()).expect("a lag");
    assert_eq!((lag.ms, lag.bytes, lag.linked), (None, 0, false));
    let wal = wal_of_overview(&engine, "standby").expect("positions");
    assert_eq!((wal.lag_bytes, wal.lag_ms), (None, None));
    let finding = fires(&engine, "standby", "replication/standby_disconnected").await?;
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.message.contains("unknown"), "{}", finding.message);
    let mut metrics = Metrics::default();
    engine.metrics(&ServerId::new("standby"), &mut metrics);
    let metrics = metrics.finish();
    assert!(!metrics.contains("pgdeck_replication_lag_seconds{"), "{metrics}");
    Ok(())
}

/// A failover slot that the standby keeps in step with its primary's.
async fn a_synced_slot(primary: &Server, standby: &Server) -> Result {
    let mut connection = standby.connect().await?;
    let conninfo: String =
        sqlx::query_scalar("show primary_conninfo").fetch_one(&mut connection).await?;
    let with_database = conninfo.replace('\'', "''") + " dbname=postgres";
    let settings =
        format!("alter system set primary_conninfo = '{with_database}'; select pg_reload_conf()");
    each(standby, &settings).await?;
    let create = "select pg_create_logical_replication_slot('cdc', 'pgoutput', false, false, true)";
    primary.exec(create).await?;
    let started = std::time::Instant::now();
    let is_kept = "select exists (select from pg_replication_slots where synced and not temporary)";
    while !sqlx::query_scalar::<_, bool>(is_kept).fetch_one(&mut connection).await? {
        anyhow::ensure!(started.elapsed() < PATIENCE, "the slot is not synced");
        let ahead = "select pg_log_standby_snapshot();
                     select pg_replication_slot_advance('cdc', pg_current_wal_lsn())";
        each(primary, ahead).await?;
        // Refused until the standby has connected again and received that much.
        let _ = sqlx::raw_sql("select pg_sync_replication_slots()").execute(&mut connection).await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delay_by_configuration_is_no_lag_and_a_slot_holds_xmin() -> Result {
    let primary = monitored(17).await?;
    let standby = primary.standby("copy").await?;
    let settings = "alter system set hot_standby_feedback = on;
                    alter system set wal_receiver_status_interval = '1s';
                    select pg_reload_conf()";
    each(&standby, settings).await?;
    a_synced_slot(&primary, &standby).await?;
    let mut reader = standby.connect().await?;
    sqlx::raw_sql("begin isolation level repeatable read; select count(*) from pg_class")
        .execute(&mut reader)
        .await?;
    each(&standby, "alter system set recovery_min_apply_delay = '30min'; select pg_reload_conf()")
        .await?;
    let limits = limits(&[
        ("replication/replication_lag", "warn_from_s", 1.0),
        ("replication/replication_lag", "critical_from_s", 2.0),
        ("replication/inactive_slot", "warn_from_bytes", 1.0),
    ])?;
    let servers =
        vec![config("primary", &watcher(&primary))?, config("standby", &watcher(&standby))?];
    let engine = Engine::start(servers, limits);
    primary.exec("create table t as select generate_series(1, 1000)").await?;
    until(&engine, "standby", PATIENCE, |_| {
        let lag = reading(&engine, "standby").and_then(|reading| reading.lag.ok());
        lag.is_some_and(|lag| lag.bytes > 0 && lag.ms.is_some_and(|ms| ms > 3_000.0))
    })
    .await?;
    let (findings, _) = engine.findings(&ServerId::new("standby"));
    assert_eq!(findings, vec![], "delayed by configuration");
    // The primary does not know it, but its standby is watched.
    let told = |finding: &model::Finding| {
        finding.message.contains("on purpose") && finding.severity == Severity::Info
    };
    until(&engine, "primary", PATIENCE, |_| {
        let all = crate::support::all_findings(&engine, "primary");
        let lag: Vec<_> = all.iter().filter(|f| f.rule == "replication/replication_lag").collect();
        !lag.is_empty() && lag.into_iter().all(told)
    })
    .await?;
    let kept = reading(&engine, "standby").and_then(|reading| reading.slots.ok());
    let kept = kept.iter().flatten().find(|slot| slot.slot_name == "cdc");
    assert!(
        kept.is_some_and(|cdc| cdc.synced == Some(true) && cdc.retained_bytes > Some(1)),
        "inactive by design: {kept:?}"
    );
    let position = reading(&engine, "standby").expect("a reading").position;
    assert_eq!(position.apply_delay_ms, Some(1_800_000.0));
    assert_eq!((position.streams, position.restores), (Some(true), Some(false)));
    until(&engine, "primary", PATIENCE, |_| {
        let slots = reading(&engine, "primary").and_then(|reading| reading.slots.ok());
        slots.iter().flatten().any(|slot| slot.xmin_age.is_some())
    })
    .await?;
    drop(engine);
    let engine =
        Engine::start(vec![config("primary", &watcher(&primary))?], crate::support::limits(&[])?);
    let holders = || {
        let latest = engine.latest::<VacuumArea>(&ServerId::new("primary"))?;
        latest.value()?.xmin_holders.clone().ok()
    };
    until(&engine, "primary", PATIENCE, |_| holders().is_some()).await?;
    let holders = holders().unwrap_or_default();
    let copy = Object::Slot { name: "copy".into() };
    let holder = holders.iter().find(|holder| holder.object() == copy);
    assert!(holder.is_some_and(|holder| holder.xids > Some(0)), "{holders:?}");
    Ok(())
}
