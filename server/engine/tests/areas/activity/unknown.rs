//! What is not known of sessions is said to be so; what clients write decides nothing.

use engine::areas::activity::ActivityArea;
use engine::{Engine, Limits};
use model::{NotChecked, Reason, ServerId};
use playground::ServerOptions;

use crate::support::{PATIENCE, Result, config, fires, limits, monitored, quiet, until, watcher};

/// A session whose text is what PostgreSQL shows in place of a hidden one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_of_a_client_hides_nothing() -> Result {
    let server = monitored(16).await?;
    let limits = limits(&[
        ("activity/idle_in_transaction", "warn_from_s", 1.0),
        ("locks/idle_blocker", "warn_from_s", 0.0),
    ])?;
    let mut faker = server.connect().await?;
    sqlx::raw_sql("create table t (id int); select pg_advisory_lock(7)")
        .execute(&mut faker)
        .await?;
    assert!(sqlx::raw_sql("<insufficient privilege>").execute(&mut faker).await.is_err());
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits);
    let mut idler = server.connect().await?;
    sqlx::raw_sql("begin; lock table t").execute(&mut idler).await?;
    for sql in ["select pg_advisory_lock(7)", "select * from t"] {
        let mut waiter = server.connect().await?;
        tokio::spawn(async move { sqlx::raw_sql(sql).execute(&mut waiter).await.map(|_| ()) });
    }
    fires(&engine, "one", "activity/idle_in_transaction").await?;
    fires(&engine, "one", "locks/idle_blocker").await?;
    quiet(&engine, "one", "activity/long_transaction").await?;
    // The overview and I/O need a longer look, and this server has no statement statistics.
    let others = ["overview/", "statements/", "io/"];
    let ours = |entry: &&NotChecked| !others.iter().any(|area| entry.rule.starts_with(area));
    let blind = || {
        let (_, not_checked) = engine.findings(&ServerId::new("one"));
        not_checked.iter().filter(ours).cloned().collect::<Vec<_>>()
    };
    // Tables and indexes are read apart.
    let read = until(&engine, "one", PATIENCE, |_| blind().is_empty()).await;
    read.map_err(|error| error.context(format!("{:#?}", blind())))?;
    engine.stop().await;
    Ok(())
}

/// Without track_activities nobody knows what sessions do: the rules say so, and nothing is offered
/// that does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_tracking_nothing_is_judged_and_no_cancel_offered() -> Result {
    let server = ServerOptions::new(18).setting("track_activities", "off").start().await?;
    let limits = limits(&[
        ("locks/lock_pile_up", "warn_from_waiters", 1.0),
        ("locks/lock_pile_up", "held_for_s", 0.0),
    ])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    let mut holder = server.connect().await?;
    server.exec("create table t (id int)").await?;
    sqlx::raw_sql("begin; lock table t").execute(&mut holder).await?;
    let mut waiter = server.connect().await?;
    tokio::spawn(
        async move { sqlx::raw_sql("select * from t").execute(&mut waiter).await.map(|_| ()) },
    );
    let finding = fires(&engine, "one", "locks/lock_pile_up").await?;
    assert_eq!(finding.remedy.sql, None, "{finding:#?}");
    assert!(finding.remedy.message.contains("track_activities is off"), "{finding:#?}");
    let started = std::time::Instant::now();
    for rule in
        ["activity/idle_in_transaction", "activity/long_transaction", "activity/sync_rep_wait"]
    {
        loop {
            let (_, not_checked) = engine.findings(&ServerId::new("one"));
            let why = not_checked.into_iter().find(|entry| entry.rule == rule);
            if let Some(Reason::NotTracked { setting, .. }) = why.map(|entry| entry.reason) {
                assert_eq!(setting, "track_activities");
                break;
            }
            anyhow::ensure!(started.elapsed() < PATIENCE, "{rule} counts as checked");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    engine.stop().await;
    Ok(())
}

/// A role that sees all statistics, and is no member of pg_monitor, is told of no missing right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pg_read_all_stats_alone_is_enough() -> Result {
    let server = playground::server(15).await?;
    server
        .exec("create role watcher login password 'w'; grant pg_read_all_stats to watcher")
        .await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], Limits::default());
    for rule in ["activity/long_transaction", "locks/idle_blocker"] {
        quiet(&engine, "one", rule).await?;
    }
    let locks = engine.latest::<engine::areas::locks::LocksArea>(&ServerId::new("one"));
    assert_eq!(locks.and_then(|l| l.reading).map(|r| r.value.others), Some(Ok(())));
    engine.stop().await;
    Ok(())
}

/// Without any right the locks still tell who blocks whom, and no background process is counted as a
/// client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_without_rights_sees_who_blocks_whom_and_counts_clients_only() -> Result {
    let server = playground::server(14).await?;
    server.exec("create role plain login password 'p'; create table t (id int)").await?;
    let engine = Engine::start(
        vec![config("one", &server.dsn_for("plain", "p", "postgres"))?],
        Limits::default(),
    );
    let mut holder = server.connect().await?;
    sqlx::raw_sql("begin; lock table t").execute(&mut holder).await?;
    let blocker: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut holder).await?;
    let mut waiter = server.connect().await?;
    tokio::spawn(
        async move { sqlx::raw_sql("select * from t").execute(&mut waiter).await.map(|_| ()) },
    );
    let mut root = server.connect().await?;
    let started = std::time::Instant::now();
    loop {
        let clients: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where backend_type = 'client backend'",
        )
        .fetch_one(&mut root)
        .await?;
        let latest = engine.latest::<engine::areas::activity::ActivityArea>(&ServerId::new("one"));
        let seen = latest.and_then(|latest| latest.reading).map(|reading| reading.value);
        let waits = seen.as_ref().and_then(|activity| {
            activity.sessions.iter().find_map(|session| session.lock_wait.clone())
        });
        let counted = seen.as_ref().map(|activity| activity.connections);
        if counted == Some(clients) && waits.as_ref().is_some_and(|w| w.blocked_by == [blocker]) {
            break;
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{counted:?} of {clients}, {waits:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    engine.stop().await;
    Ok(())
}

/// A member of pg_monitor that does not inherit sees nothing, and another plain GRANT would not change that:
/// the statement to copy does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_grant_that_is_offered_to_a_member_helps() -> Result {
    for (major, membership) in
        [(15, "grant pg_monitor to member"), (18, "grant pg_monitor to member with inherit false")]
    {
        let server = playground::server(major).await?;
        server.exec("create role member login noinherit password 'm'").await?;
        server.exec(membership).await?;
        let dsn = server.dsn_for("member", "m", "postgres");
        let engine = Engine::start(vec![config("one", &dsn)?], Limits::default());
        let others = || {
            let latest = engine.latest::<ActivityArea>(&ServerId::new("one"))?;
            latest.value().map(|activity| activity.others.clone())
        };
        until(&engine, "one", PATIENCE, |_| others().is_some()).await?;
        let Some(Err(Reason::MissingGrant { sql, .. })) = others() else {
            anyhow::bail!("on {major}: {:?}", others())
        };
        server.exec(&sql).await?;
        until(&engine, "one", PATIENCE, |_| others() == Some(Ok(()))).await?;
    }
    Ok(())
}
