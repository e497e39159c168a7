//! Rates of the whole server: cache misses.

use engine::Engine;
use model::Severity;
use playground::ServerOptions;

use crate::support::{Result, config, fires, limits};

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
