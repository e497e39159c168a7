//! EXPLAIN as a superuser, on a standby, through PgBouncer, and after the page was left.

use model::explain::{NotExplained, Refusal};
use playground::{PoolMode, Pooler};
use sqlx::Row;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_superuser_explains_nothing_until_the_administrator_allows_it() -> Result {
    let server = playground::server(17).await?;
    prepared(&server).await?;
    let engine = watching_one(server.dsn()).await?;
    let asked = request("select * from orders", READ);
    for answer in [
        explain(&engine, request("select * from orders", Mode::Plan)).await.err(),
        explain(&engine, asked.clone()).await.err(),
        engine.preview_explain(&one(), asked.clone()).await.err(),
    ] {
        let Some(NotExplained::Refused(refusal)) = answer else { panic!("{answer:?}") };
        assert!(
            refusal.message().contains("explain_analyze = \"allow_superuser\""),
            "{}",
            refusal.message()
        );
    }
    engine.allow_superuser_explain();
    let preview = engine.preview_explain(&one(), asked.clone()).await.expect("allowed");
    assert!(
        preview.message.iter().any(|message| message.contains("superuser")),
        "{:?}",
        preview.message
    );
    assert!(explain(&engine, asked).await.expect("allowed").executed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_standby_everything_but_changes() -> Result {
    let primary = playground::server(16).await?;
    prepared(&primary).await?;
    let standby = primary.standby("reader").await?;
    let engine = watching_one(analyst(&standby)).await?;
    let ran = explain(&engine, request("select count(*) from orders", READ)).await;
    assert!(ran.expect("reading runs").executed);
    explain(&engine, request("delete from orders", Mode::Plan))
        .await
        .expect("planning changes nothing");
    let refused = explain(&engine, request("delete from orders", WRITE)).await;
    assert_eq!(refused.err(), Some(Refusal::Standby.into()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_pgbouncer_nothing_is_left_on_a_shared_session() -> Result {
    let server = playground::server(15).await?;
    prepared(&server).await?;
    let pooler = Pooler::start(&server, PoolMode::Transaction).await?;
    let engine = watching_one(pooler.dsn_for("analyst", "a", "postgres")).await?;
    for (mode, generic) in [(Mode::Plan, true), (READ, false), (READ, true)] {
        let mut asked = request("select * from orders where id = $1", mode);
        asked.options.generic = generic;
        asked.parameters = if mode == Mode::Plan { vec![] } else { vec![Some("7".into())] };
        let explained =
            explain(&engine, asked).await.unwrap_or_else(|why| panic!("{}", why.message()));
        assert!(!plan_of(&explained).nodes.is_empty());
    }
    let mut bad = request("select * from orders where id = $1", READ);
    bad.parameters = vec![Some("seven".into())];
    assert!(explain(&engine, bad).await.is_err());
    let mut slow = request("select count(*) from generate_series(1, $1)", READ);
    slow.parameters = vec![Some("2000000000".into())];
    slow.options.timeout_ms = Some(400);
    assert!(explain(&engine, slow).await.is_err());
    cancelled_through(&engine, &server).await?;
    let left = playground::connect(&pooler.dsn_for("analyst", "a", "postgres")).await;
    let mut client = left?;
    for _ in 0..5 {
        let row = sqlx::raw_sql(
            "select (select count(*) from pg_prepared_statements where name like 'pgdeck%'), current_setting('statement_timeout')",
        )
        .fetch_one(&mut client)
        .await?;
        let (prepared, timeout): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        assert_eq!((prepared, timeout.as_str()), (0, "0"));
    }
    Ok(())
}

async fn cancelled_through(engine: &Engine, server: &Server) -> Result {
    let asked = request("select count(*) from generate_series(1, 2000000000)", READ);
    let run = asked.run.clone();
    let running = tokio::spawn({
        let engine = engine.clone();
        async move { explain(&engine, asked).await }
    });
    until_busy(server, 1).await?;
    engine
        .cancel_explain(&run, &ann())
        .await
        .map_err(|reason| anyhow::anyhow!(reason.message()))?;
    let answer = running.await?;
    assert!(
        matches!(&answer, Err(NotExplained::Cancelled { by, .. }) if by == "ann"),
        "{answer:?}"
    );
    assert_eq!(busy(server).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_left_leaves_nothing_running() -> Result {
    let server = playground::server(18).await?;
    prepared(&server).await?;
    let engine = watching_one(analyst(&server)).await?;
    let mut asked = request("select count(*) from generate_series(1, 2000000000)", READ);
    asked.options.timeout_ms = Some(60_000);
    let running = tokio::spawn({
        let engine = engine.clone();
        async move { explain(&engine, asked).await }
    });
    until_busy(&server, 1).await?;
    running.abort();
    until_busy(&server, 0).await?;
    explain(&engine, request("select 1", READ)).await.expect("the next one runs");
    assert!(support::our_sessions(&server).await? <= 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_database_and_one_that_is_not_there() -> Result {
    let server = playground::server(14).await?;
    prepared(&server).await?;
    server.exec("create database \"other; drop\"").await?;
    let engine = watching_one(analyst(&server)).await?;
    let mut asked = request("select 1", READ);
    asked.database = Some("other; drop".into());
    assert_eq!(explain(&engine, asked.clone()).await.expect("there").database, "other; drop");
    asked.database = Some("host=evil dbname=x".into());
    let missing = explain(&engine, asked).await;
    assert!(
        matches!(&missing, Err(NotExplained::Unknown(reason)) if reason.message().contains("does not exist")),
        "{missing:?}"
    );
    Ok(())
}
