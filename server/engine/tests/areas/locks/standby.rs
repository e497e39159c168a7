//! A standby whose replay waits for a query, and queries that wait for replay.

use std::time::Duration;

use playground::ServerOptions;

use super::harness::{Look, Result, expected};

pub async fn conflict(major: u16) -> Result {
    let primary = ServerOptions::new(major)
        .setting("max_standby_streaming_delay", "-1")
        .setting("deadlock_timeout", "1h")
        .start()
        .await?;
    primary.exec("create table prices (id int)").await?;
    let standby = primary.standby("copy").await?;
    let mut look = Look::at(standby).await?;
    let mut reader = look.session("reader").await?;
    // The table may still be on its way.
    while reader.run("begin; select from prices").await.is_err() {
        reader.run("rollback").await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    primary.exec("alter table prices add column x int").await?;
    let graph = look.graph(1).await?;
    let startup = graph.waits().next().map(|(_, _, wait)| wait.pid).expect("replay waits");
    let edge = format!("pid {startup} ACCESS EXCLUSIVE hard on prices: reader ACCESS SHARE");
    assert_eq!(look.edges(&graph), expected(&[&edge]));
    look.waits("late", "select from prices").await?;
    let graph = look.graph(2).await?;
    let soft = format!("late ACCESS SHARE soft on prices: pid {startup} ACCESS EXCLUSIVE");
    assert_eq!(look.edges(&graph), expected(&[&edge, &soft]));
    let node = graph.node_of(startup).and_then(|node| graph.node(node)).expect("a node");
    assert!(node.session.as_ref().is_some_and(|session| session.is_startup()), "{node:#?}");
    assert_eq!(look.roots(&graph), ["reader"]);
    let counters = look.tick().await?.counters;
    assert!(counters.is_ok_and(|counters| counters.conflicts() == Some(0)));
    look.reset().await
}
