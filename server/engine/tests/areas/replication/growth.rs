//! How fast the WAL of a slot grows, and when it is lost: a slot that nobody reads, one that is advanced,
//! and a standby's.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

use std::time::{Duration, Instant};

use engine::Engine;
use engine::areas::replication::ReplicationArea;
use engine::metrics::Metrics;
use model::replication::{Slot, TimeLeft};
use model::{Finding, Harm, ServerId};
use playground::{Server, ServerOptions};

use crate::support::{PATIENCE, Result, config, fires, limits, until_true};

const MIB: f64 = 1_048_576.0;
/// What is written in a second, about.
const PER_SECOND: f64 = 2.0 * MIB;

fn slot(engine: &Engine, name: &str) -> Option<Slot> {
    let latest = engine.latest::<ReplicationArea>(&ServerId::new("one"))?;
    let slots = latest.value()?.slots.clone().ok()?;
    slots.into_iter().find(|slot| slot.slot_name == name)
}

/// Writes WAL once in half a second until `done`; what it says stands in the error otherwise.
async fn writing(
    server: &Server,
    mut done: impl FnMut() -> std::result::Result<(), String>,
) -> Result {
    let sql =
        format!("select pg_logical_emit_message(false, 'x', repeat('x', {}))", PER_SECOND / 2.0);
    let started = Instant::now();
    loop {
        server.exec(&sql).await?;
        let Err(what) = done() else { return Ok(()) };
        anyhow::ensure!(started.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// A server with a slot that nobody reads, and an engine that warns of it from the first byte.
async fn forgotten(major: u16, limit: &str) -> Result<(Server, Engine)> {
    let server = ServerOptions::new(major).setting("max_slot_wal_keep_size", limit).start().await?;
    server.exec("select pg_create_physical_replication_slot('forgotten', true)").await?;
    let limits = limits(&[("replication/inactive_slot", "warn_from_bytes", 1.0)])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    Ok((server, engine))
}

/// Writes until the slot is known to grow, and says what the rule makes of it.
async fn grown(server: &Server, engine: &Engine) -> Result<(Slot, Finding)> {
    writing(server, || match slot(engine, "forgotten") {
        Some(slot) if slot.growth_bytes_per_s.is_some_and(|growth| growth > 0.0) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await?;
    let grown = slot(engine, "forgotten").expect("a slot");
    let growth = grown.growth_bytes_per_s.expect("growth");
    // Half a second is half a second or longer, and a busy machine writes less. PostgreSQL adds its own (a
    // base backup begins a new segment), but nothing is compared over less than ten seconds.
    let most = grown.retained_bytes.expect("retained WAL") as f64 / 10.0;
    assert!(growth > PER_SECOND / 20.0 && growth <= most, "{growth} {grown:?}");
    Ok((grown, fires(engine, "one", "replication/inactive_slot").await?))
}

async fn a_limit_is_reached_in_time(major: u16) -> Result {
    let (server, engine) = forgotten(major, "4GB").await?;
    let (slot, finding) = grown(&server, &engine).await?;
    let TimeLeft::Seconds(seconds) = slot.time_left() else { anyhow::bail!("{slot:?}") };
    let left = slot.safe_wal_bytes.expect("room is left") as f64;
    assert!((seconds * slot.growth_bytes_per_s.expect("growth") - left).abs() < 1.0);
    assert!(matches!(finding.harm, Harm::Risk { due_s: Some(due) } if due > 0.0), "{finding:?}");
    assert!(finding.message.contains("max_slot_wal_keep_size is reached in"), "{finding:?}");
    let mut metrics = Metrics::default();
    engine.metrics(&ServerId::new("one"), &mut metrics);
    let text = metrics.finish();
    for name in ["growth_bytes_per_second", "time_left_seconds"] {
        assert!(text.contains(&format!("pgdeck_replication_slot_{name}{{")), "{text}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_reached_in_time_on_14() -> Result {
    a_limit_is_reached_in_time(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_is_reached_in_time_on_18() -> Result {
    a_limit_is_reached_in_time(18).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_limit_nobody_knows_when_and_who_keeps_up_does_not_grow() -> Result {
    let (server, engine) = forgotten(17, "-1").await?;
    let _standby = server.standby("copy").await?;
    let streams = "select active from pg_replication_slots where slot_name = 'copy'";
    until_true(&server, streams).await?;
    let (lonely, finding) = grown(&server, &engine).await?;
    assert_eq!(lonely.time_left(), TimeLeft::NoLimit);
    assert_eq!(finding.harm, Harm::Risk { due_s: None });
    assert!(finding.message.contains("PostgreSQL does not tell how much room"), "{finding:?}");
    let streamed = slot(&engine, "copy").expect("the standby's slot");
    assert!(streamed.growth_bytes_per_s.is_none_or(|growth| growth == 0.0), "{streamed:?}");
    // A consumer that confirms all has a slot that does not grow, however much is written then.
    let advance = "select pg_replication_slot_advance('forgotten', pg_current_wal_flush_lsn())";
    server.exec(advance).await?;
    let before = lonely.restart_lsn_bytes;
    let mut seen = 0;
    writing(&server, || {
        let now = slot(&engine, "forgotten").ok_or("no slot")?;
        if now.restart_lsn_bytes == before {
            return Err(format!("{now:?}"));
        }
        seen += 1;
        let grows = now.growth_bytes_per_s.is_some_and(|growth| growth > 0.0);
        assert!(!grows, "{now:?}");
        if seen < 5 { Err(format!("{seen}")) } else { Ok(()) }
    })
    .await
}
