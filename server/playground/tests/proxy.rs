//! Fault injection: each fault of the proxy as a driver sees it, on a real server.

use std::time::{Duration, Instant};

use playground::{Error, Fault, FaultProxy, Server, install};
use sqlx::PgConnection;
use tokio::time::timeout;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const LONG: &str = "select repeat('x', 100000) || count(*) from generate_series(1, 10)";

async fn set_up() -> Result<(Server, FaultProxy), Error> {
    let server = playground::server(install::newest()?.major).await?;
    let proxy = FaultProxy::before(&server).await?;
    Ok((server, proxy))
}

async fn ask(connection: &mut PgConnection) -> Result<usize, sqlx::Error> {
    sqlx::query_scalar::<_, String>(LONG).fetch_one(connection).await.map(|text| text.len())
}

/// Waits until open connections have learned of a new fault.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn passes_slices_and_delays() -> Outcome {
    let (server, proxy) = set_up().await?;
    let mut connection = playground::connect(&proxy.dsn_through(&server)).await?;
    assert_eq!(ask(&mut connection).await?, 100_002);
    proxy.set(Fault::Slices);
    settle().await;
    assert_eq!(ask(&mut connection).await?, 100_002);
    proxy.set(Fault::Latency(Duration::from_millis(300)));
    settle().await;
    let start = Instant::now();
    sqlx::raw_sql("select 1").execute(&mut connection).await?;
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_black_hole_swallows_old_and_new_connections_until_it_passes() -> Outcome {
    let (server, proxy) = set_up().await?;
    let mut old = playground::connect(&proxy.dsn_through(&server)).await?;
    proxy.set(Fault::BlackHole);
    settle().await;
    let dsn = proxy.dsn_through(&server);
    let mut asked = Box::pin(ask(&mut old));
    let mut new = Box::pin(playground::connect(&dsn));
    assert!(timeout(Duration::from_millis(300), &mut asked).await.is_err());
    assert!(timeout(Duration::from_millis(300), &mut new).await.is_err());
    proxy.set(Fault::Pass);
    assert_eq!(asked.await?, 100_002);
    new.await?;
    Ok(())
}

#[tokio::test]
async fn refuses_old_and_new_connections() -> Outcome {
    let (server, proxy) = set_up().await?;
    let mut old = playground::connect(&proxy.dsn_through(&server)).await?;
    proxy.set(Fault::Refuse);
    settle().await;
    assert!(ask(&mut old).await.is_err());
    assert!(playground::connect(&proxy.dsn_through(&server)).await.is_err());
    Ok(())
}

#[tokio::test]
async fn stalls_in_the_middle_of_an_answer() -> Outcome {
    let (server, proxy) = set_up().await?;
    let mut connection = playground::connect(&proxy.dsn_through(&server)).await?;
    proxy.set(Fault::StallAfter(5_000));
    settle().await;
    let mut asked = Box::pin(ask(&mut connection));
    assert!(timeout(Duration::from_millis(500), &mut asked).await.is_err());
    Ok(())
}

#[tokio::test]
async fn resets_and_cuts_in_the_middle_of_an_answer() -> Outcome {
    let (server, proxy) = set_up().await?;
    for (fault, word) in [(Fault::ResetAfter(5_000), "reset"), (Fault::CutAfter(5_000), "at EOF")] {
        proxy.set(Fault::Pass);
        let mut connection = playground::connect(&proxy.dsn_through(&server)).await?;
        proxy.set(fault);
        settle().await;
        let said = ask(&mut connection).await.map_err(|error| error.to_string());
        assert!(said.as_ref().is_err_and(|said| said.contains(word)), "{fault:?}: {said:?}");
    }
    Ok(())
}

#[tokio::test]
async fn garbage_is_no_answer() -> Outcome {
    let (server, proxy) = set_up().await?;
    let mut connection = playground::connect(&proxy.dsn_through(&server)).await?;
    proxy.set(Fault::Garbage);
    settle().await;
    let outcome = timeout(Duration::from_secs(2), ask(&mut connection)).await;
    assert!(!matches!(outcome, Ok(Ok(_))), "{outcome:?}");
    Ok(())
}
