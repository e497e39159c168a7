//! A statement that reads by an index until the index is dropped, watched by an engine whose history holds a
//! week of it: made of what the statement really did in a minute.

#![allow(dead_code, reason = "each user uses its part")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use engine::dsn::Environment;
use engine::{Dsn, Engine, Limits, ServerConfig, now_ms};
use history::{History, Metric, Point, Series, Settings, Source};
use model::ServerId;
use model::statements::Measure;
use model::statements::regression::Change;
use playground::{Server, ServerOptions};

/// The server's name.
pub const NAME: &str = "one";
const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// Ticks that the generated past has in an hour.
const TICKS: i64 = 12;

/// A statement under load, and an engine that knows it for a week.
pub struct Planted {
    pub server: Server,
    pub engine: Engine,
    folder: PathBuf,
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Starts them; takes two minutes.
pub async fn start(major: u16) -> Result<Planted> {
    let server = ServerOptions::new(major).start().await?;
    server
        .exec(
            "create extension pg_stat_statements;
             create table visits as select i, i % 2000 as customer, repeat('v', 60) as note from generate_series(1, 60000) i;
             create index visits_customer on visits (customer)",
        )
        .await?;
    server.exec("vacuum analyze visits").await?;
    let mut busy = server.connect().await?;
    tokio::spawn(async move {
        let sql = "select count(*) from visits where customer = 17";
        while sqlx::raw_sql(sql).execute(&mut busy).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    });
    let folder =
        std::env::temp_dir().join(format!("pgdeck-planted-{}-{major}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let first = open(&folder, "first").await?;
    let engine = watch(&server, first.clone())?;
    tokio::time::sleep(Duration::from_secs(75)).await;
    first.flush().await?;
    let cluster = engine.facts(&ServerId::new(NAME)).and_then(|facts| facts.system_identifier);
    let source = Source::new(cluster.context("no identity")?, NAME, "statements");
    let past = open(&folder, "past").await?;
    a_week_of(&first, &past, &source).await?;
    engine.stop().await;
    let engine = watch(&server, past)?;
    Ok(Planted { server, engine, folder })
}

async fn open(folder: &std::path::Path, name: &str) -> Result<History> {
    Ok(History::open(&folder.join(name), Settings::default()).await?)
}

fn watch(server: &Server, past: History) -> Result<Engine> {
    let dsn = Dsn::parse(&server.dsn(), &Environment::empty())?;
    let id = ServerId::new(NAME);
    let config = ServerConfig { id, dsn, operate: None, labels: vec![], cores: None };
    Ok(Engine::start_with(vec![config], Limits::default(), Some(past)))
}

/// Writes what was done in the last minute as this hour and the next of the last seven days.
async fn a_week_of(first: &History, past: &History, source: &Source) -> Result<()> {
    let now = now_ms();
    let metrics = Measure::ALL.map(Measure::as_str);
    let series = Series { metrics: &metrics, entities: None };
    let minute = first.totals(source, series, now - 60_000, now).await?;
    ensure!(minute.read_ms > 40_000, "{minute:?}");
    let scale = (HOUR_MS / TICKS) as f64 / minute.read_ms as f64;
    let points = || {
        let of = |row: &history::Total| {
            let measure: Measure = row.metric.parse().ok()?;
            Some(Point::new(&row.entity, Metric::increment(measure.as_str()), row.sum * scale))
        };
        minute.rows.iter().filter_map(of).collect::<Vec<_>>()
    };
    for ago in (1..=7).rev() {
        let begin = now - now.rem_euclid(HOUR_MS) - ago * DAY_MS;
        for tick in 1..=2 * TICKS {
            let at_ms = begin + tick * HOUR_MS / TICKS - 1;
            past.recorder().append(source, at_ms, (HOUR_MS / TICKS) as u32, points());
        }
        past.flush().await?;
    }
    Ok(())
}

/// Waits until the engine has compared and found nothing.
pub async fn compared(engine: &Engine, within: Duration) -> Result<()> {
    let started = Instant::now();
    loop {
        let known = engine.regressions(&ServerId::new(NAME));
        if let Some(Ok(regressions)) = &known {
            ensure!(regressions.found.is_empty(), "{regressions:?}");
            return Ok(());
        }
        ensure!(started.elapsed() < within, "nothing is compared: {known:?}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Waits until the engine says that a statement is slower; says how long that took and the first cause.
pub async fn found(engine: &Engine, within: Duration) -> Result<(Duration, String)> {
    let started = Instant::now();
    loop {
        let known = engine.regressions(&ServerId::new(NAME));
        if let Some(Ok(regressions)) = &known {
            let slower = regressions.found.iter().find(|one| one.change == Change::Slower);
            if let Some(slower) = slower {
                let cause = slower.causes.first().map(|cause| cause.kind.to_string());
                return Ok((started.elapsed(), cause.unwrap_or_else(|| "no cause".into())));
            }
        }
        ensure!(started.elapsed() < within, "not found: {known:?}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
