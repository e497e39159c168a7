//! Cancel and terminate: the chosen session, never another; sessions that need a second
//! confirmation.

use engine::Engine;
use model::action::{Action, Outcome, Target};
use playground::Server;
use sqlx::{Connection, PgConnection};

use crate::support::{Result, until_true};
use crate::{act, acting, alive, ask, client, look, open, prepared, refusal};

pub async fn ended(major: u16) -> Result {
    let server = prepared(major).await?;
    let engine = acting(&server, Some(&server.dsn_for("op", "o", "postgres"))).await?;

    let (mut sleeper, chosen) = client(&server, "web", "w").await?;
    let asleep = tokio::spawn(async move {
        let slept = sqlx::query("select pg_sleep(60)").execute(&mut sleeper).await;
        (sleeper, slept)
    });
    until_true(
        &server,
        "select exists (select from pg_stat_activity
                         where query = 'select pg_sleep(60)' and state = 'active')",
    )
    .await?;
    assert_eq!(statement(&engine, &chosen).await?.as_deref(), Some("select pg_sleep(60)"));
    let done = act(&engine, ask(Action::Cancel, chosen.clone(), false)).await?;
    assert_eq!(done.outcome, Outcome::Worked, "{done:?}");
    assert!(done.took_ms.is_some_and(|ms| ms < 5_000.0), "{done:?}");
    let (mut sleeper, slept) = asleep.await?;
    let code = slept.err().and_then(|e| e.as_database_error()?.code().map(|c| c.into_owned()));
    assert_eq!(code.as_deref(), Some("57014"));
    assert!(alive(&mut sleeper).await, "a cancelled session stays");
    let message = refusal(&engine, ask(Action::Cancel, chosen.clone(), true)).await?;
    assert!(message.contains("is running nothing. Terminate it instead"), "{message}");

    not_another_session(&engine, &mut sleeper, &chosen).await?;

    sqlx::raw_sql("begin").execute(&mut sleeper).await?;
    // The role has no right to it, which the preview need not know: the text is what it last sent.
    sqlx::raw_sql("alter role web password 'S3cret'").execute(&mut sleeper).await.ok();
    let last = statement(&engine, &chosen).await?.unwrap_or_default();
    assert!(last.starts_with("alter role web password") && !last.contains("S3cret"), "{last}");
    let done = act(&engine, ask(Action::Terminate, chosen, false)).await?;
    assert_eq!((done.outcome, done.took_ms.is_some()), (Outcome::Worked, true), "{done:?}");
    assert!(!alive(&mut sleeper).await);

    protected(&server, &engine).await?;
    engine.stop().await;
    Ok(())
}

/// What the preview says that the session runs or ran last.
async fn statement(engine: &Engine, chosen: &Target) -> Result<Option<String>> {
    let mut operating = open(engine, Action::Terminate).await?;
    let plan = look(&mut operating, &ask(Action::Terminate, chosen.clone(), false)).await?;
    operating.close().await;
    Ok(plan.preview.targets.into_iter().find_map(|target| target.query))
}

/// A pid under which another session stands than the one that was chosen.
async fn not_another_session(
    engine: &Engine,
    session: &mut PgConnection,
    chosen: &Target,
) -> Result {
    let Target::Session { pid, backend_start_ms } = *chosen else { anyhow::bail!("a session") };
    let other = Target::Session { pid, backend_start_ms: backend_start_ms - 1 };
    let message = refusal(engine, ask(Action::Terminate, other, true)).await?;
    assert!(message.contains("belongs to another"), "{message}");
    // Reused between the look and the act: the statement itself finds nobody.
    let mut operating = open(engine, Action::Terminate).await?;
    let plan = look(&mut operating, &ask(Action::Terminate, chosen.clone(), false)).await?;
    let sql = &plan.steps.first().ok_or_else(|| anyhow::anyhow!("refused"))?.shown.sql;
    let stale = sql.replace(&backend_start_ms.to_string(), &(backend_start_ms - 1).to_string());
    assert_ne!(*sql, stale);
    let signalled = sqlx::raw_sql(sqlx::AssertSqlSafe(stale)).fetch_all(&mut *session).await?;
    assert_eq!(signalled.len(), 0);
    assert!(alive(session).await, "the session of that pid was left alone");
    operating.close().await;
    Ok(())
}

/// Ended between the look and the act; a superuser's session; our own.
async fn protected(server: &Server, engine: &Engine) -> Result {
    let (leaver, chosen) = client(server, "web", "w").await?;
    let mut operating = open(engine, Action::Terminate).await?;
    let plan = look(&mut operating, &ask(Action::Terminate, chosen, false)).await?;
    leaver.close().await?;
    until_true(server, "select not exists (select from pg_stat_activity where usename = 'web')")
        .await?;
    let step = plan.steps.first().ok_or_else(|| anyhow::anyhow!("refused"))?;
    let ran = operating.run(step).await;
    let done = operating.watch(vec![ran]).await;
    assert!(done.iter().all(|d| d.outcome == Outcome::Refused), "{done:?}");
    operating.close().await;

    let mut root = server.connect().await?;
    let (pid, backend_start_ms) = sqlx::query_as(
        "select pid, (extract(epoch from backend_start) * 1000)::int8 from pg_stat_activity
         where pid = pg_backend_pid()",
    )
    .fetch_one(&mut root)
    .await?;
    let chosen = Target::Session { pid, backend_start_ms };
    let message = refusal(engine, ask(Action::Terminate, chosen.clone(), true)).await?;
    assert!(message.contains("Only a superuser"), "{message}");
    let strong = acting(server, Some(&server.dsn())).await?;
    let message = refusal(&strong, ask(Action::Terminate, chosen.clone(), false)).await?;
    assert!(message.contains("superuser postgres"), "{message}");
    let done = act(&strong, ask(Action::Terminate, chosen, true)).await?;
    assert_eq!(done.outcome, Outcome::Worked, "{done:?}");
    strong.stop().await;

    let own: Vec<Target> = sqlx::query_as(
        "select pid, (extract(epoch from backend_start) * 1000)::int8 from pg_stat_activity
         where application_name like 'pgdeck %' and usename = 'watcher'",
    )
    .fetch_all(&mut server.connect().await?)
    .await?
    .into_iter()
    .map(|(pid, backend_start_ms)| Target::Session { pid, backend_start_ms })
    .collect();
    let first = own.first().cloned().ok_or_else(|| anyhow::anyhow!("no session of ours"))?;
    let message = refusal(engine, ask(Action::Terminate, first, false)).await?;
    assert!(message.contains("pgdeck's own"), "{message}");
    Ok(())
}

pub async fn walsender(major: u16) -> Result {
    let server = prepared(major).await?;
    server.exec("alter role op replication").await?;
    let _standby = server.standby("copy").await?;
    let engine = acting(&server, Some(&server.dsn())).await?;
    until_true(
        &server,
        "select exists (select from pg_stat_activity where backend_type = 'walsender')",
    )
    .await?;
    let (pid, backend_start_ms): (i32, i64) = sqlx::query_as(
        "select pid, (extract(epoch from backend_start) * 1000)::int8 from pg_stat_activity
         where backend_type = 'walsender'",
    )
    .fetch_one(&mut server.connect().await?)
    .await?;
    let chosen = Target::Session { pid, backend_start_ms };
    let message = refusal(&engine, ask(Action::Terminate, chosen.clone(), false)).await?;
    assert!(message.contains("walsender"), "{message}");
    let done = act(&engine, ask(Action::Terminate, chosen, true)).await?;
    assert_eq!(done.outcome, Outcome::Worked, "{done:?}");
    engine.stop().await;
    Ok(())
}
