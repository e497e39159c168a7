//! Statement statistics on real servers: what a counted workload did is what the differences say, through
//! resets, evictions, crashes and updates of the extension; where it cannot be, they say so.

#[path = "../../support/days.rs"]
mod days;
mod harness;

mod healthy_days;
mod latency;
mod logged_plans;
mod paging;
mod plans;
mod properties;
mod ranking;
mod reasons;
mod regressions;
mod rules;
mod week;
mod workload;

use model::statements::{Bound, GapReason, Measure, Tick};
use playground::{Server, ServerOptions};

use crate::support::{PATIENCE, Result};
use harness::{COUNTED, OTHER, Reader, did, run, run_in_three, started};

const EXACT: Bound = Bound::Exact;
const LOWER: Bound = Bound::LowerBound;

/// A quiet server, resets of one entry, of all, of extremes, an eviction by hand-made churn, a restart.
async fn a_counted_workload(major: u16) -> Result {
    let mut server = started(ServerOptions::new(major), None).await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    workload::pgbench(&server, &mut reader).await?;
    workload::time(&server, &mut reader).await?;
    let counted = reader.queryid(&server, COUNTED).await?;
    let other = reader.queryid(&server, OTHER).await?;
    run_in_three(&server, COUNTED, 40).await?;
    let tick = reader.tick().await?;
    assert_eq!(did(&tick, counted), (120.0, 120.0, EXACT), "{major}: {tick:?}");
    assert_eq!((did(&tick, other).0, tick.gap), (0.0, None), "{major}");
    all_sums_are_sound(&tick);

    // One entry is reset: it counts in full, and the other is not touched.
    run_in_three(&server, OTHER, 5).await?;
    let reset = format!("select pg_stat_statements_reset(0, 0, {counted})");
    server.exec(&reset).await?;
    run_in_three(&server, COUNTED, 2).await?;
    let tick = reader.tick().await?;
    assert_eq!(did(&tick, counted), (6.0, 6.0, LOWER), "{major}: {tick:?}");
    assert_eq!(did(&tick, other).0, 15.0, "{major}: {tick:?}");
    assert_eq!(tick.integrity.returned, 1, "{major}: {tick:?}");

    // Extremes only: the totals go on.
    if major >= 17 {
        run_in_three(&server, COUNTED, 3).await?;
        let reset = format!("select pg_stat_statements_reset(0, 0, {counted}, true)");
        server.exec(&reset).await?;
        run_in_three(&server, COUNTED, 3).await?;
        let tick = reader.tick().await?;
        assert_eq!(did(&tick, counted), (18.0, 18.0, EXACT), "{major}: {tick:?}");
        let of_it = tick.moved.iter().find(|moved| moved.key.queryid == counted);
        assert!(of_it.is_some_and(|moved| moved.max_is_new), "{major}: {tick:?}");
    }

    // All of them: what came after counts, what was before is lost, and the gap says so.
    server.exec("select pg_stat_statements_reset()").await?;
    run_in_three(&server, COUNTED, 7).await?;
    let tick = reader.tick().await?;
    assert_eq!(did(&tick, counted), (21.0, 21.0, LOWER), "{major}: {tick:?}");
    assert_eq!(tick.gap.map(|gap| gap.reason), Some(GapReason::Reset), "{major}");

    restarts(&mut server, &mut reader, counted).await
}

/// A clean restart keeps what was counted; a crash does not, of a session or of the postmaster.
async fn restarts(server: &mut Server, reader: &mut Reader, counted: i64) -> Result {
    run_in_three(server, COUNTED, 4).await?;
    server.restart().await?;
    reader.reconnect().await?;
    run_in_three(server, COUNTED, 4).await?;
    let tick = reader.tick().await?;
    assert_eq!((did(&tick, counted), tick.gap), ((24.0, 24.0, EXACT), None), "{tick:?}");

    for (of_postmaster, reason) in [(false, GapReason::Reset), (true, GapReason::Restart)] {
        run_in_three(server, COUNTED, 4).await?;
        kill_9(server, of_postmaster).await?;
        reader.reconnect().await?;
        run_in_three(server, COUNTED, 1).await?;
        let tick = reader.tick().await?;
        assert_eq!(did(&tick, counted), (3.0, 3.0, LOWER), "{tick:?}");
        assert_eq!(tick.gap.map(|gap| gap.reason), Some(reason), "{tick:?}");
    }
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

/// More statements than the table holds: nothing that is said is above what was done, and what is lost is
/// said.
async fn churn(major: u16) -> Result {
    let options = ServerOptions::new(major).setting("pg_stat_statements.max", "100");
    let server = started(options, None).await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    let counted = reader.queryid(&server, COUNTED).await?;
    let mut session = server.connect().await?;
    let (mut done, mut said, mut evicted) = (0.0, 0.0, 0);
    for round in 0..10_u32 {
        // A thousand statements that differ in their operators, which makes them ten thousand.
        let many: Vec<String> = (0..1_000).map(|at| distinct(round * 1_000 + at)).collect();
        sqlx::raw_sql(sqlx::AssertSqlSafe(many.join(";"))).execute(&mut session).await?;
        run(&mut session, COUNTED, 3).await?;
        done += 1_003.0;
        let tick = reader.tick().await?;
        let (calls, _, bound) = did(&tick, counted);
        assert!(calls <= 3.0, "{major}: {tick:?}");
        assert!(calls == 3.0 || bound == LOWER || calls == 0.0, "{major}: {tick:?}");
        all_sums_are_sound(&tick);
        assert!(tick.integrity.deallocations > 0, "{major}: {tick:?}");
        evicted += tick.integrity.evicted;
        said += tick.total.get(Measure::Calls);
        // Our own readings are statements too: at most nine a round.
        assert!(tick.total.get(Measure::Calls) <= 1_003.0 + 9.0, "{major}: {tick:?}");
    }
    assert!(said < done, "{major}: {said} of {done}");
    assert!(evicted as f64 >= 0.8 * (done - said), "{major}: {evicted} evicted, {said} of {done}");
    Ok(())
}

/// A statement with an identity of its own for each number below 2¹⁴.
fn distinct(number: u32) -> String {
    let mut sql = "select 1".to_owned();
    for bit in 0..14 {
        sql.push_str(if number >> bit & 1 == 1 { " + 1" } else { " - 1" });
    }
    sql
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evictions_are_lower_bounds_on_14() -> Result {
    churn(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evictions_are_lower_bounds_on_18() -> Result {
    churn(18).await
}

/// The columns follow the extension, which is updated while it is watched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_extension_is_updated_under_our_eyes() -> Result {
    let server = started(ServerOptions::new(18), Some("1.9")).await?;
    server.exec("create schema \"odd \"\" schema\"").await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    let counted = reader.queryid(&server, COUNTED).await?;
    let mut session = server.connect().await?;
    for (version, knows) in [("1.10", 9), ("1.11", 10), ("1.12", 11)] {
        run(&mut session, COUNTED, 5).await?;
        server.exec(&format!("alter extension pg_stat_statements update to '{version}'")).await?;
        run(&mut session, COUNTED, 5).await?;
        let tick = reader.tick().await?;
        assert_eq!((did(&tick, counted), tick.gap), ((10.0, 10.0, EXACT), None), "{tick:?}");
        assert_eq!(tick.version, knows, "what is new is not known before the next reading");
    }
    // And moved to a schema that needs quotes.
    server.exec("alter extension pg_stat_statements set schema \"odd \"\" schema\"").await?;
    run(&mut session, COUNTED, 5).await?;
    let tick = reader.tick().await?;
    assert_eq!((did(&tick, counted), tick.version), ((5.0, 5.0, EXACT), 12));
    let read = reader.read().await?;
    assert_eq!(read.extension.as_deref(), Ok("1.12"));
    assert!(!server.log().contains("ERROR"), "{}", server.log());
    Ok(())
}

/// The address leads to a promoted standby: its counters are its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_is_a_gap_and_ids_go_on() -> Result {
    let primary = started(ServerOptions::new(17), None).await?;
    let standby = primary.standby("copy").await?;
    let mut reader = Reader::open(&primary.dsn()).await?;
    let counted = reader.queryid(&primary, COUNTED).await?;
    run_in_three(&standby, COUNTED, 50).await?;
    reader.redirect(&standby.dsn()).await?;
    let tick = reader.tick().await?;
    assert_eq!(did(&tick, counted).0, 0.0, "what it did before is not of this span: {tick:?}");
    assert_eq!(tick.gap.map(|gap| gap.reason), Some(GapReason::OtherServer), "{tick:?}");
    run_in_three(&standby, COUNTED, 2).await?;
    standby.promote().await?;
    run_in_three(&standby, COUNTED, 2).await?;
    let tick = reader.tick().await?;
    assert_eq!((did(&tick, counted), tick.gap), ((12.0, 12.0, EXACT), None), "a promotion is none");
    Ok(())
}
