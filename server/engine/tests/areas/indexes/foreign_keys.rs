//! Foreign keys without an index.

use super::*;

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
