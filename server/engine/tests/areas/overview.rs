//! What holds for a whole server: cache misses, the end of life of its major.

use engine::Engine;
use model::{Harm, Reason, ServerId, Severity};
use playground::ServerOptions;

use crate::support::{PATIENCE, Result, config, fires, limits, quiet, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_come_from_outside_shared_buffers() -> Result {
    let server = ServerOptions::new(17).setting("shared_buffers", "1MB").start().await?;
    server
        .exec("create table big as select i, repeat('x', 500) from generate_series(1, 60000) i")
        .await?;
    let limits = limits(&[
        ("overview/cache_misses", "held_for_s", 5.0),
        ("overview/cache_misses", "read_time_from_ms_per_s", 1.0),
    ])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    let mut reader = server.connect().await?;
    let reading = tokio::spawn(async move {
        while sqlx::raw_sql("select count(*) from big").execute(&mut reader).await.is_ok() {}
    });
    let finding = fires(&engine, "one", "overview/cache_misses").await?;
    reading.abort();
    assert_eq!(finding.severity, Severity::Info, "the operating system may hold the blocks");
    assert!(finding.evidence.iter().any(|e| e.name == "time spent reading" && e.value > 0.0));
    server.exec("alter system set track_io_timing = off").await?;
    server.exec("select pg_reload_conf()").await?;
    let id = ServerId::new("one");
    until(&engine, "one", PATIENCE, |_| {
        engine.findings(&id).1.iter().any(|entry| {
            entry.rule == "overview/cache_misses"
                && matches!(entry.reason, Reason::NotTracked { .. })
        })
    })
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_major_past_its_end_of_life_is_told_and_no_warning() -> Result {
    const RULE: &str = "overview/end_of_life";
    let (old, new) = (playground::server(14).await?, playground::server(18).await?);
    let servers = vec![config("old", &old.dsn())?, config("new", &new.dsn())?];
    let engine = Engine::start(servers, limits(&[])?);
    let finding = fires(&engine, "old", RULE).await?;
    assert_eq!((finding.severity, finding.harm), (Severity::Info, Harm::Hygiene));
    assert!(finding.message.contains("12 November 2026"), "{}", finding.message);
    quiet(&engine, "new", RULE).await
}
