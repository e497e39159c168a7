//! A workload of the playground on a server: its statements, and the WAL that rows of its tables write.

use std::collections::BTreeMap;

use anyhow::Result;
use model::suggestions::Weighted;
use playground::Server;
use playground::lab::workload;
use sqlx::Connection;

/// Loads a workload; its statements, the first the costliest.
pub async fn loaded(server: &Server, name: &str) -> Result<Vec<Weighted>> {
    let workload = workload(name)?;
    for statement in &workload.setup {
        server.exec(statement).await?;
    }
    server.exec("grant all on all tables in schema public to analyst").await?;
    server.exec("vacuum analyze").await?;
    let statement = |(at, text): (usize, &String)| Weighted {
        queryid: i64::try_from(at).unwrap_or(0),
        text: text.clone(),
        total_ms: 1_000.0 / (at as f64 + 1.0),
        calls: Some(1_000.0),
    };
    Ok(workload.workload.iter().enumerate().map(statement).collect())
}

/// The WAL of an inserted and of an updated row, bytes, by table.
pub type RowWal = BTreeMap<String, [f64; 2]>;

/// What copies of every 53rd row of each table write, and updates of it that are not HOT, since the pages are
/// full. All is rolled back.
pub async fn row_wal(server: &Server) -> Result<RowWal> {
    let mut connection = server.connect().await?;
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(tablename) from pg_tables where schemaname = 'public' order by 1",
    )
    .fetch_all(&mut connection)
    .await?;
    let mut found = RowWal::new();
    for table in tables {
        let copy = "(jsonb_populate_record(t, jsonb_build_object('id', t.id + 10000000))).*";
        let mut bytes = [0.0; 2];
        for (bytes, statement) in bytes.iter_mut().zip([
            format!("insert into {table} select {copy} from {table} t where id % 53 = 0"),
            format!("update {table} set id = id where id % 53 = 0"),
        ]) {
            let mut transaction = connection.begin().await?;
            let explain = format!("explain (analyze, wal, timing off, format json) {statement}");
            let plan: serde_json::Value = sqlx::query_scalar(sqlx::AssertSqlSafe(explain))
                .fetch_one(&mut *transaction)
                .await?;
            transaction.rollback().await?;
            let top = &plan[0]["Plan"];
            let written = top["WAL Bytes"].as_f64().unwrap_or_default();
            let rows = top["Plans"][0]["Actual Rows"].as_f64().unwrap_or_default();
            *bytes = written / rows;
        }
        found.insert(format!("public.{table}"), bytes);
    }
    Ok(found)
}
