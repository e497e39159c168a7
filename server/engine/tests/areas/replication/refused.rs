//! A server that refuses the WAL position and the control file loses nothing else.

use engine::Engine;
use engine::areas::activity::ActivityArea;
use engine::areas::replication::ReplicationArea;
use model::replication::Replication;
use model::{Reason, ServerId};

use super::each;
use crate::support::{PATIENCE, Result, config, limits, monitored, until, watcher};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_and_senders_remain_readable() -> Result {
    let server = monitored(17).await?;
    let _standby = server.standby("copy").await?;
    each(
        &server,
        "create or replace function pg_catalog.pg_current_wal_lsn() returns pg_lsn language sql
           as 'select (1 / (random() * 0)::int)::text::pg_lsn';
         revoke execute on function pg_catalog.pg_control_checkpoint() from public",
    )
    .await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    let reading = || {
        let latest = engine.latest::<ReplicationArea>(&ServerId::new("one"))?;
        latest.value().cloned()
    };
    until(&engine, "one", PATIENCE, |_| reading().is_some()).await?;
    let reading = reading().expect("a reading");
    assert!(matches!(reading.position.unknown, Some(Reason::Failed { .. })), "{reading:?}");
    assert_eq!(reading.position.timeline, None);
    assert!(reading.position.system_identifier.is_some(), "pg_control_system is not revoked");
    assert_eq!(reading.slots.map(|slots| slots.len()), Ok(1));
    let senders = reading.senders.expect("senders");
    assert_eq!(senders.iter().map(|sender| sender.total_lag_bytes).collect::<Vec<_>>(), [None]);
    assert!(reading.archiver.is_ok() && reading.subscriptions.is_ok());
    let (_, not_checked) = engine.findings(&ServerId::new("one"));
    let rules: Vec<_> = not_checked.iter().map(|n| n.rule.as_str()).collect();
    assert!(rules.contains(&"replication/lagging_slot"), "{rules:?}");
    assert!(!rules.contains(&"replication/lost_slot"), "{rules:?}");
    Ok(())
}

fn replication(engine: &Engine, name: &str) -> Option<Replication> {
    engine.latest::<ReplicationArea>(&ServerId::new(name))?.value().cloned()
}

/// The advice of hardening guides: catalogs and functions are revoked from everybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hardened_server_loses_only_what_is_revoked() -> Result {
    let primary = monitored(16).await?;
    each(
        &primary,
        "revoke all on pg_catalog.pg_database, pg_catalog.pg_roles, pg_catalog.pg_settings, pg_catalog.pg_stat_database from public;
         revoke execute on function pg_catalog.pg_show_all_settings() from public;
         revoke execute on function pg_catalog.pg_last_xact_replay_timestamp() from public;
         revoke execute on function pg_catalog.pg_is_wal_replay_paused() from public",
    )
    .await?;
    let standby = primary.standby("copy").await?;
    let servers =
        vec![config("primary", &watcher(&primary))?, config("standby", &watcher(&standby))?];
    let engine = Engine::start(servers, limits(&[])?);
    let linked = |name: &str| {
        let reading = replication(&engine, name);
        reading.and_then(|reading| reading.lag.ok()).is_some_and(|lag| lag.linked && lag.bytes == 0)
    };
    until(&engine, "standby", PATIENCE, |_| linked("standby")).await?;
    let position = replication(&engine, "standby").expect("a reading").position;
    assert_eq!((position.replayed_xact_age_ms, position.replay_paused), (None, None));
    assert_eq!(
        (position.streams, position.conflicts, position.unknown.clone()),
        (None, None, None)
    );
    assert_eq!(position.apply_delay_ms, Some(0.0));
    assert!(position.lsn_bytes.is_some() && position.gap_bytes == Some(0), "{position:?}");
    for name in ["primary", "standby"] {
        let facts = engine.servers().into_iter().find(|server| server.id.as_str() == name);
        assert!(facts.and_then(|server| server.facts).is_some_and(|facts| facts.pg_monitor));
        let activity = || engine.latest::<ActivityArea>(&ServerId::new(name))?.value().cloned();
        until(&engine, name, PATIENCE, |_| activity().is_some()).await?;
        let activity = activity().expect("sessions");
        assert!(activity.sessions.iter().any(|session| session.own), "{activity:?}");
        assert!(activity.sessions.iter().all(|session| session.datname.is_none()));
    }
    // What is granted is read within ten seconds.
    each(
        &primary,
        "grant select on pg_catalog.pg_database to watcher;
         grant execute on function pg_catalog.pg_is_wal_replay_paused() to watcher;
         revoke execute on function pg_catalog.pg_last_wal_receive_lsn() from public",
    )
    .await?;
    until(&engine, "standby", PATIENCE, |_| {
        let position = replication(&engine, "standby").map(|reading| reading.position);
        position.is_some_and(|p| p.replay_paused == Some(false) && p.gap_bytes.is_none())
    })
    .await?;
    let lag = replication(&engine, "standby").expect("a reading").lag;
    let grant = lag.expect_err("what is received is not known");
    let Reason::MissingGrant { sql, .. } = &grant else { anyhow::bail!("{grant:?}") };
    // The statement to copy helps.
    primary.exec(sql).await?;
    until(&engine, "standby", PATIENCE, |_| linked("standby")).await?;
    let named = || {
        let latest = engine.latest::<ActivityArea>(&ServerId::new("primary"))?;
        Some(latest.value()?.sessions.iter().any(|session| session.datname.is_some()))
    };
    until(&engine, "primary", PATIENCE, |_| named() == Some(true)).await?;
    Ok(())
}
