//! Autovacuum to prevent wraparound: it holds its table and does not yield.

use super::harness::{Look, Result, WITHIN, expected};

pub async fn to_prevent_wraparound(look: &mut Look) -> Result {
    // Throttled to about ten pages a second, so that it holds its table while we look.
    look.server
        .exec(
            "create table aging (id int, note text) with (autovacuum_freeze_max_age = 100000,
               autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 2000000000,
               autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
             insert into aging select i, repeat('x', 500) from generate_series(1, 10000) i",
        )
        .await?;
    let mut burner = look.server.connect().await?;
    sqlx::raw_sql("set synchronous_commit = off").execute(&mut burner).await?;
    sqlx::raw_sql("do $$ begin for i in 1..101000 loop perform pg_current_xact_id(); commit; end loop; end $$")
        .execute(&mut burner)
        .await?;
    let mut connection = look.server.connect().await?;
    let started = std::time::Instant::now();
    let worker: i32 = loop {
        anyhow::ensure!(started.elapsed() < WITHIN, "no autovacuum on {}", look.major());
        let sql = "select pid from pg_stat_activity
                    where query like 'autovacuum: VACUUM%public.aging (to prevent wraparound)'";
        match sqlx::query_scalar(sql).fetch_optional(&mut connection).await? {
            Some(pid) => break pid,
            None => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    };
    drop(connection);
    look.waits("ddl", "alter table aging add column x int").await?;
    let graph = look.graph(1).await?;
    let edge = format!("ddl ACCESS EXCLUSIVE hard on aging: pid {worker} SHARE UPDATE EXCLUSIVE");
    assert_eq!(look.edges(&graph), expected(&[&edge]));
    let node = graph.node(graph.roots[0].node).expect("a root");
    let session = node.session.as_ref().expect("its session");
    assert_eq!(session.to_prevent_wraparound, Some(true));
    assert!(session.is_autovacuum());
    let why = graph.blocking().why(graph.roots.len() as u32 - 1).or(graph.blocking().why(0));
    assert!(why.is_some_and(|why| why.contains("to prevent wraparound, which does not yield")));
    look.reset().await
}
