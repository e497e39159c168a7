//! What the live tests share: an engine on playground servers, and waiting for what it shows.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::time::{Duration, Instant};

use engine::areas::activity::ActivityArea;
use engine::dsn::Environment;
use engine::{Dsn, Engine, Limits, ServerConfig};
use model::server::ConnectionState;
use model::{Reason, ServerId};

pub type Result<T = ()> = anyhow::Result<T>;

/// The configuration of one server under that name.
pub fn config(name: &str, dsn: &str) -> Result<ServerConfig> {
    Ok(ServerConfig {
        id: ServerId::new(name),
        dsn: Dsn::parse(dsn, &Environment::empty())?,
        operate: None,
        labels: vec![],
    })
}

/// An engine that watches these.
pub fn watch(servers: &[(&str, String)]) -> Result<Engine> {
    let configs = servers.iter().map(|(name, dsn)| config(name, dsn)).collect::<Result<_>>()?;
    Ok(Engine::start(configs, Limits::default()))
}

/// A server with a role `watcher` that has pg_monitor and nothing else.
pub async fn monitored(major: u16) -> Result<playground::Server> {
    let server = playground::server(major).await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    Ok(server)
}

/// Its DSN.
pub fn watcher(server: &playground::Server) -> String {
    server.dsn_for("watcher", "w", "postgres")
}

/// Waits until `seen` holds for what the fleet page shows of a server; says what it was otherwise.
pub async fn until(
    engine: &Engine,
    name: &str,
    within: Duration,
    seen: impl Fn(&ConnectionState) -> bool,
) -> Result<Duration> {
    let started = Instant::now();
    loop {
        let link = link(engine, name);
        if seen(&link) {
            return Ok(started.elapsed());
        }
        anyhow::ensure!(started.elapsed() < within, "after {within:?} {name} is {link:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether we talk to a server.
pub fn link(engine: &Engine, name: &str) -> ConnectionState {
    let found = engine.servers().into_iter().find(|server| server.id.as_str() == name);
    found.map_or(ConnectionState::Connecting, |server| server.link)
}

pub fn is_up(link: &ConnectionState) -> bool {
    *link == ConnectionState::Up
}

/// Waits for a loss whose words and remedy hold these parts.
pub async fn lost_because(engine: &Engine, name: &str, says: &str, remedy: &str) -> Result {
    until(engine, name, Duration::from_secs(12), |link| {
        matches!(link, ConnectionState::Lost { reason: Reason::Unreachable { says: s, remedy: r, .. }, .. }
            if s.contains(says) && r.contains(remedy))
    })
    .await?;
    Ok(())
}

/// How many sessions marked as ours the server holds.
pub async fn our_sessions(server: &playground::Server) -> Result<i64> {
    let mut connection = server.connect().await?;
    let count = sqlx::query_scalar(
        "select count(*) from pg_stat_activity where application_name = 'pgdeck'",
    )
    .fetch_one(&mut connection)
    .await?;
    Ok(count)
}

/// The age of the newest activity reading, by the engine's clock.
pub fn activity_age(engine: &Engine, name: &str) -> Option<Duration> {
    let latest = engine.latest::<ActivityArea>(&ServerId::new(name))?;
    let age = latest.now_ms - latest.reading?.at_ms;
    Some(Duration::from_millis(u64::try_from(age).unwrap_or(0)))
}
