//! What roles, databases and servers impose on our sessions: settings that would break our transactions,
//! login event triggers, connection limits, passwords. Our sessions set what they rely on, and a refusal names its root.

mod manners;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use model::{AreaName, TableName};
use playground::ServerOptions;
use sqlx::Connection;
use support::{
    Result, after_ticks, is_up, link, lost_because, monitored, our_sessions, until, watch, watcher,
};

const FIRST: Duration = support::PATIENCE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_the_role_do_not_reach_our_transactions() -> Result {
    let primary = monitored(17).await?;
    for setting in [
        "default_transaction_isolation = 'serializable'",
        "default_transaction_deferrable = on",
        "default_transaction_read_only = off",
        "idle_session_timeout = '1s'",
        "idle_in_transaction_session_timeout = '1ms'",
        "statement_timeout = '1ms'",
        "search_path = 'nowhere'",
    ] {
        primary.exec(&format!("alter role watcher set {setting}")).await?;
    }
    let standby = primary.standby("copy").await?;
    // A deferrable transaction would wait for this one.
    let mut writer = primary.connect().await?;
    sqlx::raw_sql("begin isolation level serializable; create table t (id int)")
        .execute(&mut writer)
        .await?;
    let engine = watch(&[("primary", watcher(&primary)), ("standby", watcher(&standby))])?;
    for name in ["primary", "standby"] {
        until(&engine, name, FIRST, is_up).await?;
        after_ticks(&engine, name, (AreaName::Activity, 2), async || {
            assert!(is_up(&link(&engine, name)), "{:?}", link(&engine, name));
            Ok(())
        })
        .await?;
    }
    let costs = engine.overhead();
    let connects: Vec<u64> = costs.iter().map(|cost| cost.connects).collect();
    let failures: u64 = costs.iter().flat_map(|cost| &cost.queries).map(|q| q.failures).sum();
    // One session that stays, and one for each area that is read on a session of its own, not yet read again.
    let apart = engine::areas::ALL.iter().filter(|area| area.own_session).count() as u64;
    let most = connects.iter().all(|connects| (1..=1 + apart).contains(connects));
    assert!(most && failures == 0, "nothing ended a session or failed: {connects:?}, {failures}");
    engine.stop().await;
    Ok(())
}

/// 18 counts them (`pg_stat_database`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_workers_of_parallel_queries_are_taken() -> Result {
    let server = monitored(18).await?;
    for setting in
        ["parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0"]
    {
        server.exec(&format!("alter role watcher set {setting}")).await?;
    }
    let launched = async || -> Result<i64> {
        let sql = "select sum(parallel_workers_launched)::int8 from pg_stat_database";
        Ok(sqlx::query_scalar(sql).fetch_one(&mut server.connect().await?).await?)
    };
    let mut other = playground::connect(&watcher(&server)).await?;
    sqlx::raw_sql("select sum(relpages) from pg_class; select pg_stat_force_next_flush()")
        .execute(&mut other)
        .await?;
    other.close().await?;
    let before = launched().await?;
    assert!(before > 0, "another session of the role takes some");
    let engine = watch(&[("server", watcher(&server))])?;
    until(&engine, "server", FIRST, is_up).await?;
    after_ticks(&engine, "server", (AreaName::Tables, 1), async || Ok(())).await?;
    engine.stop().await;
    assert_eq!(launched().await?, before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_event_trigger_is_survived_or_named() -> Result {
    let server = monitored(17).await?;
    server
        .exec(
            "create table logins (at timestamptz default now()); grant insert on logins to public;
             create function note() returns event_trigger language plpgsql as
               $$begin insert into logins default values; end$$;
             create event trigger note on login execute function note()",
        )
        .await?;
    let engine = watch(&[("one", watcher(&server))])?;
    until(&engine, "one", FIRST, is_up).await?;
    engine.stop().await;
    // One that fails for this role is our end, and its root is named.
    server
        .exec(
            "create or replace function note() returns event_trigger language plpgsql as
               $$begin if session_user = 'watcher' then perform 1 / 0; end if; end$$",
        )
        .await?;
    let engine = watch(&[("one", watcher(&server))])?;
    lost_because(&engine, "one", "22012", "login event trigger").await?;
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_of_connections_is_named_for_what_it_is() -> Result {
    let server = ServerOptions::new(17).start().await?;
    for sql in [
        "create role few login password 'w' connection limit 0",
        "create role watcher login password 'w'",
        "create database narrow connection limit 0",
    ] {
        server.exec(sql).await?;
    }
    let engine = watch(&[
        ("role", server.dsn_for("few", "w", "postgres")),
        ("database", server.dsn_for("watcher", "w", "narrow")),
        ("unknown", "postgres://watcher@no-such-host.invalid/postgres".into()),
    ])?;
    lost_because(&engine, "role", "53300", "The role's own connection limit").await?;
    lost_because(&engine, "database", "53300", "The database's own connection limit").await?;
    lost_because(&engine, "unknown", "host name cannot be resolved", "Check the host name").await?;
    assert_eq!(our_sessions(&server).await?, 0);
    engine.stop().await;
    Ok(())
}

/// How long a wrong password is watched, several times as long as the sampler waits between two tries.
const WATCHED: Duration = Duration::from_secs(9);

/// Once in half a minute, however many entries of the configuration, loops and people try; and a password that
/// was changed meanwhile ends no session and is tried no more often.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_tried_once_in_half_a_minute() -> Result {
    let server = monitored(17).await?;
    server.exec("create role other login password 'o'; grant pg_monitor to other").await?;
    let wrong = |database: &str| server.dsn_for("watcher", "wrong", database);
    let engine = watch(&[
        ("one", wrong("postgres")),
        ("same", wrong("postgres")),
        ("elsewhere", wrong("template1")),
        ("right", watcher(&server)),
        ("changed", server.dsn_for("other", "o", "postgres")),
    ])?;
    for name in ["one", "same", "elsewhere"] {
        lost_because(&engine, name, "28P01", "at most twice a minute").await?;
    }
    for name in ["right", "changed"] {
        until(&engine, name, FIRST, is_up).await?;
    }
    server.exec("alter role other password 'p'").await?;
    let refused = |role: &str| {
        let said = format!("password authentication failed for user \"{role}\"");
        server.log().lines().filter(|line| line.contains(&said)).count()
    };
    let started = std::time::Instant::now();
    let mut asked = 0;
    while started.elapsed() < WATCHED {
        for name in ["one", "changed"] {
            let id = model::ServerId::new(name);
            engine.refresh(&id);
            // A person asks as well.
            let table = TableName {
                database: String::new(),
                schema: "pg_catalog".into(),
                name: "pg_class".into(),
            };
            assert!(engine.table_columns(&id, &table).await.is_err());
            asked += 1;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((refused("watcher"), refused("other")), (1, 1), "{asked} asked");
    assert!(asked > 4 && is_up(&link(&engine, "right")), "the right one is not held up by it");
    assert!(is_up(&link(&engine, "changed")), "a session goes on");
    engine.stop().await;
    Ok(())
}
