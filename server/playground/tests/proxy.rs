//! Fault injection: each fault of the proxy as a driver sees it, on a real server.

use std::time::{Duration, Instant};

use playground::{Error, Fault, FaultPhase, FaultProxy, Server, install};
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

/// Whether a system lets us connect; None: it says nothing for a while.
async fn knock(proxy: &FaultProxy) -> Option<bool> {
    let knocking = tokio::net::TcpStream::connect(proxy.address());
    Some(timeout(Duration::from_millis(500), knocking).await.ok()?.is_ok())
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

#[tokio::test]
async fn a_closed_port_refuses_an_unreachable_one_says_nothing_and_both_open_again() -> Outcome {
    let (server, proxy) = set_up().await?;
    for (fault, answer) in [(Fault::Down, Some(false)), (Fault::Unreachable, None)] {
        let mut old = playground::connect(&proxy.dsn_through(&server)).await?;
        proxy.set(fault);
        settle().await;
        assert_eq!(knock(&proxy).await, answer, "{fault:?}");
        let asked = timeout(Duration::from_millis(300), ask(&mut old)).await;
        assert!(!matches!(asked, Ok(Ok(_))), "{fault:?}");
        proxy.set(Fault::Pass);
        settle().await;
        ask(&mut playground::connect(&proxy.dsn_through(&server)).await?).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_fault_begins_at_its_phase_and_not_before() -> Outcome {
    let (server, proxy) = set_up().await?;
    for phase in [FaultPhase::Connect, FaultPhase::Startup, FaultPhase::Query, FaultPhase::Fetch] {
        for fault in [Fault::CutAfter(0), Fault::Down] {
            let mut old = playground::connect(&proxy.dsn_through(&server)).await?;
            proxy.set_from(phase, fault).await;
            settle().await;
            let new = playground::connect(&proxy.dsn_through(&server)).await;
            let signs_in = matches!(phase, FaultPhase::Query | FaultPhase::Fetch);
            assert_eq!(new.is_ok(), signs_in, "{phase:?} {fault:?}");
            assert!(ask(&mut old).await.is_err(), "{phase:?} {fault:?}");
            if signs_in {
                let reachable = playground::connect(&proxy.dsn_through(&server)).await.is_ok();
                assert_eq!(reachable, fault != Fault::Down, "it has begun for all");
            }
            proxy.set(Fault::Pass);
            settle().await;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_discarded_or_closed_late_is_seen_in_the_end() -> Outcome {
    let (server, proxy) = set_up().await?;
    let mut connection = playground::connect(&proxy.dsn_through(&server)).await?;
    proxy.set(Fault::Discard);
    settle().await;
    let mut asked = Box::pin(ask(&mut connection));
    assert!(timeout(Duration::from_millis(300), &mut asked).await.is_err());
    proxy.set(Fault::Pass);
    assert!(asked.await.is_err(), "it closes when it is over");
    let mut connection = playground::connect(&proxy.dsn_through(&server)).await?;
    let delay = Duration::from_millis(300);
    proxy.set_from(FaultPhase::Query, Fault::SlowClose(delay)).await;
    settle().await;
    let start = Instant::now();
    assert!(ask(&mut connection).await.is_err());
    assert!(start.elapsed() >= delay, "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_narrow_line_and_jitter_hand_on_everything() -> Outcome {
    let (server, proxy) = set_up().await?;
    let mut connection = playground::connect(&proxy.dsn_through(&server)).await?;
    for fault in [Fault::Jitter(Duration::from_millis(20)), Fault::BytesPerSecond(200_000)] {
        proxy.set_from(FaultPhase::Fetch, fault).await;
        settle().await;
        let start = Instant::now();
        assert_eq!(ask(&mut connection).await?, 100_002, "{fault:?}");
        if let Fault::BytesPerSecond(_) = fault {
            assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
        }
    }
    Ok(())
}
