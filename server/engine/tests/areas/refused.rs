//! A server that refuses one function or view loses what that tells, and nothing else; and what is lost is
//! said, never taken for none.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

use engine::Engine;
use engine::areas::activity::ActivityArea;
use engine::areas::locks::LocksArea;
use engine::areas::vacuum::VacuumArea;
use model::{NotChecked, Reason, ServerId, Unread};
use playground::{Server, ServerOptions};

use crate::support::{PATIENCE, Result, config, limits, quiet, until, watcher};

fn latest<A: engine::areas::Listed>(engine: &Engine) -> Option<A::Value> {
    engine.latest::<A>(&ServerId::new("one"))?.value().cloned()
}

fn is_blind(engine: &Engine, rule: &str) -> bool {
    let (_, not_checked) = engine.findings(&ServerId::new("one"));
    not_checked.iter().any(|one| one.rule == rule && NotChecked::is_blind(one))
}

fn names(all: &[Unread]) -> Vec<&str> {
    assert!(all.iter().all(|one| matches!(one.reason, Reason::MissingGrant { .. })), "{all:?}");
    all.iter().map(|one| one.what.as_str()).collect()
}

/// A server with each of these revoked from everybody.
async fn hardened(major: u16, revoked: &[&str]) -> Result<(Server, Engine)> {
    let server =
        ServerOptions::new(major).setting("max_prepared_transactions", "2").start().await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    for what in revoked {
        server.exec(&format!("revoke all on {what} from public")).await?;
    }
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    Ok((server, engine))
}

async fn one_refusal_of_each_area(major: u16) -> Result {
    let revoked = [
        "function pg_catalog.mxid_age(xid)",
        "function pg_catalog.pg_prepared_xact()",
        "function pg_catalog.pg_stat_get_db_conflict_lock(oid)",
        "pg_catalog.pg_stat_progress_vacuum",
    ];
    let (server, engine) = hardened(major, &revoked).await?;
    let mut holder = server.connect().await?;
    sqlx::raw_sql("begin; create table t (i int)").execute(&mut holder).await?;
    let mut copies = server.connect().await?;
    let copy =
        "copy (select pg_sleep(0.1) from generate_series(1, 600)) to program 'cat > /dev/null'";
    let copying = tokio::spawn(async move { sqlx::raw_sql(copy).execute(&mut copies).await });

    until(&engine, "one", PATIENCE, |_| latest::<VacuumArea>(&engine).is_some()).await?;
    let vacuum = latest::<VacuumArea>(&engine).expect("a reading");
    assert_eq!(names(&vacuum.ages_unread), ["Multixact ages"]);
    assert!(vacuum.databases.len() > 1, "{vacuum:?}");
    assert!(vacuum.databases.iter().all(|d| d.xid_age.is_some() && d.multixact_age.is_none()));
    assert!(is_blind(&engine, "vacuum/xid_wraparound"), "half of what it looks at is unknown");
    assert_eq!(names(&vacuum.xmin_unread), ["Prepared transactions"]);
    assert!(matches!(vacuum.prepared_transactions, Err(Reason::MissingGrant { .. })));

    until(&engine, "one", PATIENCE, |_| {
        latest::<LocksArea>(&engine).is_some_and(|locks| locks.counters.is_ok())
    })
    .await?;
    let counters = latest::<LocksArea>(&engine).and_then(|locks| locks.counters.ok());
    let counters = counters.expect("counters");
    assert_eq!((counters.deadlocks, counters.conflicts()), (Some(0), None));
    assert_eq!(names(&counters.unread), ["Recovery conflicts"]);
    quiet(&engine, "one", "locks/deadlocks").await?;

    let copied = || {
        let activity = latest::<ActivityArea>(&engine)?;
        let commands = activity.progress.as_ref().ok()?;
        commands.iter().any(|one| one.command.starts_with("COPY")).then_some(activity)
    };
    until(&engine, "one", PATIENCE, |_| copied().is_some()).await?;
    assert_eq!(names(&copied().expect("a copy").progress_unread), ["VACUUM"]);
    copying.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_refusal_of_each_area_on_14() -> Result {
    one_refusal_of_each_area(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_refusal_of_each_area_on_18() -> Result {
    one_refusal_of_each_area(18).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_half_may_be_refused_too() -> Result {
    let revoked = [
        "function pg_catalog.age(xid)",
        "function pg_catalog.pg_get_replication_slots()",
        "function pg_catalog.pg_stat_get_db_deadlocks(oid)",
    ];
    let (server, engine) = hardened(17, &revoked).await?;
    until(&engine, "one", PATIENCE, |_| {
        latest::<LocksArea>(&engine).is_some_and(|locks| locks.counters.is_ok())
            && latest::<VacuumArea>(&engine).is_some()
    })
    .await?;
    let counters = latest::<LocksArea>(&engine).and_then(|locks| locks.counters.ok());
    let counters = counters.expect("counters");
    assert_eq!((counters.deadlocks, counters.conflicts()), (None, Some(0)));
    // It needs a second reading to be judged at all.
    until(&engine, "one", PATIENCE, |_| is_blind(&engine, "locks/deadlocks")).await?;
    let vacuum = latest::<VacuumArea>(&engine).expect("a reading");
    assert_eq!(names(&vacuum.ages_unread), ["Transaction ID ages"]);
    assert!(vacuum.databases.iter().all(|d| d.xid_age.is_none() && d.multixact_age.is_some()));
    // Without the function age no holder can be measured.
    let unknown = vacuum.xmin_holders.as_ref().err();
    assert!(matches!(unknown, Some(Reason::MissingGrant { .. })), "{vacuum:?}");
    drop(server);
    Ok(())
}
