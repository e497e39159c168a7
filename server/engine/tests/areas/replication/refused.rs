//! A server that refuses the WAL position and the control file loses nothing else.

use engine::Engine;
use engine::areas::replication::ReplicationArea;
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
