//! Area indexes on real servers: what is read, and every rule with the cases in which common SQL is wrong.

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
    database.indexes.iter().find(|one| one.relname == relname).cloned().unwrap_or_default()
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

/// Indexes that agree or differ in one thing each.
const OVERLAPS: &str = "
    create table t (id int primary key, a int not null, b int, c text, d int);
    create index a_1 on t (a);
    create index a_2 on t (a);
    create index a_desc on t (a desc nulls last);
    create index a_hash on t using hash (a);
    create index a_part on t (a) where b > 3;
    create index a_part_other on t (a) where b > 4;
    create index ab on t (b, a);
    create index ab_incl on t (b, a) include (d);
    create index c_plain on t (c);
    create index c_pattern on t (c text_pattern_ops);
    create index c_collate on t (c collate \"C\");
    create index expr_1 on t (lower(c));
    create index expr_2 on t (lower(c));
    create index expr_other on t (upper(c));
    create unique index d_unique on t (d);
    create index d_plain on t (d);
    create index d_wide on t (d, b);
    create index \"Ugly \"\"Name\" on t (d, a, b);
    create index id_plain on t (id);
    create table parted (id int, at date) partition by range (at);
    create table parted_1 partition of parted for values from ('2026-01-01') to ('2027-01-01');
    create index parted_at on parted (at);
    create index parted_at_2 on parted (at);
    create index parted_at_id on parted (at, id);";

async fn overlaps(major: u16) -> Result {
    let server = monitored(major).await?;
    server.exec(OVERLAPS).await?;
    if major >= 15 {
        server
            .exec(
                "create unique index d_not_distinct on t (d) nulls not distinct;
                 create unique index d_not_distinct_2 on t (d) nulls not distinct",
            )
            .await?;
    }
    let engine = engine(&server, &[("indexes/redundant_index", "min_bytes", 0.0)]).await?;
    let database = read(&engine, "one");
    let mut duplicates = vec!["a_2", "expr_2", "parted_at_2"];
    if major >= 15 {
        duplicates.push("d_not_distinct_2");
    }
    assert_eq!(
        with(&database, ProblemKind::Duplicate),
        duplicates.iter().map(|name| (*name).to_owned()).collect()
    );
    let redundant = with(&database, ProblemKind::Redundant);
    let expected: BTreeSet<String> =
        ["ab", "d_plain", "id_plain", "parted_at"].map(str::to_owned).into();
    assert_eq!(redundant, expected);
    // Each statement does what it promises, and its undo brings back the same definition.
    let found: Vec<Finding> = ["duplicate_index", "redundant_index"]
        .iter()
        .flat_map(|rule| findings(&engine, &format!("indexes/{rule}")))
        .collect();
    let offered: Vec<_> = found
        .iter()
        .filter_map(|finding| finding.remedy.sql.clone().zip(finding.remedy.undo.clone()))
        .collect();
    assert_eq!(offered.len(), found.len(), "{found:#?}");
    let definitions = "select string_agg(indexdef, e'\\n' order by indexdef) from pg_indexes where schemaname = 'public'";
    let mut connection = server.connect().await?;
    let before: String = sqlx::query_scalar(definitions).fetch_one(&mut connection).await?;
    for (sql, undo) in &offered {
        server.exec(sql).await?;
        server.exec(undo).await?;
    }
    let after: String = sqlx::query_scalar(definitions).fetch_one(&mut connection).await?;
    assert_eq!(before, after);
    for (sql, _) in &offered {
        server.exec(sql).await?;
    }
    again(&engine, "one", |read| {
        with(read, ProblemKind::Duplicate).is_empty()
            && with(read, ProblemKind::Redundant).is_empty()
    })
    .await?;
    quiet(&engine, "one", "indexes/duplicate_index").await?;
    quiet(&engine, "one", "indexes/redundant_index").await?;
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlaps_on_14() -> Result {
    overlaps(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlaps_on_15() -> Result {
    overlaps(15).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlaps_on_16() -> Result {
    overlaps(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlaps_on_17() -> Result {
    overlaps(17).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlaps_on_18() -> Result {
    overlaps(18).await
}

/// Of two the one that a constraint, the replica identity or CLUSTER needs stays, whatever is scanned.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_a_duty_stays() -> Result {
    let server = monitored(17).await?;
    server
        .exec(
            "create table t (id int not null, a int, b int, constraint one primary key (id));
             create unique index free on t (id);
             create index clustered on t (a);
             create index free_a on t (a);
             alter table t cluster on clustered;
             create unique index identity on t (id);
             alter table t replica identity using index identity;
             alter table t add constraint two unique (id)",
        )
        .await?;
    let engine = engine(&server, &[]).await?;
    let found = findings(&engine, "indexes/duplicate_index");
    let with_sql: BTreeSet<String> =
        found.iter().filter_map(|finding| finding.remedy.sql.clone()).collect();
    let expected =
        ["drop index concurrently public.free;", "drop index concurrently public.free_a;"];
    assert_eq!(with_sql, expected.map(str::to_owned).into());
    assert!(found.len() > 2, "constraints that are the same are told too: {found:#?}");
    engine.stop().await;
    Ok(())
}

/// Indexes that nobody scans, and those that are needed all the same.
const UNUSED: &str = "
    create table parent (id int primary key, code int unique, x int);
    create table t (id int primary key, parent_id int references parent, a int, b int not null, c int, d int,
      r int4range, exclude using gist (r with &&));
    insert into parent select i, i from generate_series(1, 10) i;
    insert into t select i, i % 10 + 1, i, i, i, i, int4range(i, i + 1) from generate_series(1, 60000) i;
    create index unused on t (a);
    create unique index unused_unique on t (b);
    create unique index for_identity on t (c, b);
    alter table t alter column c set not null;
    alter table t replica identity using index for_identity;
    create index for_parent on t (parent_id, a);
    create index used on t (d);
    create table parted (id int, at date, n int) partition by range (at);
    create table parted_1 partition of parted for values from ('2026-01-01') to ('2027-01-01');
    create table parted_2 partition of parted for values from ('2027-01-01') to ('2028-01-01');
    create index parted_scanned on parted (id);
    create index parted_unused on parted (n);
    insert into parted select i, '2026-05-05', i from generate_series(1, 60000) i;
    vacuum analyze;
    set enable_seqscan = off;
    select count(*) from t where d = 7;
    select count(*) from parted_1 where id = 7;";

async fn unused(major: u16) -> Result {
    let server = monitored(major).await?;
    for statement in UNUSED.split(";\n") {
        // VACUUM runs alone.
        server.exec(statement).await?;
    }
    let mut session = server.connect().await?;
    for sql in [
        "set enable_seqscan = off",
        "select count(*) from t where d = 7",
        "select count(*) from parted where id = 7",
    ] {
        sqlx::raw_sql(sql).execute(&mut session).await?;
    }
    drop(session);
    let young = engine(&server, &[]).await?;
    again(&young, "one", |read| {
        index(read, "used").idx_scan > 0 && index(read, "parted_scanned").idx_scan > 0
    })
    .await?;
    let expected: BTreeSet<String> = ["parted_unused", "unused"].map(str::to_owned).into();
    assert_eq!(with(&read(&young, "one"), ProblemKind::Unused), expected);
    assert_eq!(index(&read(&young, "one"), "used").last_idx_scan_ms.is_some(), major >= 16);
    let finding = fires(&young, "one", "indexes/unused_index").await?;
    assert_eq!((finding.severity, finding.remedy.sql), (Severity::Info, None));
    assert!(finding.message.contains("scans are counted for"), "{}", finding.message);
    young.stop().await;
    // Counted for long enough.
    let limit = [("indexes/unused_index", "min_stats_age_days", 0.0)];
    let engine = engine(&server, &limit).await?;
    fires(&engine, "one", "indexes/unused_index").await?;
    let found = findings(&engine, "indexes/unused_index");
    assert_eq!(
        names(&found),
        [
            "index public.parted_unused in database postgres",
            "index public.unused in database postgres"
        ]
        .map(str::to_owned)
        .into()
    );
    for finding in &found {
        assert_eq!(finding.severity, Severity::Warning, "{}", finding.message);
        server.exec(&finding.remedy.sql.clone().unwrap_or_default()).await?;
        server.exec(&finding.remedy.undo.clone().unwrap_or_default()).await?;
        server.exec(&finding.remedy.sql.clone().unwrap_or_default()).await?;
    }
    again(&engine, "one", |read| with(read, ProblemKind::Unused).is_empty()).await?;
    quiet(&engine, "one", "indexes/unused_index").await?;
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unused_on_14() -> Result {
    unused(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unused_on_15() -> Result {
    unused(15).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unused_on_16() -> Result {
    unused(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unused_on_17() -> Result {
    unused(17).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unused_on_18() -> Result {
    unused(18).await
}

/// What only a standby scans is in use; while a standby is not watched, nobody knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standbys_are_asked() -> Result {
    let server = monitored(17).await?;
    server
        .exec(
            "create table t (id int, a int, b int); create index on_standby on t (a);
             create index nowhere on t (b);
             insert into t select i, i, i from generate_series(1, 60000) i; analyze t",
        )
        .await?;
    let standby = server.standby("copy").await?;
    let set = [("indexes/unused_index", "min_stats_age_days", 0.0)];
    let alone = engine(&server, &set).await?;
    let finding = fires(&alone, "one", "indexes/unused_index").await?;
    assert!(
        finding.message.contains("a standby is connected whose scans pgdeck does not see"),
        "{}",
        finding.message
    );
    assert_eq!((finding.severity, finding.remedy.sql), (Severity::Info, None));
    alone.stop().await;
    let mut session = standby.connect().await?;
    crate::support::until_true(&standby, "select count(*) = 60000 from t").await?;
    for sql in ["set enable_seqscan = off", "select count(*) from t where a = 7"] {
        sqlx::raw_sql(sql).execute(&mut session).await?;
    }
    drop(session);
    let both = vec![config("one", &watcher(&server))?, config("copy", &watcher(&standby))?];
    let engine = Engine::start(both, limits(&set)?);
    until(&engine, "one", PATIENCE, |_| !read(&engine, "one").owners.is_empty()).await?;
    again(&engine, "copy", |read| index(read, "on_standby").idx_scan > 0).await?;
    let finding = fires(&engine, "one", "indexes/unused_index").await?;
    assert_eq!(finding.object.to_string(), "index public.nowhere in database postgres");
    assert_eq!(finding.severity, Severity::Warning, "{}", finding.message);
    assert!(finding.message.contains("Nor did copy") && finding.remedy.sql.is_some());
    assert_eq!(findings(&engine, "indexes/unused_index").len(), 1, "the other is used there");
    // On the standby itself nothing can be changed.
    assert!(all_findings(&engine, "copy").iter().all(|one| !one.rule.starts_with("indexes/")));
    engine.stop().await;
    Ok(())
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

/// Each foreign key by itself: order, further columns, predicates and validity decide.
const FOREIGN_KEYS: &str = "
    create table p (a int, b int, primary key (a, b));
    create table q (id int primary key);
    insert into q values (1); insert into p values (1, 1);
    create table none (a int, b int, constraint none_fk foreign key (a, b) references p);
    create table other_order (a int, b int, constraint other_order_fk foreign key (a, b) references p);
    create index other_order_i on other_order (b, a, (a + 1));
    create table behind (x int, a int, b int, constraint behind_fk foreign key (a, b) references p);
    create index behind_i on behind (x, a, b);
    create table half (a int, b int, constraint half_fk foreign key (a, b) references p);
    create index half_i on half (a);
    create table partial (q int, s int, constraint partial_fk foreign key (q) references q);
    create index partial_i on partial (q) where s > 3;
    create table not_null (q int, constraint not_null_fk foreign key (q) references q);
    create index not_null_i on not_null (q) where q is not null;
    create table invalid (q int, constraint invalid_fk foreign key (q) references q);
    create index invalid_i on invalid (q);
    update pg_index set indisvalid = false where indexrelid = 'invalid_i'::regclass;
    create table two (q int, r int, constraint two_q foreign key (q) references q,
      constraint two_r foreign key (r) references q);
    create index two_i on two (q);
    create table hashed (q int, constraint hashed_fk foreign key (q) references q);
    create index hashed_i on hashed using hash (q);
    create table brin (q int, constraint brin_fk foreign key (q) references q);
    create index brin_i on brin using brin (q);
    create table parted (q int, n int, constraint parted_fk foreign key (q) references q) partition by list (n);
    create table parted_1 partition of parted for values in (1);
    create index parted_1_q on parted_1 (q);
    create table \"Ugly \"\"T\" (\"q r\" int, constraint \"ugly fk\" foreign key (\"q r\") references q);
    insert into none select 1, 1 from generate_series(1, 20000);
    insert into q values (2); delete from q where id = 2;";

async fn foreign_keys(major: u16) -> Result {
    let server = monitored(major).await?;
    server.exec(FOREIGN_KEYS).await?;
    let engine = engine(&server, &[("indexes/unindexed_foreign_key", "min_rows", 0.0)]).await?;
    fires(&engine, "one", "indexes/unindexed_foreign_key").await?;
    let found = findings(&engine, "indexes/unindexed_foreign_key");
    let of: BTreeSet<String> = found
        .iter()
        .filter_map(|finding| finding.message.strip_prefix("Foreign key "))
        .filter_map(|rest| rest.split(" of table ").next())
        .map(str::to_owned)
        .collect();
    let expected = [
        "none_fk",
        "behind_fk",
        "half_fk",
        "partial_fk",
        "invalid_fk",
        "two_r",
        "brin_fk",
        "\"ugly fk\"",
    ];
    assert_eq!(of, expected.map(str::to_owned).into());
    let severity = |key: &str| {
        found.iter().find(|finding| finding.message.contains(key)).map(|finding| finding.severity)
    };
    assert_eq!(severity("two_r"), Some(Severity::Warning), "rows of q are deleted");
    assert_eq!(severity("none_fk"), Some(Severity::Info), "none of p are");
    for finding in &found {
        server.exec(&finding.remedy.sql.clone().unwrap_or_default()).await?;
        server.exec(&finding.remedy.undo.clone().unwrap_or_default()).await?;
        server.exec(&finding.remedy.sql.clone().unwrap_or_default()).await?;
    }
    let keys = |read: &DatabaseIndexes| {
        let parts = read.parts();
        let tops = read.foreign_keys.iter().filter(|key| key.parent.is_none());
        tops.filter(|key| !read.has_index(key, &parts)).count()
    };
    again(&engine, "one", |read| keys(read) == 0).await?;
    quiet(&engine, "one", "indexes/unindexed_foreign_key").await?;
    // A part without an index of its own leaves the whole without.
    server.exec("create table parted_2 partition of parted for values in (2)").await?;
    again(&engine, "one", |read| keys(read) == 1).await?;
    let finding = fires(&engine, "one", "indexes/unindexed_foreign_key").await?;
    assert!(finding.message.contains("parted_fk") && finding.remedy.sql.is_none());
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_keys_on_14() -> Result {
    foreign_keys(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_keys_on_16() -> Result {
    foreign_keys(16).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_keys_on_18() -> Result {
    foreign_keys(18).await
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
