//! Slots that lose their WAL, slots in use that stand still, and who is who among walsenders.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

use engine::Engine;
use engine::areas::overview::OverviewArea;
use engine::areas::replication::ReplicationArea;
use model::replication::{Replication, Sender, StreamKind};
use model::{AreaName, Object, ServerId, Severity};
use playground::{Server, ServerOptions};

use super::client::Client;
use super::each;
use crate::support::{
    PATIENCE, Result, after_ticks, config, fires, limits, quiet, until, until_true,
};

/// Writes that many segments of WAL.
async fn write_segments(server: &Server, count: u32) -> Result {
    for _ in 0..count {
        server
            .exec("select pg_logical_emit_message(false, 'filler', 'x'), pg_switch_wal()")
            .await?;
    }
    Ok(())
}

/// The newest reading of replication of the server `one`.
fn reading(engine: &Engine) -> Option<Replication> {
    let latest = engine.latest::<ReplicationArea>(&ServerId::new("one"))?;
    latest.value().cloned()
}

async fn end_of_wal(server: &Server) -> Result<i64> {
    let mut connection = server.connect().await?;
    let sql = "select (pg_current_wal_flush_lsn() - '0/0')::int8";
    Ok(sqlx::query_scalar(sql).fetch_one(&mut connection).await?)
}

async fn a_slot_is_lost(major: u16) -> Result {
    let server =
        ServerOptions::new(major).setting("max_slot_wal_keep_size", "48MB").start().await?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits(&[])?);
    server.exec("select pg_create_physical_replication_slot('backup', true)").await?;
    quiet(&engine, "one", "replication/inactive_slot").await?;
    quiet(&engine, "one", "replication/lost_slot").await?;
    // Far below 100 MiB, and yet most of what max_slot_wal_keep_size allows.
    write_segments(&server, 3).await?;
    let finding = fires(&engine, "one", "replication/inactive_slot").await?;
    assert!(finding.message.contains("It is lost after"), "{}", finding.message);
    write_segments(&server, 3).await?;
    let finding = fires(&engine, "one", "replication/lost_slot").await?;
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.remedy.sql, None, "{finding:?}");
    server.exec("checkpoint").await?;
    let is_lost = "select wal_status = 'lost' from pg_replication_slots where slot_name = 'backup'";
    until_true(&server, is_lost).await?;
    quiet(&engine, "one", "replication/inactive_slot").await?;
    let finding = fires_with(&engine, "replication/lost_slot", "must be rebuilt").await?;
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.object, Object::Slot { name: "backup".into() });
    server.exec(&finding.remedy.sql.expect("a lost slot can be dropped")).await?;
    quiet(&engine, "one", "replication/lost_slot").await
}

/// Waits for a finding of that rule with these words.
async fn fires_with(engine: &Engine, rule: &str, words: &str) -> Result<model::Finding> {
    let started = std::time::Instant::now();
    loop {
        let finding = fires(engine, "one", rule).await?;
        if finding.message.contains(words) {
            return Ok(finding);
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "never {words:?}: {finding:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_is_lost_on_14() -> Result {
    a_slot_is_lost(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_is_lost_on_18() -> Result {
    a_slot_is_lost(18).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_replay_is_no_standby_but_may_keep_wal() -> Result {
    let server = ServerOptions::new(17).start().await?;
    each(
        &server,
        "create table t (i int); create publication p for all tables;
         select pg_create_physical_replication_slot('barman', true);
         select pg_create_logical_replication_slot('cdc', 'pgoutput')",
    )
    .await?;
    let limits = limits(&[
        ("replication/replication_lag", "warn_from_s", 1.0),
        ("replication/lagging_slot", "still_from_bytes", 1_000_000.0),
        ("replication/lagging_slot", "still_for_s", 2.0),
    ])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    let end = end_of_wal(&server).await?;
    let mut stores = Client::physical(&server, "s1", "barman", end)?;
    stores.report(end, 0)?;
    let mut captures = Client::logical(&server, "s2", "cdc", "p")?;
    captures.report(end, end)?;
    server.exec("insert into t select generate_series(1, 50000)").await?;
    let sender = |name: &str| -> Option<Sender> {
        let senders = reading(&engine)?.senders.ok()?;
        senders.into_iter().find(|sender| sender.application_name.as_deref() == Some(name))
    };
    until(&engine, "one", PATIENCE, |_| {
        let kinds = ["s1", "s2"].map(|name| sender(name).map(|sender| sender.kind()));
        kinds == [Some(StreamKind::Receiver), Some(StreamKind::Subscriber)]
    })
    .await?;
    // The subscriber has not confirmed for longer than a standby might lag.
    until(&engine, "one", PATIENCE, |_| {
        sender("s2").and_then(|sender| sender.behind_ms).is_some_and(|ms| ms > 2_000.0)
    })
    .await?;
    quiet(&engine, "one", "replication/replication_lag").await?;
    let history = reading(&engine).map(|reading| reading.history).unwrap_or_default();
    assert!(history.iter().all(|sample| sample.ms.is_none() && sample.bytes.is_none()));
    after_ticks(&engine, "one", (AreaName::Overview, 1), async || Ok(())).await?;
    let overview = engine.latest::<OverviewArea>(&ServerId::new("one"));
    let overview = overview.and_then(|latest| latest.value().cloned()).expect("a reading");
    let wal = overview.wal.expect("WAL positions");
    assert_eq!((wal.lag_bytes, wal.lag_ms), (None, None), "no standby, no lag");
    let finding = fires(&engine, "one", "replication/lagging_slot").await?;
    let of_barman = finding.object == Object::Slot { name: "barman".into() };
    let who = if of_barman {
        "WAL receiver without replay “s1”"
    } else {
        "logical subscriber “s2”"
    };
    assert!(finding.message.contains(who), "{}", finding.message);
    // Once both have flushed everything, nothing is kept for them.
    stores.drain()?;
    captures.drain()?;
    let started = std::time::Instant::now();
    while engine.findings(&ServerId::new("one")).0.iter().any(|f| f.rule.ends_with("lagging_slot"))
    {
        let end = end_of_wal(&server).await?;
        stores.report(end, 0)?;
        captures.report(end, end)?;
        server.exec("select pg_log_standby_snapshot()").await?;
        anyhow::ensure!(started.elapsed() < PATIENCE, "{:?}", reading(&engine));
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    Ok(())
}
