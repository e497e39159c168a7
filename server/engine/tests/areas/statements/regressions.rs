//! Changes that are planted on real servers: found in two windows and named rightly. The windows are as short as
//! the phases of the test, and the week before is made of what the statement really did.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use engine::area::{Area, LookBack};
use engine::areas::statements::StatementsArea;
use engine::now_ms;
use model::Reason;
use model::statements::regression::Change;
use model::statements::{CauseKind, Regression};
use playground::ServerOptions;

use super::week::{Bench, RULE, accused, named, until};
use crate::support::{PATIENCE, Result};

/// What keeps a session busy without work.
const SLEEP: &str = "select pg_sleep(0.01)";

const TABLE: &str = "
    create table visits as select i as id, (i::bigint * 7919) % 40000 as place, i % 4000 as customer, repeat('v', 80) as note
      from generate_series(1, 80000) i;
    create index visits_customer on visits (customer);
    create table skewed as select case when i <= 20 then 50 else i % 2 end as kind, repeat('s', 80) as note
      from generate_series(1, 80000) i;
    create index skewed_kind on skewed (kind);
    create index visits_place on visits (place);
    create extension pg_prewarm;
    create table large as select repeat('l', 1000) as note from generate_series(1, 20000)";
/// Fills all of the server's buffers with other blocks.
const EVICT: &str = "select pg_prewarm('large')";

/// What happened shortly before the first.
fn event(found: &[Regression]) -> &str {
    let event = found.first().and_then(|one| one.event.as_ref());
    event.map_or("", |event| event.title.as_str())
}

/// Nothing is said but that something is not run any more.
fn is_quiet(found: &[Regression]) -> bool {
    found.iter().all(|one| one.change == Change::Gone)
}

/// A cache evicted, an index dropped, statistics changed, data grown, traffic doubled, a generic plan forced.
async fn planted(major: u16) -> Result {
    let options = ServerOptions::new(major)
        .setting("autovacuum", "off")
        .setting("jit", "off")
        .setting("max_parallel_workers_per_gather", "0")
        .setting("shared_buffers", "16MB")
        .setting("track_io_timing", "on")
        .setting("pg_stat_statements.track_planning", "on");
    let mut bench = Bench::start(options).await?;
    bench.server.exec(TABLE).await?;
    bench.server.exec("vacuum analyze visits").await?;
    bench.server.exec("vacuum analyze skewed").await?;
    let mut session = bench.server.connect().await?;
    let prepare = "prepare by_kind(bigint) as select count(note) from skewed where kind = $1";
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "{prepare}; set enable_bitmapscan = off; set plan_cache_mode = force_custom_plan"
    )))
    .execute(&mut session)
    .await?;
    let indexed = ["select count(note) from visits where customer = 17"];
    let rows = ["select note from visits where customer between 3 and 5"];
    let prepared = ["execute by_kind(50)"];
    // Many blocks for few rows, which are not read past the cache as those of a sequential scan are.
    let cached = [
        "set enable_bitmapscan = on",
        "select count(note) from visits where place between 100 and 900",
        "set enable_bitmapscan = off",
    ];
    let all = [indexed[0], rows[0], prepared[0], SLEEP];
    let warm = [&all[..], &cached].concat();
    // The first reading has nothing to be compared with, the first calls warm caches.
    bench.phase(&mut session, &warm).await?;
    let usual = bench.phase(&mut session, &warm).await?;
    let young = bench.after_two(&mut session, &warm).await?;
    assert_eq!(young, Err(Reason::NeedsReadings { for_s: 5 * 86_400 }));
    bench.a_week_of(&usual).await?;
    until("as usual", &mut bench, &mut session, &warm, <[Regression]>::is_empty).await?;

    // What was in memory is not any more.
    let seen = named(Change::Slower, CauseKind::Cache);
    until("evicted", &mut bench, &mut session, &[&[EVICT], &cached[..]].concat(), seen).await?;

    let dropped = "Index visits_customer on visits dropped";
    bench.change("drop index visits_customer", dropped).await?;
    let seen = named(Change::Slower, CauseKind::Blocks);
    let found = until("index dropped", &mut bench, &mut session, &all, seen).await?;
    assert_eq!(event(&found), dropped);
    bench.server.exec("create index visits_customer on visits (customer)").await?;
    bench.server.exec("vacuum analyze visits").await?;
    until("index back", &mut bench, &mut session, &all, is_quiet).await?;

    // Statistics that say less than before: the planner takes the rare value for one of many.
    let coarse = "Table skewed: column kind integer → integer statistics 1";
    let alter =
        |target: i32| format!("alter table skewed alter column kind set statistics {target}");
    bench.change(&alter(1), coarse).await?;
    bench.change("analyze skewed", "ANALYZE of skewed").await?;
    let seen = named(Change::Slower, CauseKind::Blocks);
    let found = until("statistics", &mut bench, &mut session, &all, seen).await?;
    assert!(event(&found).starts_with(coarse), "{found:?}");
    bench.server.exec(&alter(-1)).await?;
    bench.server.exec("analyze skewed").await?;
    until("statistics back", &mut bench, &mut session, &all, is_quiet).await?;

    // A generic plan where there was one for each value.
    sqlx::raw_sql("set plan_cache_mode = force_generic_plan").execute(&mut session).await?;
    until(
        "generic plan",
        &mut bench,
        &mut session,
        &all,
        named(Change::Slower, CauseKind::GenericPlan),
    )
    .await?;

    // Hundreds of times the rows.
    sqlx::raw_sql("set plan_cache_mode = force_custom_plan").execute(&mut session).await?;
    bench.server.exec("update visits set customer = 3 where id between 10000 and 25000").await?;
    until("more rows", &mut bench, &mut session, &all, named(Change::Slower, CauseKind::Rows))
        .await?;

    // Many times the traffic, after the rows are gone again.
    bench.server.exec("delete from visits where customer = 3").await?;
    bench.server.exec("vacuum analyze visits").await?;
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let mut more = bench.server.connect().await?;
        crowd.spawn(async move { while sqlx::raw_sql(SLEEP).execute(&mut more).await.is_ok() {} });
    }
    until(
        "more calls",
        &mut bench,
        &mut session,
        &all,
        named(Change::MoreCalls, CauseKind::Traffic),
    )
    .await?;
    crowd.abort_all();
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_changes_are_named_on_18() -> Result {
    planted(18).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_changes_are_named_on_14() -> Result {
    planted(14).await
}

/// Twice the calls, by a second session that does the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doubled_traffic_is_named() -> Result {
    const CALL: &str = "select pg_sleep(0.004)";
    let mut bench = Bench::start(ServerOptions::new(16)).await?;
    let mut session = bench.server.connect().await?;
    let work = [CALL; 4];
    bench.phase(&mut session, &work).await?;
    let usual = bench.phase(&mut session, &work).await?;
    bench.a_week_of(&usual).await?;
    until("as usual", &mut bench, &mut session, &work, <[Regression]>::is_empty).await?;
    let (mut second, others) = (bench.server.connect().await?, Arc::new(AtomicU64::new(0)));
    let also = others.clone();
    let more = tokio::spawn(async move {
        let mut is_up = true;
        while is_up {
            for sql in work {
                is_up &= sqlx::raw_sql(sql).execute(&mut second).await.is_ok();
                also.fetch_add(1, Ordering::Relaxed);
            }
            tokio::time::sleep(super::week::PAUSE).await;
        }
    });
    let (seen, started) = (named(Change::MoreCalls, CauseKind::Traffic), Instant::now());
    let (found, done_per_s) = loop {
        let ran = |bench: &Bench| (bench.ran + others.load(Ordering::Relaxed)) as f64;
        let (begun, before) = (Instant::now(), ran(&bench));
        let found = accused(bench.after_two(&mut session, &work).await?)?;
        let done_per_s = (ran(&bench) - before) / begun.elapsed().as_secs_f64();
        if seen(&found) {
            break (found, done_per_s);
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "twice the traffic: {found:?}");
    };
    more.abort();
    let [one] = found.as_slice() else { anyhow::bail!("{found:?}") };
    // How fast the machine is differs from phase to phase: what is said is what both sessions did meanwhile.
    let rate = |figures: Option<model::statements::Figures>| figures.map_or(0.0, |f| f.calls_per_s);
    let (now, before) = (rate(one.now), rate(one.before));
    assert!((0.6..1.6).contains(&(now / done_per_s)), "{done_per_s} a second: {one:?}");
    assert!(now > 1.3 * before, "{one:?}");
    Ok(())
}

/// The hook of the area: without a store there is nothing to compare with, and with one the next reading says
/// how long it takes until there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_carries_the_comparison() -> Result {
    let mut bench = Bench::start(ServerOptions::new(16)).await?;
    let before = bench.reader.read().await?;
    assert_eq!(before.regressions, Err(Reason::NeedsReadings { for_s: 120 }));
    bench.reader.look_back(&before, None);
    let without = bench.reader.read().await?.regressions;
    assert!(matches!(without, Err(Reason::Nothing { .. })), "{without:?}");
    let mut session = bench.server.connect().await?;
    let started = Instant::now();
    loop {
        let value = bench.phase(&mut session, &["select 1"]).await?;
        let young = Reason::NeedsReadings { for_s: 5 * 86_400 };
        if value.regressions == Err(young) {
            break;
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{:?}", value.regressions);
        let back = LookBack {
            past: &bench.asked,
            planner: None,
            source: bench.source.clone(),
            limits: &bench.limits,
            now_ms: now_ms(),
        };
        bench.reader.look_back(&value, Some(&back));
    }
    let rule = StatementsArea::RULES.iter().find(|rule| rule.id == RULE);
    let value = bench.reader.read().await?;
    let verdict = rule.map(|rule| engine::rule::run(rule, &value, &bench.limits));
    assert_eq!(verdict, Some(Err(Reason::NeedsReadings { for_s: 5 * 86_400 })));
    Ok(())
}
