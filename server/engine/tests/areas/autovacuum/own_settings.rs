//! Our scores beside those of 19, and the statements that give a table settings of its own.

use model::autovacuum::tuning::tuning;
use model::autovacuum::{Options, Place, queue};
use playground::ServerOptions;
use playground::install::passed_over;

use super::{look, rounds, server};
use crate::support::{Result, until_true};

/// 19 tells its scores: ours are the same, and with them the order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_scores_are_those_of_the_server_on_19() -> Result {
    if passed_over(19) {
        return Ok(());
    }
    let server = ServerOptions::new(19).setting("autovacuum_naptime", "1h").start().await?;
    for (i, dead) in [(1, 900), (2, 400), (3, 2_000), (4, 220), (5, 10)] {
        for sql in [
            format!(
                "create table t{i} (id int, note text) with (autovacuum_vacuum_scale_factor = 0.0{i})"
            ),
            format!("alter table t{i} alter note set storage external"),
            format!(
                "insert into t{i} select n, repeat('x', 600 * {i}) from generate_series(1, 2500) n"
            ),
            format!("vacuum analyze t{i}"),
            format!("delete from t{i} where id <= {dead}"),
        ] {
            server.exec(&sql).await?;
        }
        let counted =
            format!("select n_dead_tup >= {dead} from pg_stat_all_tables where relname = 't{i}'");
        until_true(&server, &counted).await?;
    }
    let queue = queue(&look(&server).await?, 19);
    let ours = queue.due.iter().filter(|place| place.datname == "postgres");
    let ours: Vec<&Place> = ours.collect();
    assert!(ours.len() >= 4, "{queue:?}");
    for place in queue.due.iter().chain(&queue.waiting).filter(|one| one.datname == "postgres") {
        let told = place.server_score.ok_or_else(|| anyhow::anyhow!("no score: {place:?}"))?;
        let near = (place.score - told).abs() <= 0.01 * told.max(place.score) + 1e-3;
        assert!(near, "{} (TOAST: {}): {} and {told}", place.relname, place.is_toast, place.score);
    }
    let told: Vec<f64> = ours.iter().filter_map(|place| place.server_score).collect();
    assert!(told.is_sorted_by(|a, b| a >= b), "{told:?}");
    println!("{} due, {} waiting: the same scores", ours.len(), queue.waiting.len());
    Ok(())
}

/// The statements that give a table settings of its own do so, and their undo leaves nothing of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_is_tuned_and_put_back() -> Result {
    let server = server(17, "on").await?;
    for sql in [
        "create table \"Tuned up\" (id int) with (autovacuum_vacuum_threshold = 5000, fillfactor = 90)",
        "insert into \"Tuned up\" select generate_series(1, 1000)",
        "vacuum analyze \"Tuned up\"",
        "delete from \"Tuned up\" where id <= 300",
    ] {
        server.exec(sql).await?;
    }
    let told = "select n_dead_tup >= 300 from pg_stat_all_tables where relname = 'Tuned up'";
    until_true(&server, told).await?;
    let options = async || -> Result<(Options, Vec<String>)> {
        let tables = look(&server).await?;
        let mut all = tables.databases.iter().filter_map(|one| one.known());
        let found = all.find_map(|read| {
            let table = read.tables.iter().find(|table| table.relname == "Tuned up")?;
            Some((Options::of_table(&read.autovacuum, table), table.reloptions.clone()))
        });
        found.ok_or_else(|| anyhow::anyhow!("no table"))
    };
    let (now, own) = options().await?;
    let tried = Options { vacuum_threshold: 100, vacuum_scale_factor: 0.05, ..now };
    let tuning = tuning(("public", "Tuned up"), &own, &now, &tried);
    let tuning = tuning.ok_or_else(|| anyhow::anyhow!("nothing to tune"))?;
    server.exec(&tuning.set).await?;
    assert_eq!(options().await?.0, tried, "{}", tuning.set);
    let taken = "select autovacuum_count > 0 from pg_stat_all_tables where relname = 'Tuned up'";
    until_true(&server, taken).await?;
    let logged = "automatic vacuum of table \"postgres.public.Tuned up\"";
    assert!(server.log().contains(logged), "{}", server.log());
    for statement in tuning.undo.lines() {
        server.exec(statement).await?;
    }
    let (then, mut rest) = options().await?;
    let mut own = own;
    rest.sort();
    own.sort();
    assert_eq!((then, rest), (now, own), "{}", tuning.undo);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_in_the_queue_is_taken_first_on_19() -> Result {
    if passed_over(19) {
        return Ok(());
    }
    rounds(19).await
}
