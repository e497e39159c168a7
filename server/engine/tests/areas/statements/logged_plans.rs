//! Plans that auto_explain writes into the log of a real server, through to the statement's page; and plans for
//! the values that a session ran a statement with.

use std::time::{Duration, Instant};

use engine::area::{Area, LookBack};
use engine::areas::activity::{self, ActivityArea};
use engine::areas::log::{LogArea, State as LogState};
use engine::areas::statements::plans::choose::Subject;
use engine::areas::statements::plans::{look, now, seen};
use engine::{Engine, Limits, Past, now_ms};
use history::{History, Settings, Source, StatementPlan};
use model::statements::Statements;
use model::statements::plans::{PlanSource, SeenPlan};
use model::{EventKind, ServerId};
use playground::{Server, ServerOptions};

use super::harness::Reader;
use crate::support::observed::Observed;
use crate::support::{PATIENCE, Result, config, is_up, until};

const STATEMENT: &str = "select count(*) from \"o<b>'x\" where customer = 4711";

/// A server whose log is read by hand, and an engine that may not read it and has the history.
struct Bench {
    server: Server,
    engine: Engine,
    past: History,
    asked: Past,
    source: Source,
    log: (Observed, LogState),
    reader: Reader,
    newest: Statements,
    queryid: i64,
    _folder: tempfile::TempDir,
}

fn one() -> ServerId {
    ServerId::new("one")
}

fn failed(why: String) -> anyhow::Error {
    anyhow::anyhow!(why)
}

impl Bench {
    async fn start(major: u16, destination: &str) -> Result<Self> {
        let options = ServerOptions::new(major)
            .setting("logging_collector", "on")
            .setting("log_destination", destination)
            .setting("pg_stat_statements.track_utility", "off");
        let server = options.start().await?;
        for sql in [
            "create extension pg_stat_statements; create role watcher login password 'w'; grant pg_monitor to watcher",
            "create table \"o<b>'x\" (id int primary key, customer int); insert into \"o<b>'x\" select n, n / 10 from generate_series(1, 60000) n; create index by_customer on \"o<b>'x\" (customer); analyze \"o<b>'x\"; grant select on \"o<b>'x\" to watcher",
        ] {
            server.exec(sql).await?;
        }
        let folder = tempfile::tempdir()?;
        let settings = Settings { background: false, ..Settings::default() };
        let past = History::open(&folder.path().join("history"), settings).await?;
        // The engine's own looks need what this role may not: nothing but the test keeps plans of the log.
        let watched = server.dsn_for("watcher", "w", "postgres");
        let configs = vec![config("one", &watched)?];
        let engine = Engine::start_with(configs, Limits::default(), Some(past.clone()));
        until(&engine, "one", PATIENCE, is_up).await?;
        let cluster = engine.facts(&one()).and_then(|facts| facts.system_identifier);
        let source = Source::new(cluster.unwrap_or_default(), "one", "statements");
        let asked = Past::new(&past).ok_or_else(|| anyhow::anyhow!("no runtime"))?;
        let mut log = (Observed::open(&server.dsn()).await?, LogState::default());
        let mut reader = Reader::open(&server.dsn()).await?;
        let queryid = reader.queryid(&server, STATEMENT).await?;
        let newest = reader.read().await?;
        // Finds the file, and begins at its end.
        LogArea::collect(&mut log.0.observer, &log.0.facts, &mut log.1, now_ms()).await?;
        Ok(Self {
            server,
            engine,
            past,
            asked,
            source,
            log,
            reader,
            newest,
            queryid,
            _folder: folder,
        })
    }

    async fn plans(&self, queryid: i64) -> Result<Vec<StatementPlan>> {
        self.past.flush().await?;
        Ok(self.past.plans(&self.source.cluster, &queryid.to_string(), "").await?)
    }

    /// What was logged, as the page is given it.
    async fn logged(&self) -> Result<Vec<SeenPlan>> {
        self.past.flush().await?;
        let seen = seen::of(&self.engine, &one(), self.queryid, "").await.map_err(failed)?;
        let plans = seen.unwrap_or_default().plans;
        Ok(plans.into_iter().filter(|one| one.source == PlanSource::AutoExplain).collect())
    }

    /// Reads log and statements once, at a time so much later.
    async fn look(&mut self, later_ms: i64) -> Result {
        let limits = Limits::default();
        let back = LookBack {
            past: &self.asked,
            planner: self.engine.planner(&one()),
            source: self.source.clone(),
            limits: &limits,
            now_ms: now_ms() + later_ms,
        };
        let (Observed { observer, facts, .. }, state) = (&mut self.log.0, &mut self.log.1);
        let log = LogArea::collect(observer, facts, state, now_ms()).await?;
        log.file.as_ref().map_err(|reason| failed(reason.message()))?;
        LogArea::look_back(state, &log, Some(&back));
        self.reader.look_back(&self.newest, Some(&back));
        Ok(())
    }

    /// Looks until the newest logged plan is as wanted.
    async fn until(
        &mut self,
        later_ms: i64,
        wanted: impl Fn(&SeenPlan) -> bool,
    ) -> Result<SeenPlan> {
        let begun = Instant::now();
        loop {
            self.look(later_ms).await?;
            let logged = self.logged().await?;
            if let Some(found) = logged.first().filter(|one| wanted(one)) {
                return Ok(found.clone());
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "{logged:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs statements in a session of their own with auto_explain on.
    async fn run(&self, settings: &str, statement: &str) -> Result {
        let settings =
            format!("load 'auto_explain'; set auto_explain.log_min_duration = 0; {settings}");
        let mut session = self.server.connect().await?;
        for sql in [settings.as_str(), statement] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut session).await?;
        }
        Ok(())
    }
}

const INDEX: &str = "by_customer";

async fn plans_of_the_log_are_kept(major: u16, destination: &str) -> Result {
    let mut bench = Bench::start(major, destination).await?;
    let mut later_ms = 0;
    for (format, others) in [
        ("text", ""),
        ("json", "set auto_explain.log_analyze = on; set auto_explain.log_buffers = on"),
        ("xml", "set auto_explain.log_analyze = on; set auto_explain.log_timing = off"),
        ("yaml", "set auto_explain.log_verbose = on; set auto_explain.log_settings = on"),
    ] {
        // Each is another shape than the one before, after the time that one shape is kept again.
        let (sql, has_index) = match format {
            "text" | "xml" => ("set enable_bitmapscan = on", true),
            _ => (
                "set enable_bitmapscan = off; set enable_indexscan = off; set enable_indexonlyscan = off",
                false,
            ),
        };
        bench
            .run(&format!("set auto_explain.log_format = {format}; {others}; {sql}"), STATEMENT)
            .await?;
        later_ms += 400_000;
        let seen = bench.until(later_ms, |one| one.line.contains(INDEX) == has_index).await?;
        assert!(seen.took_ms.is_some_and(|ms| ms > 0.0), "{major} {format}: {seen:?}");
        assert_eq!(seen.database, "postgres", "{major} {format}");
    }
    let plans = bench.plans(bench.queryid).await?;
    assert!(plans.iter().all(|plan| !plan.plan.contains("471")), "no value is kept: {plans:?}");
    let logged = plans.iter().filter(|plan| plan.how == "auto_explain").count();
    assert_eq!(logged, 2, "{major}: each shape once, whatever the format");
    flips(&bench, 1, major).await?;
    hostile(&mut bench, major, later_ms + 400_000).await
}

/// Plans that alternate are one event.
async fn flips(bench: &Bench, expected: usize, major: u16) -> Result {
    let events = bench.engine.events(&one(), 0, now_ms() + 86_400_000).await.map_err(failed)?;
    let flips = events.events.iter().filter(|event| event.kind == EventKind::Plan);
    let flips: Vec<_> = flips.filter(|event| event.statement == Some(bench.queryid)).collect();
    assert_eq!(flips.len(), expected, "{major}: {flips:?}");
    Ok(())
}

/// What clients write is no plan, in a comment, in a constant, in a message of a function.
async fn hostile(bench: &mut Bench, major: u16, later_ms: i64) -> Result {
    let evil = "Seq Scan on evil  (cost=0.00..1.00 rows=1 width=4)";
    let (from, to) = ("customer = 4711", format!("customer = 4711 /*\n{evil}\n*/"));
    let forged = STATEMENT.replace(from, &to);
    let quoted = STATEMENT.replace('\'', "''");
    let raised = format!(
        "do $$ begin raise log 'duration: 9 ms  plan:\nQuery Text: {quoted}\n{evil}'; end $$"
    );
    let constant =
        format!("select count(*) from \"o<b>'x\" where customer::text = '\n  ->  {evil}\n'");
    let text = "set auto_explain.log_format = text";
    for sql in [&*forged, &raised, &constant, "select 1; select 2"] {
        bench.run(text, sql).await?;
    }
    bench.run(text, STATEMENT).await?;
    let after_ms = now_ms() + later_ms - 60_000;
    bench.until(later_ms, |one| one.last_ms >= after_ms && one.line.contains(INDEX)).await?;
    let plans = bench.past.plans(&bench.source.cluster, &bench.queryid.to_string(), "").await?;
    assert!(plans.iter().all(|plan| !plan.plan.contains("evil")), "{major}: {plans:?}");
    assert_eq!(plans.iter().filter(|plan| plan.how == "auto_explain").count(), 2, "{major}");
    flips(bench, 1, major).await?;
    if major == 18 {
        values_of_a_session(bench).await?;
        at_once(bench).await?;
    }
    Ok(())
}

/// The statement as it is known, without values.
fn subject(bench: &Bench) -> Result<Subject> {
    let text = bench.newest.texts.iter().find(|text| text.queryid == bench.queryid);
    let text = text.ok_or_else(|| anyhow::anyhow!("{:?}", bench.newest.texts))?;
    Ok(Subject {
        queryid: bench.queryid,
        database: "postgres".into(),
        text: text.text.clone(),
        fingerprint: text.fingerprint.clone().unwrap_or_default(),
    })
}

/// A session that is idle after the statement shows its values; they are planned for and not kept.
async fn values_of_a_session(bench: &Bench) -> Result {
    let subject = subject(bench)?;
    let planner = bench.engine.planner(&one()).ok_or_else(|| anyhow::anyhow!("no planner"))?;
    let mut activity = (Observed::open(&bench.server.dsn()).await?, activity::State::default());
    let mut session = bench.server.connect().await?;
    let (limits, begun) = (Limits::default(), Instant::now());
    let mut look_now = async |sql: &'static str| {
        sqlx::raw_sql(sql).execute(&mut session).await?;
        loop {
            // The engine's own area wants others.
            planner.handover().ran.want([subject.place()].into());
            let back = LookBack {
                past: &bench.asked,
                planner: bench.engine.planner(&one()),
                source: bench.source.clone(),
                limits: &limits,
                now_ms: now_ms(),
            };
            let (Observed { observer, facts, .. }, state) = (&mut activity.0, &mut activity.1);
            let value = ActivityArea::collect(observer, facts, state, now_ms()).await?;
            ActivityArea::look_back(state, &value, Some(&back));
            let how = (&subject, PlanSource::SessionValues);
            match look(&*planner, &bench.past, &bench.source, how).await {
                Ok(_) => return Ok(None),
                Err(why) if why.message().contains("another statement") => {
                    return Ok(Some(why.message()));
                }
                Err(why) => anyhow::ensure!(begun.elapsed() < PATIENCE, "{}", why.message()),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert_eq!(look_now(STATEMENT).await?, None);
    let plans = bench.plans(bench.queryid).await?;
    let [plan] = plans.iter().filter(|plan| plan.how == "session_values").collect::<Vec<_>>()[..]
    else {
        anyhow::bail!("{plans:?}");
    };
    assert!(plan.plan.contains("(customer = ?)"), "{plan:?}");
    Ok(())
}

/// What a person asks for is planned in every way, and is there at once.
async fn at_once(bench: &Bench) -> Result {
    let known = subject(bench)?;
    let done = now(&bench.engine, &one(), &known).await.map_err(|why| failed(why.message()))?;
    let had: Vec<_> = done.looks.iter().map(|(how, looked)| (*how, looked.is_ok())).collect();
    assert_eq!(
        had.get(..2),
        Some(&[(PlanSource::Generic, true), (PlanSource::CommonValues, true)][..]),
        "{:?}",
        done.looks
    );
    let plans = bench.past.plans(&bench.source.cluster, &bench.queryid.to_string(), "").await?;
    assert!(
        ["generic", "common_values"].iter().all(|how| plans.iter().any(|plan| plan.how == *how)),
        "{plans:?}"
    );
    bench.server.exec("create table hidden (id int)").await?;
    let hidden =
        Subject { text: "select * from hidden where id = $1".into(), queryid: 5, ..known.clone() };
    let done = now(&bench.engine, &one(), &hidden).await.map_err(|why| failed(why.message()))?;
    let why =
        done.looks.first().and_then(|(_, looked)| looked.as_ref().err()).map(|why| why.message());
    assert!(why.is_some_and(|why| why.contains("the table public.hidden")), "{:?}", done.looks);
    let own = Subject { text: "/* pgdeck entries */ select 1".into(), ..known };
    assert!(now(&bench.engine, &one(), &own).await.is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_of_csvlog_are_kept_on_14() -> Result {
    plans_of_the_log_are_kept(14, "csvlog").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_of_jsonlog_are_kept_on_18() -> Result {
    plans_of_the_log_are_kept(18, "jsonlog").await
}
