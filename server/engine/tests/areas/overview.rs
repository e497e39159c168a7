//! What holds for a whole server: rates, cache misses, the end of life of its major. Databases one by one,
//! and the cores of the machine.

use engine::areas::overview::OverviewArea;
use engine::{Engine, Limits, ServerConfig};
use model::overview::{Database, Databases};
use model::{Harm, Known, Reason, ServerId, Severity};
use playground::{Server, ServerOptions};
use sqlx::Connection;

use crate::support::{
    PATIENCE, Result, config, fires, is_up, limits, monitored, quiet, until, watcher,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_come_from_outside_shared_buffers() -> Result {
    let server = ServerOptions::new(17).setting("shared_buffers", "1MB").start().await?;
    server
        .exec("create table big as select i, repeat('x', 500) from generate_series(1, 60000) i")
        .await?;
    let limits = limits(&[
        ("overview/cache_misses", "held_for_s", 5.0),
        ("overview/cache_misses", "read_time_from_ms_per_s", 1.0),
    ])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    let mut reader = server.connect().await?;
    let reading = tokio::spawn(async move {
        while sqlx::raw_sql("select count(*) from big").execute(&mut reader).await.is_ok() {}
    });
    let finding = fires(&engine, "one", "overview/cache_misses").await?;
    reading.abort();
    assert_eq!(finding.severity, Severity::Info, "the operating system may hold the blocks");
    assert!(finding.evidence.iter().any(|e| e.name == "time spent reading" && e.value > 0.0));
    server.exec("alter system set track_io_timing = off").await?;
    server.exec("select pg_reload_conf()").await?;
    let id = ServerId::new("one");
    until(&engine, "one", PATIENCE, |_| {
        engine.findings(&id).1.iter().any(|entry| {
            entry.rule == "overview/cache_misses" && matches!(entry.reason, Reason::Nothing { .. })
        })
    })
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_major_past_its_end_of_life_is_told_and_no_warning() -> Result {
    const RULE: &str = "overview/end_of_life";
    let (old, new) = (playground::server(14).await?, playground::server(18).await?);
    let servers = vec![config("old", &old.dsn())?, config("new", &new.dsn())?];
    let engine = Engine::start(servers, limits(&[])?);
    let finding = fires(&engine, "old", RULE).await?;
    assert_eq!((finding.severity, finding.harm), (Severity::Info, Harm::Hygiene));
    assert!(finding.message.contains("12 November 2026"), "{}", finding.message);
    quiet(&engine, "new", RULE).await
}

fn databases(engine: &Engine, name: &str) -> Option<Known<Databases>> {
    let latest = engine.latest::<OverviewArea>(&ServerId::new(name))?;
    latest.value().map(|overview| overview.databases.clone())
}

fn database(engine: &Engine, server: &str, name: &str) -> Option<Database> {
    let databases = databases(engine, server)?.ok()?;
    databases.rows.into_iter().find(|row| row.datname == name)
}

/// A server with two databases, one of which strangers may not connect to.
async fn two_databases(major: u16) -> Result<Server> {
    let server = monitored(major).await?;
    server
        .exec(
            "create role plain login password 'p'; create role loader superuser login password 'l'",
        )
        .await?;
    server.exec("create database shop").await?;
    server.exec("create database secret").await?;
    server.exec("revoke connect on database secret from public").await?;
    // PostgreSQL 14 counts in a database, and dates its reset, from the first session on.
    playground::connect(&server.dsn_for("loader", "l", "shop")).await?.close().await?;
    Ok(server)
}

async fn one_by_one(major: u16) -> Result {
    let server = two_databases(major).await?;
    let servers = vec![
        config("one", &watcher(&server))?,
        config("plain", &server.dsn_for("plain", "p", "postgres"))?,
    ];
    let engine = Engine::start(servers, Limits::default());
    until(&engine, "one", PATIENCE, |_| database(&engine, "one", "shop").is_some()).await?;
    let first = database(&engine, "one", "shop").map(|shop| (shop.rates, shop.size_bytes));
    assert_eq!(first, Some((Err(Reason::NeedsTwoReadings), Err(Reason::NotYet))), "{major}");

    let dsn = server.dsn_for("loader", "l", "shop");
    let mut shop = playground::connect(&dsn).await?;
    let work = "set work_mem = '64kB'; create table t as select i from generate_series(1, 50000) i;
                select count(*) from (select i from t order by i desc) s";
    sqlx::raw_sql(work).execute(&mut shop).await?;
    let many = "do $$ begin for i in 1..3000 loop perform count(*) from pg_class where oid = i; commit; end loop; end $$";
    sqlx::raw_sql(many).execute(&mut shop).await?;
    sqlx::raw_sql("begin; select 1 / 1; rollback").execute(&mut shop).await?;
    // PostgreSQL 14 keeps the counts of the last half second in an idle session.
    shop.close().await?;
    let mut shop = playground::connect(&dsn).await?;
    let rates = || database(&engine, "one", "shop").and_then(|row| row.rates.ok());
    until(&engine, "one", PATIENCE, |_| rates().is_some_and(|r| r.commits_per_s > 20.0)).await?;
    let seen = rates().unwrap_or_default();
    assert!(seen.temp_bytes_per_s > 0.0 && seen.rows_written_per_s > 100.0, "{major}: {seen:?}");
    assert!(seen.rollbacks_per_s > 0.0 && seen.cache_hit_percent > Some(50.0), "{seen:?}");
    let all = databases(&engine, "one").and_then(|known| known.ok()).unwrap_or_default();
    let busiest = all.rows.first().map(|row| (row.datname.as_str(), row.sessions));
    assert_eq!((busiest, all.total), (Some(("shop", 1)), 5), "pgdeck's own load is less");
    // Of pgdeck's sessions there, only its own by this role is left out.
    let own = all.rows.iter().find(|row| row.datname == "postgres").map(|row| row.sessions);
    assert_eq!(own, Some(1), "{major}: {all:?}");
    let known = all.rows.iter().all(|row| row.size_bytes.as_ref().is_ok_and(|b| *b > 1_000_000));
    assert!(known, "{major}: {all:?}");
    let size = |name| database(&engine, "plain", name).map(|row| row.size_bytes);
    until(&engine, "plain", PATIENCE, |_| size("shop").is_some_and(|size| size.is_ok())).await?;
    assert!(matches!(size("secret"), Some(Err(Reason::MissingGrant { .. }))), "{major}");

    sqlx::raw_sql("select pg_stat_reset()").execute(&mut shop).await?;
    let gap = |row: Database| row.rates == Err(Reason::CounterReset);
    until(&engine, "one", PATIENCE, |_| database(&engine, "one", "shop").is_some_and(gap)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases_stand_one_by_one() -> Result {
    let (oldest, middle, newest) = tokio::join!(one_by_one(14), one_by_one(16), one_by_one(18));
    oldest.and(middle).and(newest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cores_are_known_on_this_machine_or_where_they_are_configured() -> Result {
    let server = monitored(17).await?;
    let configured = ServerConfig { cores: Some(48), ..config("configured", &watcher(&server))? };
    let engine =
        Engine::start(vec![config("here", &watcher(&server))?, configured], Limits::default());
    for name in ["here", "configured"] {
        until(&engine, name, PATIENCE, is_up).await?;
    }
    let cores = |name: &str| engine.facts(&ServerId::new(name)).and_then(|facts| facts.cores);
    assert_eq!(cores("configured"), Some(48));
    let here = u32::try_from(std::thread::available_parallelism()?.get())?;
    assert_eq!(cores("here"), Some(here));
    Ok(())
}
