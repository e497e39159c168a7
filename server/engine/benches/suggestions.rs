//! What index suggestions cost and promise: the time to look for indexes for the 20 statements of a workload, what
//! they save, and the WAL that a row writes with them, predicted and measured, with the ratio of both.
//!
//! PostgreSQL 15 with hypopg where that is installed, 18 without. `cargo bench -p engine --bench suggestions [-- NAME]…`

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "../tests/support/workload.rs"]
mod workload;

use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use engine::Engine;
use model::ServerId;
use model::suggestions::{Suggestions, Weighted};
use playground::{Server, ServerOptions};
use support::{PATIENCE, is_up, until, watch};
use workload::{RowWal, loaded, row_wal};

/// How often indexes are looked for.
const ROUNDS: usize = 5;
const NAMES: [&str; 3] = ["shop", "reports", "events"];

#[tokio::main]
async fn main() -> Result<()> {
    let given: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let names =
        NAMES.iter().filter(|name| given.is_empty() || given.iter().any(|own| own == *name));
    for name in names {
        for major in [15, 18] {
            run(name, major).await.with_context(|| format!("{name} on {major}"))?;
        }
    }
    Ok(())
}

/// A server as the tests have it; and whether it has hypopg.
async fn started(major: u16) -> Result<(Server, bool)> {
    let options = ServerOptions::new(major).setting("autovacuum", "off");
    let options = options.setting("default_statistics_target", "1000");
    let server = options.setting("full_page_writes", "off").start().await?;
    server.exec("create role analyst login password 'a'; grant pg_monitor to analyst").await?;
    let with_hypopg = server.exec("create extension hypopg").await.is_ok();
    Ok((server, with_hypopg))
}

async fn run(name: &str, major: u16) -> Result<()> {
    let (server, with_hypopg) = started(major).await?;
    let statements = loaded(&server, name).await?;
    let before = row_wal(&server).await?;
    server.exec("vacuum analyze").await?;
    let engine = watch(&[("one", server.dsn_for("analyst", "a", "postgres"))])?;
    until(&engine, "one", PATIENCE, is_up).await?;
    let (mut times, mut found) = (vec![], None);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        found = Some(suggested(&engine, &statements).await?);
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let found = found.context("no round")?;
    let how = if with_hypopg { "proved with hypopg" } else { "not proved" };
    println!(
        "{name}, PostgreSQL {major}, {how}: {} statements → {} indexes, {} left out, in {:.0} ms (median of {ROUNDS}; most {:.0} ms)",
        statements.len(),
        found.suggestions.len(),
        found.not_suggested.len(),
        times.get(times.len() / 2).copied().unwrap_or_default(),
        times.last().copied().unwrap_or_default(),
    );
    for one in &found.suggestions {
        server.exec(&one.sql).await?;
    }
    server.exec("analyze").await?;
    savings(&found, &suggested(&engine, &statements).await?);
    writes(&found, &before, &row_wal(&server).await?);
    engine.stop().await;
    Ok(())
}

async fn suggested(engine: &Engine, statements: &[Weighted]) -> Result<Suggestions> {
    let server = ServerId::new("one");
    let found = engine.suggest_indexes(&server, "postgres", statements.to_vec()).await;
    found.map_err(|why| anyhow!("{}", why.message()))
}

/// How many statements get cheaper, and what the planner's costs of all are afterwards.
fn savings(found: &Suggestions, again: &Suggestions) {
    let cost = |of: &Suggestions, at: usize| {
        of.statements.get(at).and_then(|one| one.cost.clone().ok()).unwrap_or(f64::NAN)
    };
    let both = (0..found.statements.len()).map(|at| (cost(found, at), cost(again, at)));
    let both: Vec<(f64, f64)> =
        both.filter(|(one, two)| one.is_finite() && two.is_finite()).collect();
    let cheaper = both.iter().filter(|(before, after)| *after < 0.9 * before).count();
    let share: f64 =
        both.iter().map(|(before, after)| after / before).sum::<f64>() / both.len() as f64;
    let promised =
        found.saved_percent.map_or("nothing".into(), |saved| format!("{saved:.1} % less"));
    println!(
        "  {cheaper} of {} statements cheaper; on average {:.1} % of the cost is left ({promised} promised, weighted by time)",
        both.len(),
        100.0 * share
    );
}

/// The WAL of a row, predicted and measured.
fn writes(found: &Suggestions, before: &RowWal, after: &RowWal) {
    println!(
        "  | table | indexes | predicted, bytes | inserted | ratio | updated, not HOT | ratio |"
    );
    println!("  |---|---|---|---|---|---|---|");
    for cost in found.row_costs() {
        let (Some(before), Some(after)) = (before.get(&cost.table), after.get(&cost.table)) else {
            continue;
        };
        let more = |at: usize| match (before.get(at), after.get(at)) {
            (Some(before), Some(after)) => after - before,
            _ => f64::NAN,
        };
        let (inserted, updated) = (more(0), more(1));
        let (words, ratio): (String, Box<dyn Fn(f64) -> String>) = match cost.wal_bytes {
            Some(wal) if wal.least == wal.most => {
                let ratio = move |measured: f64| format!("{:.3}", measured / wal.most);
                (format!("{:.1}", wal.most), Box::new(ratio))
            }
            Some(wal) => {
                let words = format!("{:.1} to {:.1}", wal.least, wal.most);
                (words, Box::new(|_| "–".to_owned()))
            }
            None => ("not known".to_owned(), Box::new(|_| "–".to_owned())),
        };
        println!(
            "  | {} | {} | {words} | {inserted:.1} | {} | {updated:.1} | {} |",
            cost.table,
            cost.indexes,
            ratio(inserted),
            ratio(updated)
        );
    }
}
