//! Plans of statements on real servers: an index is dropped, and the other plan is seen, told and explained;
//! what may not be planned says why; values are not kept.

use engine::area::LookBack;
use engine::areas::statements::plans::choose::Subject;
use engine::areas::statements::plans::{flip, look, record, seen};
use engine::{Engine, Limits, Past, now_ms};
use history::{History, Settings, Source, StatementPlan};
use model::explain::{Mode, Options, Request, RunId};
use model::statements::plans::PlanSource;
use model::statements::regression::{Change, Figures};
use model::statements::{CauseKind, Key, Regression, Statements};
use model::{EventKind, Role, ServerId, User};
use playground::{Server, ServerOptions};

use super::harness::{Reader, run, started};
use crate::support::{PATIENCE, Result, config, is_up, until, watcher};

const STATEMENT: &str = "select count(*) from \"o<b>'x\" where customer = 7";

/// A server, watched by a role that may read one table of two, and by a superuser.
struct Bench {
    server: Server,
    engine: Engine,
    past: History,
    asked: Past,
    source: Source,
    folder: tempfile::TempDir,
}

impl Bench {
    async fn start(major: u16) -> Result<Self> {
        let server = started(ServerOptions::new(major), None).await?;
        let table = "\"o<b>'x\"";
        server.exec(&format!("create table {table} (id int primary key, customer int); insert into {table} select n, case when n > 19000 then 3 else n / 10 end from generate_series(1, 20000) n; create index by_customer on {table} (customer); create table hidden (id int); create table partly (a int, b int)")).await?;
        server.exec(&format!("create role watcher login password 'w'; grant pg_monitor to watcher; grant select on {table} to watcher; grant select (a) on partly to watcher; analyze {table}")).await?;
        let folder = tempfile::tempdir()?;
        let settings = Settings { background: false, ..Settings::default() };
        let past = History::open(&folder.path().join("history"), settings).await?;
        let configs = vec![config("one", &watcher(&server))?, config("super", &server.dsn())?];
        let engine = Engine::start_with(configs, Limits::default(), Some(past.clone()));
        until(&engine, "one", PATIENCE, is_up).await?;
        until(&engine, "super", PATIENCE, is_up).await?;
        let cluster = engine.facts(&one()).and_then(|facts| facts.system_identifier);
        let source = Source::new(cluster.unwrap_or_default(), "one", "statements");
        let asked = Past::new(&past).ok_or_else(|| anyhow::anyhow!("no runtime"))?;
        Ok(Self { server, engine, past, asked, source, folder })
    }

    async fn plans(&self, queryid: i64) -> Result<Vec<StatementPlan>> {
        self.past.flush().await?;
        Ok(self.past.plans(&self.source.cluster, &queryid.to_string(), "").await?)
    }

    /// Those that were planned without values: the areas of the engine and of the test may have looked for more.
    async fn generic(&self, queryid: i64) -> Result<usize> {
        Ok(self.plans(queryid).await?.iter().filter(|plan| plan.how == "generic").count())
    }

    /// Lets the area look by itself, minute after minute, until it has looked at this statement.
    async fn looked(&self, reader: &mut Reader, value: &Statements, queryid: i64) -> Result {
        let (begun, limits) = (std::time::Instant::now(), Limits::default());
        let mut now_ms = now_ms();
        while self.generic(queryid).await? == 0 {
            anyhow::ensure!(begun.elapsed() < PATIENCE, "not looked at: {value:?}");
            let back = LookBack {
                past: &self.asked,
                planner: self.engine.planner(&one()),
                source: self.source.clone(),
                limits: &limits,
                now_ms,
            };
            reader.look_back(value, Some(&back));
            now_ms += 61_000;
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

fn one() -> ServerId {
    ServerId::new("one")
}

/// It takes much longer since now.
fn slower(queryid: i64) -> Regression {
    let figures = |time_ms| Some(Figures { time_ms, ..Figures::default() });
    Regression {
        key: Key { userid: 10, dbid: 5, toplevel: true, queryid },
        database: "postgres".into(),
        role: "app".into(),
        change: Change::Slower,
        since_ms: now_ms(),
        before: figures(1.0),
        now: figures(5.0),
        days: 7,
        more_sessions: 1.0,
        share_percent: 10.0,
        error_ms: None,
        causes: Vec::new(),
        unmeasured: Vec::new(),
        event: None,
        at_least: false,
    }
}

async fn a_dropped_index_is_another_plan(major: u16) -> Result {
    let bench = Bench::start(major).await?;
    let mut reader = Reader::open(&watcher(&bench.server)).await?;
    let queryid = reader.queryid(&bench.server, STATEMENT).await?;
    // One of the costliest, also beside what pgdeck runs on a server that has nothing else to do.
    run(&mut bench.server.connect().await?, STATEMENT, 3_000).await?;
    let value = reader.read().await?;
    bench.looked(&mut reader, &value, queryid).await?;
    let text = value.texts.iter().find(|text| text.queryid == queryid);
    let subject = Subject {
        queryid,
        database: "postgres".into(),
        text: text.map(|text| text.text.clone()).unwrap_or_default(),
        fingerprint: String::new(),
    };
    let planner = bench.engine.planner(&one()).ok_or_else(|| anyhow::anyhow!("no planner"))?;
    let again = async || {
        let begun = std::time::Instant::now();
        loop {
            // The engine's own area may be looking at this moment.
            match look(&*planner, &bench.past, &bench.source, (&subject, PlanSource::Generic)).await
            {
                Err(why) if begun.elapsed() > PATIENCE => {
                    return Err(anyhow::anyhow!(why.message()));
                }
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                Ok(_) => return Ok(()),
            }
        }
    };
    again().await?;
    assert_eq!(bench.generic(queryid).await?, 1, "{major}: the same plan is one");
    assert_eq!(
        flip::cause(&bench.past, &bench.source.cluster, &slower(queryid), now_ms()).await?,
        None
    );

    let accused = slower(queryid);
    bench.server.exec("drop index by_customer").await?;
    again().await?;
    again().await?;
    assert_eq!(bench.generic(queryid).await?, 2, "{major}");
    let events =
        bench.engine.events(&one(), 0, now_ms() + 1_000).await.map_err(|e| anyhow::anyhow!(e))?;
    let told: Vec<_> = events.events.iter().filter(|event| event.kind == EventKind::Plan).collect();
    let Some(event) = told.first() else { anyhow::bail!("{major}: {events:?}") };
    assert_eq!(event.statement, Some(queryid));
    assert!(!event.title.contains("o<b>"), "no word of the plan: {event:?}");
    let seen =
        seen::of(&bench.engine, &one(), queryid, "").await.map_err(|e| anyhow::anyhow!(e))?;
    let seen = seen.unwrap_or_default().plans;
    let all: Vec<_> = seen.iter().filter(|one| one.source == PlanSource::Generic).collect();
    let [now, before] = all.as_slice() else { anyhow::bail!("{major}: {seen:?}") };
    assert!(now.line.starts_with("Seq Scan on o<b>'x"), "{major}: {}", now.line);
    assert!(before.line.contains("by_customer"), "{major}: {}", before.line);
    assert_eq!(now.before.and_then(|at| seen.get(at)), Some(*before));
    assert!(!now.changes.is_empty() && now.cost > before.cost, "{major}: {now:?}");
    let cause = flip::cause(&bench.past, &bench.source.cluster, &accused, now_ms()).await?;
    assert_eq!(cause.map(|cause| cause.kind), Some(CauseKind::PlanFlip), "{major}");
    common_values_stand_in_for_unknown_ones(&bench, &subject).await?;
    what_may_not_be_planned_says_why(&bench, &subject).await?;
    what_a_person_had_is_kept_without_values(&bench, &subject).await?;
    drop(bench.folder);
    Ok(())
}

async fn common_values_stand_in_for_unknown_ones(bench: &Bench, subject: &Subject) -> Result {
    let planner = bench.engine.planner(&one()).ok_or_else(|| anyhow::anyhow!("no planner"))?;
    let look = async |text: &str| {
        let subject = Subject { text: text.to_owned(), queryid: 2, ..subject.clone() };
        let begun = std::time::Instant::now();
        loop {
            let how = (&subject, PlanSource::CommonValues);
            let looked = look(&*planner, &bench.past, &bench.source, how).await;
            match looked.map_err(|why| why.message()) {
                // The engine's own area may be looking at this moment.
                Err(why) if why.contains("Another EXPLAIN") && begun.elapsed() < PATIENCE => {}
                said => return said,
            }
        }
    };
    assert_eq!(look(&subject.text).await, Ok(false));
    let plans = bench.plans(2).await?;
    let [plan] = plans.as_slice() else { anyhow::bail!("{plans:?}") };
    assert_eq!(plan.how, "common_values");
    assert!(plan.plan.contains("(customer = ?)"), "no value of the table is kept: {plan:?}");
    for (text, why) in [
        ("select * from \"o<b>'x\" where customer > $1", "$1"),
        ("select * from \"o<b>'x\" where id = $1", "all its values differ"),
        ("select * from hidden where id = $1", "may not read it"),
        ("select 1", "no parameters"),
    ] {
        let said = look(text).await.err().unwrap_or_default();
        assert!(said.contains(why), "{text}: {said:?}");
    }
    Ok(())
}

async fn what_may_not_be_planned_says_why(bench: &Bench, subject: &Subject) -> Result {
    for (server, text, why) in [
        ("one", "select * from hidden where id = $1", "read the table public.hidden"),
        ("one", "update hidden set id = 1 where id = $1", "privilege update on public.hidden"),
        ("one", "select * from elsewhere where id = $1", "finds no table elsewhere"),
        // Only a look at each column would tell; PostgreSQL says so once.
        ("one", "select b from partly where a = $1", "permission denied"),
        ("one", "select b from partly where a = 5", "permission denied"),
        ("one", "create table a (b int)", "CREATE"),
        ("one", "select pg_sleep($1)", "pg_sleep"),
        ("super", &*subject.text, "superuser"),
    ] {
        let planner = bench.engine.planner(&ServerId::new(server));
        let planner = planner.ok_or_else(|| anyhow::anyhow!("no planner"))?;
        let subject = Subject { text: text.to_owned(), queryid: 1, ..subject.clone() };
        let begun = std::time::Instant::now();
        let said = loop {
            let said = look(&*planner, &bench.past, &bench.source, (&subject, PlanSource::Generic))
                .await
                .err();
            let said = said.map(|why| why.message()).unwrap_or_default();
            // The engine's own area may be looking at this moment.
            if !said.contains("Another EXPLAIN") || begun.elapsed() > PATIENCE {
                break said;
            }
        };
        assert!(said.to_lowercase().contains(&why.to_lowercase()), "{text}: {said:?}");
    }
    assert!(bench.plans(1).await?.is_empty());
    let log = bench.server.log();
    let denied: Vec<_> = log.lines().filter(|line| line.contains("permission denied")).collect();
    assert!(denied.len() == 1 && denied[0].contains("partly"), "{denied:?}");
    Ok(())
}

async fn what_a_person_had_is_kept_without_values(bench: &Bench, subject: &Subject) -> Result {
    let who = User { name: "ann".into(), roles: vec![Role::Analyst], servers: vec![] };
    let request = Request {
        run: RunId::new([7; 16]),
        statement: subject.text.clone(),
        database: None,
        parameters: vec![Some("1234567".into())],
        mode: Mode::Plan,
        options: Options::default(),
    };
    let had = bench.engine.explain(&one(), &who, request).await;
    let explained = had.map_err(|why| anyhow::anyhow!(why.message()))?;
    assert!(explained.plan.contains("1234567"));
    let found = record::Found {
        source: PlanSource::RealParameters,
        json: explained.plan,
        at_ms: explained.at_ms,
    };
    let is_flip = record::record(&bench.past, &bench.source, subject, found).await;
    assert_eq!(is_flip, Ok(false), "had in another way");
    let plans = bench.plans(subject.queryid).await?;
    let real: Vec<_> = plans.iter().filter(|plan| plan.how == "real_parameters").collect();
    assert_eq!(real.len(), 1);
    assert!(plans.iter().all(|plan| !plan.plan.contains("1234567")), "{plans:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_index_is_another_plan_on_14() -> Result {
    a_dropped_index_is_another_plan(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_index_is_another_plan_on_18() -> Result {
    a_dropped_index_is_another_plan(18).await
}
