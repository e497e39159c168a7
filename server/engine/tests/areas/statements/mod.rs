//! Statement statistics on real servers: what a counted workload did is what the differences say, through
//! resets, evictions, crashes and updates of the extension; where it cannot be, they say so.

#[path = "../../support/days.rs"]
mod days;
mod harness;

mod churn;
mod healthy_days;
mod latency;
mod paging;
mod plans;
mod properties;
mod ranking;
mod reasons;
mod regressions;
mod rules;
mod timed;
mod week;
mod workload;

use model::Reason;
use model::statements::{Bound, GapReason, Measure, Tick};
use playground::{Server, ServerOptions};

use crate::support::{PATIENCE, Result};
use harness::{COUNTED, OTHER, Reader, did, run_in_three, started};
use timed::Timed;

const EXACT: Bound = Bound::Exact;
const LOWER: Bound = Bound::LowerBound;

/// A quiet server, updates of the extension, resets of one entry, of all, of extremes, a restart, crashes, a
/// failover: calls and time of the differences are what was done.
async fn a_counted_workload(major: u16) -> Result {
    let oldest = if major == 14 { "1.8" } else { "1.9" };
    let mut server = started(ServerOptions::new(major), Some(oldest)).await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    first_readable(&server, &mut reader).await?;
    let mut timed = Timed::new(&server, &mut reader).await?;
    let counted = reader.queryid(&server, COUNTED).await?;
    updates(&server, &mut reader, &mut timed, counted).await?;
    workload::pgbench(&server, &mut reader).await?;
    resets(&server, &mut reader, &mut timed, counted).await?;
    restarts(&mut server, &mut reader, &mut timed, counted).await?;
    failover(server, &mut reader, &mut timed, counted).await?;
    timed.report(major);
    Ok(())
}

/// A version from before `toplevel`, as pg_upgrade leaves it, cannot be read; what is said to mend it does.
async fn first_readable(server: &Server, reader: &mut Reader) -> Result {
    if server.major() == 14 {
        let entries = reader.read().await?.entries;
        let Err(Reason::MissingExtension { sql, .. }) = entries else {
            anyhow::bail!("{entries:?}")
        };
        server.exec(&sql).await?;
        anyhow::ensure!(reader.read().await?.entries.is_ok(), "{sql}");
    }
    Ok(())
}

/// The columns follow the extension, which is updated while it is watched.
async fn updates(server: &Server, reader: &mut Reader, timed: &mut Timed, counted: i64) -> Result {
    const VERSIONS: [(u16, u16); 3] = [(10, 15), (11, 17), (12, 18)];
    let mut minor = 9;
    for (next, _) in VERSIONS.into_iter().filter(|(_, since)| *since <= server.major()) {
        let mut done = timed.run(5).await?;
        timed.exec(&format!("alter extension pg_stat_statements update to '1.{next}'")).await?;
        done += timed.run(5).await?;
        let tick = reader.tick().await?;
        assert_eq!((did(&tick, counted), tick.gap), ((10.0, 10.0, EXACT), None), "{tick:?}");
        assert_eq!(tick.version, minor, "what is new is not known before the next reading");
        timed.agrees(&tick, done, EXACT);
        minor = next;
    }
    // And moved to a schema that needs quotes.
    timed.exec("create schema \"odd \"\" schema\"").await?;
    timed.exec("alter extension pg_stat_statements set schema \"odd \"\" schema\"").await?;
    timed.exec(COUNTED).await?;
    let tick = reader.tick().await?;
    assert_eq!((did(&tick, counted), tick.version), ((1.0, 1.0, EXACT), minor));
    assert_eq!(reader.read().await?.extension, Ok(format!("1.{minor}")));
    timed.exec("alter extension pg_stat_statements set schema public").await?;
    assert!(!server.log().contains("ERROR"), "{}", server.log());
    Ok(())
}

async fn resets(server: &Server, reader: &mut Reader, timed: &mut Timed, counted: i64) -> Result {
    let major = server.major();
    let other = reader.queryid(server, OTHER).await?;
    run_in_three(server, COUNTED, 40).await?;
    let done = timed.run(0).await?;
    let tick = reader.tick().await?;
    assert_eq!(did(&tick, counted), (120.0, 120.0, EXACT), "{major}: {tick:?}");
    assert_eq!((did(&tick, other).0, tick.gap), (0.0, None), "{major}");
    all_sums_are_sound(&tick);
    timed.agrees(&tick, done, EXACT);

    // One entry is reset: it counts in full, and the others are not touched.
    timed.exec(OTHER).await?;
    let mut done = timed.run(3).await?;
    timed.exec(&format!("select pg_stat_statements_reset(0, 0, {counted})")).await?;
    done += timed.run(6).await?;
    let tick = reader.tick().await?;
    assert_eq!(did(&tick, counted), (6.0, 6.0, LOWER), "{major}: {tick:?}");
    assert_eq!((did(&tick, other).0, tick.integrity.returned), (1.0, 1), "{major}: {tick:?}");
    // Before 1.11 nothing tells an entry that went on from one that came back.
    timed.agrees(&tick, done, if major >= 17 { EXACT } else { LOWER });

    // The timed one is reset: its time since then is told, and that there was more.
    timed.run(0).await?;
    timed.exec(&format!("select pg_stat_statements_reset(0, 0, {})", timed.queryid)).await?;
    let done = timed.run(0).await?;
    timed.agrees(&reader.tick().await?, done, LOWER);

    // Extremes only: the totals go on.
    if major >= 17 {
        let mut done = timed.run(9).await?;
        timed.exec("select pg_stat_statements_reset(0, 0, 0, true)").await?;
        done += timed.run(9).await?;
        let tick = reader.tick().await?;
        assert_eq!(did(&tick, counted), (18.0, 18.0, EXACT), "{major}: {tick:?}");
        let of_it = tick.moved.iter().find(|moved| moved.key.queryid == counted);
        assert!(of_it.is_some_and(|moved| moved.max_is_new), "{major}: {tick:?}");
        timed.agrees(&tick, done, EXACT);
    }

    // All of them: what came after counts, what was before is lost, and the gap says so.
    timed.run(0).await?;
    timed.exec("select pg_stat_statements_reset()").await?;
    let done = timed.run(21).await?;
    let tick = reader.tick().await?;
    assert_eq!(did(&tick, counted), (21.0, 21.0, LOWER), "{major}: {tick:?}");
    assert_eq!(tick.gap.map(|gap| gap.reason), Some(GapReason::Reset), "{major}");
    timed.agrees(&tick, done, LOWER);
    Ok(())
}

/// A clean restart keeps what was counted; a crash does not, of a session or of the postmaster.
async fn restarts(
    server: &mut Server,
    reader: &mut Reader,
    timed: &mut Timed,
    counted: i64,
) -> Result {
    let mut done = timed.run(12).await?;
    server.restart().await?;
    timed.connect(server).await?;
    reader.reconnect().await?;
    done += timed.run(12).await?;
    let tick = reader.tick().await?;
    assert_eq!((did(&tick, counted), tick.gap), ((24.0, 24.0, EXACT), None), "{tick:?}");
    timed.agrees(&tick, done, EXACT);

    for (of_postmaster, reason) in [(false, GapReason::Reset), (true, GapReason::Restart)] {
        timed.run(12).await?;
        kill_9(server, of_postmaster).await?;
        timed.connect(server).await?;
        reader.reconnect().await?;
        let done = timed.run(3).await?;
        let tick = reader.tick().await?;
        assert_eq!(did(&tick, counted), (3.0, 3.0, LOWER), "{tick:?}");
        assert_eq!(tick.gap.map(|gap| gap.reason), Some(reason), "{tick:?}");
        timed.agrees(&tick, done, LOWER);
    }
    Ok(())
}

/// The primary goes, and the address leads to its standby: its counters are its own, and go on when it is
/// promoted. The cluster is the same, and so is the history.
async fn failover(primary: Server, reader: &mut Reader, timed: &mut Timed, counted: i64) -> Result {
    let standby = primary.standby("copy").await?;
    let cluster = reader.cluster();
    timed.run(3).await?;
    timed.connect(&standby).await?;
    timed.run(150).await?;
    primary.stop().await;
    reader.redirect(&standby.dsn()).await?;
    let tick = reader.tick().await?;
    assert_eq!(did(&tick, counted).0, 0.0, "what it did before is not of this span: {tick:?}");
    assert_eq!(tick.gap.map(|gap| gap.reason), Some(GapReason::OtherServer), "{tick:?}");
    timed.is_absent(&tick);
    let mut done = timed.run(6).await?;
    standby.promote().await?;
    done += timed.run(6).await?;
    let tick = reader.tick().await?;
    assert_eq!((did(&tick, counted), tick.gap), ((12.0, 12.0, EXACT), None), "a promotion is none");
    timed.agrees(&tick, done, EXACT);
    assert!(cluster.is_some() && reader.cluster() == cluster, "{cluster:?}");
    Ok(())
}

/// Kills a session, upon which the server recovers, or the postmaster, and starts it again.
async fn kill_9(server: &mut Server, of_postmaster: bool) -> Result {
    let mut session = server.connect().await?;
    let backend: i32 =
        sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut session).await?;
    let pid = if of_postmaster { server.pid().to_string() } else { backend.to_string() };
    std::process::Command::new("kill").args(["-9", &pid]).status()?;
    let started = std::time::Instant::now();
    // The postmaster reaps the others before it lets anybody in again.
    while sqlx::raw_sql("select 1").execute(&mut session).await.is_ok() {
        anyhow::ensure!(started.elapsed() < PATIENCE, "{pid} is not dead");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    while of_postmaster && server.restart().await.is_err() {
        anyhow::ensure!(started.elapsed() < PATIENCE, "the server does not start again");
    }
    while server.connect().await.is_err() {
        anyhow::ensure!(started.elapsed() < PATIENCE, "the server does not recover");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

/// The sum of squares is what calls of that mean need at least, and no number is negative.
fn all_sums_are_sound(tick: &Tick) {
    for moved in &tick.moved {
        let of = |measure| moved.sums.get(measure);
        let least = of(Measure::ExecTime).powi(2) / of(Measure::Calls).max(1.0);
        assert!(of(Measure::ExecTimeSquares) >= least * 0.999_999, "{moved:?}");
        assert!(moved.sums.iter().all(|(_, value)| value > 0.0), "{moved:?}");
        assert!(moved.min_ms <= moved.max_ms, "{moved:?}");
    }
}

macro_rules! on_every_major {
    ($($major:literal $name:ident),+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result { a_counted_workload($major).await }
    )+ };
}
on_every_major! { 14 counted_on_14, 15 counted_on_15, 16 counted_on_16, 17 counted_on_17, 18 counted_on_18 }
