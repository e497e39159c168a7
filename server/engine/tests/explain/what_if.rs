//! What if an index were there or not, on real servers: the costs that are promised, compared with those of the
//! real change, and that nothing was changed.

use engine::Engine;
use model::Reason;
use model::explain::NotExplained;
use model::suggestions::Weighted;
use model::what_if::WhatIf;
use playground::Server;

use crate::suggestions::{PROMISED, small, started};
use crate::support::Result;
use crate::{analyst, number, one, watching_one};

const INDEXES: &str = "select count(*) from pg_indexes where schemaname = 'public'";

fn only(text: &str) -> Vec<Weighted> {
    vec![Weighted { queryid: 0, text: text.to_owned(), total_ms: 1.0, calls: None }]
}

async fn tried(engine: &Engine, changes: &str, statement: &str) -> Result<WhatIf> {
    let answer = engine.what_if(&one(), "postgres", changes.to_owned(), only(statement)).await;
    answer.map_err(|why| anyhow::anyhow!("{}", why.message()))
}

async fn refused(engine: &Engine, changes: &str) -> NotExplained {
    let answer = engine.what_if(&one(), "postgres", changes.to_owned(), only("select 1")).await;
    answer.err().unwrap_or_else(|| panic!("{changes} was tried"))
}

/// The cost of the only statement before and after.
fn costs(found: &WhatIf) -> (f64, f64) {
    let costs = found.statements.first().map(|one| one.generic.clone());
    let Some(Ok(costs)) = costs else { panic!("{:?}", found.statements) };
    (costs.before, costs.after)
}

async fn has_hiding(server: &Server) -> Result<bool> {
    let hides = "select count(*) from pg_proc where proname = 'hypopg_hide_index'";
    Ok(number(server, hides).await? > 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_is_tried_and_keeps_its_promise() -> Result {
    let Some(server) = started(15, true).await? else { return Ok(()) };
    small(&server).await?;
    let engine = watching_one(analyst(&server)).await?;
    let at_first = number(&server, INDEXES).await?;
    let changes = "create index concurrently \"I\" on visits (visitor) include (seen); create index on nowhere (a); create index on visits using gin (tags);";
    let statement = "select id from visits where visitor = 5";
    let found = tried(&engine, changes, statement).await?;
    let [made, nowhere, gin] = found.changes.as_slice() else { panic!("{found:?}") };
    assert_eq!((made.tried.clone(), made.read_by), (Ok(()), 1), "{made:?}");
    assert!(made.size_bytes.is_some_and(|bytes| bytes > 0.0), "{made:?}");
    let why = |one: &model::what_if::Change| one.tried.as_ref().err().map(Reason::message);
    assert!(why(nowhere).is_some_and(|why| why.contains("nowhere")), "{nowhere:?}");
    assert!(why(gin).is_some_and(|why| why.contains("gin")), "{gin:?}");
    let (before, after) = costs(&found);
    assert!(after < before / 2.0, "{before} → {after}");
    assert_eq!(number(&server, INDEXES).await?, at_first, "nothing is created");
    // The next one begins without it.
    let again = tried(&engine, "create index on visits (seen)", statement).await?;
    assert_eq!(costs(&again), (before, before));
    server.exec("create index on visits (visitor) include (seen); analyze visits").await?;
    let real = costs(&tried(&engine, "create index on visits (seen)", statement).await?).0;
    let factor = (real / after).max(after / real);
    println!("{after:.2} promised, {real:.2} real");
    assert!(factor <= PROMISED, "{after} promised, {real} real");
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_is_left_out_or_the_version_that_can_is_named() -> Result {
    let Some(server) = started(15, true).await? else { return Ok(()) };
    small(&server).await?;
    server.exec("create index \"Old\" on visits (visitor); analyze visits").await?;
    let engine = watching_one(analyst(&server)).await?;
    let changes = "drop index concurrently if exists public.\"Old\"; drop index visits_pkey, gone;";
    let statement = "select id from visits where visitor = 5";
    let found = tried(&engine, changes, statement).await?;
    let outcomes: Vec<_> = found.changes.iter().map(|one| one.tried.clone()).collect();
    let (before, after) = costs(&found);
    let says = |at: usize, part: &str| {
        let outcome = outcomes.get(at).cloned();
        let is_so = matches!(&outcome, Some(Err(why)) if why.message().contains(part));
        assert!(is_so, "{part}: {outcome:?}");
    };
    if has_hiding(&server).await? {
        assert_eq!(outcomes.first(), Some(&Ok(())));
        says(1, "belongs to a constraint");
        says(2, "no index of that name");
        assert!(after > 2.0 * before, "{before} → {after}");
        let again = tried(&engine, "create index on visits (seen)", statement).await?;
        assert_eq!(costs(&again).0, before, "it is there again");
        server.exec("drop index \"Old\"").await?;
        let real = costs(&tried(&engine, "create index on visits (seen)", statement).await?).0;
        assert!((real - after).abs() < 0.01 * real, "{after} promised, {real} real");
    } else {
        (0..3).for_each(|at| says(at, "needs hypopg 1.4"));
        assert_eq!(before, after);
    }
    engine.stop().await;
    Ok(())
}

/// Nothing but indexes is taken, and nothing of it reaches the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anything_else_is_refused() -> Result {
    let Some(server) = started(15, true).await? else { return Ok(()) };
    small(&server).await?;
    server.exec("grant all on schema public to analyst").await?;
    let engine = watching_one(analyst(&server)).await?;
    for changes in [
        "create index on visits (visitor); drop table visits",
        "drop table visits",
        "delete from visits",
        "create table other (a int)",
        "create index on visits ((pg_sleep(1)::text))",
        "create index on visits ((select 1))",
        "",
    ] {
        let why = refused(&engine, changes).await;
        let NotExplained::Unknown(Reason::Nothing { message }) = &why else {
            panic!("{changes}: {why:?}")
        };
        assert!(message.ends_with('.'), "{message}");
    }
    assert_eq!(number(&server, "select count(*) from visits").await?, 30_000);
    engine.stop().await;
    Ok(())
}

async fn without_hypopg(major: u16) -> Result {
    let Some(server) = started(major, false).await? else { return Ok(()) };
    small(&server).await?;
    let engine = watching_one(analyst(&server)).await?;
    let why = refused(&engine, "create index on visits (visitor)").await;
    let NotExplained::Unknown(Reason::MissingExtension { sql, .. }) = &why else {
        panic!("{why:?}")
    };
    assert_eq!(sql, "create extension hypopg;");
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_hypopg_it_is_named_14() -> Result {
    without_hypopg(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_hypopg_it_is_named_18() -> Result {
    without_hypopg(18).await
}
