//! Index suggestions for whole workloads on real servers: created as printed, compared with what was promised, and
//! undone.

use std::collections::BTreeMap;

use engine::Engine;
use model::explain::{Mode, Options, Request};
use model::suggestions::{Suggestions, Weighted};

use crate::suggestions::{PROMISED, started, suggested};
use crate::support::Result;
use crate::workload::{RowWal, loaded, row_wal};
use crate::{analyst, explain, number, plan_of, request, watching_one};

/// ANALYZE counts the pages of the larger catalogs and of tables that grew by a few rows: costs move by as much.
const SAMPLED: f64 = 1.05;
/// The promise is what is saved: a difference of that share of the cost before is none. hypopg guesses how many pages
/// a B-tree has and how deep it is.
const OF_BEFORE: f64 = 0.01;
/// By how much the WAL of a row may differ from what was predicted.
const PREDICTED: f64 = 1.05;

/// The cost of each statement, of the plan for any value.
fn costs(found: &Suggestions) -> BTreeMap<String, f64> {
    let all = found.statements.iter();
    all.map(|one| {
        let cost = one.cost.clone().unwrap_or_else(|why| panic!("{}: {why:?}", one.statement.text));
        (one.statement.text.clone(), cost)
    })
    .collect()
}

/// The indexes that a statement's plan for any value reads.
async fn read_indexes(engine: &Engine, text: &str) -> Vec<String> {
    let options = Options { generic: true, ..Options::default() };
    let asked = Request { options, ..request(text, Mode::Plan) };
    let explained = explain(engine, asked).await.unwrap_or_else(|why| panic!("{text}: {why:?}"));
    plan_of(&explained).nodes.into_iter().filter_map(|node| node.index).collect()
}

/// The name that a statement gives its index.
fn name_of(sql: &str) -> &str {
    let words: Vec<&str> = sql.split(' ').collect();
    words.get(3).copied().unwrap_or_default()
}

/// Its table, method and key columns.
fn keys(sql: &str) -> &str {
    let list = sql.split_once(" on ").map_or("", |(_, list)| list);
    list.split_once(')').map_or(list, |(keys, _)| keys)
}

/// Its table and first column.
fn first_key(sql: &str) -> &str {
    let list = sql.split_once(" on ").map_or("", |(_, list)| list);
    list.split([',', ')']).next().unwrap_or_default()
}

/// What a workload's suggestions do when they are created as printed.
async fn a_workload_gets_cheaper(
    name: &str,
    major: u16,
    with_hypopg: bool,
) -> Result<Option<Suggestions>> {
    let Some(server) = started(major, with_hypopg).await? else { return Ok(None) };
    let statements = loaded(&server, name).await?;
    assert_eq!(statements.len(), 20);
    let indexes = "select count(*) from pg_indexes where schemaname = 'public'";
    let at_first = number(&server, indexes).await?;
    let wal_before = row_wal(&server).await?;
    server.exec("vacuum analyze").await?;
    let engine = watching_one(analyst(&server)).await?;
    let found = suggested(&engine, &statements).await?;
    assert!(found.hypopg.is_ok() == with_hypopg && found.left_out == 0, "{:?}", found.hypopg);
    assert_eq!(found.is_smallest, with_hypopg);
    assert_eq!(number(&server, indexes).await?, at_first, "nothing is created");
    for one in &found.suggestions {
        let wins = one.wins_percent.map_or("?".into(), |percent| format!("{percent:.1} %"));
        let drops: Vec<&str> = one.drops.iter().map(|drop| drop.sql.as_str()).collect();
        println!("{} (wins {wins}, serves {}; drops {drops:?})", one.sql, one.serves.len());
    }
    for one in &found.not_suggested {
        println!("left out: {} {}", one.sql, one.why);
    }
    for one in &found.suggestions {
        let is_gin = one.sql.contains(" using gin ");
        assert_eq!(one.proved.is_ok(), with_hypopg && !is_gin, "{}", one.sql);
        server.exec(&one.sql).await?;
        for drop in &one.drops {
            server.exec(&drop.sql).await?;
        }
    }
    server.exec("analyze").await?;
    let again = suggested(&engine, &statements).await?;
    let (before, after) = (costs(&found), costs(&again));
    let cheaper = before.iter().filter(|(text, cost)| after[*text] < **cost * 0.9).count();
    for (text, cost) in &before {
        println!("{cost:>10.1} → {:>10.1}  {text}", after[text]);
        assert!(after[text] <= cost * SAMPLED, "dearer: {text}");
    }
    println!("{name}: {} indexes, {cheaper} of 20 statements cheaper", found.suggestions.len());
    assert!(cheaper >= 15, "{cheaper} of 20 statements got cheaper");
    // Nothing is found again but what was left out: now that the others are there it is all that can be won.
    let left_out: Vec<&str> = found.not_suggested.iter().map(|one| keys(&one.sql)).collect();
    for one in &again.suggestions {
        assert!(left_out.contains(&keys(&one.sql)), "{} of {left_out:?}", one.sql);
    }
    if with_hypopg {
        what_was_promised_holds(&engine, (&found, &statements), &after).await?;
    }
    what_writes_pay_holds(&found, &wal_before, &row_wal(&server).await?);
    for one in &found.suggestions {
        server.exec(&one.undo).await?;
        for drop in &one.drops {
            server.exec(&drop.undo).await?;
        }
    }
    assert_eq!(number(&server, indexes).await?, at_first);
    engine.stop().await;
    Ok(Some(found))
}

/// The plans with the real indexes cost what was promised, and read the indexes that were promised.
async fn what_was_promised_holds(
    engine: &Engine,
    (found, statements): (&Suggestions, &[Weighted]),
    after: &BTreeMap<String, f64>,
) -> Result {
    let proved = || found.suggestions.iter().filter(|one| one.proved.is_ok());
    let served: Vec<_> = proved().flat_map(|one| &one.serves).collect();
    let custom = served.iter().filter(|one| one.custom.is_ok()).count();
    println!("{custom} of {} proofs for common values too", served.len());
    assert!(2 * custom >= served.len(), "{served:?}");
    let (mut exact, mut proofs) = (0, 0);
    for (one, served) in proved().flat_map(|one| one.serves.iter().map(move |served| (one, served)))
    {
        let (Some(promised), true) = (served.generic, served.in_generic) else { continue };
        let text = &statements[served.statement].text;
        let real = after[text];
        let factor = (real / promised.after).max(promised.after / real);
        let is_near = (real - promised.after).abs() <= OF_BEFORE * promised.before;
        // An expression has statistics only once its index is there: then the planner knows how few rows it finds.
        let is_expression = one.sql.contains(" ((") && real < promised.after;
        println!("{:.1} promised, {real:.1} real: {text}", promised.after);
        assert!(
            factor <= PROMISED || is_near || is_expression,
            "{} promised, {real} real: {text}",
            promised.after
        );
        // Of two that begin with the same columns and cost the same the planner may take the other one.
        let read = read_indexes(engine, text).await;
        let same = read.iter().any(|index| index == name_of(&one.sql));
        let begins_alike = found.suggestions.iter().any(|other| {
            first_key(&other.sql) == first_key(&one.sql)
                && read.iter().any(|index| index == name_of(&other.sql))
        });
        assert!(begins_alike, "{read:?} of {}", one.sql);
        (exact, proofs) = (exact + usize::from(same), proofs + 1);
    }
    println!("{exact} of {proofs} proofs read the very index that was promised");
    assert!(10 * exact >= 8 * proofs, "{exact} of {proofs}");
    // What all win together grows with each.
    let wins: Vec<f64> = proved().filter_map(|one| one.wins_percent).collect();
    assert_eq!(wins.len(), proved().count());
    assert!(wins.windows(2).all(|two| two[0] <= two[1] + 0.1), "{wins:?}");
    assert!(wins.last().is_none_or(|last| (last - 100.0).abs() < 0.1), "{wins:?}");
    Ok(())
}

/// A row writes as much more as was predicted: inserted, and updated where that is not HOT.
fn what_writes_pay_holds(found: &Suggestions, before: &RowWal, after: &RowWal) {
    let mut exact = 0;
    for cost in found.row_costs() {
        let (before, after) = (before[&cost.table], after[&cost.table]);
        let Some(predicted) = cost.wal_bytes else {
            println!("{}: not predicted", cost.table);
            continue;
        };
        for (what, at) in [("inserted", 0), ("updated", 1)] {
            let more = after[at] - before[at];
            let of = |bytes: f64| more / bytes.max(1.0);
            println!(
                "{}, {} more indexes: {:.1} to {:.1} bytes of WAL a row predicted, {more:.1} more {what} ({:.3})",
                cost.table,
                cost.indexes,
                predicted.least,
                predicted.most,
                of(predicted.most),
            );
            assert!(more >= predicted.least / PREDICTED, "{}: {more} {what}", cost.table);
            assert!(more <= predicted.most * PREDICTED, "{}: {more} {what}", cost.table);
        }
        exact += usize::from(predicted.least == predicted.most);
    }
    assert!(exact >= 2, "{exact} tables are predicted exactly");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_gets_cheaper() -> Result {
    a_workload_gets_cheaper("shop", 15, true).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_get_cheaper() -> Result {
    a_workload_gets_cheaper("reports", 15, true).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_log_gets_cheaper() -> Result {
    let Some(found) = a_workload_gets_cheaper("events", 15, true).await? else { return Ok(()) };
    let sqls: Vec<&str> = found.suggestions.iter().map(|one| one.sql.as_str()).collect();
    for part in ["gin_trgm_ops", " using gin (words)", "lower(email)", " include ("] {
        assert!(sqls.iter().any(|sql| sql.contains(part)), "{part}: {sqls:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_gets_cheaper_unproved() -> Result {
    a_workload_gets_cheaper("shop", 18, false).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_log_gets_cheaper_unproved() -> Result {
    a_workload_gets_cheaper("events", 18, false).await.map(drop)
}
