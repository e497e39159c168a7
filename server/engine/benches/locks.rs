//! What reading the wait-for graph costs the watched server, beside the two usual ways, on the same
//! server in one run, interleaved: the self-join of pg_locks from PostgreSQL's wiki, and
//! `pg_blocking_pids` for every waiter. Medians and ratios; then the time to build the graph.
//!
//! `cargo bench -p engine --bench locks [-- WAITERS…]`; half of the waiters queue for one advisory
//! lock, the others for a row. PostgreSQL 17. A size the machine cannot hold is said and left out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use engine::area::Area;
use engine::areas::locks::graph::{Names, build};
use engine::areas::locks::rows::LockRow;
use engine::areas::locks::{LOCK_ROWS, LOCK_WAITS, LocksArea, State, UNGRANTED_LOCKS};
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::sql::SqlFile;
use engine::{Dsn, capability, now_ms};
use playground::{Server, ServerOptions};
use sqlx::{PgConnection, Row};

const ROUNDS: usize = 15;
/// Beyond so many waiters one round of the self-join takes a minute; a few must do.
const MANY: usize = 2_000;
const ROUNDS_OF_MANY: usize = 3;
/// <https://wiki.postgresql.org/wiki/Lock_Monitoring>, “Combination of blocked and blocking activity”.
const WIKI: &str =
    "select blocked_locks.pid as blocked_pid, blocked_activity.usename as blocked_user,
       blocking_locks.pid as blocking_pid, blocking_activity.usename as blocking_user,
       blocked_activity.query as blocked_statement, blocking_activity.query as current_statement
  from pg_catalog.pg_locks blocked_locks
  join pg_catalog.pg_stat_activity blocked_activity on blocked_activity.pid = blocked_locks.pid
  join pg_catalog.pg_locks blocking_locks
    on blocking_locks.locktype = blocked_locks.locktype
   and blocking_locks.database is not distinct from blocked_locks.database
   and blocking_locks.relation is not distinct from blocked_locks.relation
   and blocking_locks.page is not distinct from blocked_locks.page
   and blocking_locks.tuple is not distinct from blocked_locks.tuple
   and blocking_locks.virtualxid is not distinct from blocked_locks.virtualxid
   and blocking_locks.transactionid is not distinct from blocked_locks.transactionid
   and blocking_locks.classid is not distinct from blocked_locks.classid
   and blocking_locks.objid is not distinct from blocked_locks.objid
   and blocking_locks.objsubid is not distinct from blocked_locks.objsubid
   and blocking_locks.pid <> blocked_locks.pid
  join pg_catalog.pg_stat_activity blocking_activity on blocking_activity.pid = blocking_locks.pid
 where not blocked_locks.granted";
const ORACLE: &str = "select pid, pg_blocking_pids(pid) from pg_locks where not granted";

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Execution time inside the server by its own clock, ms: neither the wire nor decoding.
async fn database_ms(connection: &mut PgConnection, sql: &str) -> Result<f64> {
    let explain = format!("explain (analyze, timing off, summary on, format json) {sql}");
    let row = sqlx::raw_sql(sqlx::AssertSqlSafe(explain)).fetch_one(connection).await?;
    // JSON comes as text over the simple protocol.
    let plan: serde_json::Value = serde_json::from_str(&row.try_get_unchecked::<String, _>(0)?)?;
    let time = |name: &str| plan.pointer(&format!("/0/{name}")).and_then(|v| v.as_f64());
    time("Planning Time").zip(time("Execution Time")).map(|(p, e)| p + e).context("no time")
}

async fn rows_of(connection: &mut PgConnection, sql: &str) -> Result<i64> {
    let counted = format!("select count(*) from ({sql}) counted");
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(counted)).fetch_one(connection).await?)
}

async fn pile(server: &Server, waiters: usize) -> Result<Vec<PgConnection>> {
    let socket = format!(
        "postgres://postgres@localhost:{}/postgres?host={}",
        server.port(),
        server.socket_dir()
    );
    let mut held = playground::connect(&socket).await?;
    sqlx::raw_sql("begin; select pg_advisory_xact_lock(1); update row_of set id = id")
        .execute(&mut held)
        .await?;
    for number in 0..waiters {
        let mut waiter = playground::connect(&socket).await?;
        tokio::spawn(async move {
            let sql = match number % 2 {
                0 => "select pg_advisory_xact_lock(1)",
                _ => "update row_of set id = id",
            };
            let _ = sqlx::raw_sql(sql).execute(&mut waiter).await;
        });
    }
    Ok(vec![held])
}

async fn waiting(connection: &mut PgConnection) -> Result<i64> {
    let sql = "select count(*) from pg_locks where not granted";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

async fn measure(waiters: usize) -> Result<()> {
    let server = ServerOptions::new(17)
        .setting("max_connections", &(waiters + 20).to_string())
        .setting("deadlock_timeout", "1h")
        .setting("shared_buffers", "128MB")
        .without_preload()
        .start()
        .await?;
    server.exec("create table row_of (id int); insert into row_of values (1)").await?;
    let _held = pile(&server, waiters).await?;
    let mut connection = server.connect().await?;
    let started = Instant::now();
    while waiting(&mut connection).await? < waiters as i64 {
        ensure!(started.elapsed() < Duration::from_secs(300), "not everybody waits");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let ours = |file: Option<SqlFile>| file.map(|file| file.statement()).context("a file");
    let full = ours(LOCK_ROWS.pick(17))?;
    let ways = [
        ("probe, backends", ours(LOCK_WAITS.pick(17))?),
        ("probe, pg_locks", ours(UNGRANTED_LOCKS.pick(17))?),
        ("our full read", full),
        ("wiki self-join", WIKI),
        ("pg_blocking_pids", ORACLE),
    ];
    let mut times = vec![Vec::new(); ways.len()];
    let rounds = if waiters > MANY { ROUNDS_OF_MANY } else { ROUNDS };
    for _ in 0..rounds {
        for ((_, sql), times) in ways.iter().zip(&mut times) {
            times.push(database_ms(&mut connection, sql).await?);
        }
    }
    println!("{waiters} waiters: database time, medians of {rounds}, ms");
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    let read = medians.get(2).copied().unwrap_or(f64::NAN);
    for ((name, sql), ms) in ways.iter().zip(&medians) {
        let rows = rows_of(&mut connection, sql).await?;
        println!("  {name:<18} {ms:9.2}   {:7.2} × our full read   {rows} rows", ms / read);
    }
    built(&server, waiters).await
}

/// The whole tick as the sampler runs it, and the pure part of it.
async fn built(server: &Server, waiters: usize) -> Result<()> {
    let lost = |reason: model::Reason| anyhow::anyhow!(reason.message());
    let dsn = Dsn::parse(&server.dsn(), &Environment::empty())?;
    let overhead = Arc::new(Overhead::default());
    let mut observer = Observer::open(&dsn, &Budget::default(), overhead).await.map_err(lost)?;
    let facts = capability::read(&mut observer).await.and_then(|facts| facts).map_err(lost)?;
    let (mut state, mut ticks, mut builds) = (State::default(), Vec::new(), Vec::new());
    let mut graph = model::locks::Graph::default();
    let file = LOCK_ROWS.pick(facts.major).context("a file")?;
    LocksArea::collect(&mut observer, &facts, &mut state, now_ms()).await?;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let locks = LocksArea::collect(&mut observer, &facts, &mut state, now_ms()).await?;
        ticks.push(started.elapsed().as_secs_f64() * 1e3);
        graph = locks.graph.map_err(lost)?;
        let mut sets = observer.read(&[file]).await.map_err(lost)?;
        let rows: Vec<LockRow> =
            sets.pop().context("an answer")?.and_then(|rows| rows.all()).map_err(lost)?;
        let started = Instant::now();
        build(&rows, &[], &Names::new(), true);
        builds.push(started.elapsed().as_secs_f64() * 1e3);
    }
    ensure!(graph.waiting() == waiters, "{} of {waiters} in the graph", graph.waiting());
    let started = Instant::now();
    let blocking = graph.blocking();
    let (drawn, edges) = (blocking.drawn().len(), started.elapsed().as_secs_f64() * 1e3);
    println!(
        "  whole tick {:.2} ms, of it building graph, roots and circles {:.2} ms",
        median(&mut ticks),
        median(&mut builds)
    );
    println!(
        "  {drawn} edges drawn in {edges:.2} ms; the wire gets {} bytes\n",
        serde_json::to_string(&graph)?.len()
    );
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let given: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let sizes = if given.is_empty() { vec![200, 1_000, 5_000] } else { given };
    for waiters in sizes {
        if let Err(error) = measure(waiters).await {
            println!("{waiters} waiters: not measured on this machine: {error:#}\n");
        }
    }
    Ok(())
}
