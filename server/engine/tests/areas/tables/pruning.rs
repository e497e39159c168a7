//! What is said of statements on a partitioned table is what the planner does, on real servers.

use std::collections::HashMap;

use engine::pruning::{Recorded, readers};
use model::pruning::{KeyUse, TreeKey};
use model::tables::detail::TableName;
use sqlx::Row as _;

use super::*;

const PARTED: &str = "
    create table orders (id int, region text, at date, note text) partition by range (at);
    create table orders_1 partition of orders for values from ('2026-01-01') to ('2026-02-01');
    create table orders_2 partition of orders for values from ('2026-02-01') to ('2026-03-01');
    create table orders_3 partition of orders for values from ('2026-03-01') to ('2026-04-01') partition by list (region);
    create table orders_3_de partition of orders_3 for values in ('de');
    create table orders_3_fr partition of orders_3 for values in ('fr');
    create table days (at date, name text)";
/// Statements, and whether they read all partitions.
const STATEMENTS: [(&str, bool); 9] = [
    ("select * from orders where id = 7", true),
    ("select * from orders where date_trunc('month', at) = '2026-02-01'", true),
    ("select * from orders where at::text = '2026-02-02'", true),
    ("update orders set note = 'x' where id = 7", true),
    ("select count(*) from orders o join days d on d.name = o.note", true),
    ("select * from orders where at = '2026-02-02'", false),
    ("select * from orders where at between '2026-02-02' and '2026-02-07' and id = 7", false),
    ("select * from orders where region = 'de'", false),
    ("delete from orders where at < '2026-01-15'", false),
];

/// How many of the partitions that hold rows a plan reads.
async fn scanned(server: &Server, statement: &str) -> Result<usize> {
    let mut session = server.connect().await?;
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("explain (costs off) {statement}")))
        .fetch_all(&mut session);
    let lines: Vec<String> = rows.await?.iter().map(|row| row.get::<String, _>(0)).collect();
    let leaves = ["orders_1", "orders_2", "orders_3_de", "orders_3_fr"];
    let is_read = |leaf: &&&str| {
        lines.iter().any(|line| line.contains("Scan") && line.contains(&format!("on {leaf}")))
    };
    Ok(leaves.iter().filter(is_read).count())
}

async fn planned(major: u16) -> Result {
    let server = ServerOptions::new(major).setting("autovacuum", "off").start().await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    server.exec(PARTED).await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    until(&engine, "one", PATIENCE, |_| table(&engine, "postgres", "orders").is_some()).await?;
    let name =
        TableName { database: "postgres".into(), schema: "public".into(), name: "orders".into() };
    let latest = engine
        .latest_as::<engine::areas::tables::TablesArea, _>(&ServerId::new("one"), |tables| {
            engine::areas::tables::detail::detail(tables, &name)
        });
    let detail = latest.and_then(|latest| latest.reading).map(|reading| reading.value);
    let key = detail.and_then(|detail| detail.ok()?.tree_key?.ok()).unwrap_or_default();
    let expected = TreeKey {
        columns: vec!["at".into(), "region".into()],
        has_expression: false,
        is_pruning_on: true,
        leaves: 4,
    };
    assert_eq!(key, expected);
    let recorded = STATEMENTS.iter().enumerate().map(|(place, (text, _))| Recorded {
        queryid: place as i64,
        text: (*text).to_owned(),
        calls: 1.0,
        total_ms: 1.0,
    });
    let found = readers(recorded.collect(), ("public", "orders"), &key);
    let said: HashMap<i64, KeyUse> = found.iter().map(|one| (one.queryid, one.key_use)).collect();
    for (place, (text, reads_all)) in STATEMENTS.iter().enumerate() {
        let scanned = scanned(&server, text).await?;
        assert_eq!(scanned == key.leaves, *reads_all, "{text}: {scanned} partitions");
        let key_use = said.get(&(place as i64)).copied();
        assert_eq!(key_use.map(KeyUse::reads_all), Some(*reads_all), "{text}: {key_use:?}");
    }
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_as_they_are_planned_on_14() -> Result {
    planned(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_as_they_are_planned_on_18() -> Result {
    planned(18).await
}
