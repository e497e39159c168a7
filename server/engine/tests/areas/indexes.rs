//! Area indexes on real servers: what is read, and every rule with the cases in which common SQL is wrong.

mod detail;
mod foreign_keys;
mod overlaps;
mod unused;

use std::collections::BTreeSet;

use engine::Engine;
use engine::areas::indexes::IndexesArea;
use model::indexes::{DatabaseIndexes, Index, Indexes, ProblemKind};
use model::{Finding, Latest, ServerId, Severity};
use playground::{Server, ServerOptions};

use crate::support::{
    PATIENCE, Result, all_findings, config, fires, limits, monitored, quiet, until, watcher,
};

fn newest(engine: &Engine, name: &str) -> Option<Latest<Indexes>> {
    engine.latest::<IndexesArea>(&ServerId::new(name))
}

/// What was read in the database postgres.
fn read(engine: &Engine, name: &str) -> DatabaseIndexes {
    let latest = newest(engine, name);
    let value = latest.as_ref().and_then(|latest| latest.value());
    let database = value.and_then(|indexes| indexes.databases.first());
    database.and_then(|database| database.known()).cloned().unwrap_or_default()
}

fn index(database: &DatabaseIndexes, relname: &str) -> Index {
    let found = database.indexes.iter().find(|one| one.relname == relname);
    found.map(|index| index.as_ref().clone()).unwrap_or_default()
}

/// The names of indexes with that problem.
fn with(database: &DatabaseIndexes, kind: ProblemKind) -> BTreeSet<String> {
    let problems = database.problems.iter().filter(|problem| problem.kind == kind);
    let named = problems.filter_map(|problem| database.index(problem.indrelid, problem.oid));
    named.map(|index| index.relname.clone()).collect()
}

/// An engine that has read the server's indexes.
async fn engine(server: &Server, set: &[(&str, &str, f64)]) -> Result<Engine> {
    let engine = Engine::start(vec![config("one", &watcher(server))?], limits(set)?);
    until(&engine, "one", PATIENCE, |_| !read(&engine, "one").owners.is_empty()).await?;
    Ok(engine)
}

/// Reads again, until what was read is as it should be.
async fn again(engine: &Engine, name: &str, seen: impl Fn(&DatabaseIndexes) -> bool) -> Result {
    let started = std::time::Instant::now();
    while !seen(&read(engine, name)) {
        anyhow::ensure!(started.elapsed() < PATIENCE, "{:?}", read(engine, name).problems);
        engine.refresh(&ServerId::new(name));
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    Ok(())
}

fn findings(engine: &Engine, rule: &str) -> Vec<Finding> {
    all_findings(engine, "one").into_iter().filter(|finding| finding.rule == rule).collect()
}

fn names(found: &[Finding]) -> BTreeSet<String> {
    found.iter().map(|finding| finding.object.to_string()).collect()
}

/// A build that failed leaves an invalid index; one that is under way does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn builds_that_failed() -> Result {
    let server = monitored(17).await?;
    server
        .exec("create table t (id int, a int); insert into t values (1, 1), (2, 1); create index a on t (a)")
        .await?;
    assert!(server.exec("create unique index concurrently broken on t (a)").await.is_err());
    server.exec("update pg_index set indisvalid = false where indexrelid = 'a'::regclass").await?;
    server.exec("create index a_ccnew on t (a)").await?;
    server
        .exec("update pg_index set indisvalid = false where indexrelid = 'a_ccnew'::regclass")
        .await?;
    let engine = engine(&server, &[]).await?;
    fires(&engine, "one", "indexes/invalid_index").await?;
    let found = findings(&engine, "indexes/invalid_index");
    assert_eq!(found.len(), 3, "{found:#?}");
    let of = |name: &str| found.iter().find(|f| f.object.to_string().contains(name));
    let left_over = of("a_ccnew").cloned().map(|finding| finding.remedy).unwrap_or_default();
    assert_eq!(left_over.sql.as_deref(), Some("drop index concurrently public.a_ccnew;"));
    assert!(of("broken").is_some_and(|finding| finding.message.contains("is invalid")));
    server.exec("delete from t where id = 2").await?;
    for finding in &found {
        server.exec(&finding.remedy.sql.clone().unwrap_or_default()).await?;
    }
    again(&engine, "one", |read| with(read, ProblemKind::Invalid).is_empty()).await?;
    quiet(&engine, "one", "indexes/invalid_index").await?;
    engine.stop().await;
    Ok(())
}

/// While an index is being built it is invalid, and nothing is wrong.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_under_way() -> Result {
    let server = monitored(16).await?;
    server.exec("create table t (a int); insert into t values (1)").await?;
    let mut reader = server.connect().await?;
    sqlx::raw_sql("begin; select count(*) from t; insert into t values (2)")
        .execute(&mut reader)
        .await?;
    let mut builder = server.connect().await?;
    let build = tokio::spawn(async move {
        sqlx::raw_sql("create index concurrently slow on t (a)").execute(&mut builder).await
    });
    crate::support::until_true(
        &server,
        "select exists (select from pg_index where not indisvalid)",
    )
    .await?;
    let engine = engine(&server, &[]).await?;
    assert_eq!(
        with(&read(&engine, "one"), ProblemKind::Invalid),
        BTreeSet::from(["slow".to_owned()])
    );
    quiet(&engine, "one", "indexes/invalid_index").await?;
    sqlx::raw_sql("rollback").execute(&mut reader).await?;
    build.await??;
    again(&engine, "one", |read| with(read, ProblemKind::Invalid).is_empty()).await?;
    engine.stop().await;
    Ok(())
}

/// What indexes cost writes: rarely scanned, larger than the table, in the way of HOT.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_writes_pay() -> Result {
    let server = ServerOptions::new(17).setting("autovacuum", "off").start().await?;
    server
        .exec(
            "create role watcher login password 'w'; grant pg_monitor to watcher;
             create table t (id int primary key, a int, touched int) with (fillfactor = 40);
             create index rare on t (a); create index on_touched on t (touched);
             insert into t select i, i, i from generate_series(1, 100000) i;
             create table words (word text); create index words_word on words (word);
             insert into words select md5(i::text) from generate_series(1, 300000) i order by random()",
        )
        .await?;
    for sql in [
        "vacuum analyze t",
        "vacuum analyze words",
        "update t set touched = touched + 1 where id <= 20000",
    ] {
        server.exec(sql).await?;
    }
    server.exec("set enable_seqscan = off; select count(*) from t where a = 5").await?;
    let set = [
        ("indexes/index_larger_than_table", "min_percent_of_table", 50.0),
        ("indexes/index_larger_than_table", "min_bytes", 1_000_000.0),
    ];
    let engine = engine(&server, &set).await?;
    again(&engine, "one", |read| index(read, "rare").idx_scan > 0).await?;
    let rare = fires(&engine, "one", "indexes/rarely_used_index").await?;
    assert_eq!(rare.object.to_string(), "index public.rare in database postgres");
    assert_eq!(rare.remedy.sql, None, "a rare scan may be the one that matters");
    let large = findings(&engine, "indexes/index_larger_than_table");
    let large = large.iter().find(|finding| finding.object.to_string().contains("words_word"));
    server.exec(&large.and_then(|f| f.remedy.sql.clone()).unwrap_or("fail".into())).await?;
    let hot = fires(&engine, "one", "indexes/hot_prevented_by_index").await?;
    assert!(hot.message.contains("on_touched"), "{}", hot.message);
    // The same updates without the index are HOT.
    for sql in [
        "drop index on_touched",
        "select pg_stat_reset()",
        "vacuum t",
        "update t set touched = touched + 1 where id <= 20000",
    ] {
        server.exec(sql).await?;
    }
    again(&engine, "one", |read| {
        read.owners.iter().any(|owner| owner.relname == "t" && owner.n_tup_hot_upd >= 15_000)
    })
    .await?;
    quiet(&engine, "one", "indexes/hot_prevented_by_index").await?;
    engine.stop().await;
    Ok(())
}

/// Rows a second times indexes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_table_with_many_indexes() -> Result {
    let server = monitored(15).await?;
    server.exec("create table t (a int, b int, c int, d int)").await?;
    for columns in ["a", "b", "c", "d", "a, b", "b, c", "c, d", "d, a"] {
        server.exec(&format!("create index on t ({columns})")).await?;
    }
    let engine = engine(&server, &[]).await?;
    let started = std::time::Instant::now();
    while findings(&engine, "indexes/wide_write_cost").is_empty() {
        anyhow::ensure!(started.elapsed() < PATIENCE, "{:?}", read(&engine, "one").owners);
        server.exec("insert into t select i, i, i, i from generate_series(1, 5000) i").await?;
        tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
        engine.refresh(&ServerId::new("one"));
    }
    let finding = fires(&engine, "one", "indexes/wide_write_cost").await?;
    assert!(finding.message.contains("has 8 indexes"), "{}", finding.message);
    again(&engine, "one", |read| {
        read.owners.iter().any(|owner| owner.relname == "t" && owner.entries_per_s == Some(0.0))
    })
    .await?;
    quiet(&engine, "one", "indexes/wide_write_cost").await?;
    engine.stop().await;
    Ok(())
}
