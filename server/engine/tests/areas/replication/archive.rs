//! WAL that does not reach the archive, and commits that wait for a synchronous standby.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

use engine::Engine;
use model::{Finding, Object, Severity};
use playground::{Server, ServerOptions};

use super::each;
use crate::support::{PATIENCE, Result, config, fires, limits, quiet, until_true, watcher};

const SYNC: &str = "replication/missing_sync_standby";

/// A server whose archiver fails, with a role `watcher`.
async fn server() -> Result<Server> {
    let server = ServerOptions::new(15)
        .setting("archive_mode", "on")
        .setting("archive_command", "/bin/false")
        .start()
        .await?;
    server
        .exec("create role watcher login password 'w'; grant pg_monitor to watcher; create table pay (id int)")
        .await?;
    Ok(server)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_archive_fails_and_the_synchronous_standby_is_missing() -> Result {
    let server = server().await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    quiet(&engine, "one", SYNC).await?;
    archive_fails(&engine, &server).await?;
    standby_is_missing(&engine, &server).await
}

async fn archive_fails(engine: &Engine, server: &Server) -> Result {
    each(server, "insert into pay values (0); select pg_switch_wal()").await?;
    let finding = fires(engine, "one", "replication/archiver_failing").await?;
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.message.contains("0000000100000000"), "{}", finding.message);
    let waiting = finding.evidence.iter().find(|e| e.name == "segments waiting");
    assert!(waiting.is_some_and(|e| e.value >= 1.0), "{finding:?}");
    server.exec(&finding.remedy.sql.expect("a query")).await?;
    each(server, "alter system set archive_command = ''; select pg_reload_conf()").await?;
    let without_command = "archive_command";
    let started = std::time::Instant::now();
    while !fires(engine, "one", "replication/archiver_failing")
        .await?
        .message
        .contains(without_command)
    {
        anyhow::ensure!(started.elapsed() < PATIENCE, "an empty archive_command is not seen");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    each(server, "alter system set archive_command = '/bin/true'; select pg_reload_conf()").await?;
    each(server, "insert into pay values (0); select pg_switch_wal()").await?;
    quiet(engine, "one", "replication/archiver_failing").await
}

async fn standby_is_missing(engine: &Engine, server: &Server) -> Result {
    each(server, "alter system set synchronous_standby_names = 's1'; select pg_reload_conf()")
        .await?;
    let finding = until_severity(engine, Severity::Warning).await?;
    assert_eq!(finding.object, Object::Other("synchronous standby s1".into()));
    let mut waiter = server.connect().await?;
    let insert = tokio::spawn(async move {
        sqlx::raw_sql("set synchronous_commit = on; insert into pay values (7)")
            .execute(&mut waiter)
            .await
    });
    let finding = until_severity(engine, Severity::Critical).await?;
    assert!(finding.message.contains("1 session waits to commit"), "{}", finding.message);
    assert!(!insert.is_finished());
    each(server, &finding.remedy.sql.expect("a statement to copy")).await?;
    tokio::time::timeout(PATIENCE, insert).await???;
    until_true(server, "select count(*) = 1 from pay where id = 7").await?;
    quiet(engine, "one", SYNC).await?;
    each(server, &finding.remedy.undo.expect("a statement that undoes it")).await?;
    until_severity(engine, Severity::Warning).await?;
    Ok(())
}

async fn until_severity(engine: &Engine, severity: Severity) -> Result<Finding> {
    let started = std::time::Instant::now();
    loop {
        let finding = fires(engine, "one", SYNC).await?;
        if finding.severity == severity {
            return Ok(finding);
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "never {severity:?}: {finding:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
