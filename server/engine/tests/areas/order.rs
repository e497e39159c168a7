//! Which finding comes first where two or more troubles coincide: the scenes of `scenes.json`, each made
//! on a real server, and what an on-call DBA would act on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{Connection, PgConnection};

use crate::support::{PATIENCE, Result, config, limits, monitored, watcher};

const SCENES: &str = include_str!("scenes.json");

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

/// Makes the scene; every waiter is seen waiting before the next step.
async fn make(
    server: &playground::Server,
    scene: &Value,
    sessions: &mut BTreeMap<String, Session>,
) -> Result {
    for step in scene["steps"].as_array().expect("steps") {
        if let Some(sql) = step["server"].as_str() {
            server.exec(sql).await?;
            continue;
        }
        let name = step["session"].as_str().expect("a session");
        let mut open = match sessions.remove(name) {
            Some(Session::Open(open)) => open,
            _ => session(server, name).await?,
        };
        let sql = step["runs"].as_str().or(step["waits"].as_str()).expect("a statement").to_owned();
        if step["runs"].is_string() {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut open).await?;
            sessions.insert(name.to_owned(), Session::Open(open));
        } else {
            let waits = tokio::spawn(async move {
                // Ends with the scene: its server or its holder goes.
                let _ = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut open).await;
            });
            sessions.insert(name.to_owned(), Session::Waits(waits));
            let waiting = format!(
                "select exists (select from pg_stat_activity where application_name = '{name}'
                   and (wait_event_type = 'Lock' or wait_event = 'SyncRep'))"
            );
            crate::support::until_true(server, &waiting).await?;
        }
    }
    Ok(())
}

async fn end(
    server: &playground::Server,
    scene: &Value,
    sessions: BTreeMap<String, Session>,
) -> Result {
    for sql in scene["after"].as_str().unwrap_or_default().split("; ").filter(|sql| !sql.is_empty())
    {
        server.exec(sql).await?;
    }
    for session in sessions.into_values() {
        match session {
            Session::Open(open) => open.close().await?,
            Session::Waits(waits) => waits.abort(),
        }
    }
    let gone = "select not exists (select from pg_stat_activity where backend_type = 'client backend'
                and application_name <> '' and pid <> pg_backend_pid() and application_name not like 'pgdeck%')";
    server
        .exec(
            "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'",
        )
        .await?;
    crate::support::until_true(server, gone).await?;
    server.exec("delete from stock where id > 100").await.map_err(anyhow::Error::from)
}

/// Checks a scene until the expected line is first; says what was instead.
async fn judge(server: &playground::Server, scene: &Value) -> Result {
    let set: Vec<(&str, &str, f64)> = scene["limits"]
        .as_array()
        .expect("limits")
        .iter()
        .map(|one| {
            let text = |at: usize| one[at].as_str().expect("a name");
            (text(0), text(1), one[2].as_f64().expect("a value"))
        })
        .collect();
    let expected = scene["first"].as_str().expect("what comes first");
    let started = Instant::now();
    loop {
        let report = engine::check(config("server", &watcher(server))?, limits(&set)?).await;
        let report = report.map_err(|reason| anyhow::anyhow!(reason.message()))?;
        let first = report.findings.first();
        if first.is_some_and(|first| first.message.contains(expected)) {
            return Ok(());
        }
        let all: Vec<_> = report.findings.iter().map(|f| (&f.rule, &f.message, f.harm)).collect();
        anyhow::ensure!(
            started.elapsed() < Duration::from_secs(15).min(PATIENCE),
            "{}: “{expected}” is not first in {all:#?}",
            scene["scene"]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_to_act_on_comes_first() -> Result {
    let scenes: Vec<Value> = serde_json::from_str(SCENES)?;
    assert!(scenes.len() >= 12);
    let server = monitored(17).await?;
    server.exec("create table stock (id int primary key, n int)").await?;
    server.exec("insert into stock select i, 10 from generate_series(1, 100) i").await?;
    let mut faults = Vec::new();
    for scene in &scenes {
        assert!(scene["reason"].is_string(), "{scene}");
        let mut sessions = BTreeMap::new();
        make(&server, scene, &mut sessions).await?;
        if let Err(fault) = judge(&server, scene).await {
            faults.push(fault.to_string());
        }
        end(&server, scene, sessions).await?;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}
