//! All workers of autovacuum are busy while tables wait, and what is proposed makes them faster.

use std::time::Duration;

use engine::Engine;
use playground::{Server, ServerOptions};

use crate::run_printed;
use crate::support::{Result, config, fires, hurried, limits, quiet, until_true};

const RULE: &str = "tables/workers_saturated";
/// How long progress is watched.
const WATCHED: Duration = Duration::from_secs(2);

/// Blocks that VACUUM passes in that time.
async fn pace(server: &Server) -> Result<i64> {
    let mut session = server.connect().await?;
    let sql = "select coalesce(sum(heap_blks_scanned), 0)::int8 from pg_stat_progress_vacuum";
    let before: i64 = sqlx::query_scalar(sql).fetch_one(&mut session).await?;
    tokio::time::sleep(WATCHED).await;
    let after: i64 = sqlx::query_scalar(sql).fetch_one(&mut session).await?;
    Ok(after - before)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_are_all_busy_are_told_and_made_faster() -> Result {
    let server = ServerOptions::new(17)
        .setting("autovacuum_max_workers", "1")
        .setting("autovacuum_naptime", "1s")
        .setting("autovacuum_vacuum_cost_delay", "100")
        .setting("autovacuum_vacuum_cost_limit", "20")
        .start()
        .await?;
    let limits = limits(&[(RULE, "busy_from_s", 2.0)])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    let _hurried = hurried(&engine, "one");
    quiet(&engine, "one", RULE).await?;
    for table in ["first", "second", "third"] {
        let sql = format!(
            "create table {table} (id int) with (fillfactor = 10, autovacuum_analyze_threshold = 2000000000);
             insert into {table} select generate_series(1, 60000);
             delete from {table}"
        );
        server.exec(&sql).await?;
    }
    let finding = fires(&engine, "one", RULE).await?;
    until_true(
        &server,
        "select exists (select from pg_stat_progress_vacuum where heap_blks_scanned > 0)",
    )
    .await?;
    let before = pace(&server).await?;
    let sql = finding.remedy.sql.as_deref().unwrap_or_default();
    run_printed(&server, &finding).await?;
    let after = pace(&server).await?;
    println!("{before} blocks before, {after} after: {sql}");
    assert!(after >= 2 * before.max(1), "{before} blocks before, {after} after: {sql}");
    // With nothing that slows it down the worker comes to an end, and no table waits.
    server.exec("alter system set autovacuum_vacuum_cost_delay = 0").await?;
    server.exec("select pg_reload_conf()").await?;
    quiet(&engine, "one", RULE).await?;
    engine.stop().await;
    Ok(())
}

/// Where the server's settings slow nobody down, more workers take what waits; from 18 on without a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_more_worker_takes_what_waits() -> Result {
    let server = ServerOptions::new(18)
        .setting("autovacuum_max_workers", "1")
        .setting("autovacuum_naptime", "1s")
        .setting("autovacuum_vacuum_cost_delay", "0")
        .start()
        .await?;
    for table in ["first", "second"] {
        let sql = format!(
            "create table {table} (id int) with (fillfactor = 10, autovacuum_analyze_threshold = 2000000000,
               autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
             insert into {table} select generate_series(1, 60000);
             delete from {table}"
        );
        server.exec(&sql).await?;
    }
    let limits = limits(&[(RULE, "busy_from_s", 2.0)])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    let _hurried = hurried(&engine, "one");
    let finding = fires(&engine, "one", RULE).await?;
    let sql = finding.remedy.sql.as_deref().unwrap_or_default();
    assert!(sql.contains("autovacuum_max_workers"), "{sql}");
    run_printed(&server, &finding).await?;
    until_true(&server, "select count(*) = 2 from pg_stat_progress_vacuum where relid in ('first'::regclass, 'second'::regclass)")
        .await?;
    quiet(&engine, "one", RULE).await?;
    engine.stop().await;
    Ok(())
}
