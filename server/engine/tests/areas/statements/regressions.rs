//! Changes that are planted on real servers: found in two windows and named rightly. The windows are as short as
//! the phases of the test, and the week before is made of what the statement really did.

use std::time::Duration;

use engine::area::{Area, LookBack};
use engine::areas::statements::regressions::past::Calendar;
use engine::areas::statements::regressions::report::{Memory, Request, report};
use engine::areas::statements::window::Recent;
use engine::areas::statements::{StatementsArea, points};
use engine::{Limits, Past, now_ms};
use history::{Event, History, Point, Settings, Source};
use model::statements::regression::Change;
use model::statements::{CauseKind, Regression, Regressions, Statements};
use model::{Known, Reason};
use playground::{Server, ServerOptions};
use sqlx::PgConnection;

use super::harness::{Reader, started};
use crate::support::{PATIENCE, Result, limits};

const RULE: &str = "statements/regression";
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;
const TICKS: i64 = 12;
/// How long a phase of the workload runs.
const PHASE: Duration = Duration::from_millis(300);
/// And how many rounds at least.
const ROUNDS: u32 = 8;
/// A pause between two rounds, ms.
const PAUSE_MS: u64 = 20;

/// A server whose statements are watched, and a store.
struct Bench {
    server: Server,
    reader: Reader,
    past: History,
    asked: Past,
    source: Source,
    limits: Limits,
    folder: std::path::PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Statements, in a circle.
type Workload<'a> = &'a [&'a str];

impl Bench {
    async fn start(options: ServerOptions) -> Result<Self> {
        let server = started(options, None).await?;
        let reader = Reader::open(&server.dsn()).await?;
        let folder = std::env::temp_dir().join(format!("pgdeck-week-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let settings = Settings { background: false, ..Settings::default() };
        let past = History::open(&folder.join("history"), settings).await?;
        // A window is a phase; few calls are enough on a quiet machine's server.
        // On a busy machine times vary a lot; what is planted is many times as much.
        let set = [
            (RULE, "window_s", 0.2),
            (RULE, "calls_from", 3.0),
            (RULE, "deviations_from", 2.0),
            (RULE, "slower_from_ms", 0.5),
        ];
        let limits = limits(&set)?;
        let source = Source::new("cluster", "one", "statements");
        let asked = Past::new(&past).ok_or_else(|| anyhow::anyhow!("no runtime"))?;
        Ok(Self { server, reader, past, asked, source, limits, folder })
    }

    /// Runs the workload for a phase and reads what it did.
    async fn phase(
        &mut self,
        session: &mut PgConnection,
        work: Workload<'_>,
    ) -> Result<Statements> {
        let begun = std::time::Instant::now();
        let mut rounds = 0;
        while begun.elapsed() < PHASE || rounds < ROUNDS {
            rounds += 1;
            for sql in work {
                let sql = sqlx::AssertSqlSafe((*sql).to_owned());
                sqlx::raw_sql(sql).execute(&mut *session).await?;
            }
            tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
        }
        self.reader.read().await
    }

    /// Makes a week of one reading.
    async fn a_week_of(&self, value: &Statements) -> Result {
        let tick = value.entries.as_ref().ok().and_then(|entries| entries.tick.as_ref().ok());
        let span_ms = tick.map_or(1, |tick| tick.span_ms).max(1) as f64;
        let scale = (HOUR_MS / TICKS) as f64 / span_ms;
        let made = points::points(value).unwrap_or_default();
        let scaled = |point: &Point| Point { value: point.value * scale, ..point.clone() };
        let kept: Vec<Point> = made.iter().map(scaled).collect();
        for ago in (1..=7).rev() {
            let begin = now_ms() - now_ms().rem_euclid(HOUR_MS) - ago * DAY_MS;
            for tick in 1..=2 * TICKS {
                let at_ms = begin + tick * HOUR_MS / TICKS - 1;
                self.past.recorder().append(
                    &self.source,
                    at_ms,
                    (HOUR_MS / TICKS) as u32,
                    kept.clone(),
                );
            }
        }
        self.past.flush().await?;
        Ok(())
    }

    /// What is said after two phases of a workload.
    async fn after_two(
        &mut self,
        session: &mut PgConnection,
        work: Workload<'_>,
    ) -> Result<Known<Regressions>> {
        let mut recent = Recent::default();
        self.reader.read().await?;
        let mut value = None;
        for _ in 0..2 {
            let read = self.phase(session, work).await?;
            if let Ok(Ok(tick)) = read.entries.as_ref().map(|entries| &entries.tick) {
                recent.push(tick);
            }
            value = Some(read);
        }
        let value = value.ok_or_else(|| anyhow::anyhow!("nothing read"))?;
        let back = LookBack {
            past: &self.asked,
            planner: None,
            source: self.source.clone(),
            limits: &self.limits,
            now_ms: now_ms(),
        };
        let request = Request::of(&recent, &value, &back, Calendar::default());
        let request = request.ok_or_else(|| anyhow::anyhow!("no two windows: {value:?}"))?;
        Ok(report(&mut Memory::default(), &self.past, request).await?)
    }
}

fn accused(known: Known<Regressions>) -> Result<Vec<Regression>> {
    let regressions = known.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    Ok(regressions.found.into_iter().filter(|one| one.change.is_accusation()).collect())
}

/// Runs two phases again until what is said of them is that: the machine is busy with other tests.
async fn until(
    step: &str,
    bench: &mut Bench,
    session: &mut PgConnection,
    work: Workload<'_>,
    seen: impl Fn(&[Regression]) -> bool,
) -> Result<Vec<Regression>> {
    let started = std::time::Instant::now();
    loop {
        let found = accused(bench.after_two(session, work).await?)?;
        if seen(&found) {
            return Ok(found);
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{step}: {found:?}");
    }
}

/// Whether something is of that kind, and all that is has that first cause.
fn named(change: Change, cause: CauseKind) -> impl Fn(&[Regression]) -> bool {
    move |found| {
        let mut of_kind = found.iter().filter(|one| one.change == change).peekable();
        let first = |one: &Regression| one.causes.first().map(|cause| cause.kind);
        of_kind.peek().is_some() && of_kind.all(|one| first(one) == Some(cause))
    }
}

/// What keeps a session busy without work.
const SLEEP: &str = "select pg_sleep(0.01)";

const TABLE: &str = "
    create table visits as select i as id, (i::bigint * 7919) % 40000 as place, i % 4000 as customer, repeat('v', 80) as note
      from generate_series(1, 80000) i;
    create index visits_customer on visits (customer);
    create table skewed as select case when i <= 20 then 50 else i % 2 end as kind, repeat('s', 80) as note
      from generate_series(1, 80000) i;
    create index skewed_kind on skewed (kind)";

/// An index dropped, data grown, traffic doubled, a generic plan forced.
async fn planted(major: u16) -> Result {
    let options = ServerOptions::new(major)
        .setting("autovacuum", "off")
        .setting("jit", "off")
        .setting("max_parallel_workers_per_gather", "0")
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
    let all = [indexed[0], rows[0], prepared[0], SLEEP];
    // The first reading has nothing to be compared with, the first calls warm caches.
    bench.phase(&mut session, &all).await?;
    let usual = bench.phase(&mut session, &all).await?;
    let young = bench.after_two(&mut session, &all).await?;
    assert_eq!(young, Err(Reason::NeedsReadings { for_s: 5 * 86_400 }));
    bench.a_week_of(&usual).await?;
    until("as usual", &mut bench, &mut session, &all, <[Regression]>::is_empty).await?;

    // An index dropped, told by an event.
    let at_ms = now_ms();
    bench.past.recorder().event(Event {
        cluster: "cluster".into(),
        server: "one".into(),
        at_ms,
        kind: "ddl".into(),
        title: "index visits_customer dropped".into(),
        detail: serde_json::Value::Null,
    });
    bench.past.flush().await?;
    bench.server.exec("drop index visits_customer").await?;
    let found = until(
        "index dropped",
        &mut bench,
        &mut session,
        &all,
        named(Change::Slower, CauseKind::Blocks),
    )
    .await?;
    assert_eq!(
        found.first().and_then(|one| one.event.as_ref()).map(|event| event.at_ms),
        Some(at_ms)
    );
    bench.server.exec("create index visits_customer on visits (customer)").await?;
    bench.server.exec("vacuum analyze visits").await?;
    until("index back", &mut bench, &mut session, &all, <[Regression]>::is_empty).await?;

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

/// What was in memory is not any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evicted_cache_is_named() -> Result {
    let options =
        ServerOptions::new(18).setting("track_io_timing", "on").setting("shared_buffers", "32MB");
    let mut bench = Bench::start(options).await?;
    bench.server.exec(TABLE).await?;
    bench.server.exec("create index visits_place on visits (place)").await?;
    bench.server.exec("vacuum analyze visits").await?;
    let mut session = bench.server.connect().await?;
    let sql = ["select count(note) from visits where place between 100 and 900"];
    bench.phase(&mut session, &sql).await?;
    let usual = bench.phase(&mut session, &sql).await?;
    bench.a_week_of(&usual).await?;
    until("warm", &mut bench, &mut session, &sql, <[Regression]>::is_empty).await?;
    bench.server.exec("create extension pg_buffercache").await?;
    let evict = "select count(pg_buffercache_evict_relation('visits'))";
    let cold = [evict, sql[0]];
    until("evicted", &mut bench, &mut session, &cold, named(Change::Slower, CauseKind::Cache))
        .await?;
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
    let started = std::time::Instant::now();
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
