//! Area changes on real servers: each kind of change that is made on purpose is told once, a server where
//! nothing changed is quiet, and what changes while pgdeck is down is told afterwards.

use std::time::Instant;

use engine::area::Area;
use engine::areas::changes::{ChangesArea, State};
use engine::{Engine, Limits, now_ms};
use history::{History, Settings};
use model::changes::Changes;
use model::{AreaName, Event, EventKind, ServerId};
use playground::install::passed_over;
use playground::{Server, ServerOptions};

use crate::support::observed::Observed;
use crate::support::{PATIENCE, Result, after_ticks, config, monitored, until_true, watcher};

/// The area as the sampler reads it, at will; a look is a minute after the one before.
struct Reader {
    server: Observed,
    state: State,
    looks: i64,
}

impl Reader {
    async fn open(dsn: &str) -> Result<Self> {
        Ok(Self { server: Observed::open(dsn).await?, state: State::default(), looks: 0 })
    }

    async fn look(&mut self) -> Result<Changes> {
        self.looks += 1;
        let at_ms = now_ms() + self.looks * 60_000;
        let Observed { observer, facts, .. } = &mut self.server;
        Ok(ChangesArea::collect(observer, facts, &mut self.state, at_ms).await?)
    }

    /// Looks until something is told: what a session wrote is counted a moment after it ended. Then nothing is
    /// told a second time.
    async fn told(&mut self) -> Result<Vec<(EventKind, String)>> {
        let started = Instant::now();
        let mut found = Vec::new();
        while found.is_empty() {
            found = self.look().await?.events;
            anyhow::ensure!(started.elapsed() < PATIENCE, "nothing is told");
        }
        self.quiet().await?;
        for event in &found {
            assert!(event.since_ms.is_none_or(|since_ms| since_ms < event.at_ms), "{event:?}");
        }
        Ok(found.iter().map(|event| (event.kind, all(event))).collect())
    }

    /// Six more looks, one of them with the catalog, tell nothing.
    async fn quiet(&mut self) -> Result {
        for _ in 0..6 {
            assert_eq!(self.look().await?.events, vec![]);
        }
        Ok(())
    }
}

fn all(event: &Event) -> String {
    if event.detail.is_empty() { event.title.clone() } else { event.detail.join("\n") }
}

/// One event of that kind with these words.
fn one(told: &[(EventKind, String)], kind: EventKind, words: &str) {
    assert_eq!(told, [(kind, words.to_owned())]);
}

async fn reload(server: &Server, setting: &str, value: &str) -> Result {
    server.exec(&format!("alter system set {setting} = '{value}'")).await?;
    server.exec("select pg_reload_conf()").await?;
    until_true(server, &format!("select current_setting('{setting}') = '{value}'")).await
}

const TABLES: &str = "create schema shop;
    create table shop.orders (id bigint primary key, customer int, note text);
    create table \"new\nline\" (a int);
    create view shop.latest as select id from shop.orders;
    create function shop.f() returns int language sql as 'select 1'";

async fn each_is_told_once(major: u16) -> Result {
    let mut server = ServerOptions::new(major).start().await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    server.exec(TABLES).await?;
    let mut reader = Reader::open(&watcher(&server)).await?;
    let first = reader.look().await?;
    assert_eq!(first.events, vec![], "the first look has nothing to compare with");
    assert_eq!(first.unseen(), vec![]);
    reader.quiet().await?;

    server.exec("alter table shop.orders add column paid boolean not null default false").await?;
    one(
        &reader.told().await?,
        EventKind::Ddl,
        "Table shop.orders: column paid boolean not null added",
    );
    server.exec("analyze shop.orders").await?;
    one(&reader.told().await?, EventKind::Analyze, "ANALYZE of shop.orders");
    server.exec("create index on shop.orders (customer)").await?;
    let told = reader.told().await?;
    one(&told, EventKind::Ddl, "Index shop.orders_customer_idx on orders created");
    server.exec("drop index shop.orders_customer_idx; create table shop.items (id int primary key); alter table shop.orders rename note to remark; create or replace view shop.latest as select id, 1 as one from shop.orders; create or replace function shop.f() returns int language sql as 'select 2'; drop table \"new\nline\"").await?;
    let told = reader.told().await?;
    let [(EventKind::Ddl, words)] = told.as_slice() else { anyhow::bail!("{told:#?}") };
    let mut lines: Vec<&str> = words.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "Function shop.f replaced",
            "Index shop.orders_customer_idx on orders dropped",
            "Table \"new\u{fffd}line\" dropped",
            "Table shop.items created",
            "Table shop.orders: column note renamed to remark",
            "View shop.latest: column one integer added",
            "View shop.latest: definition replaced",
        ]
    );

    reload(&server, "work_mem", "8MB").await?;
    one(&reader.told().await?, EventKind::Setting, "work_mem: 4MB → 8MB");
    reload(&server, "primary_conninfo", "host=a password=hunter2").await?;
    one(&reader.told().await?, EventKind::Setting, "primary_conninfo was changed");
    server.exec("alter role watcher in database postgres set statement_timeout = '7s'; alter database postgres set app.jwt_secret = 'hunter2'").await?;
    let told = reader.told().await?;
    let words = "app.jwt_secret in database postgres was set\nstatement_timeout of role watcher in database postgres: set to 7s";
    one(&told, EventKind::Setting, words);

    server.exec("create extension pg_stat_statements").await?;
    one(&reader.told().await?, EventKind::ExtensionUpdate, &created(&server).await?);
    server.exec("select pg_stat_statements_reset()").await?;
    reader.server.reconnect().await?;
    reader.look().await?;
    server.exec("select pg_stat_statements_reset()").await?;
    one(&reader.told().await?, EventKind::StatisticsReset, "pg_stat_statements was reset");
    server.exec("select pg_stat_reset()").await?;
    let words = "Statistics of database postgres were reset";
    one(&reader.told().await?, EventKind::StatisticsReset, words);

    server.exec("alter system set max_connections = 77").await?;
    server.exec("select pg_reload_conf()").await?;
    until_true(&server, "select pending_restart from pg_settings where name = 'max_connections'")
        .await?;
    let told = reader.told().await?;
    let words = "max_connections was changed in the configuration and waits for a restart";
    one(&told, EventKind::Setting, words);
    server.exec("alter system reset max_connections").await?;
    server.restart().await?;
    reader.server.reconnect().await?;
    one(&reader.told().await?, EventKind::Restart, "PostgreSQL was started again");
    kill_one(&server).await?;
    reader.server.reconnect().await?;
    let told = reader.told().await?;
    let crash = "PostgreSQL restarted itself after one of its processes died";
    assert!(told.contains(&(EventKind::Restart, crash.into())), "{told:#?}");
    let rest = |(kind, _): &&(EventKind, String)| *kind != EventKind::StatisticsReset;
    assert_eq!(told.iter().filter(rest).count(), 1, "{told:#?}");
    Ok(())
}

async fn created(server: &Server) -> Result<String> {
    let sql = "select 'Extension pg_stat_statements ' || extversion || ' created' from pg_extension where extname = 'pg_stat_statements'";
    Ok(sqlx::query_scalar(sql).fetch_one(&mut server.connect().await?).await?)
}

/// Kills a process of the server: it ends all others and recovers.
async fn kill_one(server: &Server) -> Result {
    let mut session = server.connect().await?;
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut session).await?;
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status()?;
    anyhow::ensure!(killed.success(), "kill -9 {pid}");
    let started = Instant::now();
    while !server.log().contains("database system is ready to accept connections\n")
        || server.connect().await.is_err()
    {
        anyhow::ensure!(started.elapsed() < PATIENCE, "it does not come back");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_told_once_14() -> Result {
    each_is_told_once(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_told_once_18() -> Result {
    each_is_told_once(18).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_told_once_19() -> Result {
    if passed_over(19) {
        return Ok(());
    }
    each_is_told_once(19).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promotion_is_told_and_so_is_ddl_on_a_standby() -> Result {
    let primary = monitored(17).await?;
    let standby = primary.standby("copy").await?;
    let mut reader = Reader::open(&watcher(&standby)).await?;
    reader.look().await?;
    reader.quiet().await?;
    primary.exec("create table replayed (a int)").await?;
    until_true(&standby, "select exists (select from pg_class where relname = 'replayed')").await?;
    one(&reader.told().await?, EventKind::Ddl, "Table replayed created");
    standby.exec("select pg_promote()").await?;
    one(
        &reader.told().await?,
        EventKind::Promotion,
        "Promoted: the standby is now a primary, timeline 2",
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_while_pgdeck_is_down_is_told_once_afterwards() -> Result {
    let server = monitored(18).await?;
    let folder = tempfile::tempdir()?;
    let id = ServerId::new("one");
    let mut ends = Vec::new();
    for round in 0..3 {
        let history = History::open(&folder.path().join("h.sqlite"), Settings::default()).await?;
        let servers = vec![config("one", &watcher(&server))?];
        let engine = Engine::start_with(servers, Limits::default(), Some(history.clone()));
        after_ticks(&engine, "one", (AreaName::Changes, 1), async || Ok(())).await?;
        history.flush().await?;
        let found = engine.events(&id, 0, i64::MAX).await.map_err(anyhow::Error::msg)?;
        let told: Vec<&Event> =
            found.events.iter().filter(|event| event.kind != EventKind::Gap).collect();
        assert!(found.is_kept && !found.has_more);
        match round {
            0 => assert!(told.is_empty(), "{told:#?}"),
            _ => {
                let [event] = told.as_slice() else { anyhow::bail!("{told:#?}") };
                assert_eq!(event.title, "Table meanwhile created");
                let since_ms = event.since_ms.unwrap_or_default();
                let [before_ms, after_ms, ..] = ends.as_slice() else { anyhow::bail!("{ends:?}") };
                assert!(since_ms <= *before_ms && event.at_ms >= *after_ms, "{event:?} {ends:?}");
            }
        }
        engine.stop().await;
        ends.push(now_ms());
        if round == 0 {
            server.exec("create table meanwhile (a int)").await?;
            ends.push(now_ms());
        }
    }
    Ok(())
}
