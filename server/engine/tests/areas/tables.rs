//! Area tables on real servers: what is read, of all databases, and the rules.

mod bloat;
mod pruning;
mod schema;
mod workers;
mod worn;

use anyhow::Context;
use engine::Engine;
use engine::areas::tables::TablesArea;
use model::tables::{Kind, Persistence, Table, Tables};
use model::{AreaName, Latest, ServerId};
use playground::{Server, ServerOptions};

use crate::support::{PATIENCE, Result, config, fires, limits, quiet, until, watcher};

const NEVER_ANALYZED: &str = "tables/never_analyzed";

fn newest(engine: &Engine) -> Option<Latest<Tables>> {
    engine.latest::<TablesArea>(&ServerId::new("one"))
}

/// A table by name in a database, as last read.
fn table(engine: &Engine, datname: &str, relname: &str) -> Option<Table> {
    let latest = newest(engine)?;
    let database = latest.value()?.databases.iter().find(|one| one.datname == datname)?;
    let found = database.known()?.tables.iter().find(|table| table.relname == relname);
    found.map(|table| table.as_ref().clone())
}

async fn filled(major: u16) -> Result<Server> {
    let server = ServerOptions::new(major).setting("autovacuum", "off").start().await?;
    server
        .exec(
            "create role watcher login password 'w'; grant pg_monitor to watcher;
             create table orders (id int primary key, note text) with (fillfactor = 70, autovacuum_enabled = off);
             alter table orders alter note set storage external;
             insert into orders select i, repeat(md5(i::text), 200) from generate_series(1, 2000) i;
             update orders set note = 'short' where id <= 500;
             delete from orders where id > 1900;
             create unlogged table scratch (id int);
             create table events (id int, at date) partition by range (at);
             create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
             insert into events select i, '2026-05-05' from generate_series(1, 20000) i;
             create table \"a \"\"b\"\"\" (id int);
             create materialized view totals as select 1 as one;
             analyze orders",
        )
        .await?;
    server.exec("create database other").await?;
    Ok(server)
}

async fn what_is_read(major: u16) -> Result {
    let server = filled(major).await?;
    let mut other = playground::connect(&server.dsn_to("other")).await?;
    sqlx::raw_sql("create table elsewhere (id int); insert into elsewhere values (1)")
        .execute(&mut other)
        .await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    until(&engine, "one", PATIENCE, |_| table(&engine, "other", "elsewhere").is_some()).await?;
    let of = |name: &str| table(&engine, "postgres", name).unwrap_or_default();
    let orders = of("orders");
    let counters = orders.counters;
    assert_eq!(
        (counters.n_tup_ins, counters.n_tup_upd, counters.n_tup_del),
        (2_000, 500, 100),
        "{counters:?}"
    );
    assert_eq!(orders.option("fillfactor"), Some("70"));
    assert_eq!(orders.reltuples, Some(1_900.0));
    assert!(orders.maintenance.last_analyze_ms.is_some() && orders.xid_age.is_some());
    assert!(orders.size_bytes.is_some_and(|bytes| bytes >= i64::from(orders.relpages) * 8_192));
    let toast = orders.toast.as_deref().cloned().unwrap_or_default();
    assert!(toast.counters.n_tup_ins > 2_000 && toast.index.is_some(), "{toast:?}");
    assert_eq!(
        orders.indexes.iter().map(|i| i.relname.as_str()).collect::<Vec<_>>(),
        ["orders_pkey"]
    );
    assert_eq!(of("scratch").persistence, Persistence::Unlogged);
    let (parent, part) = (of("events"), of("events_2026"));
    assert_eq!((parent.kind, parent.xid_age), (Kind::Partitioned, None));
    assert_eq!((part.parent, part.relispartition), (Some(parent.oid), true));
    assert_eq!(part.reltuples, None, "never counted");
    assert_eq!(of("totals").kind, Kind::MaterializedView);
    assert_eq!(of("a \"b\"").relname, "a \"b\"");
    assert_eq!(of("orders").relallfrozen.is_some(), major >= 18);
    // The event stream carries no tables.
    let mut frames =
        engine.subscribe(&ServerId::new("one"), AreaName::Tables).context("the server is known")?;
    let frame = frames.borrow_and_update().full.clone();
    assert!(frame.contains("\"count\":") && !frame.contains("orders"), "{frame}");
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_on_14() -> Result {
    what_is_read(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_on_16() -> Result {
    what_is_read(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_on_18() -> Result {
    what_is_read(18).await
}

/// The statement that is offered ends it; a reset of statistics does not bring it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_nobody_analysed() -> Result {
    let server = filled(17).await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    let finding = fires(&engine, "one", NEVER_ANALYZED).await?;
    assert_eq!(
        finding.object.to_string(),
        "table public.events_2026 in database postgres",
        "of the partitions, not of their parent"
    );
    assert!(finding.message.ends_with("Autovacuum is off."), "{}", finding.message);
    server.exec(&finding.remedy.sql.unwrap_or_default()).await?;
    engine.refresh(&ServerId::new("one"));
    quiet(&engine, "one", NEVER_ANALYZED).await?;
    server.exec("select pg_stat_reset()").await?;
    engine.refresh(&ServerId::new("one"));
    let read = |t: Option<Table>| t.is_some_and(|t| t.counters.n_live_tup == 0);
    until(&engine, "one", PATIENCE, |_| read(table(&engine, "postgres", "orders"))).await?;
    quiet(&engine, "one", NEVER_ANALYZED).await?;
    engine.stop().await;
    Ok(())
}

/// Somebody holds a table exclusively, others queue behind: its size is left out, and nobody waits for us.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exclusive_lock_delays_nothing() -> Result {
    let server = filled(17).await?;
    let mut holder = server.connect().await?;
    sqlx::raw_sql("begin; lock table orders in access exclusive mode").execute(&mut holder).await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    let size = |name: &str| table(&engine, "postgres", name).map(|table| table.size_bytes);
    until(&engine, "one", PATIENCE, |_| size("orders").is_some()).await?;
    assert_eq!(size("orders"), Some(None));
    assert!(size("events_2026").flatten().is_some(), "the others are told");
    let took = newest(&engine).and_then(|l| Some(l.value()?.databases.first()?.took_ms));
    assert!(took.is_some_and(|ms| ms < 1_000.0), "{took:?}");
    let mut other = server.connect().await?;
    let waited: bool = sqlx::query_scalar("select exists (select from pg_locks where not granted)")
        .fetch_one(&mut other)
        .await?;
    assert!(!waited);
    engine.stop().await;
    Ok(())
}

/// Autovacuum does not take them; the statements that are offered end it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_autovacuum_does_not_take() -> Result {
    let server = ServerOptions::new(18).setting("autovacuum_naptime", "1h").start().await?;
    server
        .exec(
            "create role watcher login password 'w'; grant pg_monitor to watcher;
             create table orders (id int primary key, note text);
             insert into orders select i, 'note' from generate_series(1, 20000) i;
             analyze orders;
             create table events (id int) with (autovacuum_enabled = off);
             insert into events select generate_series(1, 20000);
             create table docs (id int);
             insert into docs select generate_series(1, 100)",
        )
        .await?;
    server.exec("vacuum analyze docs").await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    let one = ServerId::new("one");
    fires(&engine, "one", "tables/autovacuum_disabled").await?;
    quiet(&engine, "one", "tables/vacuum_overdue").await?;
    quiet(&engine, "one", "tables/broken_reltuples").await?;
    server.exec("update orders set note = 'changed'").await?;
    server.exec("update pg_class set reltuples = 'infinity' where relname = 'docs'").await?;
    for rule in ["vacuum_overdue", "autovacuum_disabled", "broken_reltuples"] {
        let rule = format!("tables/{rule}");
        engine.refresh(&one);
        let finding = fires(&engine, "one", &rule).await?;
        server.exec(&finding.remedy.sql.clone().unwrap_or_default()).await?;
        engine.refresh(&one);
        quiet(&engine, "one", &rule).await?;
    }
    engine.stop().await;
    Ok(())
}

/// Half of the rows are gone, and VACUUM keeps their room: the band says so, and a rewrite proves it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_rewrite_would_give_back() -> Result {
    let server = ServerOptions::new(18).setting("autovacuum", "off").start().await?;
    server
        .exec(
            "create table half (id int primary key, note int not null);
             insert into half select i, i from generate_series(1, 100000) i; delete from half where id % 2 = 0",
        )
        .await?;
    server.exec("vacuum analyze half").await?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits(&[])?);
    let bloat =
        || table(&engine, "postgres", "half").and_then(|table| table.bloat?.as_ref().clone().ok());
    until(&engine, "one", PATIENCE, |_| bloat().is_some()).await?;
    let bloat = bloat().context("estimated")?;
    let (heap, index) = (bloat.heap.clone(), bloat.indexes.first().map(|one| one.band.clone()));
    let size = |name: &'static str| {
        let server = &server;
        async move {
            let mut own = server.connect().await?;
            let sql = "select pg_relation_size($1::regclass)";
            Ok::<i64, anyhow::Error>(sqlx::query_scalar(sql).bind(name).fetch_one(&mut own).await?)
        }
    };
    let before = (size("half").await?, size("half_pkey").await?);
    server.exec("vacuum full half").await?;
    let given = (before.0 - size("half").await?, before.1 - size("half_pkey").await?);
    let heap = heap.map_err(|reason| anyhow::anyhow!(reason.message()))?;
    assert!(
        heap.low <= given.0 && given.0 <= heap.high && heap.low_percent() > 40.0,
        "{heap:?} {given:?}"
    );
    let index = index.context("it has an index")?.map_err(|r| anyhow::anyhow!(r.message()))?;
    assert!(index.low <= given.1 && given.1 <= index.high, "{index:?} {given:?}");
    engine.stop().await;
    Ok(())
}
