//! Rules on how tables are defined and on statistics: one of each defect, repaired, and what only looks like one.

use super::*;

const BROKEN: &str = include_str!("../../support/broken_schema.sql");
const REPAIRED: &str = include_str!("../../support/repaired_schema.sql");
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

/// Asks for new readings until that rule was checked and has nothing to say: definitions are read more seldom where
/// that takes long.
async fn calm(engine: &Engine, rule: &str) -> Result {
    let id = ServerId::new("one");
    let settled = || {
        engine.refresh(&id);
        let unchecked = engine.findings(&id).1.iter().any(|entry| entry.rule == rule);
        !unchecked && told(engine).iter().all(|(told, _)| told != rule)
    };
    until(engine, "one", PATIENCE, |_| settled()).await.map(drop)
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
        calm(&engine, rule).await?;
    }
    engine.stop().await;
    Ok(())
}

/// Rules on how tables are defined and on statistics.
const OF_SCHEMA: [&str; 12] = [
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
    "tables/partition_pruning_off",
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
    let told = || {
        engine.refresh(&ServerId::new("one"));
        reason().is_none()
    };
    until(&engine, "one", PATIENCE, |_| told()).await?;
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
