//! Measuring bloat on request, on real servers: against the truth of a rewrite, within a budget, never queueing,
//! ended when the page is left, and what is missing with the SQL that provides it.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

mod support;

use std::time::{Duration, Instant};

use engine::Engine;
use engine::measure::DEFAULT_BUDGET;
use model::measure::{Budget, Measured, Method, NotMeasured, Request, Target};
use model::{Reason, Role, ServerId, User};
use playground::Server;
use support::{PATIENCE, Result, is_up, monitored, until, watch, watcher};
use tokio::sync::oneshot::error::TryRecvError;

/// A name that breaks out of whatever does not quote it, in another database than the one that is watched.
const HOSTILE: &str = "o'\"; drop table t; --";

fn one() -> ServerId {
    ServerId::new("one")
}

fn ann() -> User {
    User { name: "ann".into(), roles: vec![Role::Operator], servers: vec![] }
}

fn target(relation: &str) -> Target {
    Target { database: "shop".into(), schema: "public".into(), relation: relation.into() }
}

fn request(relation: &str, method: Method) -> Request {
    Request { target: target(relation), method, budget: DEFAULT_BUDGET }
}

async fn measure(
    engine: &Engine,
    relation: &str,
    method: Method,
) -> std::result::Result<Measured, NotMeasured> {
    engine.measure(&one(), &ann(), request(relation, method)).await
}

async fn watching(dsn: String) -> Result<Engine> {
    let engine = watch(&[("one", dsn)])?;
    until(&engine, "one", PATIENCE, is_up).await?;
    Ok(engine)
}

async fn shop(server: &Server, sql: &str) -> Result {
    let mut connection = connect(server).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the test's own session, in another database")]
async fn connect(server: &Server) -> Result<sqlx::PgConnection> {
    use sqlx::Connection;
    Ok(sqlx::PgConnection::connect(&server.dsn_to("shop")).await?)
}

async fn number(server: &Server, sql: &str) -> Result<i64> {
    let mut connection = connect(server).await?;
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await?)
}

/// A server whose database `shop` has a bloated table, one with a fillfactor and one of a hostile name.
async fn bloated(major: u16) -> Result<Server> {
    let server = monitored(major).await?;
    server.exec("create database shop").await?;
    let tables = [("t", "", 30), ("half", " with (fillfactor = 50)", 70), (HOSTILE, "", 50)];
    for (name, with, kept) in tables {
        let table = engine::quoted(name);
        shop(
            &server,
            &format!(
                "create table {table} (id int primary key, k int, note text){with};
                 alter table {table} set (autovacuum_enabled = off);
                 insert into {table} select n, n % 500, repeat('x', n % 60) from generate_series(1, 60000) n;
                 create index on {table} (k); create index on {table} using hash (k);
                 create index on {table} using gin (string_to_array(note, 'y'));
                 delete from {table} where hashint4(id) % 100 not between 0 and {kept};"
            ),
        )
        .await?;
        shop(&server, &format!("vacuum {table}")).await?;
        shop(&server, &format!("analyze {table}")).await?;
    }
    Ok(server)
}

const EXTENSIONS: &str = "create schema \"ext \"\"ensions\"; grant usage on schema \"ext \"\"ensions\" to watcher;
    create extension pgstattuple schema \"ext \"\"ensions\"; create extension pg_freespacemap; create extension pageinspect;
    create extension pg_visibility";

async fn near_the_truth(major: u16) -> Result {
    let server = bloated(major).await?;
    shop(&server, EXTENSIONS).await?;
    // Pages are read raw by superusers only.
    let engine = watching(server.dsn()).await?;
    let mut seen = Vec::new();
    for relation in ["t", "half", HOSTILE, "t_pkey", "half_pkey", "t_k_idx"] {
        let offers = engine.measure_offers(&one(), &target(relation)).await.expect("offers");
        anyhow::ensure!(!offers.offers.is_empty());
        for offer in &offers.offers {
            let reads = offer.reads.clone().expect("nothing is missing");
            assert!(reads <= offers.bytes + (1 << 20), "{offer:?} of {}", offers.bytes);
            if offer.method.error_points().is_some() {
                seen.push(measure(&engine, relation, offer.method).await.expect("measured"));
            }
        }
    }
    assert_eq!(seen.len(), 3 * 4 + 3 * 2);
    for table in ["t", "half", HOSTILE] {
        shop(&server, &format!("vacuum full {}", engine::quoted(table))).await?;
    }
    for measured in seen {
        let name = engine::quoted(&measured.request.target.relation).replace('\'', "''");
        let after = number(&server, &format!("select pg_relation_size('{name}')")).await?;
        let before = measured.bytes as f64;
        let truth = (1.0 - after as f64 / before) * 100.0;
        let given = measured.reclaimable_bytes.clone().expect("known") as f64 / before * 100.0;
        let most = measured.request.method.error_points().expect("it has one");
        println!("{major} {name} {}: {given:.1} % for {truth:.1} %", measured.request.method);
        assert!((given - truth).abs() <= most, "{name}: {given} for {truth}: {measured:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_are_near_the_truth_on_14() -> Result {
    near_the_truth(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_are_near_the_truth_on_15() -> Result {
    near_the_truth(15).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_are_near_the_truth_on_16() -> Result {
    near_the_truth(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_are_near_the_truth_on_17() -> Result {
    near_the_truth(17).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_are_near_the_truth_on_18() -> Result {
    near_the_truth(18).await
}

/// What is missing comes with the SQL; run as an administrator it is enough, for a role with pg_monitor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_told_with_the_sql_that_provides_it() -> Result {
    let server = bloated(17).await?;
    let engine = watching(watcher(&server)).await?;
    let methods = [
        ("t", Method::FreeSpaceMap),
        ("t", Method::Approximate),
        ("t", Method::Tuples),
        ("t_k_idx", Method::Btree),
        ("t_k_idx1", Method::Hash),
        ("t_string_to_array_idx", Method::Gin),
    ];
    // As it is, and again where the extensions lie in a schema that the role may not use, revoked from all.
    for round in 0..2 {
        for (relation, method) in methods {
            let mut told = Vec::new();
            let measured = loop {
                match measure(&engine, relation, method).await {
                    Ok(measured) => break measured,
                    Err(NotMeasured::Unknown(reason)) => {
                        assert!(reason.remedy_is_sql(), "{reason:?}");
                        let sql = reason.remedy().expect("SQL");
                        anyhow::ensure!(!told.contains(&sql), "{sql} does not help");
                        shop(&server, &sql).await?;
                        told.push(sql);
                    }
                    Err(why) => panic!("{why:?}"),
                }
            };
            println!("{round} {method}: {told:?}");
            assert_eq!(measured.reclaimable_bytes.is_ok(), method.error_points().is_some());
            assert_eq!(engine.measured(&one(), &target(relation)), Some(measured));
        }
        if round == 0 {
            shop(
                &server,
                "create schema \"My \"\"ext\"; alter extension pgstattuple set schema \"My \"\"ext\";
                 alter extension pg_freespacemap set schema \"My \"\"ext\"; set search_path = \"My \"\"ext\";
                 revoke execute on function pgstattuple(regclass), pgstattuple_approx(regclass), pgstatindex(regclass),
                   pgstatginindex(regclass), pgstathashindex(regclass), pg_freespace(regclass, bigint) from public, pg_stat_scan_tables",
            )
            .await?;
        }
    }
    shop(&server, "create extension pageinspect").await?;
    let raw = measure(&engine, "t", Method::SampledPages).await;
    assert!(
        matches!(&raw, Err(NotMeasured::Unknown(Reason::NotSupported { what })) if what.contains("superuser")),
        "{raw:?}"
    );
    Ok(())
}

/// A session that holds ACCESS EXCLUSIVE, and one that waits for it: nothing of ours ever waits for a lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_queues_behind_access_exclusive() -> Result {
    let server = bloated(18).await?;
    shop(&server, EXTENSIONS).await?;
    let engine = watching(watcher(&server)).await?;
    let mut holder = connect(&server).await?;
    sqlx::raw_sql("begin; lock table t in access exclusive mode").execute(&mut holder).await?;
    let mut looker = connect(&server).await?;
    let waiting = "select count(*) from pg_locks l join pg_stat_activity a using (pid)
                    where not l.granted and a.application_name like 'pgdeck %'";
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let looking = tokio::spawn(async move {
        let (mut waited, mut looks) = (0_i64, 0);
        while stopped.try_recv() == Err(TryRecvError::Empty) {
            waited += sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut looker).await?;
            looks += 1;
        }
        anyhow::Ok((waited, looks))
    });
    for _ in 0..5 {
        for method in [Method::FreeSpaceMap, Method::Approximate, Method::Tuples] {
            let started = Instant::now();
            let answer = measure(&engine, "t", method).await;
            let is_locked = matches!(answer, Err(NotMeasured::Locked { pid: Some(_) }));
            assert!(is_locked, "{answer:?} after {:?}", started.elapsed());
        }
        let offers = engine.measure_offers(&one(), &target("t")).await;
        assert!(matches!(offers, Err(NotMeasured::Locked { .. })), "{offers:?}");
    }
    drop(stop);
    let (waited, looks) = looking.await??;
    assert!(looks > 10 && waited == 0, "{waited} waits in {looks} looks");
    sqlx::raw_sql("rollback").execute(&mut holder).await?;
    measure(&engine, "t", Method::Tuples).await.expect("free again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_read_more_than_it_may_reads_nothing() -> Result {
    let server = bloated(18).await?;
    shop(&server, EXTENSIONS).await?;
    let engine = watching(watcher(&server)).await?;
    let small = Budget { bytes: 100_000, ..DEFAULT_BUDGET };
    let refused = Request { budget: small, ..request("t", Method::Tuples) };
    let refused = engine.measure(&one(), &ann(), refused).await;
    let bytes = number(&server, "select pg_relation_size('t')").await?.unsigned_abs();
    assert_eq!(refused, Err(NotMeasured::OverBudget { reads: bytes, budget: 100_000 }));
    // VACUUM left all pages all-visible but those that hold what it could not remove: none.
    let cheap = Request { budget: small, ..request("t", Method::Approximate) };
    engine.measure(&one(), &ann(), cheap).await.expect("it reads next to nothing");
    Ok(())
}

/// A table that takes long to read: a function in an index is no way to slow pgstattuple down, its size is.
async fn large(server: &Server) -> Result {
    shop(
        server,
        "create table large (n int) with (autovacuum_enabled = off, fillfactor = 10);
         insert into large select generate_series(1, 1000000)",
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_measurement_ends_at_its_time_when_it_is_aborted_and_when_the_page_is_left() -> Result {
    let server = bloated(17).await?;
    shop(&server, EXTENSIONS).await?;
    large(&server).await?;
    let engine = watching(watcher(&server)).await?;
    let hurried = Budget { time_ms: 20, ..DEFAULT_BUDGET };
    let hurried = Request { budget: hurried, ..request("large", Method::Tuples) };
    let answer = engine.measure(&one(), &ann(), hurried).await;
    assert!(
        matches!(answer, Err(NotMeasured::Unknown(Reason::TimedOut { after_ms: 20 }))),
        "{answer:?}"
    );
    let busy = "select count(*) from pg_stat_activity where query like '/* pgdeck tuples%' and state = 'active'";
    for is_left in [false, true] {
        let asking = engine.clone();
        let task = tokio::spawn(async move { measure(&asking, "large", Method::Tuples).await });
        let begun = Instant::now();
        while number(&server, busy).await? == 0 {
            anyhow::ensure!(!task.is_finished() && begun.elapsed() < PATIENCE, "it never ran");
        }
        let progress = engine.measuring(&one()).expect("under way");
        assert_eq!((progress.who.as_str(), progress.blocks), ("ann", None));
        let second = measure(&engine, "t", Method::Tuples).await;
        assert_eq!(second, Err(NotMeasured::Busy));
        let bob = User { name: "bob".into(), ..ann() };
        assert!(!engine.abort_measurement(&one(), &bob), "it is another's");
        if is_left {
            task.abort();
        } else {
            assert!(engine.abort_measurement(&one(), &ann()));
            assert_eq!(task.await?, Err(NotMeasured::Aborted { by: "ann".into() }));
        }
        let ended = Instant::now();
        while engine.measuring(&one()).is_some() || number(&server, busy).await? > 0 {
            anyhow::ensure!(ended.elapsed() < PATIENCE, "it goes on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert_eq!(engine.measured(&one(), &target("large")), None, "what did not end has no result");
    Ok(())
}
