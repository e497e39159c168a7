//! Benchmark of the release binary: time from exec to a usable page, idle memory, and load on the watched
//! server with fifty viewers compared with one, charts of ninety days. Prints the figures with their goals.

mod running;

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use history::{Entity, History, Metric, Point, Settings, Source};
use playground::Server;
use running::Running;

const STARTS: usize = 7;
const VIEWERS: usize = 50;
const SPAN: Duration = Duration::from_secs(20);

/// Statements that the watching role has run, by pg_stat_statements.
async fn statements(server: &Server) -> Result<i64> {
    let mut connection = server.connect().await?;
    let calls: Option<i64> = sqlx::query_scalar(
        "select sum(s.calls)::int8 from pg_stat_statements(false) s join pg_roles r on r.oid = s.userid where r.rolname = 'watcher'",
    )
    .fetch_one(&mut connection)
    .await?;
    Ok(calls.unwrap_or(0))
}

async fn per_second(server: &Server) -> Result<f64> {
    let before = statements(server).await?;
    tokio::time::sleep(SPAN).await;
    Ok((statements(server).await? - before) as f64 / SPAN.as_secs_f64())
}

const DAY_MS: i64 = 86_400_000;
const DAYS: i64 = 90;
/// Between two readings of the past, ms: the chart is made of hours anyway.
const STEP_MS: i64 = 300_000;
/// What the charts of the overview ask for.
const GAUGES: [Metric; 12] = [
    Metric::gauge("transactions_per_s"),
    Metric::gauge("rollback_percent"),
    Metric::gauge("cache_hit_percent"),
    Metric::gauge("rows_read_per_s"),
    Metric::gauge("rows_written_per_s"),
    Metric::gauge("temp_bytes_per_s"),
    Metric::gauge("wal_bytes_per_s"),
    Metric::gauge("checkpoint_ms"),
    Metric::gauge("connections"),
    Metric::gauge("active"),
    Metric::gauge("waiting_for_lock"),
    Metric::gauge("longest_lock_wait_ms"),
];
const SESSIONS: Metric = Metric::increment("active_sessions");

/// Ninety days of readings in a data directory, as if pgdeck had watched the server for so long.
async fn fill(data: &Path, cluster: &str) -> Result<()> {
    let history = History::open(&data.join("history.sqlite"), Settings::default()).await?;
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as i64;
    let source = |area| Source::new(cluster, "local", area);
    let (overview, activity) = (source("overview"), source("activity"));
    let begin = now_ms - DAYS * DAY_MS;
    for tick in 0..DAYS * DAY_MS / STEP_MS {
        let (at_ms, load) = (begin + tick * STEP_MS, (tick % 288) as f64);
        let gauges = GAUGES.iter().zip(1_u8..);
        let gauges = gauges.map(|(m, n)| Point::new(&Entity::server(), *m, load * f64::from(n)));
        history.recorder().append(&overview, at_ms, STEP_MS as u32, gauges.collect());
        let classes = ["CPU", "IO", "Lock", "LWLock"]
            .map(|class| Point::new(&Entity::of([("class", class)]), SESSIONS, load % 7.0));
        history.recorder().append(&activity, at_ms, STEP_MS as u32, classes.to_vec());
        if tick % 288 == 287 {
            history.flush().await?;
            history.maintain(at_ms).await?;
        }
    }
    history.close().await?;
    Ok(())
}

/// Time until the whole page with its charts of ninety days is there, median; its KB.
async fn ninety_days(server: &Server, dsn: &str) -> Result<(f64, f64)> {
    let mut connection = server.connect().await?;
    let cluster: String =
        sqlx::query_scalar("select system_identifier::text from pg_control_system()")
            .fetch_one(&mut connection)
            .await?;
    let data = tempfile::tempdir()?;
    fill(data.path(), &cluster).await?;
    let running = Running::start(dsn, data.path())?;
    let page = || running.get("/s/local/?range=90d", &running.cookie);
    let begun = Instant::now();
    while !page()?.contains("class=\"fill wait-lock\"") {
        ensure!(begun.elapsed() < Duration::from_secs(30), "the page has no charts of the past");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut times = Vec::new();
    let mut kb = 0.0;
    for _ in 0..STARTS {
        let begun = Instant::now();
        kb = page()?.len() as f64 / 1_024.0;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok((times.get(STARTS / 2).copied().unwrap_or(f64::NAN), kb))
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = playground::server(17).await?;
    server
        .exec("create extension pg_stat_statements; create role watcher login password 'w'; grant pg_monitor to watcher")
        .await?;
    let dsn = server.dsn_for("watcher", "w", "postgres");
    let (ms, kb) = ninety_days(&server, &dsn).await?;
    println!(
        "overview over {DAYS} days, whole page with its charts, median of {STARTS}: {ms:.0} ms, {kb:.0} KB before compression (goal 300 ms, ratio {:.2})",
        ms / 300.0
    );
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let data = tempfile::tempdir()?;
        starts.push(Running::start(&dsn, data.path())?.ready.as_secs_f64());
    }
    starts.sort_by(f64::total_cmp);
    let start = starts.get(STARTS / 2).copied().unwrap_or(f64::NAN);
    let data = tempfile::tempdir()?;
    let running = Running::start(&dsn, data.path())?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let idle = running.resident_mb()?;
    let stream = "/live?server=local&area=overview&area=activity&area=replication";
    let view = || -> Result<std::thread::JoinHandle<usize>> {
        let mut stream = running.open(stream, &running.cookie)?;
        stream.set_read_timeout(Some(SPAN * 2))?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        ensure!(status.ends_with(b" 200"), "the stream is refused: {}", status.escape_ascii());
        Ok(std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            let mut received = 0;
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                received += read;
            }
            received
        }))
    };
    let mut viewers = vec![view()?];
    let one = per_second(&server).await?;
    while viewers.len() < VIEWERS {
        viewers.push(view()?);
    }
    let fifty = per_second(&server).await?;
    let crowded = running.resident_mb()?;
    drop(running);
    let received: usize = viewers.into_iter().filter_map(|viewer| viewer.join().ok()).sum();
    ensure!(received > 1_000_000, "the viewers received readings: {received} bytes");
    println!(
        "exec to usable page, median of {STARTS}: {start:.3} s (goal 0.3 s, ratio {:.2})",
        start / 0.3
    );
    println!(
        "idle memory: {idle:.1} MB (goal 60 MB, ratio {:.2}); with {VIEWERS} viewers {crowded:.1} MB",
        idle / 60.0
    );
    println!(
        "statements per second on the watched server: {one:.2} with 1 viewer, {fifty:.2} with {VIEWERS} (ratio {:.2}, must be 1)",
        fifty / one
    );
    ensure!((fifty / one - 1.0).abs() < 0.15, "the load depends on how many people look");
    Ok(())
}
