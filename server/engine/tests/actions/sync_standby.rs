//! Commits that hang for want of a synchronous standby, and VACUUM: what the previews promise is what
//! happens.

use std::time::{Duration, Instant};

use model::Object;
use model::action::{Action, Outcome, Target};
use playground::Server;
use sqlx::PgConnection;

use crate::support::{PATIENCE, Result, all_findings, until_true};
use crate::{ONE, act, acting, ask, client, look, open, prepared, refusal};

pub async fn commits_hang(major: u16) -> Result {
    let server = prepared(major).await?;
    server.exec("create table pay (id int); grant all on pay to web").await?;
    let engine = acting(&server, Some(&server.dsn_for("op", "o", "postgres"))).await?;
    let (payer, chosen) = client(&server, "web", "w").await?;
    server.exec("alter system set synchronous_standby_names = 's1'").await?;
    server.exec("select pg_reload_conf()").await?;
    until_true(&server, "select current_setting('synchronous_standby_names') = 's1'").await?;
    let paid = tokio::spawn(pays(payer));
    until_true(
        &server,
        "select exists (select from pg_stat_activity where wait_event = 'SyncRep')",
    )
    .await?;

    let message = refusal(&engine, ask(Action::Cancel, chosen.clone(), true)).await?;
    assert!(message.contains("already committed"), "{message}");
    let message = refusal(&engine, ask(Action::Terminate, chosen.clone(), false)).await?;
    assert!(message.contains("already committed"), "{message}");
    let mut operating = open(&engine, Action::Terminate).await?;
    let preview =
        look(&mut operating, &ask(Action::Terminate, chosen.clone(), true)).await?.preview;
    operating.close().await;
    assert!(preview.effect.contains("is not rolled back"), "{}", preview.effect);

    let finding = hanging(&engine).await?;
    assert!(finding.message.starts_with("1 session has committed and waits"), "{finding:#?}");
    assert_eq!((finding.severity, finding.remedy.sql), (model::Severity::Critical, None));

    one_problem(&engine).await?;

    // What was said comes true: it ends, and the row is there.
    let done = act(&engine, ask(Action::Terminate, chosen, true)).await?;
    assert_eq!(done.outcome, Outcome::Worked, "{done:?}");
    assert!(paid.await?.is_err(), "its client sees an error");
    let mut reader = server.connect().await?;
    let rows: i64 = sqlx::query_scalar("select count(*) from pay").fetch_one(&mut reader).await?;
    assert_eq!(rows, 1, "committed, whatever the client believes");
    freezes(&server, &engine).await?;
    engine.stop().await;
    Ok(())
}

async fn pays(mut payer: PgConnection) -> Result {
    sqlx::raw_sql("set synchronous_commit = on; insert into pay values (1)")
        .execute(&mut payer)
        .await?;
    Ok(())
}

async fn hanging(engine: &engine::Engine) -> Result<model::Finding> {
    let started = Instant::now();
    loop {
        let findings = all_findings(engine, ONE);
        if let Some(found) = findings.into_iter().find(|f| f.rule == "activity/sync_rep_wait") {
            return Ok(found);
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "nobody says that commits hang");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The missing standby and the commits that hang for it are one problem, not two.
async fn one_problem(engine: &engine::Engine) -> Result {
    let started = Instant::now();
    loop {
        let findings = engine.findings(&model::ServerId::new(ONE)).0;
        let folded = findings.iter().filter(|f| f.root == Some(Object::synchronous_replication()));
        let rules: Vec<Vec<&str>> = folded
            .map(|f| std::iter::once(f).chain(&f.same_root).map(|f| f.rule.as_str()).collect())
            .collect();
        let names = |rule| rules.iter().any(|one: &Vec<&str>| one.contains(&rule));
        if names("replication/missing_sync_standby") && names("activity/sync_rep_wait") {
            assert_eq!(rules.len(), 1, "{rules:?}");
            return Ok(());
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{findings:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A VACUUM by hand is thought over before it is cancelled.
async fn freezes(server: &Server, engine: &engine::Engine) -> Result {
    server.exec("create table swept as select i, repeat('x', 200) as note from generate_series(1, 20000) i; grant all on swept to web; alter table swept owner to web").await?;
    let (mut sweeper, chosen) = client(server, "web", "w").await?;
    tokio::spawn(async move {
        let sql = "set vacuum_cost_delay = 100; set vacuum_cost_limit = 1";
        sqlx::raw_sql(sql).execute(&mut sweeper).await?;
        sqlx::raw_sql("vacuum (freeze) swept").execute(&mut sweeper).await.map(|_| ())
    });
    until_true(
        server,
        "select exists (select from pg_stat_progress_vacuum where relid = 'swept'::regclass)",
    )
    .await?;
    let Target::Session { pid, .. } = chosen else { anyhow::bail!("a session") };
    let message = refusal(engine, ask(Action::Cancel, chosen.clone(), false)).await?;
    assert!(message.contains(&format!("pid {pid} runs VACUUM")), "{message}");
    let done = act(engine, ask(Action::Cancel, chosen, true)).await?;
    assert_eq!(done.outcome, Outcome::Worked, "{done:?}");
    Ok(())
}
