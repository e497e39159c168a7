//! Each area on real servers: its rules fire on a server that was broken on purpose and stay quiet on
//! a healthy one. Limits in seconds and minutes are lowered by configuration, as a user would, so that
//! a test can wait.

#[path = "../support/mod.rs"]
mod support;

use engine::rules::JUDGED_OVER_TIME;
use engine::{Engine, Limits};
use model::{AreaName, Finding, NotChecked, Reason, ServerId};
use playground::Server;
use support::{PATIENCE, Result, config, monitored, ticks, until, watcher};

macro_rules! modules {
    ($($(#[$doc:meta])* $folder:ident: $name:ident, $area:ident;)+) => { $(mod $folder;)+ };
}
mod autovacuum;
mod order;
mod refused;
mod untouched;
model::areas!(modules);

/// How many readings of an area are waited for: one of what is read every half minute, of all else
/// enough for a rate.
fn readings(area: AreaName) -> u64 {
    let entry = engine::areas::ALL.iter().find(|entry| entry.name == area);
    if entry.is_some_and(|entry| entry.every_ms > 10_000) { 1 } else { 2 }
}

/// Runs what a finding prints for copying, statement by statement.
async fn run_printed(server: &Server, finding: &Finding) -> Result {
    let sql = finding.remedy.sql.clone().ok_or_else(|| anyhow::anyhow!("no statement"))?;
    for statement in sql.split_inclusive(';') {
        server.exec(statement).await?;
    }
    Ok(())
}

/// What a standby leaves to its primary.
fn is_elsewhere(entry: &NotChecked) -> bool {
    matches!(entry.reason, Reason::OtherRole { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_pair_has_no_finding() -> Result {
    let primary = monitored(17).await?;
    primary.exec("create extension pg_stat_statements").await?;
    let standby = primary.standby("copy").await?;
    let servers =
        vec![config("primary", &watcher(&primary))?, config("standby", &watcher(&standby))?];
    let engine = Engine::start(servers, Limits::default());
    for name in ["primary", "standby"] {
        // Two readings of counters, so that every rate is known.
        until(&engine, name, PATIENCE, |_| {
            let read = |area| ticks(&engine, name, area) >= readings(area);
            AreaName::ALL.into_iter().all(read)
        })
        .await?;
    }
    for name in ["primary", "standby"] {
        // A tick that a busy machine held up for too long is unknown until the next.
        until(&engine, name, PATIENCE, |_| {
            let (findings, not_checked) = engine.findings(&ServerId::new(name));
            assert_eq!(findings, vec![], "{name}");
            // Ten minutes of windows have not passed: the rules say so instead of being green.
            let (elsewhere, here): (Vec<_>, Vec<_>) =
                not_checked.iter().partition(|e| is_elsewhere(e));
            let left_out = |rule: &&str| elsewhere.iter().any(|entry| entry.rule == *rule);
            let expected = JUDGED_OVER_TIME.into_iter().filter(|rule| !left_out(rule));
            here.into_iter().map(|entry| entry.rule.as_str()).eq(expected)
        })
        .await
        .map_err(|error| error.context(format!("{:?}", engine.findings(&ServerId::new(name)))))?;
    }
    Ok(())
}
