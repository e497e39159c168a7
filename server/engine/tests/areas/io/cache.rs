//! What shared buffers hold, on request: as pg_buffercache itself tells it, what is missing, and what is loaded.

use engine::Engine;
use model::buffer_cache::{BufferCache, CachedRelation, Detail};
use model::measure::NotMeasured;
use model::{Reason, ServerId};
use playground::Server;

use super::numbers;
use crate::support::{PATIENCE, Result, config, is_up, limits, monitored, until, watcher};

/// A name that breaks out of whatever does not quote it.
const HOSTILE: &str = "h'\"; drop table t; --";

async fn watching(server: &Server) -> Result<Engine> {
    let engine = Engine::start(vec![config("one", &watcher(server))?], limits(&[])?);
    until(&engine, "one", PATIENCE, is_up).await?;
    Ok(engine)
}

async fn read(engine: &Engine, detail: Detail) -> Result<BufferCache> {
    let read = engine.buffer_cache(&ServerId::new("one"), "", detail).await;
    read.map_err(|why| anyhow::anyhow!("{}", why.message()))
}

async fn refused(engine: &Engine) -> Result<Reason> {
    match engine.buffer_cache(&ServerId::new("one"), "", Detail::Relations).await {
        Err(NotMeasured::Unknown(reason)) => Ok(reason),
        other => anyhow::bail!("not refused for a reason: {other:?}"),
    }
}

fn of<'a>(cache: &'a BufferCache, name: &str) -> Option<&'a CachedRelation> {
    let relations = &cache.relations.as_ref()?.relations;
    relations.iter().find(|relation| relation.relname == name)
}

async fn by_relation(major: u16) -> Result {
    let server = monitored(major).await?;
    let engine = watching(&server).await?;
    let missing = refused(&engine).await?;
    let expected = Reason::MissingExtension {
        name: "pg_buffercache".into(),
        sql: "create extension pg_buffercache;".into(),
    };
    assert_eq!(missing, expected, "{major}");
    // The statement that is shown, in a schema that a search_path does not have.
    server.exec("create schema ext; grant usage on schema ext to watcher; set search_path = ext; create extension pg_buffercache;").await?;
    let table = engine::quoted(HOSTILE);
    server.exec(&format!("create table {table} as select i, repeat('x', 200) as pad from generate_series(1, 20000) i")).await?;
    // Another database's buffers have no name here.
    server.exec("create database shop").await?;
    let shop = playground::connect(&server.dsn_to("shop")).await?;
    sqlx::Connection::close(shop).await?;
    server.exec(&format!("select count(*) from {table}")).await?;
    let cache = read(&engine, Detail::Relations).await?;
    let found = of(&cache, HOSTILE).ok_or_else(|| anyhow::anyhow!("{major}: {cache:?}"))?;
    let (buffers, size): (i64, i64) = numbers(
        &server,
        &format!(
            "select count(*), pg_relation_size({literal}::regclass) from ext.pg_buffercache
              where relfilenode = pg_relation_filenode({literal}::regclass) and relforknumber = 0",
            literal = format!("'{}'", table.replace('\'', "''"))
        ),
    )
    .await?;
    assert_eq!((found.main_bytes, found.size_bytes), (buffers * 8_192, Some(size)), "{major}");
    assert!(found.percent().is_some_and(|percent| percent > 99.0), "{major}: {found:?}");
    assert!((0.0..=5.0).contains(&found.usage_count), "{found:?}");
    let relations = cache.relations.clone().unwrap_or_default();
    let sum: i64 = relations.relations.iter().map(|relation| relation.bytes).sum();
    let rest: i64 = relations.groups.iter().map(|group| group.bytes).sum();
    assert_eq!(sum + rest + relations.free_bytes, cache.shared_buffers_bytes, "{major}");
    assert!(relations.groups.iter().any(|group| group.name.starts_with("database ")), "{major}");
    match (&cache.summary, major) {
        (Err(Reason::TooOld { needs: 16, .. }), ..16) => {}
        (Ok(summary), 16..) => {
            assert_eq!((summary.used + summary.unused) * 8_192, cache.shared_buffers_bytes);
            let counted: i64 = summary.usage.iter().map(|usage| usage.buffers).sum();
            assert_eq!(counted * 8_192, cache.shared_buffers_bytes, "{major}");
        }
        (other, _) => anyhow::bail!("{major}: {other:?}"),
    }
    let short = read(&engine, Detail::Summary).await?;
    assert_eq!((short.relations, short.prewarming), (None, None));
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relations_are_those_of_pg_buffercache() -> Result {
    let (a, b, c, d, e) = tokio::join!(
        by_relation(14),
        by_relation(15),
        by_relation(16),
        by_relation(17),
        by_relation(18)
    );
    a.and(b).and(c).and(d).and(e)
}

/// A login without grants is told the grant, and that grant is enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_grant_that_is_shown_is_enough() -> Result {
    let server = monitored(14).await?;
    server.exec("create extension pg_buffercache; create role plain login password 'p'").await?;
    let dsn = server.dsn_for("plain", "p", "postgres");
    let engine = Engine::start(vec![config("one", &dsn)?], limits(&[])?);
    until(&engine, "one", PATIENCE, is_up).await?;
    let Reason::MissingGrant { sql, .. } = refused(&engine).await? else {
        anyhow::bail!("no grant is shown")
    };
    server.exec(&sql).await?;
    let cache = read(&engine, Detail::Relations).await?;
    assert!(cache.relations.is_some_and(|all| !all.relations.is_empty()));
    // What loads relations at a restart is hidden from it, and that is no "no".
    assert_eq!(
        cache.prewarming.map(|one| (one.is_automatic, one.autoprewarm_sql)),
        Some((None, None))
    );
    engine.stop().await;
    Ok(())
}

/// A table whose lock somebody holds is told without its size: nobody queues behind that lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_table_is_not_waited_for() -> Result {
    let server = monitored(17).await?;
    server.exec("create extension pg_buffercache; create table held as select repeat('x', 500) from generate_series(1, 20000)").await?;
    let mut holder = server.connect().await?;
    sqlx::raw_sql("begin; lock table held").execute(&mut holder).await?;
    let engine = watching(&server).await?;
    let cache = read(&engine, Detail::Relations).await?;
    let held = of(&cache, "held").ok_or_else(|| anyhow::anyhow!("{cache:?}"))?;
    assert!(held.size_bytes.is_none() && held.percent().is_none() && held.bytes > 1_000_000);
    engine.stop().await;
    Ok(())
}

/// After a restart the statements that are shown load what was read, and the setting that is shown keeps it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cold_cache_is_warmed_by_what_is_shown() -> Result {
    let mut server = monitored(16).await?;
    let table = engine::quoted(HOSTILE);
    server.exec(&format!("create extension pg_buffercache; create table {table} as select i, repeat('x', 200) as pad from generate_series(1, 20000) i")).await?;
    server.restart().await?;
    server.exec(&format!("select count(*) from {table}")).await?;
    server.restart().await?;
    let engine = watching(&server).await?;
    let cold = read(&engine, Detail::Relations).await?;
    let prewarming = cold.prewarming.ok_or_else(|| anyhow::anyhow!("nothing"))?;
    let install = prewarming.installed.as_ref().and_then(Reason::remedy);
    assert_eq!(install.as_deref(), Some("create extension pg_prewarm;"));
    server.exec(&install.unwrap_or_default()).await?;
    let statement = prewarming.relations.iter().find(|one| one.relation.contains(HOSTILE));
    let statement = statement.ok_or_else(|| anyhow::anyhow!("{prewarming:?}"))?.clone();
    assert!(statement.blocks_read > 100 && statement.bytes > 1_000_000, "{statement:?}");
    server.exec(&statement.sql).await?;
    let warm = read(&engine, Detail::Relations).await?;
    let percent = of(&warm, HOSTILE).and_then(CachedRelation::percent);
    assert!(percent.is_some_and(|percent| percent > 99.0), "{percent:?}");
    let still = warm.prewarming.ok_or_else(|| anyhow::anyhow!("nothing"))?;
    assert!(!still.relations.iter().any(|one| one.relation.contains(HOSTILE)), "{still:?}");
    assert_eq!((still.installed, still.is_automatic), (None, Some(false)));
    // Both libraries that were loaded stay, and the third is there: it saves what is cached and loads it again.
    server.exec(&still.autoprewarm_sql.unwrap_or_default()).await?;
    server.restart().await?;
    server
        .exec("create extension pg_stat_statements; select count(*) from pg_stat_statements")
        .await?;
    server.exec(&statement.sql).await?;
    server.restart().await?;
    until(&engine, "one", PATIENCE, is_up).await?;
    let started = std::time::Instant::now();
    let percent = |cache: &BufferCache| of(cache, HOSTILE).and_then(CachedRelation::percent);
    loop {
        let cache = read(&engine, Detail::Relations).await?;
        let prewarming = cache.prewarming.clone().unwrap_or_default();
        assert_eq!((prewarming.is_automatic, prewarming.autoprewarm_sql), (Some(true), None));
        if percent(&cache) > Some(99.0) {
            break;
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "it was not loaded again");
    }
    engine.stop().await;
    Ok(())
}
