//! The area's rules on servers that are broken on purpose, and quiet once they are mended.

use engine::Limits;
use engine::area::Area;
use engine::areas::statements::StatementsArea;
use model::statements::Statements;
use model::{Finding, Reason};
use playground::ServerOptions;

use super::harness::{Reader, started};
use crate::support::{Result, limits};

/// What a rule says of a reading.
fn judged(value: &Statements, rule: &str, limits: &Limits) -> Result<Vec<Finding>> {
    let found = StatementsArea::RULES.iter().find(|known| known.id == rule);
    let rule = found.ok_or_else(|| anyhow::anyhow!("no rule {rule}"))?;
    engine::rule::run(rule, value, limits).map_err(|reason| anyhow::anyhow!("{reason:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_are_removed_until_there_is_room_for_them() -> Result {
    let rule = "statements/statistics_lost";
    let soon = limits(&[(rule, "over_s", 0.0)])?;
    let mut server = started(ServerOptions::new(17), None).await?;
    // By ALTER SYSTEM, so that the remedy takes its place as it would on a server of somebody's.
    server.exec("alter system set pg_stat_statements.max = 100").await?;
    server.restart().await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    let many: Vec<String> = (0..300).map(super::distinct).collect();
    let many = many.join(";");
    reader.read().await?;
    server.exec(&many).await?;
    let found = judged(&reader.read().await?, rule, &soon)?;
    let [finding] = found.as_slice() else { anyhow::bail!("{found:?}") };
    let raise = finding.remedy.sql.clone().unwrap_or_default();
    assert_eq!(raise, "alter system set pg_stat_statements.max = 400;", "{finding:?}");
    server.exec(&raise).await?;
    server.restart().await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    reader.read().await?;
    server.exec(&many).await?;
    let mended = reader.read().await?;
    assert_eq!(judged(&mended, rule, &soon)?, vec![]);
    assert_eq!(mended.settings.max_entries, Some(400));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_statement_takes_the_servers_time() -> Result {
    let rule = "statements/statement_share";
    let soon = limits(&[(rule, "over_s", 0.0), (rule, "busy_sessions_from", 0.3)])?;
    let server = started(ServerOptions::new(18), None).await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    reader.read().await?;
    server.exec("select pg_sleep(0.5)").await?;
    let busy = reader.read().await?;
    let found = judged(&busy, rule, &soon)?;
    let [finding] = found.as_slice() else { anyhow::bail!("{found:?}") };
    assert!(finding.message.contains("role postgres in database postgres"), "{finding:?}");
    // By its own limits it has not been watched long enough.
    let [.., share] = StatementsArea::RULES else { anyhow::bail!("no rules") };
    let verdict = engine::rule::run(share, &busy, &Limits::default());
    assert_eq!(verdict, Err(Reason::NeedsReadings { for_s: 300 }));
    // Without it, the next readings are as quiet as the server is.
    let mut reader = Reader::open(&server.dsn()).await?;
    reader.read().await?;
    server.exec("select 1; select pg_backend_pid()").await?;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(judged(&reader.read().await?, rule, &soon)?, vec![]);
    Ok(())
}
