//! An hour beside a real server at work, one that is not there, a hostile one and one that comes and goes, with
//! somebody who looks: how much memory and log grow, and whether the real one is read in time.
//!
//! `cargo bench -p server --bench soak [-- MINUTES]`

mod running;

use std::fs::File;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use playground::attack::ATTACKS_WITH_ROWS;
use playground::{HostileServer, Phase, Server};
use running::{Running, status_mb};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

const MINUTES: u64 = 60;
/// What fills its caches first is not growth: this share of the time is not looked at.
const WARM_UP: f64 = 0.25;
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Looks in two minutes.
const STAYS_OVER: usize = 12;
/// How long the server that comes and goes is there, and then is not.
const FLAP: Duration = Duration::from_secs(20);
/// Nothing listens there (RFC 6335: reserved).
const NOBODY: &str = "postgres://watcher:w@127.0.0.1:1/postgres";

#[tokio::main]
async fn main() -> Result<()> {
    let minutes = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(MINUTES);
    let server = playground::server(17).await?;
    server
        .exec(
            "create role watcher login password 'w'; grant pg_monitor to watcher;
             create table t as select i as id, i % 100 as value from generate_series(1, 10000) i",
        )
        .await?;
    tokio::spawn(work(server.connect().await?));
    let attack = ATTACKS_WITH_ROWS.iter().find(|attack| attack.name.starts_with("texts of 5 MB"));
    let attack = *attack.context("the attack")?;
    let hostile = HostileServer::before(&server, attack, Phase::Fetch).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(come_and_go(listener, server.port()));
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("pgdeck.toml");
    std::fs::write(&config, configuration(&server, &hostile, port))?;
    let log = folder.path().join("log");
    let config = ["--config", config.to_str().context("a path")?];
    let logged = Stdio::from(File::create(&log)?);
    let running = Running::start_with(&config, &folder.path().join("data"), logged)?;
    for area in ["activity", "statements"] {
        let path = format!("/live?server=real&area={area}");
        let mut stream = running.open(&path, &running.cookie)?;
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
        });
    }
    let watched = watch(&running, &log, Duration::from_secs(minutes * 60)).await?;
    println!("{minutes} minutes: {watched}");
    Ok(())
}

fn configuration(server: &Server, hostile: &HostileServer, port: u16) -> String {
    let real = server.dsn_for("watcher", "w", "postgres");
    let flapping = format!("postgres://watcher:w@127.0.0.1:{port}/postgres");
    let hostile = hostile.dsn_for("watcher", "w", "postgres");
    let of =
        |(name, dsn): (&str, &str)| format!("[[servers]]\nname = \"{name}\"\ndsn = \"{dsn}\"\n");
    [("real", real.as_str()), ("nobody", NOBODY), ("hostile", &hostile), ("flapping", &flapping)]
        .map(of)
        .concat()
}

/// Statements of many texts, so that there is something to count.
async fn work(mut session: sqlx::PgConnection) {
    for n in 0_u64.. {
        let text = format!("select count(*) from t where value = {} and id > {n}", n % 100);
        let _ = sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut session).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Carries connections to the server for a while, then ends them and takes none for as long.
async fn come_and_go(listener: TcpListener, port: u16) {
    let mut listener = Some(listener);
    let Some(address) = listener.as_ref().and_then(|one| one.local_addr().ok()) else { return };
    loop {
        if let Ok(one) = match listener.take() {
            Some(one) => Ok(one),
            None => TcpListener::bind(address).await,
        } {
            let mut carried = tokio::task::JoinSet::new();
            let accept = async {
                while let Ok((mut client, _)) = one.accept().await {
                    carried.spawn(async move {
                        let mut server = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
                        copy_bidirectional(&mut client, &mut server).await.ok()
                    });
                }
            };
            let _ = tokio::time::timeout(FLAP, accept).await;
        }
        tokio::time::sleep(FLAP).await;
    }
}

/// What an hour has shown.
struct Watched {
    /// Resident memory after warming up, at the end and at most, MiB.
    memory: [f64; 3],
    /// The slope of what stays of it after warming up, MiB an hour, by least squares: a large answer is held for a
    /// moment, so the least of each two minutes counts.
    slope: f64,
    /// KiB of log an hour, after warming up.
    log: f64,
    /// The longest time between two looks in which the real server was not read, s.
    unread: f64,
    /// Open files at the end of warming up and at the end.
    files: [usize; 2],
    /// Resident memory in each twelfth of the time, on the average, MiB.
    curve: Vec<f64>,
}

impl std::fmt::Display for Watched {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { memory: [warm, last, most], slope, log, unread, files: [before, after], curve } =
            self;
        write!(
            formatter,
            "memory {warm:.1} MiB after warming up, {last:.1} at the end, {most:.1} at most; slope {slope:+.2} MiB an hour (goal 1); log {log:.0} KiB an hour (goal 100); the real server was unread for {unread:.0} s at most; {before} open files, then {after}; memory over time {curve:.0?}"
        )
    }
}

async fn watch(running: &Running, log: &std::path::Path, span: Duration) -> Result<Watched> {
    let began = Instant::now();
    let mut seen: Vec<(f64, f64)> = Vec::new();
    let (mut warm, mut last_read, mut readings, mut unread) = (None, Instant::now(), 0.0, 0.0_f64);
    while began.elapsed() < span {
        tokio::time::sleep(LOOK_EVERY).await;
        let hours = began.elapsed().as_secs_f64() / 3_600.0;
        let memory = status_mb(running.pid(), "VmRSS:")?;
        seen.push((hours, memory));
        let page = running.get("/s/real/activity", &running.cookie)?;
        ensure!(page.contains("<h1"), "no page");
        let now = activity_readings(running)?;
        if now > readings {
            (readings, last_read) = (now, Instant::now());
        }
        unread = unread.max(last_read.elapsed().as_secs_f64());
        if warm.is_none() && began.elapsed() >= span.mul_f64(WARM_UP) {
            warm = Some((hours, memory, std::fs::metadata(log)?.len(), open_files(running)?));
        }
    }
    let (from, memory, bytes, files) = warm.context("too short")?;
    let hours = began.elapsed().as_secs_f64() / 3_600.0 - from;
    let after: Vec<(f64, f64)> = seen.iter().copied().filter(|(at, _)| *at >= from).collect();
    let after: Vec<(f64, f64)> = after.chunks(STAYS_OVER).filter_map(least).collect();
    let most = seen.iter().map(|(_, memory)| *memory).fold(0.0, f64::max);
    let last = seen.last().context("nothing seen")?.1;
    let log = (std::fs::metadata(log)?.len() - bytes) as f64 / 1_024.0 / hours;
    let files = [files, open_files(running)?];
    let memories: Vec<f64> = seen.iter().map(|(_, memory)| *memory).collect();
    let part = memories.len().div_ceil(12);
    let curve = memories.chunks(part).map(|part| mean(part.iter().copied())).collect();
    Ok(Watched { memory: [memory, last, most], slope: slope(&after), log, unread, files, curve })
}

fn least(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    points.iter().copied().min_by(|one, other| one.1.total_cmp(&other.1))
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1);
    values.sum::<f64>() / count as f64
}

/// How often the activity of the real server was read.
fn activity_readings(running: &Running) -> Result<f64> {
    let text = running.get("/metrics", "")?;
    let name = "pgdeck_area_readings_total{server=\"real\",area=\"activity\"} ";
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    Ok(line.map_or(Ok(0.0), str::parse)?)
}

fn open_files(running: &Running) -> Result<usize> {
    Ok(std::fs::read_dir(format!("/proc/{}/fd", running.pid()))?.count())
}

/// The slope of the line through points with the least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let x = mean(points.iter().map(|point| point.0));
    let y = mean(points.iter().map(|point| point.1));
    let above: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let below: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    above / below
}
