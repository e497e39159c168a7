//! Rules on how tables are used: scans of the whole, and updates that find no room.

use model::Finding;

use super::*;

/// A table of more than 64 MiB, and one whose updates find no room on their pages.
pub const WORN: &str = include_str!("../../support/worn_tables.sql");
const SCANS: &str = "tables/repeated_sequential_scans";
const MOVES: &str = "tables/updates_to_another_page";

async fn worn(major: u16) -> Result<(Server, Engine)> {
    let server = ServerOptions::new(major).setting("autovacuum", "off").start().await?;
    server.exec("create role watcher login password 'w'; grant pg_monitor to watcher").await?;
    server.exec(WORN).await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], limits(&[])?);
    until(&engine, "one", PATIENCE, |_| table(&engine, "postgres", "worn").is_some()).await?;
    Ok((server, engine))
}

/// The table that a finding is about.
fn of(finding: &Finding) -> String {
    finding.object.to_string()
}

/// The share of updates that moved their row, percent, since the statistics were reset.
async fn moved(server: &Server) -> Result<f64> {
    let mut own = server.connect().await?;
    let sql = "select (100.0 * n_tup_newpage_upd / n_tup_upd)::float8 from pg_stat_user_tables where relname = 'worn'";
    Ok(sqlx::query_scalar(sql).fetch_one(&mut own).await?)
}

/// Room on the pages makes updates stay, once the table is rewritten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scans_and_updates_on_18() -> Result {
    let (server, engine) = worn(18).await?;
    let scans = fires(&engine, "one", SCANS).await?;
    assert_eq!(of(&scans), "table public.large in database postgres");
    let moves = fires(&engine, "one", MOVES).await?;
    assert_eq!(of(&moves), "table public.worn in database postgres");
    let before = moved(&server).await?;
    server.exec(&moves.remedy.sql.clone().unwrap_or_default()).await?;
    engine.refresh(&ServerId::new("one"));
    quiet(&engine, "one", MOVES).await?;
    server.exec("vacuum full worn").await?;
    server.exec("select pg_stat_reset()").await?;
    server.exec("update worn set note = 'more' where id % 20 = 0").await?;
    let after = moved(&server).await?;
    println!("{before:.0} % of the updates left their page, then {after:.0} %");
    assert!(before > 90.0 && after < 10.0, "{before} {after}");
    server.exec(&moves.remedy.undo.unwrap_or_default()).await?;
    engine.refresh(&ServerId::new("one"));
    quiet(&engine, "one", SCANS).await?;
    engine.stop().await;
    Ok(())
}

/// Before 16 nobody counts updates that leave their page: the rule is not checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_are_not_told_apart_on_15() -> Result {
    let (_server, engine) = worn(15).await?;
    fires(&engine, "one", SCANS).await?;
    let (findings, not_checked) = engine.findings(&ServerId::new("one"));
    assert!(findings.iter().all(|finding| finding.rule != MOVES));
    let reason = not_checked.iter().find(|one| one.rule == MOVES).map(|one| one.reason.message());
    assert!(reason.is_some_and(|message| message.contains("PostgreSQL 16")));
    engine.stop().await;
    Ok(())
}
