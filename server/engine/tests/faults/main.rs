//! Fault injection on real servers: the error is shown with a remedy, the session budget holds, the
//! connection heals, other servers are unaffected.

mod matrix;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use engine::areas::activity::ActivityArea;
use engine::areas::overview::OverviewArea;
use engine::areas::replication::ReplicationArea;
use model::server::ConnectionState;
use model::{AreaName, Reason, ServerId};
use playground::{Fault, FaultProxy, ServerOptions};
use support::{
    PATIENCE, Result, after_ticks, is_fresh, is_up, link, lost_because, monitored, our_sessions,
    ticks, until, watch, watcher,
};

/// "Heals by itself within 10 s."
pub(crate) const HEALS_WITHIN: Duration = Duration::from_secs(10);
/// Time for a first connection on a busy test machine.
const FIRST: Duration = support::PATIENCE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn down_at_start_and_up_later() -> Result {
    let mut server = monitored(17).await?;
    let other = monitored(16).await?;
    server.crash().await;
    let engine = watch(&[("late", watcher(&server)), ("other", watcher(&other))])?;
    lost_because(&engine, "late", "Cannot connect", "Check that the server runs").await?;
    until(&engine, "other", FIRST, is_up).await?;
    server.restart().await?;
    until(&engine, "late", HEALS_WITHIN, is_up).await?;
    assert!(our_sessions(&server).await? <= 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_password_unknown_database_and_refused_tls() -> Result {
    let server = monitored(17).await?;
    let engine = watch(&[
        ("password", server.dsn_for("watcher", "wrong", "postgres")),
        ("database", server.dsn_for("watcher", "w", "nowhere")),
        ("role", server.dsn_for("nobody", "w", "postgres")),
        ("tls", format!("{}?sslmode=require", watcher(&server))),
        ("fine", watcher(&server)),
    ])?;
    lost_because(&engine, "password", "28P01", "Check the password").await?;
    lost_because(&engine, "database", "\"nowhere\" does not exist", "database name").await?;
    lost_because(&engine, "role", "28P01", "Check the password").await?;
    lost_because(&engine, "tls", "TLS", "sslmode").await?;
    until(&engine, "fine", FIRST, is_up).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_line_in_pg_hba() -> Result {
    let server = ServerOptions::new(17).hba("host all shut 127.0.0.1/32 reject").start().await?;
    server.exec("create role shut login password 's'").await?;
    let engine = watch(&[("shut", server.dsn_for("shut", "s", "postgres"))])?;
    lost_because(&engine, "shut", "pg_hba.conf", "Add a line to pg_hba.conf").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn black_holed_in_the_middle_of_a_row() -> Result {
    let server = monitored(17).await?;
    let other = monitored(17).await?;
    let proxy = FaultProxy::before(&server).await?;
    let engine = watch(&[
        ("stalled", proxy.dsn_for("watcher", "w", "postgres")),
        ("other", watcher(&other)),
    ])?;
    until(&engine, "stalled", FIRST, is_up).await?;
    proxy.set(Fault::StallAfter(700));
    until(&engine, "stalled", PATIENCE, |link| matches!(link, ConnectionState::Lost { .. }))
        .await?;
    assert!(our_sessions(&server).await? <= 3, "the dropped socket leaves no backlog of sessions");
    // The other server goes on.
    until(&engine, "other", PATIENCE, |_| is_fresh(&engine, "other")).await?;
    proxy.set(Fault::Pass);
    until(&engine, "stalled", HEALS_WITHIN, is_up).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_clients() -> Result {
    let server = ServerOptions::new(17).setting("max_connections", "12").start().await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    let mut held = Vec::new();
    for _ in 0..9 {
        held.push(server.connect().await?);
    }
    let engine = watch(&[("full", watcher(&server))])?;
    lost_because(&engine, "full", "53300", "All connection slots are taken").await?;
    drop(held);
    until(&engine, "full", HEALS_WITHIN, is_up).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_and_a_frozen_server() -> Result {
    let mut server = monitored(17).await?;
    let engine = watch(&[("one", watcher(&server))])?;
    until(&engine, "one", FIRST, is_up).await?;
    server.crash().await;
    until(&engine, "one", PATIENCE, |link| matches!(link, ConnectionState::Lost { .. })).await?;
    server.restart().await?;
    until(&engine, "one", HEALS_WITHIN, is_up).await?;
    server.freeze();
    lost_because(&engine, "one", "did not answer within", "").await?;
    server.thaw();
    until(&engine, "one", HEALS_WITHIN, is_up).await?;
    let windows = engine
        .latest::<OverviewArea>(&ServerId::new("one"))
        .and_then(|l| l.reading)
        .map(|r| r.value.windows);
    let negative =
        windows.into_iter().flatten().filter_map(|w| w.transactions_per_s).any(|tps| tps < 0.0);
    assert!(!negative, "a restart gives a gap, never a negative rate");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promotion_of_the_standby() -> Result {
    let primary = monitored(17).await?;
    let standby = primary.standby("copy").await?;
    let engine = watch(&[("primary", watcher(&primary)), ("standby", watcher(&standby))])?;
    let kind = |name: &str| {
        let found = engine.servers().into_iter().find(|server| server.id.as_str() == name);
        found.and_then(|server| server.facts).map(|facts| facts.kind())
    };
    until(&engine, "standby", FIRST, is_up).await?;
    assert_eq!(kind("standby"), Some("standby"));
    standby.promote().await?;
    until(&engine, "standby", HEALS_WITHIN, |_| kind("standby") == Some("primary")).await?;
    assert_eq!(kind("primary"), Some("primary"), "the other server is what it was");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_exclusive_held_for_the_whole_run() -> Result {
    let server = monitored(17).await?;
    server.exec("create table held (id int); create table other (id int)").await?;
    let mut holder = server.connect().await?;
    sqlx::raw_sql("begin; lock table held in access exclusive mode; lock table pg_catalog.pg_stat_progress_vacuum in access share mode")
        .execute(&mut holder)
        .await?;
    let engine = watch(&[("locked", watcher(&server))])?;
    until(&engine, "locked", FIRST, is_up).await?;
    after_ticks(&engine, "locked", (AreaName::Activity, 3), async || {
        assert!(our_sessions(&server).await? <= 3);
        Ok(())
    })
    .await?;
    assert!(is_up(&link(&engine, "locked")));
    until(&engine, "locked", PATIENCE, |_| is_fresh(&engine, "locked")).await?;
    Ok(())
}

/// A lock on a catalog that we read: the area says that it timed out, everything else goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_catalog_stops_one_area_only() -> Result {
    let server = playground::server(17).await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    let engine = watch(&[("locked", watcher(&server))])?;
    until(&engine, "locked", FIRST, is_up).await?;
    let mut holder = server.connect().await?;
    sqlx::raw_sql("set allow_system_table_mods = on; begin; lock table pg_catalog.pg_subscription in access exclusive mode")
        .execute(&mut holder)
        .await?;
    let subscriptions = || {
        let latest = engine.latest::<ReplicationArea>(&ServerId::new("locked"));
        latest.and_then(|latest| latest.reading).map(|reading| reading.value.subscriptions)
    };
    let timed_out = |_: &_| matches!(subscriptions(), Some(Err(Reason::TimedOut { .. })));
    until(&engine, "locked", HEALS_WITHIN, timed_out).await.map_err(|error| {
        error.context(format!("the locked part says why: {:?}", subscriptions()))
    })?;
    until(&engine, "locked", PATIENCE, |_| is_fresh(&engine, "locked")).await?;
    sqlx::raw_sql("rollback").execute(&mut holder).await?;
    until(&engine, "locked", HEALS_WITHIN, |_| subscriptions().is_some_and(|s| s.is_ok())).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_grant_shows_and_heals() -> Result {
    let server = monitored(17).await?;
    let _other = server.connect().await?;
    let engine = watch(&[("one", watcher(&server))])?;
    until(&engine, "one", FIRST, is_up).await?;
    let others = || {
        let latest = engine.latest::<ActivityArea>(&ServerId::new("one"));
        latest.and_then(|latest| latest.reading).map(|reading| reading.value.others)
    };
    until(&engine, "one", FIRST, |_| others() == Some(Ok(()))).await?;
    server.exec("revoke pg_monitor from watcher").await?;
    until(&engine, "one", PATIENCE, |_| {
        matches!(others(), Some(Err(Reason::MissingGrant { sql, .. })) if sql == "grant pg_monitor to \"watcher\";")
    })
    .await?;
    server.exec("grant pg_monitor to watcher").await?;
    until(&engine, "one", PATIENCE, |_| others() == Some(Ok(()))).await?;
    Ok(())
}

/// What a server refuses is not asked at every tick: each time leaves a line in its log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_function_is_asked_seldom_and_heals() -> Result {
    let server = monitored(17).await?;
    server.exec("revoke execute on function pg_stat_get_archiver() from public").await?;
    let engine = watch(&[("one", watcher(&server))])?;
    until(&engine, "one", FIRST, is_up).await?;
    // Each of them would leave two lines if it asked.
    after_ticks(&engine, "one", (AreaName::Replication, 3), async || Ok(())).await?;
    let errors = server.log().lines().filter(|line| line.contains("ERROR")).count();
    // The area's text and the refused file alone: not one each two seconds.
    assert!((1..=4).contains(&errors), "{errors} errors in three ticks: {}", server.log());
    let archiver = || {
        let latest = engine.latest::<ReplicationArea>(&ServerId::new("one"));
        latest.and_then(|latest| latest.reading).map(|reading| reading.value.archiver)
    };
    let refused = archiver().and_then(|archiver| archiver.err());
    let remedy = refused.and_then(|reason| reason.remedy()).unwrap_or_default();
    assert!(remedy.contains("pg_stat_get_archiver"), "{remedy}");
    server.exec(&remedy).await?;
    until(&engine, "one", HEALS_WITHIN, |_| archiver().is_some_and(|a| a.is_ok())).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_pg_stat_statements() -> Result {
    let server = ServerOptions::new(17).without_preload().start().await?;
    let engine = watch(&[("bare", server.dsn())])?;
    until(&engine, "bare", FIRST, is_up).await?;
    for area in AreaName::ALL {
        let mut frames = engine.subscribe(&ServerId::new("bare"), area).expect("known");
        let arrived = frames.wait_for(|frame| frame.full.contains("\"reading\":{"));
        tokio::time::timeout(PATIENCE, arrived).await??;
    }
    assert!(!server.log().contains("ERROR"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsupported_major_is_named() -> Result {
    let server = monitored(13).await?;
    let engine = watch(&[("old", watcher(&server))])?;
    until(&engine, "old", FIRST, |link| {
        matches!(link, ConnectionState::Lost { reason: Reason::TooOld { needs: 14, has: 13 }, .. })
    })
    .await?;
    let facts = engine.servers().into_iter().find_map(|server| server.facts);
    assert_eq!(facts.map(|facts| facts.major), Some(13), "what can be known is shown");
    assert!(!server.log().contains("ERROR"));
    Ok(())
}

/// The load does not depend on who looks: a hundred viewers, the same sessions and round trips.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_viewers_cost_the_server_nothing() -> Result {
    let server = monitored(17).await?;
    let engine = watch(&[("one", watcher(&server))])?;
    until(&engine, "one", FIRST, is_up).await?;
    let trips = || engine.overhead().first().map_or(0, |cost| cost.round_trips);
    // The first readings of every area come at once; what counts is the rhythm after them.
    for area in AreaName::ALL {
        until(&engine, "one", FIRST, |_| ticks(&engine, "one", area) > 0).await?;
    }
    let span = (AreaName::Activity, 6);
    let before = trips();
    after_ticks(&engine, "one", span, async || Ok(())).await?;
    let alone = trips() - before;
    let viewers: Vec<_> = (0..100)
        .map(|_| {
            let mut frames =
                engine.subscribe(&ServerId::new("one"), AreaName::Activity).expect("known");
            let engine = engine.clone();
            tokio::spawn(async move {
                let mut bytes = 0;
                while frames.changed().await.is_ok() {
                    bytes += frames.borrow_and_update().full.len();
                    engine.latest::<OverviewArea>(&ServerId::new("one"));
                }
                bytes
            })
        })
        .collect();
    let before = trips();
    after_ticks(&engine, "one", span, async || Ok(())).await?;
    let watched = trips() - before;
    viewers.iter().for_each(tokio::task::JoinHandle::abort);
    // A tick of an area may fall on either side of the border between the spans: a round trip of each, two
    // of statements. What a viewer cost would be there a hundred times.
    let border = AreaName::ALL.len() as u64 + 1;
    assert!(watched <= alone + border, "{alone} round trips alone, {watched} with 100 viewers");
    assert_eq!(our_sessions(&server).await?, 1);
    Ok(())
}
