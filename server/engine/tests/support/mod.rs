//! Test support: an engine on playground servers, and waiting for a state of it within a deadline.
#![allow(dead_code, reason = "each test binary uses its part")]

pub mod observed;

use std::time::{Duration, Instant};

use engine::areas::activity::ActivityArea;
use engine::dsn::Environment;
use engine::{Dsn, Engine, Limits, ServerConfig};
use model::server::ConnectionState;
use model::{AreaName, Finding, Reason, ServerId};

pub type Result<T = ()> = anyhow::Result<T>;

/// What has not come about on a busy machine by then never will.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The configuration of one server under that name.
pub fn config(name: &str, dsn: &str) -> Result<ServerConfig> {
    Ok(ServerConfig {
        id: ServerId::new(name),
        dsn: Dsn::parse(dsn, &Environment::empty())?,
        operate: None,
        labels: vec![],
        cores: None,
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
pub async fn lost_because(engine: &Engine, name: &str, message: &str, remedy: &str) -> Result {
    until(engine, name, PATIENCE, |link| {
        matches!(link, ConnectionState::Lost { reason: Reason::Unreachable { message: s, remedy: r, .. }, .. }
            if s.contains(message) && r.contains(remedy))
    })
    .await?;
    Ok(())
}

/// How many sessions marked as ours the server holds.
pub async fn our_sessions(server: &playground::Server) -> Result<i64> {
    let mut connection = server.connect().await?;
    let count = sqlx::query_scalar(
        "select count(*) from pg_stat_activity where application_name like 'pgdeck %'",
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

/// Whether the newest activity reading is one of the last ticks.
pub fn is_fresh(engine: &Engine, name: &str) -> bool {
    activity_age(engine, name).is_some_and(|age| age < Duration::from_secs(4))
}

/// Limits of rules as the configuration sets them.
pub fn limits(set: &[(&str, &str, f64)]) -> Result<Limits> {
    let mut limits = Limits::default();
    for (rule, limit, value) in set {
        engine::rules::set_limit(&mut limits, rule, limit, *value).map_err(anyhow::Error::msg)?;
    }
    Ok(limits)
}

/// Has what is read seldom read every few seconds, for as long as this value lives.
pub fn hurried(engine: &Engine, name: &str) -> tokio::task::JoinSet<()> {
    let (engine, id) = (engine.clone(), ServerId::new(name));
    let mut asking = tokio::task::JoinSet::new();
    asking.spawn(async move {
        while engine.refresh(&id) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    asking
}

/// The findings of a server, also those that are folded into another with the same root.
pub fn all_findings(engine: &Engine, name: &str) -> Vec<Finding> {
    let findings = engine.findings(&ServerId::new(name)).0;
    let mut all = Vec::new();
    for mut finding in findings {
        all.append(&mut finding.same_root);
        all.push(finding);
    }
    all
}

/// Waits for a finding of that rule.
pub async fn fires(engine: &Engine, name: &str, rule: &str) -> Result<Finding> {
    let (id, started) = (ServerId::new(name), Instant::now());
    while started.elapsed() < PATIENCE {
        let found = all_findings(engine, name).into_iter().find(|finding| finding.rule == rule);
        if let Some(finding) = found {
            assert!(!finding.evidence.is_empty() && !finding.remedy.message.is_empty());
            return Ok(finding);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("{rule} did not fire on {name}: {:?}", engine.findings(&id))
}

/// Waits until that rule has nothing to say and was checked.
pub async fn quiet(engine: &Engine, name: &str, rule: &str) -> Result {
    let (id, started) = (ServerId::new(name), Instant::now());
    let mut last = None;
    while started.elapsed() < PATIENCE {
        let (findings, not_checked) = engine.findings(&id);
        let found = all_findings(engine, name).iter().any(|finding| finding.rule == rule);
        let unchecked = not_checked.iter().any(|entry| entry.rule == rule);
        if !found && !unchecked {
            return Ok(());
        }
        last = Some((findings, not_checked));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("{rule} is not quiet on {name}: {last:?}")
}

/// How many ticks of an area have ended.
pub fn ticks(engine: &Engine, name: &str, area: AreaName) -> u64 {
    let servers = engine.overhead();
    let server = servers.iter().find(|server| server.server.as_str() == name);
    let of_area = server.and_then(|server| server.areas.iter().find(|a| a.area == area.as_str()));
    of_area.map_or(0, |area| area.ticks)
}

/// Waits until that many more ticks of an area have ended; `holds` is asserted all the while.
pub async fn after_ticks(
    engine: &Engine,
    name: &str,
    (area, more): (AreaName, u64),
    mut holds: impl AsyncFnMut() -> Result,
) -> Result {
    let before = ticks(engine, name, area);
    let started = Instant::now();
    while ticks(engine, name, area) < before + more {
        anyhow::ensure!(started.elapsed() < PATIENCE, "{name}: {area:?} is not read");
        holds().await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    holds().await
}

/// Waits until a query for one boolean is true.
pub async fn until_true(server: &playground::Server, sql: &str) -> Result {
    let mut connection = server.connect().await?;
    let started = Instant::now();
    let query = || sqlx::query_scalar::<_, bool>(sqlx::AssertSqlSafe(sql.to_owned()));
    while !query().fetch_one(&mut connection).await? {
        anyhow::ensure!(started.elapsed() < PATIENCE, "never true: {sql}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
