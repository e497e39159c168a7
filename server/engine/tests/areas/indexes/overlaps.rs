//! Indexes that are the same, and left prefixes of others.

use super::*;

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
