//! What reading the statistics of many statements costs the watched server, beside a bare read of the numbers
//! and beside the queries of peers, on one server in one run: CPU of the backend, bytes, temporary files.
//! Interleaved; medians; ratios. None of the peers' collectors is run, only the query that it sends.
//!
//! `cargo bench -p engine --bench statements [-- MAJOR ENTRIES…]`

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use engine::areas::Store;
use engine::areas::statements::StatementsArea;
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::store::Tick;
use engine::{Dsn, Limits, capability, now_ms};
use futures::StreamExt;
use model::AreaName;
use playground::{Server, ServerOptions};
use sqlx::{Connection, PgConnection};
use tokio::net::{TcpListener, TcpStream};

const ENTRIES: [usize; 3] = [5_000, 55_000, 99_000];
const ROUNDS: usize = 7;
/// Rounds in which many entries move: each takes as long as running all their statements.
const MOVED_ROUNDS: usize = 3;
/// The version, unless one is given.
const MAJOR: u16 = 17;
/// Bytes of a text, about: the 193 MB of 99,000 entries in the notes on peers.
const TEXT: usize = 1_950;

/// A bare read of all numbers, and what peers send: the queries of `query_stats.rb` (PgHero),
/// `pg_stat_statements.go` (postgres_exporter, for 17) and `statements.go` (pganalyze's collector: without texts
/// each minute, with them every ten).
const QUERIES: [(&str, &str); 6] = [
    ("bare count", "select count(*) from pg_stat_statements(false)"),
    ("bare read", "select * from pg_stat_statements(false)"),
    (
        "pganalyze, numbers",
        "select dbid, userid, query, calls, total_exec_time, rows, shared_blks_hit, shared_blks_read, shared_blks_dirtied, shared_blks_written, local_blks_hit, local_blks_read, local_blks_dirtied, local_blks_written, temp_blks_read, temp_blks_written, shared_blk_read_time, shared_blk_write_time, queryid, min_exec_time, max_exec_time, mean_exec_time, stddev_exec_time from pg_stat_statements(false)",
    ),
    (
        "pganalyze, texts",
        "select dbid, userid, query, calls, total_exec_time, rows, shared_blks_hit, shared_blks_read, shared_blks_dirtied, shared_blks_written, local_blks_hit, local_blks_read, local_blks_dirtied, local_blks_written, temp_blks_read, temp_blks_written, shared_blk_read_time, shared_blk_write_time, queryid, min_exec_time, max_exec_time, mean_exec_time, stddev_exec_time from pg_stat_statements",
    ),
    (
        "PgHero, top 100",
        "with query_stats as (select left(query, 10000) as query, queryid as query_hash, rolname as user, ((total_plan_time + total_exec_time) / 1000 / 60) as total_minutes, ((total_plan_time + total_exec_time) / calls) as average_time, calls from pg_stat_statements join pg_database on pg_database.oid = pg_stat_statements.dbid join pg_roles on pg_roles.oid = pg_stat_statements.userid where calls > 0 and pg_database.datname = current_database()) select query, query_hash, query_stats.user, total_minutes, calls, (select sum(total_minutes) from query_stats) as all_queries_total_minutes from query_stats order by total_minutes desc limit 100",
    ),
    (
        "postgres_exporter",
        "select pg_get_userbyid(userid) as user, pg_database.datname, pg_stat_statements.queryid, pg_stat_statements.calls as calls_total, pg_stat_statements.total_exec_time / 1000.0 as seconds_total, pg_stat_statements.rows as rows_total, pg_stat_statements.shared_blk_read_time / 1000.0 as block_read_seconds_total, pg_stat_statements.shared_blk_write_time / 1000.0 as block_write_seconds_total from pg_stat_statements join pg_database on pg_database.oid = pg_stat_statements.dbid where total_exec_time > (select percentile_cont(0.1) within group (order by total_exec_time) from pg_stat_statements) order by seconds_total desc limit 100",
    ),
];

/// Bytes that the server sent through it.
async fn relay(target: SocketAddr) -> Result<(u16, Arc<AtomicU64>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let bytes = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&bytes);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(carry(client, target, Arc::clone(&counting)));
        }
    });
    Ok((port, bytes))
}

async fn carry(client: TcpStream, target: SocketAddr, bytes: Arc<AtomicU64>) -> Result<()> {
    let server = TcpStream::connect(target).await?;
    let (mut client_reads, mut client_writes) = client.into_split();
    let (mut server_reads, mut server_writes) = server.into_split();
    let up =
        tokio::spawn(async move { tokio::io::copy(&mut client_reads, &mut server_writes).await });
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = tokio::io::AsyncReadExt::read(&mut server_reads, &mut buffer).await?;
        if read == 0 {
            up.abort();
            return Ok(());
        }
        bytes.fetch_add(read as u64, Ordering::Relaxed);
        let read = buffer.get(..read).unwrap_or_default();
        tokio::io::AsyncWriteExt::write_all(&mut client_writes, read).await?;
    }
}

/// Makes entries of distinct statements up to so many.
async fn fill(server: &Server, from: usize, to: usize) -> Result<()> {
    let mut connection = server.connect().await?;
    let pad = "x".repeat(TEXT);
    // Constants and comments do not make another statement; operators do.
    let statement = |number: usize| {
        let mut text = format!("select /* {pad} */ 1");
        let mut rest = number;
        for _ in 0..11 {
            text.push_str(["+1", "-1", "*1"].get(rest % 3).copied().unwrap_or_default());
            rest /= 3;
        }
        text
    };
    for first in (from..to).step_by(200) {
        let batch: Vec<String> = (first..to.min(first + 200)).map(statement).collect();
        let batch = batch.join(";");
        sqlx::raw_sql(sqlx::AssertSqlSafe(batch)).execute(&mut connection).await?;
    }
    Ok(())
}

/// CPU of the backends of one role, ms: the scheduler's own count.
async fn cpu_of(admin: &mut PgConnection, role: &'static str) -> Result<f64> {
    let pids: Vec<i32> = sqlx::query_scalar("select pid from pg_stat_activity where usename = $1")
        .bind(role)
        .fetch_all(admin)
        .await?;
    let mut total = 0;
    for pid in pids {
        let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
        total += text.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(total as f64 / 1e6)
}

/// Bytes of temporary files so far; backends tell them within a second after they fell idle.
async fn temporary(admin: &mut PgConnection) -> Result<i64> {
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    sqlx::query_scalar("select temp_bytes from pg_stat_database where datname = 'postgres'")
        .fetch_one(admin)
        .await
        .context("temp_bytes")
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Reads all rows and keeps none.
async fn ask(connection: &mut PgConnection, query: &'static str) -> Result<()> {
    let mut rows = sqlx::raw_sql(query).fetch(connection);
    while let Some(row) = rows.next().await {
        row?;
    }
    Ok(())
}

struct Ours {
    observer: Observer,
    facts: model::server::Facts,
    store: Store,
    limits: Limits,
    overhead: Arc<Overhead>,
    at_ms: i64,
}

impl Ours {
    async fn open(port: u16) -> Result<Self> {
        let text = format!("postgres://watcher:w@127.0.0.1:{port}/postgres?sslmode=disable");
        let dsn = Dsn::parse(&text, &Environment::empty())?;
        let overhead = Arc::new(Overhead::default());
        let lost = |reason: model::Reason| anyhow::anyhow!(reason.message());
        let mut observer =
            Observer::open(&dsn, &Budget::default(), Arc::clone(&overhead)).await.map_err(lost)?;
        let facts = capability::read(&mut observer).await.and_then(|facts| facts).map_err(lost)?;
        let (store, at_ms) = (Store::new(now_ms()), now_ms());
        Ok(Self { observer, facts, store, limits: Limits::default(), overhead, at_ms })
    }

    /// A cycle; gives how many entries it read.
    async fn cycle(&mut self) -> Result<i64> {
        // Many entries are read once a minute.
        self.at_ms += 61_000;
        let tick = Tick {
            observer: &mut self.observer,
            facts: &self.facts,
            server: "primary",
            recorder: None,
            past: None,
            limits: &self.limits,
            overhead: &self.overhead,
            now_ms: self.at_ms,
            skipped: 0,
            planner: None,
        };
        let ticked = self.store.tick(AreaName::Statements, tick).await;
        ticked.map_err(|reason| anyhow::anyhow!(reason.message()))?;
        let latest = self.store.slot::<StatementsArea>().latest();
        let entries = &latest.value().context("no reading")?.entries;
        let entries = entries.as_ref().map_err(|reason| anyhow::anyhow!(reason.message()))?;
        ensure!(entries.at_ms == self.at_ms, "the entries were not read in this cycle");
        Ok(entries.count)
    }

    /// The same; gives CPU, ms, and MB as well.
    async fn measured(
        &mut self,
        admin: &mut PgConnection,
        bytes: &AtomicU64,
    ) -> Result<(f64, f64, i64)> {
        let before = (cpu_of(admin, "watcher").await?, bytes.load(Ordering::Relaxed));
        let count = self.cycle().await?;
        let used = cpu_of(admin, "watcher").await? - before.0;
        Ok((used, (bytes.load(Ordering::Relaxed) - before.1) as f64 / 1e6, count))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let given: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let (majors, given): (Vec<usize>, Vec<usize>) = given.into_iter().partition(|n| *n < 100);
    let sizes = if given.is_empty() { ENTRIES.to_vec() } else { given };
    let major = majors.first().and_then(|major| u16::try_from(*major).ok()).unwrap_or(MAJOR);
    let options = ServerOptions::new(major).setting("pg_stat_statements.max", "130000");
    let server = options.start().await?;
    println!("PostgreSQL {major}");
    server
        .exec(
            "create extension pg_stat_statements;
             create role watcher login password 'w'; grant pg_monitor to watcher;
             create role peer login password 'p'; grant pg_monitor to peer",
        )
        .await?;
    let (port, bytes) = relay(SocketAddr::from(([127, 0, 0, 1], server.port()))).await?;
    let mut admin = server.connect().await?;
    let mut filled = 0;
    for size in sizes {
        fill(&server, filled, size).await?;
        filled = filled.max(size);
        // On a busy machine a cycle may meet `statement_timeout`: that is a result too.
        if let Err(error) = measure(&server, (&mut admin, size), port, &bytes).await {
            println!("{size} entries: {error}");
        }
    }
    Ok(())
}

/// Compares all of them on the server as it is now.
#[expect(clippy::disallowed_methods, reason = "a peer's connection to the benchmark's own server")]
async fn measure(
    server: &Server,
    (admin, size): (&mut PgConnection, usize),
    port: u16,
    bytes: &AtomicU64,
) -> Result<()> {
    let mut ours = Ours::open(port).await?;
    let mut peer = PgConnection::connect(&format!(
        "postgres://peer:p@127.0.0.1:{port}/postgres?sslmode=disable"
    ))
    .await?;
    // The first reading is of everything; what is compared is how it goes on.
    let first = ours.measured(admin, bytes).await?;
    let mut count = first.2;
    ours.cycle().await?;
    let mut cpu: Vec<Vec<f64>> = vec![Vec::new(); QUERIES.len() + 1];
    let mut sent: Vec<Vec<f64>> = cpu.clone();
    for _ in 0..ROUNDS {
        for place in 0..=QUERIES.len() {
            let (used, got) = match QUERIES.get(place) {
                Some((_, query)) => {
                    let before = (cpu_of(admin, "peer").await?, bytes.load(Ordering::Relaxed));
                    ask(&mut peer, query).await?;
                    let used = cpu_of(admin, "peer").await? - before.0;
                    (used, (bytes.load(Ordering::Relaxed) - before.1) as f64 / 1e6)
                }
                None => {
                    let (used, got, read) = ours.measured(admin, bytes).await?;
                    count = read;
                    (used, got)
                }
            };
            cpu.get_mut(place).context("place")?.push(used);
            sent.get_mut(place).context("place")?.push(got);
        }
    }
    let names = QUERIES.iter().map(|(name, _)| *name).chain(["pgdeck, a cycle"]);
    let bare = cpu.get(1).map_or(f64::NAN, |times| median(times));
    println!("{count} entries, medians of {ROUNDS}      CPU ms   × bare   MB sent   MB temporary");
    for (place, name) in names.enumerate() {
        let start = temporary(admin).await?;
        match QUERIES.get(place) {
            Some((_, query)) => ask(&mut peer, query).await?,
            None => drop(ours.cycle().await?),
        }
        let spilt = (temporary(admin).await? - start) as f64 / 1e6;
        let of = |all: &[Vec<f64>]| all.get(place).map_or(f64::NAN, |values| median(values));
        println!(
            "  {name:28} {:10.1} {:8.2} {:9.2} {spilt:14.1}",
            of(&cpu),
            of(&cpu) / bare,
            of(&sent)
        );
    }
    let line = |name: &str, used: f64, got: f64| {
        println!("  {name:28} {used:10.1} {:8.2} {got:9.2}", used / bare);
    };
    line("pgdeck, the first reading", first.0, first.1);
    for (name, part) in [("pgdeck, a tenth moved", size / 10), ("pgdeck, all moved", size)] {
        let (mut used, mut got) = (Vec::new(), Vec::new());
        for _ in 0..MOVED_ROUNDS {
            fill(server, 0, part).await?;
            let one = ours.measured(admin, bytes).await?;
            used.push(one.0);
            got.push(one.1);
        }
        line(name, median(&used), median(&got));
    }
    peer.close().await?;
    Ok(())
}
