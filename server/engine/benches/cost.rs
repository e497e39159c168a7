//! What a cycle of ours costs the watched server, beside prometheus-postgres-exporter on the same
//! server in one run: CPU of the backends, bytes, round trips. Interleaved; medians; ratios.
//!
//! A cycle of ours reads every area once; a cycle of theirs is one scrape with default collectors.
//! PostgreSQL 15, because the exporter's Debian package fails on `pg_stat_bgwriter` of 17.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use engine::areas::activity::ActivityArea;
use engine::areas::{self, Store};
use engine::connection::{Budget, Observer};
use engine::dsn::Environment;
use engine::overhead::Overhead;
use engine::store::Tick;
use engine::{Dsn, Limits, capability, now_ms};
use playground::{Server, ServerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CYCLES: usize = 40;
const IDLE_SESSIONS: usize = 80;

/// Counts what passes: bytes to the client, and how often the client spoke after the server did.
#[derive(Default)]
struct Wire {
    bytes: AtomicU64,
    turns: AtomicU64,
}

impl Wire {
    fn read(&self) -> (u64, u64) {
        (self.bytes.load(Ordering::Relaxed), self.turns.load(Ordering::Relaxed))
    }
}

async fn relay(target: SocketAddr) -> Result<(u16, Arc<Wire>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let wire = Arc::new(Wire::default());
    let counting = Arc::clone(&wire);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(carry(client, target, Arc::clone(&counting)));
        }
    });
    Ok((port, wire))
}

async fn carry(mut client: TcpStream, target: SocketAddr, wire: Arc<Wire>) -> Result<()> {
    let mut server = TcpStream::connect(target).await?;
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    let mut server_spoke = true;
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let read = read?;
                if read == 0 { return Ok(()); }
                if std::mem::take(&mut server_spoke) { wire.turns.fetch_add(1, Ordering::Relaxed); }
                server.write_all(up.get(..read).unwrap_or_default()).await?;
            }
            read = server.read(&mut down) => {
                let read = read?;
                if read == 0 { return Ok(()); }
                server_spoke = true;
                wire.bytes.fetch_add(read as u64, Ordering::Relaxed);
                client.write_all(down.get(..read).unwrap_or_default()).await?;
            }
        }
    }
}

/// CPU of all backends of one role, ns: the scheduler's own count.
async fn cpu_of(server: &Server, role: &'static str) -> Result<u64> {
    let mut connection = server.connect().await?;
    let pids: Vec<i32> = sqlx::query_scalar("select pid from pg_stat_activity where usename = $1")
        .bind(role)
        .fetch_all(&mut connection)
        .await?;
    let mut total = 0;
    for pid in pids {
        let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
        total += text.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(total)
}

struct Exporter(Child);

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn exporter(dsn: &str, port: u16) -> Result<Exporter> {
    let child = Command::new("prometheus-postgres-exporter")
        .env("DATA_SOURCE_NAME", format!("{dsn}?sslmode=disable"))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("prometheus-postgres-exporter is not installed")?;
    Ok(Exporter(child))
}

async fn scrape(port: u16) -> Result<usize> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    ensure!(text.contains("pg_up 1"), "the exporter does not reach its server");
    Ok(text.lines().filter(|line| line.starts_with("pg_")).count())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[derive(Default)]
struct Measured {
    cpu_ms: Vec<f64>,
    bytes: Vec<f64>,
    turns: Vec<f64>,
}

impl Measured {
    fn add(&mut self, cpu: (u64, u64), wire: ((u64, u64), (u64, u64))) {
        self.cpu_ms.push((cpu.1.saturating_sub(cpu.0)) as f64 / 1e6);
        self.bytes.push((wire.1.0 - wire.0.0) as f64);
        self.turns.push((wire.1.1 - wire.0.1) as f64);
    }

    fn medians(&self) -> (f64, f64, f64) {
        (median(self.cpu_ms.clone()), median(self.bytes.clone()), median(self.turns.clone()))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let server = ServerOptions::new(15).setting("max_connections", "150").start().await?;
    server
        .exec(
            "create role watcher login password 'w'; grant pg_monitor to watcher;
             create role exporter login password 'e'; grant pg_monitor to exporter;
             create role app login password 'a'",
        )
        .await?;
    let mut idle = Vec::new();
    for _ in 0..IDLE_SESSIONS {
        idle.push(server.connect().await?);
    }
    let target = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let (our_port, our_wire) = relay(target).await?;
    let (their_port, their_wire) = relay(target).await?;
    let web = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let _exporter =
        exporter(&format!("postgres://exporter:e@127.0.0.1:{their_port}/postgres"), web)?;
    let text = format!("postgres://watcher:w@127.0.0.1:{our_port}/postgres?sslmode=disable");
    let dsn = Dsn::parse(&text, &Environment::empty())?;
    let overhead = Arc::new(Overhead::default());
    let lost = |reason: model::Reason| anyhow::anyhow!(reason.message());
    let mut observer =
        Observer::open(&dsn, &Budget::default(), Arc::clone(&overhead)).await.map_err(lost)?;
    let facts = capability::read(&mut observer).await.and_then(|facts| facts).map_err(lost)?;
    let (store, limits) = (Store::new(now_ms()), Limits::default());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut series = scrape(web).await?;
    let (mut ours, mut theirs) = (Measured::default(), Measured::default());
    for _ in 0..CYCLES {
        let (cpu, wire) = (cpu_of(&server, "watcher").await?, our_wire.read());
        for area in areas::ALL {
            let tick = Tick {
                observer: &mut observer,
                facts: &facts,
                server: "primary",
                recorder: None,
                past: None,
                planner: None,
                limits: &limits,
                overhead: &overhead,
                now_ms: now_ms(),
                skipped: 0,
            };
            store.tick(area.name, tick).await.map_err(lost)?;
        }
        ours.add((cpu, cpu_of(&server, "watcher").await?), (wire, our_wire.read()));
        let (cpu, wire) = (cpu_of(&server, "exporter").await?, their_wire.read());
        series = scrape(web).await?;
        theirs.add((cpu, cpu_of(&server, "exporter").await?), (wire, their_wire.read()));
    }
    let (our, their) = (ours.medians(), theirs.medians());
    let sessions =
        store.slot::<ActivityArea>().latest().value().map_or(0, |value| value.sessions.len());
    println!(
        "cost of a cycle on one PostgreSQL 15 with {IDLE_SESSIONS} idle sessions, medians of {CYCLES}"
    );
    println!("                     pgdeck   exporter   ratio");
    println!("backend CPU, ms    {:8.2}   {:8.2}   {:5.2}", our.0, their.0, our.0 / their.0);
    println!("bytes received     {:8.0}   {:8.0}   {:5.2}", our.1, their.1, our.1 / their.1);
    println!("round trips        {:8.0}   {:8.0}   {:5.2}", our.2, their.2, our.2 / their.2);
    println!(
        "collected          {sessions} sessions in full with counters, lag and ages; {series} series"
    );
    println!("round trips a tick: {:.2}", our.2 / areas::ALL.len() as f64);
    ensure!(sessions > IDLE_SESSIONS, "our cycle read the sessions");
    Ok(())
}
