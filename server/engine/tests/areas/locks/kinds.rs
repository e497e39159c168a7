//! Lock types other than relations and rows: advisory, virtual transaction, object, speculative.

use model::Reason;

use super::harness::{Look, Result, expected};

pub async fn advisory(look: &mut Look) -> Result {
    let _one = look
        .holds("one", "select pg_advisory_xact_lock(1, -2), pg_advisory_lock_shared(-1)")
        .await?;
    let mut free = look.session("free").await?;
    // The same bits as one bigint are another lock.
    free.run("begin; select pg_advisory_xact_lock((1::bigint << 32) | 4294967294)").await?;
    look.waits("pair", "select pg_advisory_xact_lock(1, -2)").await?;
    look.waits("single", "select pg_advisory_lock(-1)").await?;
    let graph = look.graph(2).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&[
            "pair EXCLUSIVE hard on advisory lock 1, -2: one EXCLUSIVE",
            "single EXCLUSIVE hard on advisory lock -1: one SHARE",
        ])
    );
    look.reset().await
}

pub async fn virtual_transaction(look: &mut Look) -> Result {
    look.server.exec("create table indexed (id int)").await?;
    let _reader = look.holds("writer", "lock table indexed in row exclusive mode").await?;
    let session = look.session("index").await?;
    let pid = session.pid;
    session.start("create index concurrently on indexed (id)");
    look.shown_waiting(pid).await?;
    let graph = look.graph(1).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&["index SHARE hard on virtual transaction: writer EXCLUSIVE"])
    );
    look.reset().await
}

pub async fn object(look: &mut Look) -> Result {
    look.server.exec("create type mood as enum ('fine')").await?;
    let _one = look.holds("one", "comment on type mood is 'a'").await?;
    look.waits("two", "comment on type mood is 'b'").await?;
    let graph = look.graph(1).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&[
            "two SHARE UPDATE EXCLUSIVE hard on object  of catalog pg_type: one SHARE UPDATE EXCLUSIVE"
        ])
    );
    look.reset().await
}

/// An INSERT … ON CONFLICT that has written its row and not yet its second index; another with the
/// same key waits for it to decide.
pub async fn speculative(look: &mut Look) -> Result {
    look.server
        .exec(
            "create table upserts (k int primary key);
             create function slow(k int) returns int immutable language plpgsql as
               $$ begin perform pg_advisory_xact_lock_shared(99); return k; end $$;
             create index on upserts (slow(k))",
        )
        .await?;
    let _gate = look.holds("gate", "select pg_advisory_xact_lock(99)").await?;
    look.waits("first", "insert into upserts values (1) on conflict (k) do nothing").await?;
    look.waits("second", "insert into upserts values (1) on conflict (k) do nothing").await?;
    let graph = look.graph(2).await?;
    assert_eq!(
        look.edges(&graph),
        expected(&[
            "first SHARE hard on advisory lock 99: gate EXCLUSIVE",
            "second SHARE hard on speculative token: first EXCLUSIVE",
        ])
    );
    let token = graph.queues.iter().map(|queue| queue.object.words()).find(|w| w.contains("token"));
    let token = token.expect("a token");
    assert!(!token.contains('?') && !token.contains("transaction 0"), "{token}");
    assert_eq!(look.roots(&graph), ["gate"]);
    assert_eq!(graph.roots[0].holds_up, 2);
    look.reset().await
}

/// Predicate locks are counted and block nobody; failures are not counted by PostgreSQL, and said
/// to be unknown.
pub async fn serializable(look: &mut Look) -> Result {
    look.server
        .exec("create table doctors (name text, on_call bool); insert into doctors values ('a', true), ('b', true)")
        .await?;
    let mut one = look.session("one").await?;
    let mut two = look.session("two").await?;
    for session in [&mut one, &mut two] {
        session
            .run("begin isolation level serializable; select from doctors where on_call")
            .await?;
    }
    let locks = look.first_tick().await?;
    assert_eq!(locks.waiting, 0);
    assert!(locks.table.as_ref().is_ok_and(|table| table.predicate >= 2), "{:?}", locks.table);
    one.run("update doctors set on_call = false where name = 'a'; commit").await?;
    let failed = two.run("update doctors set on_call = false where name = 'b'; commit").await;
    assert!(failed.is_err_and(|error| error.to_string().contains("could not serialize access")));
    assert!(matches!(locks.serialization_failures, Err(Reason::Nothing { .. })));
    look.reset().await
}
