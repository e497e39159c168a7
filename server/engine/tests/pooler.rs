//! Through PgBouncer in transaction mode: fifty clients beside us, no setting leaks to them, no
//! prepared statement is missed, and every area is read.

#![expect(clippy::disallowed_methods, reason = "the clients are not ours")]

mod support;

use std::time::{Duration, Instant};

use model::{AreaName, ServerId};
use playground::{PoolMode, Pooler};
use sqlx::{ConnectOptions, Connection, Row};
use support::{PATIENCE, Result, is_up, monitored, until, watch};

const CLIENTS: usize = 50;
const RUN: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_clients_beside_us() -> Result {
    let server = monitored(17).await?;
    let pooler = Pooler::start(&server, PoolMode::Transaction).await?;
    let engine = watch(&[("pooled", pooler.dsn_for("watcher", "w", "postgres"))])?;
    until(&engine, "pooled", PATIENCE, is_up).await?;
    let options: sqlx::postgres::PgConnectOptions =
        pooler.dsn_for("watcher", "w", "postgres").parse()?;
    let options =
        options.extra_float_digits(None).statement_cache_capacity(0).application_name("client");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let options = options.clone();
            tokio::spawn(async move {
                let mut connection = options.connect().await?;
                let started = Instant::now();
                let mut runs = 0;
                while started.elapsed() < RUN {
                    let row = sqlx::raw_sql(
                        "select current_setting('statement_timeout'), current_setting('lock_timeout'),
                                current_setting('default_transaction_read_only'), current_setting('search_path'),
                                current_setting('application_name')",
                    )
                    .fetch_one(&mut connection)
                    .await?;
                    let found: Vec<String> =
                        (0..5).map(|column| row.try_get(column)).collect::<std::result::Result<_, _>>()?;
                    anyhow::ensure!(
                        found == ["0", "0", "off", "\"$user\", public", "client"],
                        "a setting leaked to a client: {found:?}"
                    );
                    runs += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                connection.close().await?;
                Ok(runs)
            })
        })
        .collect();
    let mut runs = 0;
    for client in clients {
        runs += client.await??;
    }
    assert!(runs > CLIENTS * 10, "the clients really ran: {runs}");
    let id = ServerId::new("pooled");
    let facts = engine.servers().into_iter().find_map(|server| server.facts);
    assert!(facts.is_some_and(|facts| facts.through_pooler));
    for area in AreaName::ALL {
        let mut frames = engine.subscribe(&id, area).expect("known");
        let arrived = frames.wait_for(|frame| {
            frame.full.contains("\"failure\":null") && frame.full.contains("\"reading\":{")
        });
        tokio::time::timeout(PATIENCE, arrived).await??;
    }
    let failures: u64 =
        engine.overhead().iter().flat_map(|cost| &cost.queries).map(|query| query.failures).sum();
    assert_eq!(failures, 0, "no query of ours failed");
    assert!(!server.log().contains("prepared statement"), "{}", server.log());
    assert!(!server.log().contains("ERROR"), "{}", server.log());
    Ok(())
}

/// Behind a pooler our limits would not hold while something is done: so nothing is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_through_a_pooler() -> Result {
    let server = monitored(17).await?;
    server.exec("create role op login password 'o' in role pg_monitor, pg_signal_backend").await?;
    let pooler = Pooler::start(&server, PoolMode::Transaction).await?;
    let mut config = support::config("one", &support::watcher(&server))?;
    let none = engine::dsn::Environment::empty();
    config.operate = Some(engine::Dsn::parse(&pooler.dsn_for("op", "o", "postgres"), &none)?);
    let engine = engine::Engine::start(vec![config], engine::Limits::default());
    until(&engine, "one", PATIENCE, is_up).await?;
    let refused = engine.operate(&ServerId::new("one"), model::action::Action::Terminate).await;
    let message = refused.err().map(|reason| reason.message());
    assert!(
        message.as_deref().is_some_and(|message| message.contains("through a pooler")),
        "{message:?}"
    );
    engine.stop().await;
    Ok(())
}
