//! Area io on real servers: its numbers are those of the views, its rules fire on servers that are broken on
//! purpose, and what they advise helps.

mod cache;

use std::time::Duration;

use engine::areas::io::IoArea;
use engine::{Engine, Limits};
use model::io::{CheckpointCounts, Io, IoRow};
use model::{AreaName, Reason, ServerId, Severity};
use playground::{Server, ServerOptions};

use crate::run_printed;
use crate::support::{
    PATIENCE, Result, config, fires, limits, monitored, quiet, ticks, until, watcher,
};

fn io(engine: &Engine) -> Option<Io> {
    let latest = engine.latest::<IoArea>(&ServerId::new("one"))?;
    latest.value().cloned()
}

async fn numbers<T>(server: &Server, sql: &str) -> Result<T>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
{
    let mut connection = server.connect().await?;
    let query = sqlx::query_as::<_, T>(sqlx::AssertSqlSafe(sql.to_owned()));
    Ok(query.fetch_one(&mut connection).await?)
}

/// What the views themselves say of checkpoints: how many were requested, and what they wrote.
async fn checkpoints(server: &Server) -> Result<(i64, i64)> {
    let sql = match server.major() {
        ..=16 => "select checkpoints_req, buffers_checkpoint from pg_stat_bgwriter",
        _ => "select num_requested, buffers_written from pg_stat_checkpointer",
    };
    numbers(server, sql).await
}

/// What `pg_stat_io` itself says of temporary tables, which nobody else has: new blocks, their bytes, and hits.
async fn temporary(server: &Server) -> Result<(i64, i64, i64)> {
    let bytes = if server.major() < 18 { "extends * op_bytes" } else { "extend_bytes::int8" };
    let sql = format!(
        "select extends, {bytes}, hits from pg_stat_io
          where backend_type = 'client backend' and object = 'temp relation' and context = 'normal'"
    );
    numbers(server, &sql).await
}

/// The row of temporary tables.
fn temporary_row(io: &Io) -> Option<&IoRow> {
    io.rows.as_ref().ok()?.rows.iter().find(|row| row.object == "temp relation")
}

async fn as_in_the_views(major: u16) -> Result {
    let server = monitored(major).await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], Limits::default());
    until(&engine, "one", PATIENCE, |_| ticks(&engine, "one", AreaName::Io) >= 1).await?;
    let first = io(&engine).ok_or_else(|| anyhow::anyhow!("no reading"))?;
    assert_eq!(first.checkpoints, Err(Reason::NeedsTwoReadings));
    let has_io = major >= 16;
    let before = checkpoints(&server).await?;
    let temporary_before = if has_io { temporary(&server).await? } else { (0, 0, 0) };
    for _ in 0..3 {
        server.exec("create table if not exists t (pad text); insert into t select repeat('x', 100) from generate_series(1, 5000)").await?;
        server.exec("checkpoint").await?;
    }
    let sql = "set temp_buffers = '800kB'; create temp table s as select repeat('x', 100) from generate_series(1, 50000); select count(*) from s";
    server.exec(sql).await?;
    // What they write is counted a moment after they ended.
    crate::support::until_true(
        &server,
        &match major {
            ..=16 => format!("select checkpoints_req >= {} + 3 from pg_stat_bgwriter", before.0),
            _ => format!("select num_requested >= {} + 3 from pg_stat_checkpointer", before.0),
        },
    )
    .await?;
    let after = checkpoints(&server).await?;
    let counted = |counts: &CheckpointCounts| (counts.requested, counts.buffers_checkpoint);
    let expected = (after.0 - before.0, after.1 - before.1);
    assert!(expected.0 == 3 && expected.1 > 0, "{major}: {expected:?}");
    let seen = || io(&engine).and_then(|io| io.checkpoints.ok()).map(|all| counted(&all.counts));
    engine.refresh(&ServerId::new("one"));
    until(&engine, "one", PATIENCE, |_| seen() == Some(expected)).await?;
    let value = io(&engine).ok_or_else(|| anyhow::anyhow!("no reading"))?;
    assert_eq!(value.counted.as_ref().map(counted), Ok(after), "{major}");
    let wal = value.wal.clone().map(|wal| wal.counts.wal_bytes);
    assert!(wal.is_ok_and(|bytes| bytes > 1_000_000), "{major}: {:?}", value.wal);
    let state = value.state.clone().unwrap_or_default();
    assert_eq!(state.shared_buffers_bytes, 64 << 20, "{major}");
    assert!(state.since_checkpoint_bytes.is_some_and(|bytes| bytes >= 0), "{major}: {state:?}");
    assert!(state.last_checkpoint_ms.is_some_and(|ms| ms > 0), "{major}");
    if !has_io {
        assert_eq!(value.rows, Err(Reason::TooOld { needs: 16, has: major }));
        assert_eq!(value.counted.map(|counts| counts.buffers_ring), Ok(None));
        return Ok(());
    }
    let now = temporary(&server).await?;
    let (extends, bytes, hits) =
        (now.0 - temporary_before.0, now.1 - temporary_before.1, now.2 - temporary_before.2);
    // PostgreSQL 18 counts several new blocks as one operation.
    assert!(extends > 0 && bytes >= extends * 8_192, "{major}: {extends} {bytes}");
    assert_eq!(bytes == extends * 8_192, major < 18, "{major}: {extends} {bytes}");
    let row = temporary_row(&value).ok_or_else(|| anyhow::anyhow!("{major}: {:?}", value.rows))?;
    let extended = row.extends.unwrap_or_default();
    assert_eq!((extended.count, extended.bytes, row.hits), (extends, bytes, Some(hits)), "{major}");
    let has_wal = value.rows.as_ref().is_ok_and(|io| io.rows.iter().any(|row| row.object == "wal"));
    assert_eq!(has_wal, major >= 18, "{major}");
    // The resets of the views are gaps.
    server.exec("select pg_stat_reset_shared('io')").await?;
    let reset = |io: Io| io.tick == Err(Reason::CounterReset);
    engine.refresh(&ServerId::new("one"));
    until(&engine, "one", PATIENCE, |_| io(&engine).is_some_and(reset)).await?;
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_those_of_the_views() -> Result {
    let (a, b, c, d) = tokio::join!(
        as_in_the_views(14),
        as_in_the_views(16),
        as_in_the_views(17),
        as_in_the_views(18)
    );
    a.and(b).and(c).and(d)
}

/// A standby has restartpoints and writes no WAL; its rule is not checked, and that is no blindness.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_has_restartpoints() -> Result {
    let primary = monitored(17).await?;
    let standby = primary.standby("copy").await?;
    let engine = Engine::start(vec![config("one", &watcher(&standby))?], Limits::default());
    until(&engine, "one", PATIENCE, |_| io(&engine).is_some_and(|io| io.counted.is_ok())).await?;
    let before = io(&engine).and_then(|io| io.counted.ok()).map_or(0, |counts| counts.requested);
    primary.exec("create table t (i int); checkpoint").await?;
    crate::support::until_true(&standby, "select to_regclass('t') is not null").await?;
    standby.exec("checkpoint").await?;
    let requested = || io(&engine).and_then(|io| io.counted.ok()).map(|counts| counts.requested);
    until(&engine, "one", PATIENCE, |_| requested() > Some(before)).await?;
    let value = io(&engine).ok_or_else(|| anyhow::anyhow!("no reading"))?;
    let primary_only = Reason::OtherRole { needs: "primary".into() };
    assert!(value.in_recovery && value.wal == Err(primary_only.clone()), "{value:?}");
    let (_, not_checked) = engine.findings(&ServerId::new("one"));
    let why = not_checked.into_iter().find(|one| one.rule == REQUESTED).map(|one| one.reason);
    assert_eq!(why, Some(primary_only));
    engine.stop().await;
    Ok(())
}

const REQUESTED: &str = "io/requested_checkpoints";
const FSYNCS: &str = "io/backend_fsyncs";

/// Writes about 4 MB of WAL a second until it is dropped.
struct Writer(tokio::task::JoinHandle<()>);

impl Writer {
    async fn start(server: &Server) -> Result<Self> {
        let mut session = server.connect().await?;
        let sql = "select pg_logical_emit_message(false, 'x', repeat('x', 1000000))";
        Ok(Self(tokio::spawn(async move {
            while sqlx::raw_sql(sql).execute(&mut session).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        })))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The advised max_wal_size is enough: with as much WAL, checkpoints begin by time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_max_wal_size_requests_checkpoints_until_it_is_raised() -> Result {
    let server = ServerOptions::new(16)
        .setting("max_wal_size", "32MB")
        .setting("checkpoint_timeout", "30s")
        .start()
        .await?;
    let soon = || limits(&[(REQUESTED, "held_for_s", 5.0)]);
    let engine = Engine::start(vec![config("one", &server.dsn())?], soon()?);
    let writer = Writer::start(&server).await?;
    let finding = fires(&engine, "one", REQUESTED).await?;
    assert_eq!(finding.severity, Severity::Warning, "{}", finding.message);
    assert!(finding.message.contains("max_wal_size is 32 MiB"), "{}", finding.message);
    run_printed(&server, &finding).await?;
    engine.stop().await;
    let (before,): (i64,) =
        numbers(&server, "select checkpoints_timed from pg_stat_bgwriter").await?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], soon()?);
    until(&engine, "one", PATIENCE, |_| ticks(&engine, "one", AreaName::Io) >= 1).await?;
    let requested_at = io(&engine).and_then(|io| io.counted.ok()).map(|counts| counts.requested);
    let two = format!("select checkpoints_timed >= {before} + 2 from pg_stat_bgwriter");
    let started = std::time::Instant::now();
    while started.elapsed() < PATIENCE * 2 {
        let (done,): (bool,) = numbers(&server, &two).await?;
        if done {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    engine.refresh(&ServerId::new("one"));
    let timed = || io(&engine).and_then(|io| io.counted.ok()).map(|c| (c.timed, c.requested));
    until(&engine, "one", PATIENCE, |_| timed().is_some_and(|(timed, _)| timed >= before + 2))
        .await?;
    assert_eq!(timed().map(|(_, requested)| requested), requested_at, "none was requested");
    quiet(&engine, "one", REQUESTED).await?;
    drop(writer);
    engine.stop().await;
    Ok(())
}

/// Commands request checkpoints as well, and say nothing about max_wal_size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_by_command_are_no_defect() -> Result {
    let server = ServerOptions::new(18).start().await?;
    let engine = Engine::start(
        vec![config("one", &server.dsn())?],
        limits(&[(REQUESTED, "held_for_s", 5.0)])?,
    );
    until(&engine, "one", PATIENCE, |_| ticks(&engine, "one", AreaName::Io) >= 1).await?;
    for i in 0..5 {
        server.exec(&format!("create table t{i} as select 1; checkpoint")).await?;
    }
    let requested =
        || io(&engine).and_then(|io| io.checkpoints.ok()).map(|all| all.counts.requested);
    until(&engine, "one", PATIENCE, |_| requested() >= Some(5)).await?;
    quiet(&engine, "one", REQUESTED).await?;
    engine.stop().await;
    Ok(())
}

/// Writes to more files than the checkpointer has room for in its queue when shared buffers are 16 pages.
async fn write_to_many_files(server: &Server) -> Result {
    server.exec("do $$ begin for i in 1..200 loop execute format('create table if not exists t%s (pad text)', i); end loop; end $$").await?;
    let sql = "do $$ begin for r in 1..3 loop for i in 1..200 loop execute format('insert into t%s select repeat(''x'', 700) from generate_series(1, 30)', i); end loop; end loop; end $$";
    Ok(server.exec(sql).await?)
}

async fn sessions_flush(major: u16) -> Result {
    let mut server = ServerOptions::new(major).setting("shared_buffers", "128kB").start().await?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], Limits::default());
    let read = |more: u64| ticks(&engine, "one", AreaName::Io) >= more;
    until(&engine, "one", PATIENCE, |_| read(1)).await?;
    write_to_many_files(&server).await?;
    let finding = fires(&engine, "one", FSYNCS).await?;
    run_printed(&server, &finding).await?;
    server.restart().await?;
    let is_read =
        || io(&engine).and_then(|io| io.state.ok()).map(|state| state.shared_buffers_bytes);
    until(&engine, "one", PATIENCE, |_| is_read() == Some(128 << 20)).await?;
    let (written,) =
        numbers::<(i64,)>(&server, "select count(*) from pg_class where relname ~ '^t[0-9]+$'")
            .await?;
    assert_eq!(written, 200, "{major}");
    write_to_many_files(&server).await?;
    let before = ticks(&engine, "one", AreaName::Io);
    engine.refresh(&ServerId::new("one"));
    until(&engine, "one", PATIENCE, |_| read(before + 2)).await?;
    quiet(&engine, "one", FSYNCS).await?;
    let counts = io(&engine).and_then(|io| io.checkpoints.ok()).map(|all| all.counts);
    assert_eq!(counts.map(|counts| counts.backend_fsyncs), Some(0), "{major}");
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_flush_files_themselves_until_shared_buffers_are_larger() -> Result {
    let (old, new) = tokio::join!(sessions_flush(14), sessions_flush(18));
    old.and(new)
}
