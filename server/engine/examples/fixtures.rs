//! Records the rules' fixtures from real servers: `cargo run -p engine --example fixtures [scene…]`.
//!
//! For each rule a server is broken until the rule fires under its own limits, and the evidence is
//! written to `fixtures/<area>/<rule>/fires.json`; `quiet.json` is a healthy server. Takes eleven
//! minutes, because limits are minutes. `xid_wraparound` needs pg_resetwal of PostgreSQL 15.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use engine::dsn::Environment;
use engine::{Dsn, Engine, Limits, ServerConfig};
use model::ServerId;
use playground::{Server, ServerOptions};

const HEALTHY: &str = "healthy";

fn watch(servers: &[(&str, &Server)]) -> Result<Engine> {
    let configs = servers
        .iter()
        .map(|(name, server)| {
            let dsn = Dsn::parse(&server.dsn(), &Environment::empty())?;
            Ok(ServerConfig { id: ServerId::new(*name), dsn, operate: None, labels: vec![] })
        })
        .collect::<Result<_>>()?;
    Ok(Engine::start(configs, Limits::default()))
}

/// Waits until the rule fires on `name` and writes the evidence.
async fn fires(engine: &Engine, name: &str, rule: &str, within: Duration) -> Result<()> {
    let started = std::time::Instant::now();
    while !engine.findings(&ServerId::new(name)).0.iter().any(|finding| finding.rule == rule) {
        ensure!(started.elapsed() < within, "{rule} did not fire on {name}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    write(engine, name, rule, "fires")
}

fn write(engine: &Engine, name: &str, rule: &str, verdict: &str) -> Result<()> {
    let id = ServerId::new(name);
    let (area, _) = rule.split_once('/').context("a rule id is area/rule")?;
    let mut evidence = match area {
        "overview" => serde_json::to_value(engine.overview(&id))?,
        "activity" => serde_json::to_value(engine.activity(&id))?,
        "replication" => serde_json::to_value(engine.replication(&id))?,
        "vacuum" => serde_json::to_value(engine.vacuum(&id))?,
        _ => anyhow::bail!("no area {area}"),
    };
    let value = evidence.pointer_mut("/reading/value").context("no reading")?.take();
    let version = engine
        .servers()
        .into_iter()
        .find(|server| server.id == id)
        .and_then(|server| server.facts)
        .map(|facts| facts.version)
        .context("no facts")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(rule);
    std::fs::create_dir_all(&folder)?;
    let text =
        serde_json::json!({ "recorded_from": format!("PostgreSQL {version}"), "evidence": value });
    std::fs::write(
        folder.join(format!("{verdict}.json")),
        serde_json::to_string_pretty(&text)? + "\n",
    )?;
    eprintln!("{rule} {verdict}");
    Ok(())
}

async fn activity() -> Result<()> {
    let server = ServerOptions::new(17).setting("max_connections", "20").start().await?;
    let engine = watch(&[("one", &server)])?;
    let mut idler = server.connect().await?;
    sqlx::raw_sql("set application_name = 'checkout'; begin; select 1").execute(&mut idler).await?;
    let mut long = server.connect().await?;
    tokio::spawn(async move {
        let _ = sqlx::raw_sql("set application_name = 'reports'; select pg_sleep(900)")
            .execute(&mut long)
            .await;
    });
    fires(&engine, "one", "activity/idle_in_transaction", Duration::from_secs(90)).await?;
    fires(&engine, "one", "activity/long_transaction", Duration::from_secs(330)).await?;
    let mut held = Vec::new();
    while held.len() < 13 {
        held.push(server.connect().await?);
    }
    fires(&engine, "one", "activity/connection_use", Duration::from_secs(20)).await
}

async fn replication() -> Result<()> {
    let mut primary = ServerOptions::new(17).start().await?;
    let standby = primary.standby("copy").await?;
    let engine = watch(&[("primary", &primary), (HEALTHY, &standby)])?;
    tokio::time::sleep(Duration::from_secs(8)).await;
    for rule in ["replication_lag", "standby_disconnected", "inactive_slot"] {
        write(&engine, HEALTHY, &format!("replication/{rule}"), "quiet")?;
    }
    standby.exec("select pg_wal_replay_pause()").await?;
    primary.exec("create table t as select i from generate_series(1, 200000) i").await?;
    fires(&engine, HEALTHY, "replication/replication_lag", Duration::from_secs(60)).await?;
    standby.exec("select pg_wal_replay_resume()").await?;
    primary.crash().await;
    fires(&engine, HEALTHY, "replication/standby_disconnected", Duration::from_secs(60)).await?;
    primary.restart().await?;
    standby.stop().await;
    primary
        .exec("create table u as select i, repeat('x', 200) from generate_series(1, 700000) i")
        .await?;
    fires(&engine, "primary", "replication/inactive_slot", Duration::from_secs(60)).await
}

async fn overview() -> Result<()> {
    let server = ServerOptions::new(17).setting("shared_buffers", "1MB").start().await?;
    let healthy = ServerOptions::new(17).start().await?;
    server
        .exec("create table big as select i, repeat('x', 500) from generate_series(1, 30000) i")
        .await?;
    let engine = watch(&[("one", &server), (HEALTHY, &healthy)])?;
    let mut reader = server.connect().await?;
    tokio::spawn(async move {
        while sqlx::raw_sql("select count(*) from big").execute(&mut reader).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    fires(&engine, "one", "overview/cache_misses", Duration::from_secs(700)).await?;
    write(&engine, HEALTHY, "overview/cache_misses", "quiet")
}

async fn quiet() -> Result<()> {
    let server = ServerOptions::new(17).start().await?;
    let engine = watch(&[(HEALTHY, &server)])?;
    tokio::time::sleep(Duration::from_secs(8)).await;
    for rule in ["connection_use", "long_transaction", "idle_in_transaction"] {
        write(&engine, HEALTHY, &format!("activity/{rule}"), "quiet")?;
    }
    write(&engine, HEALTHY, "vacuum/xid_wraparound", "quiet")
}

/// Moves the next transaction id of a stopped server 1.6 billion ahead (pg_resetwal, and the
/// commit-log segment that belongs to it: 1,048,576 transactions a segment).
async fn wraparound() -> Result<()> {
    let mut server = ServerOptions::new(15).setting("autovacuum", "off").start().await?;
    let data = server.data_dir();
    server.crash().await;
    let owner = std::fs::metadata(&data)?;
    let status = Command::new("/usr/lib/postgresql/15/bin/pg_resetwal")
        .args(["-f", "-x", "1600000000", "-D"])
        .arg(&data)
        .current_dir("/")
        .uid(owner.uid())
        .gid(owner.gid())
        .status()?;
    ensure!(status.success(), "pg_resetwal failed");
    let segment = data.join("pg_xact").join(format!("{:04X}", 1_600_000_000_u32 / 1_048_576));
    std::fs::write(&segment, vec![0_u8; 262_144])?;
    std::os::unix::fs::chown(&segment, Some(owner.uid()), Some(owner.gid()))?;
    server.restart().await?;
    let engine = watch(&[("one", &server)])?;
    fires(&engine, "one", "vacuum/xid_wraparound", Duration::from_secs(20)).await
}

#[tokio::main]
async fn main() -> Result<()> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |scene: &str| named.is_empty() || named.iter().any(|name| name == scene);
    let mut scenes = tokio::task::JoinSet::new();
    if wanted("activity") {
        scenes.spawn(async { activity().await.context("activity") });
    }
    if wanted("replication") {
        scenes.spawn(async { replication().await.context("replication") });
    }
    if wanted("overview") {
        scenes.spawn(async { overview().await.context("overview") });
    }
    if wanted("quiet") {
        scenes.spawn(async { quiet().await.context("quiet") });
    }
    if wanted("wraparound") {
        scenes.spawn(async { wraparound().await.context("wraparound") });
    }
    while let Some(done) = scenes.join_next().await {
        done??;
    }
    Ok(())
}
