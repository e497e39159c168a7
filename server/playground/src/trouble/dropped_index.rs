//! This morning's trouble: a migration dropped an index, and a frequent statement now reads the whole table.

use sqlx::{Executor, PgConnection, Row};

use crate::Error;
use crate::client;
use crate::scene::{self, Scene};

/// Milliseconds from one call to the next.
const EVERY_MS: u64 = 280;

/// What the page of an order asks for. It holds no constant, so the server keeps it as it is.
const PAYMENTS: &str = "select provider, amount, paid_at from payments where order_id = $1";
const TABLE: &str = "payments";
const INDEX: &str = "payments_order_id_idx";

/// The statement that is slow since this morning, as the server ran it before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regressed {
    /// Its queryid.
    pub queryid: i64,
    /// Its database.
    pub database: String,
    /// The table that it reads.
    pub table: String,
    /// The index that is gone.
    pub index: String,
    /// While the index was there.
    pub before: Looks,
    /// Without it.
    pub after: Looks,
}

/// What the server says of the statement, each as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looks {
    /// `EXPLAIN (ANALYZE, BUFFERS)` of an execution.
    pub executed: String,
    /// `EXPLAIN` of the plan that fits any value.
    pub planned: String,
}

/// Drops the index, between two looks at the plan of the statement.
pub(crate) async fn set_up(dsn: &str, database: &str) -> Result<Regressed, Error> {
    let mut session = client::connect_as(dsn, "deploy").await?;
    // Workers would hide most of the harm; the table says so, because everybody's plan is meant.
    let table = format!("alter table {TABLE} set (parallel_workers = 0); analyze {TABLE}");
    client::run(&mut session, &table).await?;
    // Once, so that the server knows its queryid; first, because its text is the one that is kept.
    scene::ask(&mut session, PAYMENTS, 4_711).await?;
    let queryid = queryid(&mut session).await?;
    let prepare = format!("prepare payments_of_order (bigint) as {PAYMENTS}");
    client::run(&mut session, &prepare).await?;
    let before = looks(&mut session).await?;
    client::run(&mut session, &format!("drop index if exists {INDEX}")).await?;
    let after = looks(&mut session).await?;
    let (table, index, database) = (TABLE.to_owned(), INDEX.to_owned(), database.to_owned());
    Ok(Regressed { queryid, database, table, index, before, after })
}

async fn queryid(session: &mut PgConnection) -> Result<i64, Error> {
    const ASK: &str = "select queryid from pg_stat_statements(true) where query = $1 and queryid is not null limit 1";
    sqlx::query_scalar(ASK).bind(PAYMENTS).fetch_one(session).await.map_err(Error::sql(ASK))
}

async fn looks(session: &mut PgConnection) -> Result<Looks, Error> {
    const EXECUTE: &str =
        "explain (analyze, buffers, format json) execute payments_of_order (4711)";
    const PLAN: &str = "explain (format json) execute payments_of_order (4711)";
    client::run(session, "set plan_cache_mode = force_generic_plan").await?;
    // The second time all is in memory.
    client::run(session, EXECUTE).await?;
    Ok(Looks { executed: json(session, EXECUTE).await?, planned: json(session, PLAN).await? })
}

async fn json(session: &mut PgConnection, explain: &'static str) -> Result<String, Error> {
    let row = session.fetch_one(sqlx::raw_sql(explain)).await.map_err(Error::sql(explain))?;
    // JSON, as text.
    row.try_get_unchecked(0).map_err(Error::sql(explain))
}

pub(super) async fn run(scene: Scene) -> Result<(), Error> {
    let mut page = scene.shop("orders").await?;
    // Without a past nobody has dropped it yet.
    scene::run(&mut page, &format!("drop index if exists {INDEX}")).await?;
    for order in (1..2_000_i64).cycle() {
        scene::ask(&mut page, PAYMENTS, order).await?;
        scene.pause(EVERY_MS).await;
    }
    Ok(())
}
