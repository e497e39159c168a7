//! What the activity page shows besides sessions: whose the connections are and their limits, wait
//! events by name, and autovacuum's workers.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

use anyhow::Context;
use engine::areas::activity::{ActivityArea, wait_events};
use engine::{Engine, Limits};
use model::activity::Activity;
use model::activity::connections::LimitOf;
use model::activity::wait_events::{WaitEvent, Waiter};
use model::{Reason, ServerId, Severity};
use playground::{Server, ServerOptions};
use sqlx::{Connection, PgConnection};

use crate::support::{PATIENCE, Result, config, fires, quiet, until, watcher};

fn activity(engine: &Engine, name: &str) -> Option<Activity> {
    engine.latest::<ActivityArea>(&ServerId::new(name))?.value().cloned()
}

/// A server whose autovacuum is at work at once and for long.
async fn slow_autovacuum(major: u16) -> Result<Server> {
    let mut options = ServerOptions::new(major)
        .setting("autovacuum_naptime", "1s")
        .setting("autovacuum_vacuum_cost_delay", "100ms")
        .setting("autovacuum_vacuum_cost_limit", "1");
    if major >= 18 {
        options = options.setting("track_cost_delay_timing", "on");
    }
    let server = options.start().await?;
    server
        .exec(
            "create role watcher login password 'w'; grant pg_monitor to watcher;
             create role plain login password 'p';
             create role web login password 'b' connection limit 5;
             create table \"a (b\" as select i, repeat('x', 200) as x from generate_series(1, 20000) i;
             delete from \"a (b\"",
        )
        .await?;
    Ok(server)
}

fn busy<'a>(activity: &'a Activity, event: &str) -> Option<&'a WaitEvent> {
    let events = activity.wait_events.as_ref().ok()?;
    let is_it =
        |found: &&WaitEvent| found.waiter == Waiter::Busy && found.event.as_deref() == Some(event);
    events.iter().find(is_it)
}

/// All connections are in a group, pgdeck's own, or counted as not in a group.
fn adds_up(activity: &Activity) {
    let found = activity.connection_use.as_ref().expect("known to every role");
    let grouped: i64 = found.groups.iter().map(|group| group.connections).sum();
    assert_eq!(grouped + found.own + found.not_grouped, activity.connections, "{found:?}");
    assert!(found.own >= 1);
    let reserved = found.superuser_reserved + found.reserved.unwrap_or_default();
    assert_eq!(reserved, activity.reserved_connections);
}

async fn connections(engine: &Engine, server: &Server, major: u16) -> Result {
    let mut held: Vec<PgConnection> = Vec::new();
    while held.len() < 5 {
        held.push(playground::connect(&server.dsn_for("web", "b", "postgres")).await?);
    }
    let full = || {
        let limits = activity(engine, "one")?.connection_use.ok()?.limits.ok()?;
        limits.into_iter().find(|limit| limit.of == LimitOf::Role && limit.name == "web")
    };
    until(engine, "one", PATIENCE, |_| full().is_some_and(|web| web.used == 5)).await?;
    let finding = fires(engine, "one", "activity/connection_limit").await?;
    assert_eq!(
        (finding.severity, finding.object.to_string()),
        (Severity::Critical, "role web".into())
    );
    server.exec(&finding.remedy.sql.expect("a statement to copy")).await?;
    let refused = playground::connect(&server.dsn_for("web", "b", "postgres")).await;
    assert_eq!(refused.err().and_then(|error| error.sqlstate()), Some("53300".into()), "{major}");

    let of_web = |name: &str| {
        let groups = activity(engine, name)?.connection_use.ok()?.groups;
        groups.into_iter().find(|group| group.usename.as_deref() == Some("web"))
    };
    until(engine, "plain", PATIENCE, |_| of_web("plain").is_some_and(|web| web.connections == 5))
        .await?;
    for name in ["one", "plain"] {
        let now = activity(engine, name).expect("a reading");
        adds_up(&now);
        let found = now.connection_use.expect("known");
        assert_eq!(found.reserved.is_some(), major >= 16, "{major}");
        let of_web = found.groups.iter().find(|group| group.usename.as_deref() == Some("web"));
        let web = of_web.expect("the sessions of the role");
        assert_eq!(web.datname.as_deref(), Some("postgres"));
        let states = (web.connections, web.idle, web.unknown);
        assert_eq!(states, if name == "one" { (5, 5, 0) } else { (5, 0, 5) }, "{major} {name}");
        assert!(web.application_name.is_some(), "open to every role");
    }
    for connection in held.drain(..3) {
        connection.close().await?;
    }
    quiet(engine, "one", "activity/connection_limit").await
}

async fn waits(engine: &Engine, server: &Server, major: u16) -> Result {
    server.exec("create table held (id int)").await?;
    let mut holder = server.connect().await?;
    sqlx::raw_sql("begin; lock table held").execute(&mut holder).await?;
    let mut waiter = server.connect().await?;
    let waiting = tokio::spawn(async move {
        sqlx::raw_sql("select * from held").execute(&mut waiter).await.map(drop)
    });
    let seen = || activity(engine, "one").and_then(|now| busy(&now, "relation").cloned());
    until(engine, "one", PATIENCE, |_| seen().is_some()).await?;
    let lock = seen().expect("just seen");
    assert_eq!((lock.class.as_str(), lock.sessions), ("Lock", 1), "{major}");
    assert!(lock.description.is_some_and(|text| text.contains("relation")), "{major}");
    let now = activity(engine, "one").expect("a reading");
    let events = now.wait_events.expect("known");
    let idle = events.iter().find(|event| event.waiter == Waiter::Idle);
    assert!(idle.is_some_and(|event| event.class == "Client" && event.sessions >= 1), "{events:?}");
    let background = events.iter().filter(|event| event.waiter == Waiter::Background);
    let unsaid: Vec<_> = background.filter(|event| event.description.is_none()).collect();
    assert!(unsaid.is_empty(), "{major}: {unsaid:?}");
    sqlx::raw_sql("rollback").execute(&mut holder).await?;
    waiting.await??;
    Ok(())
}

async fn workers(engine: &Engine, major: u16) -> Result {
    let found = || {
        let autovacuum = activity(engine, "one")?.autovacuum.ok()?;
        let mut workers = autovacuum.workers.into_iter();
        workers.find(|worker| {
            worker.table.as_deref() == Some("public.a (b") && worker.percent.is_some()
        })
    };
    until(engine, "one", PATIENCE, |_| found().is_some()).await?;
    let worker = found().expect("just seen");
    assert!(worker.command.is_some_and(|command| command.starts_with("VACUUM")), "{major}");
    assert_eq!(worker.to_prevent_wraparound, Some(false));
    assert!(worker.phase.is_some() && worker.age_ms > Some(0.0), "{major}");
    assert_eq!(worker.datname.as_deref(), Some("postgres"));
    if major >= 18 {
        let slept = || found().and_then(|worker| worker.delay_ms);
        until(engine, "one", PATIENCE, |_| slept() > Some(0.0)).await?;
    } else {
        assert_eq!(worker.delay_ms, None);
    }
    let settings = activity(engine, "one").and_then(|now| now.autovacuum.ok()?.settings.ok());
    let settings = settings.expect("open to all");
    assert!(settings.enabled && settings.workers() == 3, "{settings:?}");
    assert_eq!((settings.cost_delay_ms, settings.cost_limit), (100.0, 1));
    assert_eq!(settings.worker_slots.is_some(), major >= 18);
    Ok(())
}

async fn panels(major: u16) -> Result {
    let server = slow_autovacuum(major).await?;
    let servers = vec![
        config("one", &watcher(&server))?,
        config("plain", &server.dsn_for("plain", "p", "postgres"))?,
    ];
    let engine = Engine::start(servers, Limits::default());
    for name in ["one", "plain"] {
        until(&engine, name, PATIENCE, |_| activity(&engine, name).is_some()).await?;
    }
    let said = |part: &'static str| format!("{part} of {major}: {:?}", activity(&engine, "one"));
    workers(&engine, major).await.with_context(|| said("autovacuum"))?;
    connections(&engine, &server, major).await.with_context(|| said("connections"))?;
    waits(&engine, &server, major).await.with_context(|| said("wait events"))?;
    let plain = activity(&engine, "plain").expect("a reading");
    assert!(matches!(plain.wait_events, Err(Reason::MissingGrant { .. })), "hidden is not none");
    assert!(matches!(plain.autovacuum, Err(Reason::MissingGrant { .. })), "hidden is not none");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_waits_and_autovacuum() -> Result {
    let (oldest, middle, newest) = tokio::join!(panels(14), panels(16), panels(18));
    oldest.and(middle).and(newest)
}

#[tokio::test]
async fn every_wait_event_has_a_description() -> Result {
    for major in [17, 18] {
        let server = playground::server(major).await?;
        let mut connection = server.connect().await?;
        let events: Vec<(String, String)> = sqlx::query_as(
            "select type, name from pg_wait_events where type not in ('Extension', 'InjectionPoint')",
        )
        .fetch_all(&mut connection)
        .await?;
        assert!(events.len() > 200);
        for (class, name) in events {
            assert!(wait_events::description(&class, &name).is_some(), "{major}: {class} {name}");
        }
    }
    Ok(())
}
