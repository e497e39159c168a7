//! Waits for a row: they name table, row and who has it, not a transaction.

use super::harness::{Look, Result};

pub async fn named_by_table_and_row(look: &mut Look) -> Result {
    look.server
        .exec("create table inventory (id int primary key, n int); insert into inventory values (1, 5), (2, 5)")
        .await?;
    let holder = look.holds("holder", "update inventory set n = 4").await?;
    let first = look.waits("first", "update inventory set n = 3 where id = 2").await?;
    let second = look.waits("second", "update inventory set n = 2 where id = 2").await?;
    let graph = look.graph(2).await?;
    let words: Vec<String> = graph.queues.iter().map(|queue| queue.object.words()).collect();
    assert_eq!(words, ["row (0,2) of inventory", "row (0,2) of inventory"]);
    let blocking = graph.blocking();
    let node = |pid| graph.node_of(pid).expect("a node");
    let why = blocking.why(node(first)).expect("it waits");
    let starts = format!(
        "pid {first} wants row (0,2) of inventory; pid {} has changed or locked it, idle in transaction for ",
        holder.pid
    );
    assert!(why.starts_with(&starts), "{why}");
    assert!(!why.contains("update inventory"), "not everybody may read statements: {why}");
    let told = blocking.why_with_statement(node(first)).expect("it waits");
    assert!(told.ends_with("update inventory set n = 4"), "{told}");
    assert!(blocking.why(node(second)).expect("it waits").contains(&format!("pid {first}")));
    // Another row of the same table: what they have in common is the table.
    look.waits("other", "update inventory set n = 1 where id = 1").await?;
    let graph = look.graph(3).await?;
    let words: Vec<String> = graph.queues.iter().map(|queue| queue.object.words()).collect();
    assert_eq!(words, ["rows of inventory", "row (0,2) of inventory"]);
    look.reset().await
}
