//! What the planner knows of columns, on real servers, and statistics of two columns that are made as they are
//! printed: the planner expects the right number of rows afterwards.

mod support;

use engine::Engine;
use model::columns::{Together, create_statistics};
use model::tables::detail::TableName;
use model::{Known, Reason, ServerId};
use playground::Server;
use serde_json::Value;
use support::{PATIENCE, Result, is_up, monitored, until, watch, watcher};

/// A postal code decides its city; a colour decides nothing. No value may leave the server.
const TABLES: &str = r#"
create table "Orte" (id bigint primary key, city text, "Zip" varchar(40), color int, note text, gone int, only_one int);
alter table "Orte" drop column gone;
insert into "Orte"
  select n, 'canary city ' || n % 1000 / 10, 'canary zip ' || n % 1000, hashint8(n) % 7, 'canary ' || n, 1
    from generate_series(1, 200000) n;
alter table "Orte" alter color set statistics 50, alter city set (n_distinct = 100), alter note set statistics 0;
create statistics known (dependencies) on color, only_one from "Orte";
analyze "Orte";
create table parted (a int, b int) partition by range (a);
create table parted_1 partition of parted for values from (0) to (1000);
insert into parted select n % 1000, n % 10 from generate_series(1, 5000) n;
analyze parted"#;

fn one() -> ServerId {
    ServerId::new("one")
}

fn named(name: &str) -> TableName {
    TableName { database: "postgres".into(), schema: "public".into(), name: name.into() }
}

async fn together(engine: &Engine) -> Known<Together> {
    engine.columns_together(&one(), &named("Orte")).await
}

/// Rows that the planner expects of both conditions, and rows that there are.
async fn expected(server: &Server) -> Result<(f64, f64)> {
    let sql = r#"explain (format json) select from "Orte" where city = 'canary city 7' and "Zip" = 'canary zip 77'"#;
    let mut session = server.connect().await?;
    let plan: Value = sqlx::query_scalar(sql).fetch_one(&mut session).await?;
    let rows = plan.pointer("/0/Plan/Plan Rows").and_then(Value::as_f64);
    let real: i64 =
        sqlx::query_scalar(r#"select count(*) from "Orte" where "Zip" = 'canary zip 77'"#)
            .fetch_one(&mut session)
            .await?;
    Ok((rows.ok_or_else(|| anyhow::anyhow!("no rows in {plan}"))?, real as f64))
}

async fn on(major: u16) -> Result {
    let server = monitored(major).await?;
    server.exec(TABLES).await?;
    let engine = watch(&[("one", watcher(&server)), ("owner", server.dsn())])?;
    until(&engine, "one", PATIENCE, is_up).await?;
    unreadable(&engine).await?;
    server.exec(r#"grant select on "Orte", parted to watcher"#).await?;
    numbers(&engine).await?;
    let found = together(&engine).await.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    assert!(!format!("{found:?}").contains("canary"), "{found:?}");
    let pairs: Vec<_> = found.pairs.iter().map(|pair| (&*pair.first, &*pair.second)).collect();
    assert_eq!(pairs, [("city", "Zip")], "{found:?}");
    let pair = found.pairs.first().ok_or_else(|| anyhow::anyhow!("no pair"))?;
    assert!(pair.second_decides > 0.99 && pair.first_decides < 0.01, "{pair:?}");
    assert_eq!((pair.first_values, pair.second_values, pair.pairs), (100.0, 1_000.0, 1_000.0));
    let (before, real) = expected(&server).await?;
    let (create, undo) = create_statistics("public", "Orte", pair);
    server.exec(&create).await?;
    let (after, _) = expected(&server).await?;
    println!(
        "{major}: {before} rows expected, then {after}, of {real}; said {}",
        pair.factor(found.rows as f64)
    );
    assert!(before * 10.0 < real, "{before} of {real}");
    assert!(after > real / 2.0 && after < real * 2.0, "{after} of {real}");
    let covered = together(&engine).await.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    let by = covered.pairs.first().and_then(|pair| pair.covered_by.clone());
    assert_eq!(by.as_deref(), Some("Orte_city_Zip_stats"));
    server.exec(&undo).await?;
    let log = server.log();
    assert_eq!(log.matches("ERROR:").count(), 0, "{log}");
    Ok(())
}

/// What may not be read is said, with the grant that helps.
async fn unreadable(engine: &Engine) -> Result {
    let columns = engine.table_columns(&one(), &named("Orte")).await;
    let columns = columns.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    let first = columns.columns.first().map(|column| &column.numbers);
    let grant = r#"grant select on "public"."Orte" to "watcher";"#;
    let says = |reason: &Reason| matches!(reason, Reason::MissingGrant { sql, .. } if sql == grant);
    assert!(first.is_some_and(|numbers| numbers.as_ref().is_err_and(says)), "{first:?}");
    assert!(together(engine).await.is_err_and(|reason| says(&reason)));
    Ok(())
}

async fn numbers(engine: &Engine) -> Result {
    let columns = engine.table_columns(&one(), &named("Orte")).await;
    let columns = columns.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    let names: Vec<&str> = columns.columns.iter().map(|column| &*column.attname).collect();
    assert_eq!(names, ["id", "city", "Zip", "color", "note", "only_one"]);
    let of = |name: &str| {
        let found = columns.columns.iter().find(|column| column.attname == name);
        found.ok_or_else(|| anyhow::anyhow!("{name} is not there"))
    };
    assert_eq!((of("color")?.attstattarget, of("city")?.attstattarget), (Some(50), None));
    assert_eq!(of("city")?.attoptions, ["n_distinct=100"]);
    assert!(of("note")?.numbers.as_ref().is_err_and(|reason| reason.message().contains("is 0")));
    let id = of("id")?.numbers.clone().map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    assert_eq!((id.n_distinct, id.correlation, id.most_common), (-1.0, Some(1.0), None));
    let same = of("only_one")?.numbers.clone().map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    assert_eq!((same.n_distinct, same.most_common, same.common_values), (1.0, Some(1.0), 1));
    assert_eq!(columns.extended.len(), 1);
    let known = columns.extended.first().map(|one| (&*one.stxname, one.is_filled));
    assert_eq!(known, Some(("known", None)), "only the owner may see");
    let owned = engine.table_columns(&ServerId::new("owner"), &named("Orte")).await;
    let owned = owned.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    assert_eq!(owned.extended.first().map(|one| one.is_filled), Some(Some(true)));
    let parted = engine.table_columns(&one(), &named("parted")).await;
    let parted = parted.map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
    assert!(parted.columns.iter().all(|column| column.numbers.is_ok()), "{parted:?}");
    let refused = engine.columns_together(&one(), &named("parted")).await;
    assert!(refused.is_err_and(|reason| reason.message().contains("one of its partitions")));
    let none = engine.table_columns(&one(), &named("none\"';")).await;
    assert!(none.is_err_and(|reason| reason.is_nothing()));
    Ok(())
}

#[tokio::test]
async fn columns_on_14() -> Result {
    on(14).await
}

#[tokio::test]
async fn columns_on_18() -> Result {
    on(18).await
}
