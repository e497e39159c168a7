//! A cycle reads what changed and nothing else, loses nothing by that, and leaves a server alone that is too slow
//! for it.

use std::collections::{BTreeMap, HashMap};

use engine::now_ms;
use model::Reason;
use model::statements::{Measure, Tick};
use playground::{Server, ServerOptions};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::churn::distinct;
use super::harness::{Reader, started};
use crate::support::Result;

/// Statements of their own.
const STATEMENTS: u32 = 600;

/// Runs some of them; gives nothing, for the server counts.
async fn run_some(session: &mut PgConnection, round: u32) -> Result {
    let some = (0..STATEMENTS).filter(|number| round == 0 || number % 97 == round);
    let text: Vec<String> = some.map(distinct).collect();
    sqlx::raw_sql(sqlx::AssertSqlSafe(text.join(";"))).execute(session).await?;
    Ok(())
}

/// Calls of them by the extension's view.
async fn counted(server: &Server) -> Result<BTreeMap<i64, f64>> {
    let view = "select queryid, calls::float8 as calls from pg_stat_statements where query like 'select $1 %' or query like 'select 1 %'";
    let rows = sqlx::raw_sql(view).fetch_all(&mut server.connect().await?).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

fn calls(tick: &Tick) -> impl Iterator<Item = (i64, f64)> + '_ {
    tick.moved.iter().map(|moved| (moved.key.queryid, moved.sums.get(Measure::Calls)))
}

async fn what_changed_is_read(major: u16) -> Result {
    let server = started(ServerOptions::new(major), None).await?;
    let mut session = server.connect().await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    run_some(&mut session, 0).await?;
    reader.read().await?;
    let mut before = counted(&server).await?;
    assert_eq!(before.len(), STATEMENTS as usize, "{major}");
    for round in 1..=5 {
        run_some(&mut session, round).await?;
        // One that ran in this round is reset and does not come back, as is one that did not.
        let gone: Vec<i64> = before.keys().skip(round as usize * 7).step_by(300).copied().collect();
        for queryid in &gone {
            server.exec(&format!("select pg_stat_statements_reset(0, 0, {queryid})")).await?;
        }
        let (tick, sent) = reader.counted_tick().await?;
        let now = counted(&server).await?;
        let ran: HashMap<i64, f64> = calls(&tick).collect();
        for (queryid, calls) in &now {
            let rose = calls - before.get(queryid).copied().unwrap_or_default();
            let seen = ran.get(queryid).copied().unwrap_or_default();
            assert_eq!(seen, rose, "{major}, round {round}: {queryid}");
        }
        assert!(gone.iter().all(|queryid| !ran.contains_key(queryid)), "{major}: {tick:?}");
        assert!(tick.integrity.vanished >= gone.len() as i64, "{major}: {:?}", tick.integrity);
        // Seven of six hundred moved, two are gone; besides them what shares a bucket, and our own.
        assert!((1..200).contains(&sent), "{major}: {sent} entries were sent");
        before = now;
    }
    assert!(!server.log().contains("ERROR"), "{}", server.log());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_is_read_on_14() -> Result {
    what_changed_is_read(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_is_read_on_18() -> Result {
    what_changed_is_read(18).await
}

/// The reason, and when the next reading is, ms.
async fn too_slow(reader: &mut Reader, at_ms: i64) -> Result<(String, u64)> {
    match reader.read_at(at_ms).await?.entries {
        Err(reason @ Reason::TooSlow { again_ms, .. }) => {
            Ok((format!("{} {}", reason.message(), reason.remedy().unwrap_or_default()), again_ms))
        }
        other => anyhow::bail!("{other:?}"),
    }
}

/// The function that reads the entries takes longer than `statement_timeout`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_too_slow_is_asked_less_and_less() -> Result {
    let server = started(ServerOptions::new(17), None).await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    let start = now_ms();
    reader.read_at(start).await?;
    server.exec("alter function public.pg_stat_statements(boolean) rename to quick;
                 create function public.pg_stat_statements(boolean) returns setof public.pg_stat_statements
                     language sql as 'select s.* from pg_catalog.pg_sleep(60), public.pg_stat_statements s'")
        .await?;
    let cancelled = || server.log().matches("canceling statement due to statement timeout").count();
    let (why, again_ms) = too_slow(&mut reader, start + 10_000).await?;
    assert_eq!((cancelled(), again_ms), (1, 60_000));
    assert!(why.contains("limit of 2 s") && why.contains("pg_stat_statements.max"), "{why}");
    // Not before its time, and then seldomer.
    assert_eq!(too_slow(&mut reader, start + 60_000).await?, (why, 60_000));
    assert_eq!(cancelled(), 1);
    assert_eq!(too_slow(&mut reader, start + 71_000).await?.1, 120_000);
    assert_eq!(cancelled(), 2);
    server
        .exec(
            "drop function public.pg_stat_statements(boolean);
                 alter function public.quick(boolean) rename to pg_stat_statements",
        )
        .await?;
    assert_eq!(too_slow(&mut reader, start + 180_000).await?.1, 120_000);
    let read = reader.read_at(start + 192_000).await?;
    let tick = read.entries.and_then(|entries| entries.tick);
    assert_eq!(tick.map(|tick| tick.span_ms), Ok(192_000), "nothing is lost");
    Ok(())
}

/// Where utility statements are counted, ours are few, whatever was read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_cursor_adds_few_entries() -> Result {
    let server = ServerOptions::new(18).start().await?;
    server.exec("create extension pg_stat_statements").await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    for _ in 0..3 {
        reader.read().await?;
    }
    let view = "select query from pg_stat_statements where query like '%pgdeck_rows%'";
    let rows = sqlx::raw_sql(view).fetch_all(&mut server.connect().await?).await?;
    let text = |row: &PgRow| row.try_get::<String, _>(0);
    let texts: Vec<String> = rows.iter().map(text).collect::<std::result::Result<_, _>>()?;
    assert!((2..=4).contains(&texts.len()), "{texts:?}");
    Ok(())
}
