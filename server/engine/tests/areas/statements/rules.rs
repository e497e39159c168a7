//! The area's rules on servers that are broken on purpose, and quiet once they are mended.

use engine::Limits;
use engine::area::Area;
use engine::areas::statements::StatementsArea;
use model::statements::Statements;
use model::{Finding, Reason};
use playground::ServerOptions;

use super::harness::{Reader, run, started};
use crate::support::{PATIENCE, Result, limits};

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
    let many: Vec<String> = (0..300).map(super::churn::distinct).collect();
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
    let started = std::time::Instant::now();
    // On a busy machine half a second of sleep may be little of what passes meanwhile.
    let (busy, found) = loop {
        let mut reader = Reader::open(&server.dsn()).await?;
        reader.read().await?;
        server.exec("select pg_sleep(0.5)").await?;
        let busy = reader.read().await?;
        let found = judged(&busy, rule, &soon)?;
        if !found.is_empty() {
            break (busy, found);
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{busy:?}");
    };
    let [finding] = found.as_slice() else { anyhow::bail!("{found:?}") };
    assert!(finding.message.contains("role postgres in database postgres"), "{finding:?}");
    // By its own limits it has not been watched long enough.
    let share = StatementsArea::RULES.iter().find(|known| known.id == rule);
    let share = share.ok_or_else(|| anyhow::anyhow!("no rule {rule}"))?;
    let verdict = engine::rule::run(share, &busy, &Limits::default());
    assert_eq!(verdict, Err(Reason::NeedsReadings { for_s: 300 }));
    // Without it, the next readings are as quiet as the server is; the first of them are not free.
    let mut reader = Reader::open(&server.dsn()).await?;
    reader.read().await?;
    server.exec("select 1; select pg_backend_pid()").await?;
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let found = judged(&reader.read().await?, rule, &soon)?;
        if found.is_empty() {
            return Ok(());
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{found:?}");
    }
}

/// A list and a look-up per row, a page far behind the first, a report among short statements; and the same done
/// well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shapes_of_statements_are_told_by_their_numbers() -> Result {
    let rules = ["statements/n_plus_one", "statements/offset_paging", "statements/analytical_scan"];
    let mut set: Vec<(&str, &str, f64)> = rules.iter().map(|rule| (*rule, "over_s", 0.0)).collect();
    set.extend([
        (rules[0], "calls_per_s_from", 1.0),
        (rules[1], "mean_from_ms", 0.1),
        (rules[2], "calls_per_s_from", 1.0),
        (rules[2], "mean_from_ms", 11.0),
        (rules[2], "blocks_per_call_from", 500.0),
    ]);
    let soon = limits(&set)?;
    let server = started(ServerOptions::new(17).setting("jit", "off"), None).await?;
    server
        .exec(
            "create table orders as select i as id, repeat('o', 60) as note from generate_series(1, 60000) i;
             alter table orders add primary key (id); analyze orders",
        )
        .await?;
    let mut session = server.connect().await?;
    let list = "select id from orders where id <= 30 order by id";
    let look_up = "select note from orders where id = 7";
    let page = "select id, note from orders order by id limit 20 offset 30000";
    let report =
        "select count(*) from orders a join orders b using (id) where md5(md5(a.note)) <> b.note";
    let mut reader = Reader::open(&server.dsn()).await?;
    reader.read().await?;
    for _ in 0..15 {
        run(&mut session, list, 1).await?;
        run(&mut session, look_up, 30).await?;
    }
    run(&mut session, page, 10).await?;
    run(&mut session, report, 6).await?;
    let broken = reader.read().await?;
    for rule in rules {
        let found = judged(&broken, rule, &soon)?;
        assert_eq!(found.len(), 1, "{rule}: {found:?}");
    }
    // Rows fetched together, the next page by its key, no report.
    let mut reader = Reader::open(&server.dsn()).await?;
    reader.read().await?;
    for _ in 0..15 {
        run(&mut session, list, 1).await?;
        run(&mut session, "select note from orders where id = any('{1,2,3,4,5,6,7,8}')", 1).await?;
        run(&mut session, "select id, note from orders where id > 40000 order by id limit 20", 1)
            .await?;
        run(&mut session, look_up, 2).await?;
    }
    let mended = reader.read().await?;
    for rule in rules {
        assert_eq!(judged(&mended, rule, &soon)?, vec![], "{rule}");
    }
    Ok(())
}
