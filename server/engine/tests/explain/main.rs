//! EXPLAIN of a given statement, on real servers: every option of every major, values, generic plans,
//! what is refused, what is rolled back, what is cancelled, and that nothing gets past the guard.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it expects by panicking")]

#[path = "../support/cost.rs"]
mod cost;
#[path = "../support/lab.rs"]
mod lab;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/workload.rs"]
mod workload;

mod advice;
mod around;
mod catalog;
mod corpus;
mod grammar;
mod lab_subset;
mod majors;
mod places;
mod reached;
mod suggestions;
mod traps;
mod ways;
mod what_if;
mod workloads;

use std::time::{Duration, Instant};

use engine::Engine;
use model::explain::{Explained, Mode, NotExplained, Options, Request, RunId};
use model::{Role, ServerId, User};
use playground::Server;
use support::{PATIENCE, Result, is_up, until, watch};

pub(crate) const READ: Mode = Mode::Analyze { dml: false, functions: false };
pub(crate) const WRITE: Mode = Mode::Analyze { dml: true, functions: false };

/// A server with a table, and a login that may read and change it and nothing else.
pub(crate) async fn prepared(server: &Server) -> Result {
    server
        .exec(
            "create role analyst login password 'a'; grant pg_monitor to analyst;
             create table orders (id serial primary key, customer int, note text, at timestamptz default now());
             insert into orders (customer, note) select n % 100, 'note ' || n from generate_series(1, 2000) n;
             create index on orders (customer);
             grant select, insert, update, delete on orders to analyst;
             grant usage, select on sequence orders_id_seq to analyst;
             analyze orders",
        )
        .await?;
    Ok(())
}

pub(crate) fn analyst(server: &Server) -> String {
    server.dsn_for("analyst", "a", "postgres")
}

/// An engine that watches the server under the name `one` and has read it.
pub(crate) async fn watching_one(dsn: String) -> Result<Engine> {
    let engine = watch(&[("one", dsn)])?;
    until(&engine, "one", PATIENCE, is_up).await?;
    Ok(engine)
}

pub(crate) fn one() -> ServerId {
    ServerId::new("one")
}

pub(crate) fn ann() -> User {
    User { name: "ann".into(), roles: vec![Role::Operator], servers: vec![] }
}

/// A request of its own name.
pub(crate) fn request(statement: &str, mode: Mode) -> Request {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = u128::from(NEXT.fetch_add(1, Ordering::Relaxed));
    Request {
        run: RunId::new(number.to_be_bytes()),
        statement: statement.into(),
        database: None,
        parameters: vec![],
        mode,
        options: Options::default(),
    }
}

pub(crate) async fn explain(
    engine: &Engine,
    request: Request,
) -> std::result::Result<Explained, NotExplained> {
    engine.explain(&one(), &ann(), request).await
}

/// The answer's plan, as the package `plan` reads it.
pub(crate) fn plan_of(explained: &Explained) -> plan::Plan {
    let parsed = plan::parse(&explained.plan).expect("a plan");
    assert!(parsed.not_understood.is_empty(), "{:?}", parsed.not_understood);
    let plan = parsed.plans.into_iter().next().expect("one plan");
    assert_eq!(plan.broken, None, "{}", explained.plan);
    plan
}

/// One number from the server.
pub(crate) async fn number(server: &Server, sql: &'static str) -> Result<i64> {
    let mut connection = server.connect().await?;
    Ok(sqlx::query_scalar(sql).fetch_one(&mut connection).await?)
}

/// How many of our sessions do anything, the asking one left out.
pub(crate) async fn busy(server: &Server) -> Result<i64> {
    number(
        server,
        "select count(*) from pg_stat_activity where query like '/* pgdeck 0%' and state = 'active'",
    )
    .await
}

/// Waits until that many of our sessions do something.
pub(crate) async fn until_busy(server: &Server, wanted: i64) -> Result {
    let started = Instant::now();
    while busy(server).await? != wanted {
        anyhow::ensure!(started.elapsed() < PATIENCE, "never {wanted} busy");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
