//! All lock modes against each other: who waits is what the manual's tables say.

use std::time::Duration;

use model::locks::{LockMode, RowLock};

use super::harness::{Look, Result};

/// How long a lock that is free may take.
const AT_ONCE: Duration = Duration::from_secs(10);

pub async fn tables(look: &mut Look) -> Result {
    let create: String = (0..8).map(|n| format!("create table mode_{n} (id int);")).collect();
    look.server.exec(&create).await?;
    for held in LockMode::ALL {
        let hold: String =
            (0..8).map(|n| format!("lock table mode_{n} in {} mode;", held.words())).collect();
        let _holder = look.holds("holder", &hold).await?;
        let mut conflicting = std::collections::BTreeSet::new();
        for (wanted, n) in LockMode::ALL.into_iter().zip(0..) {
            let sql = format!("lock table mode_{n} in {} mode", wanted.words());
            if held.conflicts(wanted) {
                look.waits(&format!("w{n}"), &sql).await?;
                let (wanted, held) = (wanted.words(), held.words());
                conflicting.insert(format!("w{n} {wanted} hard on mode_{n}: holder {held}"));
            } else {
                let mut free = look.session("free").await?;
                tokio::time::timeout(AT_ONCE, free.run(&format!("begin; {sql}"))).await??;
            }
        }
        let graph = look.graph(conflicting.len()).await?;
        assert_eq!(look.edges(&graph), conflicting, "{} held", held.words());
        look.reset().await?;
    }
    Ok(())
}

pub async fn rows(look: &mut Look) -> Result {
    look.server
        .exec("create table rows (id int primary key); insert into rows values (0), (1), (2), (3)")
        .await?;
    for held in RowLock::ALL {
        let hold = format!("select from rows {}", held.words());
        let _holder = look.holds("holder", &hold).await?;
        let mut conflicting = std::collections::BTreeSet::new();
        for (wanted, n) in RowLock::ALL.into_iter().zip(0..) {
            let sql = format!("select from rows where id = {n} {}", wanted.words());
            if held.conflicts(wanted) {
                look.waits(&format!("w{n}"), &sql).await?;
                // Row locks are in the rows: what is waited for is the end of the holder.
                conflicting.insert(format!("w{n} SHARE hard on transaction: holder EXCLUSIVE"));
            } else {
                let mut free = look.session("free").await?;
                free.run(&format!("{sql}; commit")).await?;
            }
        }
        let graph = look.graph(conflicting.len()).await?;
        assert_eq!(look.edges(&graph), conflicting, "{} held", held.words());
        look.reset().await?;
    }
    Ok(())
}
