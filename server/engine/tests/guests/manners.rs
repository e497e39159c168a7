//! What a server sees of us while it is read, on every major at once: how many sessions, under which name, with
//! which locks, and that nothing is written, reset, logged or left.

use std::time::{Duration, Instant};

use anyhow::Context;
use engine::{Engine, Limits};
use futures::future::try_join_all;
use model::AreaName;
use playground::{Server, ServerOptions};
use sqlx::PgConnection;

use crate::support::{
    PATIENCE, Result, after_ticks, config, hurried, is_up, our_sessions, ticks, until, watcher,
};

const MAJORS: [u16; 5] = [14, 15, 16, 17, 18];
/// The most sessions on one server (`docs/limits.md#connections`).
const BUDGET: i64 = 3;

/// Sessions of our role, those of them that do not say who they are, locks on relations that they hold or wait for,
/// and others than ACCESS SHARE. Each session holds an exclusive lock on its own virtual transaction id.
const LOOK: &str = "select
    (select count(*) from pg_stat_activity where usename = 'watcher'),
    (select count(*) from pg_stat_activity where usename = 'watcher' and state is not null
      and query <> '' and application_name !~ '^pgdeck '),
    (select count(*) from pg_locks l join pg_stat_activity a using (pid)
      where a.usename = 'watcher' and l.locktype <> 'virtualxid'),
    (select string_agg(distinct l.locktype || ' ' || l.mode, ', ') from pg_locks l join pg_stat_activity a using (pid)
      where a.usename = 'watcher' and l.locktype <> 'virtualxid'
      and (l.locktype, l.mode) <> ('relation', 'AccessShareLock'))";

/// What a server counts of writes: transaction ids that were given out, rows, temporary files; and when which statistics
/// were reset.
const WRITTEN: &str = "select pg_snapshot_xmax(pg_current_snapshot())::text::int8,
    (select sum(tup_inserted + tup_updated + tup_deleted)::int8 from pg_stat_database),
    (select sum(temp_files)::int8 from pg_stat_database),
    concat_ws(' ', (select stats_reset from pg_stat_database where datname = 'postgres'),
      (select stats_reset from pg_stat_bgwriter), (select stats_reset from pg_stat_wal),
      (select stats_reset from pg_stat_archiver), (select stats_reset from pg_stat_statements_info))";

type Written = (i64, i64, i64, String);

/// What was seen of us.
#[derive(Default)]
struct Seen {
    looks: u64,
    most: i64,
    nameless: i64,
    locks: i64,
    others: Vec<String>,
}

impl Seen {
    async fn look(&mut self, connection: &mut PgConnection) -> Result<i64> {
        let (sessions, nameless, locks, others): (i64, i64, i64, Option<String>) =
            sqlx::query_as(LOOK).fetch_one(connection).await?;
        self.looks += 1;
        self.most = self.most.max(sessions);
        self.nameless += nameless;
        self.locks += locks;
        self.others.extend(others);
        Ok(sessions)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_every_major_notices_little_of_us() -> Result {
    let watched = MAJORS
        .map(async |major| noticed(major).await.with_context(|| format!("PostgreSQL {major}")));
    let lines = try_join_all(watched).await?;
    println!("{}\n{} of {} majors", lines.join("\n"), lines.len(), MAJORS.len());
    Ok(())
}

/// Watches a server, first hurriedly, so that all areas are read again and again, then at their intervals.
async fn noticed(major: u16) -> Result<String> {
    let server = prepared(major).await?;
    let mut connection = server.connect().await?;
    let before = settled(&mut connection).await?;
    let logged = server.log().len();
    let name = format!("on {major}");
    let engine = Engine::start(vec![config(&name, &watcher(&server))?], Limits::default());
    let mut seen = Seen::default();
    until(&engine, &name, PATIENCE, is_up).await?;
    let hurry = hurried(&engine, &name);
    for area in AreaName::ALL {
        let wanted = ticks(&engine, &name, area).max(1) + 1;
        let started = Instant::now();
        while ticks(&engine, &name, area) < wanted {
            anyhow::ensure!(started.elapsed() < PATIENCE, "{area:?} is not read");
            seen.look(&mut connection).await?;
        }
    }
    drop(hurry);
    // Those that are due together share a session, which ends with the last of them.
    let started = Instant::now();
    while seen.look(&mut connection).await? > 1 {
        anyhow::ensure!(started.elapsed() < PATIENCE, "{} sessions stay", seen.most);
    }
    let (begun, worked) = (Instant::now(), worked(&server).await?);
    let mut counts = Vec::new();
    after_ticks(&engine, &name, (AreaName::Activity, 4), async || {
        counts.push(seen.look(&mut connection).await?);
        Ok(())
    })
    .await?;
    // What is read seldom, or planned, has a session of its own for a moment.
    counts.sort_unstable();
    let steady = counts.get(counts.len() / 2).copied().unwrap_or_default();
    let busy = (self::worked(&server).await?.saturating_sub(worked)).as_secs_f64();
    let busy = busy / begun.elapsed().as_secs_f64();
    engine.stop().await;
    let stopped = Instant::now();
    while our_sessions(&server).await? > 0 {
        anyhow::ensure!(stopped.elapsed() < PATIENCE, "sessions are left");
    }
    let after = settled(&mut connection).await?;
    let log = server.log();
    let ours: Vec<_> = log.get(logged..).unwrap_or_default().lines().filter(is_ours).collect();

    anyhow::ensure!(seen.most <= BUDGET && steady == 1, "{} sessions, {steady} steady", seen.most);
    anyhow::ensure!(seen.nameless == 0, "{} sessions without our name", seen.nameless);
    anyhow::ensure!(seen.locks > 0, "no lock was seen in {} looks", seen.looks);
    anyhow::ensure!(seen.others.is_empty(), "{:?}", seen.others);
    anyhow::ensure!(before == after, "{before:?} and after {after:?}");
    anyhow::ensure!(ours.is_empty(), "{ours:#?}");
    Ok(format!(
        "{major}: {steady} session, {} at most; {} locks in {} looks, all ACCESS SHARE; 0 transaction ids, \
         0 rows written, 0 temporary files, 0 resets, 0 lines in the log, 0 sessions left; its backend works \
         {:.1} % of the time",
        seen.most,
        seen.locks,
        seen.looks,
        busy * 100.0
    ))
}

/// A server that writes nothing by itself.
async fn prepared(major: u16) -> Result<Server> {
    let server = ServerOptions::new(major).setting("autovacuum", "off").start().await?;
    server
        .exec(
            "create extension pg_stat_statements;
             create role watcher login password 'w'; grant pg_monitor to watcher;
             create table noted (id int primary key, note text);
             insert into noted select n, 'note ' || n from generate_series(1, 1000) n;
             create index on noted (note)",
        )
        .await?;
    Ok(server)
}

/// What was written, once the server has counted all of it: sessions report with a delay.
async fn settled(connection: &mut PgConnection) -> Result<Written> {
    let mut last: Option<Written> = None;
    let started = Instant::now();
    loop {
        let now: Written = sqlx::query_as(WRITTEN).fetch_one(&mut *connection).await?;
        if last.as_ref() == Some(&now) {
            return Ok(now);
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{now:?} still changes");
        last = Some(now);
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

/// How long the processor has worked for our sessions (proc manual, *schedstat*).
async fn worked(server: &Server) -> Result<Duration> {
    let mut connection = server.connect().await?;
    let pids = "select pid from pg_stat_activity where usename = 'watcher'";
    let pids: Vec<i32> = sqlx::query_scalar(pids).fetch_all(&mut connection).await?;
    let mut sum = Duration::ZERO;
    for pid in pids {
        let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat"))?;
        let ns = text.split(' ').next().and_then(|ns| ns.parse().ok()).context("no time")?;
        sum += Duration::from_nanos(ns);
    }
    Ok(sum)
}

/// A line that the server wrote because of us; the prefix has the application's name.
/// Not that the client is gone, as is logged of a session that is closed in the midst of an answer when pgdeck stops.
fn is_ours(line: &&str) -> bool {
    let is_end = line.contains("LOG:  could not receive data from client");
    (line.contains("watcher@") || line.contains(" pgdeck ")) && !is_end
}
