//! Indexes that nobody scans, on any server of the cluster.

use super::*;

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
