//! Functions that a statement calls without naming them, more than two hundred ways: without consent it is not
//! executed, and PostgreSQL itself counts no call (`track_functions`). Each is real: sent without a guard, the
//! statement calls its function.

use std::collections::{BTreeMap, BTreeSet};

use model::explain::Refusal;
use sqlx::Connection;

use super::ways::{Trap, traps};
use super::*;

macro_rules! majors {
    ($($name:ident = $major:literal),+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result {
            let line = "host all analyst 127.0.0.1/32 trust";
            let server = playground::ServerOptions::new($major).hba(line);
            on(server.setting("track_functions", "all").start().await?).await
        }
    )+};
}
majors!(nothing_is_called_on_14 = 14, nothing_is_called_on_15 = 15, nothing_is_called_on_18 = 18);

async fn on(server: Server) -> Result {
    let traps = traps(server.major());
    let names: BTreeSet<&str> = traps.iter().map(|trap| trap.name.as_str()).collect();
    assert!(traps.len() >= 200 && names.len() == traps.len(), "{} traps", traps.len());
    server
        .exec(
            "create role analyst login; grant pg_monitor to analyst;
             create function canary() returns int language plpgsql as $$ begin return 1; end $$;
             create table one (n int); insert into one values (1)",
        )
        .await?;
    set(&server, &traps).await?;
    let before = calls(&server).await?;
    let engine = watching_one(analyst(&server)).await?;
    let mut passed = Vec::new();
    for trap in &traps {
        let mode = if trap.writes { WRITE } else { READ };
        let answer = explain(&engine, request(&trap.statement, mode)).await;
        if !matches!(&answer, Err(NotExplained::Refused(Refusal::Function { .. }))) {
            let said = answer.map_or_else(|why| why.message(), |_| "it was executed".into());
            passed.push(format!("{}: {}: {said}", trap.name, trap.statement));
        }
    }
    engine.stop().await;
    assert!(passed.is_empty(), "{} traps passed:\n{}", passed.len(), passed.join("\n"));
    let after = calls(&server).await?;
    assert_eq!(before, after, "functions were called");
    spring(&server, &traps).await?;
    let sprung = calls(&server).await?;
    let idle: Vec<_> = traps
        .iter()
        .filter(|trap| sprung.get(&trap.function) == after.get(&trap.function))
        .collect();
    assert!(idle.is_empty(), "these call nothing, so they are no traps: {idle:#?}");
    println!("{} traps on {}: 0 calls", traps.len(), server.major());
    Ok(())
}

/// Makes what the traps need, then what they call dangerous: much of it takes immutable functions only.
async fn set(server: &Server, traps: &[Trap]) -> Result {
    let mut connection = server.connect().await?;
    for trap in traps {
        let text = sqlx::AssertSqlSafe(trap.setup.clone());
        let made = sqlx::raw_sql(text).execute(&mut connection).await;
        made.map_err(|error| anyhow::anyhow!("{}: {error}: {}", trap.name, trap.setup))?;
    }
    let granted = "grant select, insert, update, delete on all tables in schema public to analyst;
                   grant usage on all sequences in schema public to analyst";
    sqlx::raw_sql(granted).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Sends the statements as they are, as the same role, each in a transaction that is rolled back.
async fn spring(server: &Server, traps: &[Trap]) -> Result {
    let mut connection = playground::connect(&analyst(server)).await?;
    for trap in traps {
        sqlx::raw_sql("begin").execute(&mut connection).await?;
        let text = sqlx::AssertSqlSafe(trap.statement.clone());
        // What fails has called its function before; else it is found to be idle.
        let _ = sqlx::raw_sql(text).execute(&mut connection).await;
        sqlx::raw_sql("rollback").execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}

/// How often each function was called, once all other sessions have ended and said so.
async fn calls(server: &Server) -> Result<BTreeMap<String, i64>> {
    let others = "select count(*) from pg_stat_activity
                   where backend_type = 'client backend' and pid <> pg_backend_pid()";
    let counted = "select coalesce(sum(calls), 0)::int8 from pg_stat_user_functions where funcname = 'canary'";
    let started = Instant::now();
    while number(server, others).await? > 0 {
        wait(started).await?;
    }
    let before = number(server, counted).await?;
    // Reports arrive in their order: the last one is this.
    number(server, "select canary()::int8").await?;
    while number(server, counted).await? <= before {
        wait(started).await?;
    }
    let mut connection = server.connect().await?;
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select funcname::text, calls from pg_stat_user_functions where funcname <> 'canary'",
    )
    .fetch_all(&mut connection)
    .await?;
    connection.close().await?;
    Ok(rows.into_iter().collect())
}

async fn wait(started: Instant) -> Result {
    anyhow::ensure!(started.elapsed() < PATIENCE, "the counters do not come");
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(())
}
