//! Wait queues: soft blocks, deadlocks, prepared transactions, two hundred waiters behind one.

use std::time::{Duration, Instant};

use model::locks::{Graph, ObjectKind};

use super::harness::{Look, Result, expected};

pub async fn soft_block(look: &mut Look) -> Result {
    look.server.exec("create table orders (id int)").await?;
    let _reader = look.holds("reader", "select from orders").await?;
    let ddl = look.waits("ddl", "alter table orders add column x int").await?;
    let late = look.waits("late", "select from orders").await?;
    look.waits("writer", "insert into orders values (1)").await?;
    let graph = look.graph(3).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&[
            "ddl ACCESS EXCLUSIVE hard on orders: reader ACCESS SHARE",
            "late ACCESS SHARE soft on orders: ddl ACCESS EXCLUSIVE",
            "writer ROW EXCLUSIVE soft on orders: ddl ACCESS EXCLUSIVE",
        ])
    );
    assert_eq!(look.roots(&graph), ["reader"]);
    let root = &graph.roots[0];
    assert_eq!((root.holds_up, root.frees_now, root.frees), (3, 1, 3));
    let blocking = graph.blocking();
    let why = blocking.why(graph.node_of(late).expect("a node")).expect("it waits");
    let starts = format!(
        "pid {late} wants ACCESS SHARE on orders; pid {ddl} has asked for ACCESS EXCLUSIVE before it; pid "
    );
    assert!(why.starts_with(&starts), "{why}");
    assert!(why.contains("holds ACCESS SHARE, idle in transaction for "), "{why}");
    let freed = blocking.ending(&[graph.node_of(ddl).expect("a node")]);
    assert_eq!((freed.now.len(), freed.later.len()), (2, 0));
    // What was foretold comes true.
    look.server.exec(&format!("select pg_terminate_backend({ddl})")).await?;
    look.graph(0).await?;
    look.reset().await
}

/// A waiter that already holds a lock on the table is let in before those it holds up.
pub async fn holder_goes_first(look: &mut Look) -> Result {
    look.server.exec("create table shelf (id int)").await?;
    let _share = look.holds("share", "lock table shelf in share mode").await?;
    let mut reader = look.holds("reader", "select from shelf").await?;
    look.waits("ddl", "lock table shelf in access exclusive mode").await?;
    let pid = reader.pid;
    reader.run("savepoint s").await?;
    reader.start("insert into shelf values (1)");
    look.shown_waiting(pid).await?;
    look.waits("late", "insert into shelf values (1)").await?;
    let graph = look.graph(3).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&[
            "ddl ACCESS EXCLUSIVE hard on shelf: reader ACCESS SHARE",
            "ddl ACCESS EXCLUSIVE hard on shelf: share SHARE",
            "late ROW EXCLUSIVE hard on shelf: share SHARE",
            "late ROW EXCLUSIVE soft on shelf: ddl ACCESS EXCLUSIVE",
            "reader ROW EXCLUSIVE hard on shelf: share SHARE",
        ])
    );
    assert_eq!(look.roots(&graph), ["share"]);
    look.reset().await
}

/// Both hold a row FOR SHARE and want to change it: seen as a cycle while PostgreSQL still waits.
pub async fn deadlock_of_rows(look: &mut Look) -> Result {
    look.server
        .exec("create table stock (id int primary key, n int); insert into stock values (1, 1)")
        .await?;
    let one = look.holds("one", "select from stock where id = 1 for share").await?;
    let two = look.holds("two", "select from stock where id = 1 for share").await?;
    let (first, second) = (one.pid, two.pid);
    one.start("update stock set n = 2 where id = 1");
    look.shown_waiting(first).await?;
    two.start("update stock set n = 3 where id = 1");
    look.shown_waiting(second).await?;
    let graph = look.graph(2).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&[
            "one SHARE hard on transaction: two EXCLUSIVE",
            "two SHARE hard on transaction: one EXCLUSIVE",
        ])
    );
    assert_eq!(graph.cycles.len(), 1);
    assert!(graph.cycles[0].hard);
    assert_eq!(graph.cycles[0].nodes.len(), 2);
    assert_eq!(graph.roots.len(), 1, "a deadlock has one entry among the roots");
    assert!(graph.roots[0].in_cycle);
    look.reset().await
}

/// Upgrades on one lock PostgreSQL refuses at once: there is never a cycle to be seen.
pub async fn upgrade_of_one_table(look: &mut Look) -> Result {
    look.server.exec("create table pairs (id int)").await?;
    let one = look.holds("one", "lock table pairs in share mode").await?;
    let mut two = look.holds("two", "lock table pairs in share mode").await?;
    let first = one.pid;
    one.start("lock table pairs in row exclusive mode");
    look.shown_waiting(first).await?;
    let graph = look.graph(1).await?;
    assert_eq!(look.edges(&graph), expected(&["one ROW EXCLUSIVE hard on pairs: two SHARE"]));
    let refused = two.run("lock table pairs in row exclusive mode").await;
    let refused = refused.expect_err("a deadlock").to_string();
    assert!(refused.contains("deadlock detected"), "{refused}");
    look.reset().await
}

pub async fn prepared_transaction(look: &mut Look) -> Result {
    look.server
        .exec("create table ledger (id int primary key); insert into ledger values (1)")
        .await?;
    look.server
        .exec("begin; delete from ledger where id = 1; prepare transaction 'it''s \"kept\"'")
        .await?;
    look.waits("waiter", "select from ledger for update").await?;
    look.waits("ddl", "truncate ledger").await?;
    let graph = look.graph(2).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&[
            "waiter SHARE hard on transaction: prepared transaction 'it's \"kept\"' EXCLUSIVE",
            "ddl ACCESS EXCLUSIVE hard on ledger: prepared transaction 'it's \"kept\"' ROW EXCLUSIVE",
            "ddl ACCESS EXCLUSIVE hard on ledger: waiter ROW SHARE",
        ])
    );
    let root = &graph.roots[0];
    let prepared = graph.node(root.node).and_then(|node| node.prepared.as_ref());
    let owner = prepared.and_then(|prepared| prepared.owner.as_deref());
    assert_eq!((owner, root.holds_up, root.frees_now, root.frees), (Some("postgres"), 2, 1, 2));
    look.reset().await?;
    look.server.exec("rollback prepared 'it''s \"kept\"'").await?;
    Ok(())
}

pub async fn pile_up(look: &mut Look) -> Result {
    const WAITERS: usize = 200;
    let _holder = look.holds("holder", "select pg_advisory_xact_lock(7)").await?;
    for _ in 0..WAITERS {
        let session = look.session("waiter").await?;
        session.start("begin; select pg_advisory_xact_lock(7)");
    }
    let graph = look.graph(WAITERS).await?;
    let root = &graph.roots[0];
    assert_eq!(look.roots(&graph), ["holder"]);
    let count = WAITERS as u32;
    assert_eq!((root.holds_up, root.frees_now, root.frees), (count, 1, count));
    assert_eq!(graph.blocking().drawn().len(), WAITERS, "an edge a waiter");
    assert_eq!(look.edges(&graph).len(), 2, "named alike, the edges of all are two kinds");
    assert_eq!(graph.queues.len(), 1);
    assert_eq!(graph.queues[0].object.kind, ObjectKind::Advisory);
    let mut half = graph.clone();
    half.queues[0].waiters.truncate(WAITERS / 2);
    let ratio = drawn_in(&graph).as_secs_f64() / drawn_in(&half).as_secs_f64();
    assert!(ratio < 3.0, "twice the waiters take {ratio} times as long: quadratic work");
    look.reset().await
}

/// The shortest of many tries, which a busy machine does not lengthen.
fn drawn_in(graph: &Graph) -> Duration {
    let once = || {
        let started = Instant::now();
        assert!(!graph.blocking().drawn().is_empty());
        started.elapsed()
    };
    (0..100).map(|_| once()).min().expect("tries")
}
