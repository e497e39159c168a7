//! What a statement costs: the time of its fastest run, and the blocks that it touches.

#![allow(dead_code, reason = "each user uses its part")]

use anyhow::{Context, Result};
use plan::derive::Counter;
use sqlx::PgConnection;

/// Blocks of all kinds: of tables and indexes, and of temporary files.
const BLOCKS: [Counter; 6] = [
    Counter::SharedHit,
    Counter::SharedRead,
    Counter::LocalHit,
    Counter::LocalRead,
    Counter::TempRead,
    Counter::TempWritten,
];

/// The cost of one execution.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub ms: f64,
    pub blocks: f64,
}

/// Runs statements with the simple protocol.
pub async fn run(session: &mut PgConnection, sql: &str) -> Result<()> {
    let safe = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::raw_sql(safe).execute(session).await.with_context(|| sql.to_owned())?;
    Ok(())
}

/// The statement's plan as EXPLAIN ANALYZE prints it; what it changes is undone.
pub async fn explained(
    session: &mut PgConnection,
    statement: &str,
    options: &str,
) -> Result<String> {
    let sql = format!("explain (analyze, buffers{options}) {statement}");
    let reads = ["select", "with", "table"].iter().any(|word| statement.starts_with(word));
    if !reads {
        run(session, "begin").await?;
    }
    let safe = sqlx::AssertSqlSafe(sql);
    let lines: Result<Vec<String>, _> = sqlx::query_scalar(safe).fetch_all(&mut *session).await;
    if !reads {
        run(session, "rollback").await?;
    }
    Ok(lines.with_context(|| statement.to_owned())?.join("\n"))
}

/// The cost of a statement: the fastest of so many runs.
pub async fn cost(session: &mut PgConnection, statement: &str, runs: usize) -> Result<Cost> {
    let mut best: Option<Cost> = None;
    for _ in 0..runs.max(1) {
        let text = explained(session, statement, "").await?;
        let parsed = plan::parse(&text)?;
        let plan = parsed.plans.first().context("no plan")?;
        let derived = plan::derive(plan);
        let counters = derived.nodes.iter().filter_map(|own| own.counters);
        let blocks = counters.map(|own| BLOCKS.iter().map(|one| own.get(*one)).sum::<f64>()).sum();
        let cost = Cost { ms: plan.execution_ms().unwrap_or(0.0), blocks };
        // The first run may read what later ones find in memory, set hint bits and prune.
        best = Some(best.map_or(cost, |best| Cost {
            ms: best.ms.min(cost.ms),
            blocks: best.blocks.min(cost.blocks),
        }));
    }
    best.context("no run")
}
