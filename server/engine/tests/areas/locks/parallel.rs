//! Parallel queries: leader and workers are one node, which never blocks itself.

use super::harness::{Look, Result, WITHIN, expected};

/// Makes every scan parallel; the leader only gathers.
const FORCED: &str = "set parallel_setup_cost = 0; set parallel_tuple_cost = 0;
    set min_parallel_table_scan_size = 0; set max_parallel_workers_per_gather = 2;
    set parallel_leader_participation = off;";

pub async fn blocks(look: &mut Look) -> Result {
    look.server
        .exec("create table wide with (autovacuum_enabled = off) as select i from generate_series(1, 20000) i; analyze wide")
        .await?;
    let query = look.session("query").await?;
    let leader = query.pid;
    query.start(&format!(
        "{FORCED} select count(*) from wide where pg_sleep(0.05) is not null and i > 0"
    ));
    workers(look, leader).await?;
    look.waits("ddl", "alter table wide add column x int").await?;
    let graph = look.graph(1).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&["ddl ACCESS EXCLUSIVE hard on wide: query ACCESS SHARE"])
    );
    let node = graph.node_of(leader).and_then(|node| graph.node(node)).expect("the leader's node");
    assert_eq!(node.workers.len(), 2, "{node:#?}");
    assert!(node.session.as_ref().is_some_and(|s| s.leader_pid.is_none()), "the leader's session");
    look.reset().await
}

/// Workers that call a function wait for a table the leader never touches.
pub async fn waits(look: &mut Look) -> Result {
    look.server
        .exec(
            "create table secret (id int);
             create function peek(i int) returns bool parallel safe language plpgsql as
               $$ begin perform from secret; return i > 0; end $$",
        )
        .await?;
    let _owner = look.holds("owner", "lock table secret in access exclusive mode").await?;
    let query = look.session("query").await?;
    let leader = query.pid;
    query.start(&format!("{FORCED} select count(*) from wide where peek(i)"));
    let workers = workers(look, leader).await?;
    for worker in &workers {
        look.shown_waiting(*worker).await?;
    }
    let graph = look.graph(1).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&["query ACCESS SHARE hard on secret: owner ACCESS EXCLUSIVE"])
    );
    assert_eq!(graph.queues[0].waiters.len(), 2, "two members of one node wait");
    assert_eq!(graph.node_of(workers[0]), graph.node_of(leader));
    assert_eq!((graph.roots[0].holds_up, graph.roots[0].frees_now), (1, 1));
    look.reset().await
}

/// The pids of both workers, once they run.
async fn workers(look: &mut Look, leader: i32) -> Result<Vec<i32>> {
    let mut connection = look.server.connect().await?;
    let started = std::time::Instant::now();
    loop {
        let sql = "select pid from pg_stat_activity where leader_pid = $1 order by pid";
        let pids: Vec<i32> =
            sqlx::query_scalar(sql).bind(leader).fetch_all(&mut connection).await?;
        if pids.len() == 2 {
            return Ok(pids);
        }
        anyhow::ensure!(started.elapsed() < WITHIN, "no workers on {}", look.major());
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
