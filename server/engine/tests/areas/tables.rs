//! Area tables on real servers: what is read, of all databases, and the rules.

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
    database.known()?.tables.iter().find(|table| table.relname == relname).cloned()
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

const BROKEN: &str = include_str!("../support/broken_schema.sql");
const REPAIRED: &str = include_str!("../support/repaired_schema.sql");
/// What common checks take for a defect and is none.
const TRAPS: &str = "create table empty_log (at timestamptz);
     create unlogged table empty_cache (id int primary key);
     create table codes (code varchar(10) primary key); insert into codes values ('a');
     create table uses (id int primary key, code text references codes); insert into uses values (1, 'a');
     create table small (id smallint primary key); insert into small values (1);
     create table wide (id int primary key, small_id bigint references small); insert into wide values (1, 1);
     create materialized view never as select 1 as one with no data;
     create sequence tickets as smallint cycle;
     create table ticket (id int primary key default nextval('tickets')); alter sequence tickets owned by ticket.id;
     select setval('tickets', 32766);
     create table regions (id int, region text, primary key (id, region)) partition by list (region);
     create table regions_de partition of regions for values in ('de');
     create table regions_rest partition of regions default; insert into regions values (1, 'de'), (2, 'fr');
     create table archive (id int, at date, primary key (id, at)) partition by range (at);
     create table archive_2001 partition of archive for values from ('2001-01-01') to ('2002-01-01');
     insert into archive select i, '2001-05-05' from generate_series(1, 1000) i;
     create table waiting (id int, at date, primary key (id, at)) partition by range (at);
     create table waiting_never_used partition of waiting for values from ('2001-01-01') to ('2100-01-01');
     create table settled (id int primary key); insert into settled select generate_series(1, 50000); analyze settled";

/// The rules of this area that fire, with what they fire on.
fn told(engine: &Engine) -> Vec<(String, String)> {
    let (findings, _) = engine.findings(&ServerId::new("one"));
    let folded = findings.into_iter().flat_map(|finding| {
        let same = finding.same_root.clone();
        std::iter::once(finding).chain(same)
    });
    let own = folded.filter(|finding| finding.rule.starts_with("tables/"));
    own.map(|finding| (finding.rule, finding.object.to_string())).collect()
}

/// Each rule fires; every statement that is printed runs; repaired, all are quiet.
async fn defects(major: u16) -> Result {
    let server = ServerOptions::new(major).setting("autovacuum", "off").start().await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    server.exec(BROKEN).await?;
    server.exec("grant select on all sequences in schema public to pg_monitor").await?;
    let large = [("tables/undivided_table", "min_bytes", 500_000.0)];
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&large)?);
    fires(&engine, "one", "tables/undivided_table").await?;
    let rules: Vec<&str> = engine::areas::abouts()
        .map(|(id, _)| id)
        .filter(|id| id.starts_with("tables/") && OF_SCHEMA.contains(id))
        .collect();
    assert_eq!(rules.len(), OF_SCHEMA.len());
    for rule in &rules {
        let finding = fires(&engine, "one", rule).await?;
        if let Some(sql) = finding.remedy.sql {
            server.exec(&sql).await.with_context(|| format!("{rule} prints {sql}"))?;
        }
    }
    server.exec(REPAIRED).await?;
    server.exec("grant select on all sequences in schema public to pg_monitor").await?;
    for rule in rules {
        engine.refresh(&ServerId::new("one"));
        quiet(&engine, "one", rule).await?;
    }
    engine.stop().await;
    Ok(())
}

/// Rules on how tables are defined and on statistics.
const OF_SCHEMA: [&str; 11] = [
    "tables/never_analyzed",
    "tables/missing_primary_key",
    "tables/key_running_out",
    "tables/unvalidated_constraint",
    "tables/narrow_foreign_key",
    "tables/unlogged_table",
    "tables/view_without_unique_index",
    "tables/filled_default_partition",
    "tables/missing_next_partition",
    "tables/unanalyzed_parent",
    "tables/stale_statistics",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defects_on_14() -> Result {
    defects(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn defects_on_18() -> Result {
    defects(18).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_looks_like_a_defect_and_is_none() -> Result {
    let server = ServerOptions::new(17).setting("autovacuum", "off").start().await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    server.exec(TRAPS).await?;
    server.exec("grant select on all sequences in schema public to pg_monitor").await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    until(&engine, "one", PATIENCE, |_| table(&engine, "postgres", "settled").is_some()).await?;
    assert_eq!(told(&engine), []);
    let (_, not_checked) = engine.findings(&ServerId::new("one"));
    let own: Vec<_> = not_checked.iter().filter(|one| one.rule.starts_with("tables/")).collect();
    assert!(own.is_empty(), "{own:?}");
    engine.stop().await;
    Ok(())
}

/// Without the right to read sequences the rule is not checked, and says what would change that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sequences_that_may_not_be_read() -> Result {
    const RULE: &str = "tables/key_running_out";
    let server = ServerOptions::new(16).setting("autovacuum", "off").start().await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    server
        .exec(
            "create table heavy (id serial primary key); select setval('heavy_id_seq', 2000000000)",
        )
        .await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    let reason = || {
        let (_, not_checked) = engine.findings(&ServerId::new("one"));
        let own = not_checked.into_iter().find(|one| one.rule == RULE)?;
        own.reason.remedy()
    };
    until(&engine, "one", PATIENCE, |_| {
        reason().is_some_and(|sql| sql.starts_with("grant select"))
    })
    .await?;
    server.exec(&reason().unwrap_or_default()).await?;
    engine.refresh(&ServerId::new("one"));
    let finding = fires(&engine, "one", RULE).await?;
    assert!(finding.message.contains("147483647 are left"), "{}", finding.message);
    engine.stop().await;
    Ok(())
}

/// A publication sends what cannot be told apart: the server refuses UPDATE, and the statement ends that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_that_a_publication_refuses() -> Result {
    let server = ServerOptions::new(15)
        .setting("autovacuum", "off")
        .setting("wal_level", "logical")
        .start()
        .await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    server
        .exec("create table moves (id int); insert into moves values (1); create publication all_of_it for all tables")
        .await?;
    let update = "update moves set id = 2";
    assert!(server.exec(update).await.is_err(), "the server refuses it");
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    let finding = fires(&engine, "one", "tables/missing_primary_key").await?;
    assert!(finding.message.ends_with("those fail."), "{}", finding.message);
    server.exec(&finding.remedy.sql.unwrap_or_default()).await?;
    server.exec(update).await?;
    server.exec(&finding.remedy.undo.unwrap_or_default()).await?;
    assert!(server.exec(update).await.is_err(), "undone");
    engine.stop().await;
    Ok(())
}
