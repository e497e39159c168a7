//! Which finding comes first where two or more troubles coincide: the scenes of `scenes.json`, each made
//! on a real server, and what an on-call DBA would act on.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Deserialize;
use sqlx::{Connection, PgConnection};

use crate::support::{PATIENCE, Result, config, limits, until_true, watcher};

const SCENES: &str = include_str!("scenes.json");

/// A scene: what happens, and what an on-call DBA would act on.
#[derive(Deserialize)]
struct Scene {
    scene: String,
    reason: String,
    limits: Vec<(String, String, f64)>,
    steps: Vec<Step>,
    /// A part of the first line.
    first: String,
    /// What undoes it on the server.
    #[serde(default)]
    after: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Server { server: String },
    Runs { session: String, runs: String },
    Waits { session: String, waits: String },
}

/// A session of a scene; it ends with the scene.
enum Session {
    Open(PgConnection),
    Waits(tokio::task::JoinHandle<()>),
}

async fn session(server: &playground::Server, name: &str) -> Result<PgConnection> {
    let mut connection = server.connect().await?;
    let sql = format!("set application_name = '{name}'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
    Ok(connection)
}

type Sessions = BTreeMap<String, Session>;

async fn take(server: &playground::Server, name: &str, all: &mut Sessions) -> Result<PgConnection> {
    match all.remove(name) {
        Some(Session::Open(open)) => Ok(open),
        _ => session(server, name).await,
    }
}

/// Makes the scene; every waiter is seen waiting before the next step.
async fn make(server: &playground::Server, scene: &Scene, sessions: &mut Sessions) -> Result {
    for step in &scene.steps {
        match step {
            Step::Server { server: sql } => server.exec(sql).await?,
            Step::Runs { session, runs } => {
                let mut open = take(server, session, sessions).await?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(runs.clone())).execute(&mut open).await?;
                sessions.insert(session.clone(), Session::Open(open));
            }
            Step::Waits { session, waits } => {
                let mut open = take(server, session, sessions).await?;
                let sql = waits.clone();
                let task = tokio::spawn(async move {
                    // Ends with the scene: its holder goes.
                    let _ = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut open).await;
                });
                sessions.insert(session.clone(), Session::Waits(task));
                let waiting = format!(
                    "select exists (select from pg_stat_activity where application_name = '{session}'
                       and (wait_event_type = 'Lock' or wait_event = 'SyncRep'))"
                );
                until_true(server, &waiting).await?;
            }
        }
    }
    Ok(())
}

async fn end(server: &playground::Server, scene: &Scene, sessions: Sessions) -> Result {
    for sql in scene.after.split("; ").filter(|sql| !sql.is_empty()) {
        server.exec(sql).await?;
    }
    for session in sessions.into_values() {
        match session {
            Session::Open(open) => open.close().await?,
            Session::Waits(waits) => waits.abort(),
        }
    }
    let waiters =
        "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'";
    server.exec(waiters).await?;
    let gone =
        "select not exists (select from pg_stat_activity where backend_type = 'client backend'
                and pid <> pg_backend_pid() and application_name not like 'pgdeck%')";
    until_true(server, gone).await?;
    server.exec("delete from stock where id > 100").await?;
    Ok(())
}

/// Checks a scene until the expected line is first; says what was instead.
async fn judge(server: &playground::Server, scene: &Scene) -> Result {
    let set =
        scene.limits.iter().map(|(rule, limit, value)| (rule.as_str(), limit.as_str(), *value));
    let set: Vec<_> = set.collect();
    let started = Instant::now();
    loop {
        let report = engine::check(config("server", &watcher(server))?, limits(&set)?).await;
        let report = report.map_err(|reason| anyhow::anyhow!(reason.message()))?;
        let first = report.findings.first();
        if first.is_some_and(|first| first.message.contains(&scene.first)) {
            return Ok(());
        }
        let all: Vec<_> = report.findings.iter().map(|f| (&f.rule, &f.message, f.harm)).collect();
        anyhow::ensure!(
            started.elapsed() < PATIENCE,
            "{} ({}): “{}” is not first in {all:#?}",
            scene.scene,
            scene.reason,
            scene.first
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_to_act_on_comes_first() -> Result {
    let scenes: Vec<Scene> = serde_json::from_str(SCENES)?;
    assert!(scenes.len() >= 12);
    let server = playground::ServerOptions::new(17)
        .setting("max_prepared_transactions", "5")
        .start()
        .await?;
    server.exec("create role watcher login password 'w'").await?;
    server.exec("grant pg_monitor to watcher").await?;
    server.exec("create table stock (id int primary key, n int)").await?;
    server.exec("insert into stock select i, 10 from generate_series(1, 100) i").await?;
    let mut faults = Vec::new();
    for scene in &scenes {
        let mut sessions = Sessions::new();
        make(&server, scene, &mut sessions).await?;
        if let Err(fault) = judge(&server, scene).await {
            faults.push(fault.to_string());
        }
        end(&server, scene, sessions).await?;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}
