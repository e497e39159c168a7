//! Servers of every installed major: start, restart, crash, freeze, replication, pooling, cleanup.

use std::path::Path;
use std::time::{Duration, Instant};

use playground::{PoolMode, Pooler, PoolerOptions, ServerOptions, install};
use sqlx::{Connection, PgConnection};

type Outcome = Result<(), Box<dyn std::error::Error>>;

async fn number(connection: &mut PgConnection, sql: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(sql).fetch_one(connection).await
}

/// The number once it is that; within a minute.
async fn until(
    connection: &mut PgConnection,
    sql: &'static str,
    wanted: i64,
) -> Result<i64, sqlx::Error> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let found = number(connection, sql).await?;
        if found == wanted || Instant::now() > until {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn majors() -> Vec<u16> {
    let majors = install::majors();
    assert!(!majors.is_empty(), "run `npm install` in server/playground");
    majors
}

#[tokio::test]
async fn starts_each_major_and_leaves_nothing() -> Outcome {
    for major in majors() {
        let server = playground::server(major).await?;
        let mut connection = server.connect().await?;
        let version =
            number(&mut connection, "select current_setting('server_version_num')::int8").await?;
        assert_eq!(version / 10_000, i64::from(major));
        server.exec("create extension pg_stat_statements; create table t (id int)").await?;
        connection.close().await?;
        let (home, pid) = (server.data_dir(), server.pid());
        drop(server);
        assert!(!home.exists(), "{} is left", home.display());
        assert!(!Path::new(&format!("/proc/{pid}")).exists(), "PostgreSQL {major} still runs");
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_refused() -> Outcome {
    let server = playground::server(install::newest()?.major).await?;
    let refused = playground::connect(&server.dsn_for("postgres", "wrong", "postgres")).await;
    let code = refused.err().and_then(|error| error.sqlstate());
    assert_eq!(code.as_deref(), Some("28P01"));
    assert!(server.log().contains("password authentication failed"), "{}", server.log());
    Ok(())
}

#[tokio::test]
async fn settings_hold_over_restart_and_crash() -> Outcome {
    let mut server = ServerOptions::new(17)
        .setting("max_connections", "23")
        .hba("host all nobody 127.0.0.1/32 reject")
        .without_preload()
        .start()
        .await?;
    let port = server.port();
    server.exec("create table t as select generate_series(1, 1000)").await?;
    server.restart().await?;
    server.crash().await;
    server.restart().await?;
    assert_eq!(server.port(), port);
    let mut connection = server.connect().await?;
    assert_eq!(
        number(&mut connection, "select current_setting('max_connections')::int8").await?,
        23
    );
    let refused = playground::connect(&server.dsn_for("nobody", "x", "postgres")).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("pg_hba.conf rejects")));
    server.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_frozen_server_is_silent_until_thawed() -> Outcome {
    let server = playground::server(install::newest()?.major).await?;
    let mut connection = server.connect().await?;
    server.freeze();
    let mut asked = Box::pin(number(&mut connection, "select 1::int8"));
    assert!(tokio::time::timeout(Duration::from_millis(500), &mut asked).await.is_err());
    server.thaw();
    assert_eq!(asked.await?, 1);
    server.freeze();
    Ok(())
}

#[tokio::test]
async fn standbys_replicate_and_are_promoted_on_each_major() -> Outcome {
    for major in majors() {
        let primary = playground::server(major).await?;
        primary.exec("create table t as select generate_series(1, 10000) id").await?;
        let standby = primary.standby("north-1").await?;
        primary.exec("insert into t select generate_series(1, 500)").await?;
        let mut reader = standby.connect().await?;
        assert_eq!(number(&mut reader, "select pg_is_in_recovery()::int::int8").await?, 1);
        let rows = "select count(*) from t";
        let replicated = until(&mut reader, rows, 10_500).await;
        assert_eq!(replicated?, 10_500, "PostgreSQL {major}: {}", standby.log());
        let mut watcher = primary.connect().await?;
        let streams = "select count(*) from pg_stat_replication where application_name = 'north-1' and state = 'streaming'";
        assert_eq!(until(&mut watcher, streams, 1).await?, 1);
        standby.promote().await?;
        standby.exec("insert into t values (0)").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_pooler_serves_every_role_in_its_mode() -> Outcome {
    if !Pooler::installed() {
        let said = Pooler::start(&playground::server(17).await?, PoolMode::Session).await;
        assert!(
            said.is_err_and(|error| error.to_string().contains("install the package pgbouncer"))
        );
        return Ok(());
    }
    let server = playground::server(install::newest()?.major).await?;
    server.exec("create role reader login password 'p w'").await?;
    let pooler = PoolerOptions { pool_size: 1, ..PoolerOptions::new(PoolMode::Transaction) }
        .start(&server)
        .await?;
    let mut first = playground::connect(&pooler.dsn_for("reader", "p w", "postgres")).await?;
    let mut second = playground::connect(&pooler.dsn_for("reader", "p w", "postgres")).await?;
    for connection in [&mut first, &mut second] {
        // One server connection for both: only transaction mode lets both be served.
        sqlx::raw_sql("select 1").execute(connection).await?;
    }
    let mut watcher = server.connect().await?;
    assert_eq!(
        number(&mut watcher, "select count(*) from pg_stat_activity where usename = 'reader'")
            .await?,
        1
    );
    assert!(playground::connect(&pooler.dsn_for("reader", "wrong", "postgres")).await.is_err());
    let port = pooler.port();
    pooler.stop().await;
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    Ok(())
}
