//! Transactions of every kind on one server: each is judged by what it holds, not by what it looks like.

use std::time::Instant;

use engine::areas::activity::ActivityArea;
use engine::areas::overview::OverviewArea;
use engine::{Engine, Limits};
use model::activity::Session;
use model::{Finding, ServerId, Severity};
use playground::Server;
use sqlx::PgConnection;

use crate::support::{PATIENCE, Result, all_findings, config, limits, monitored, watcher};

const IDLE: &str = "activity/idle_in_transaction";
const LONG: &str = "activity/long_transaction";

fn low() -> Result<Limits> {
    limits(&[
        (IDLE, "warn_from_s", 1.0),
        (IDLE, "critical_from_s", 1.0),
        (IDLE, "info_from_s", 2.0),
        (IDLE, "critical_from_xids", 50.0),
        ("activity/stuck_wait", "warn_from_s", 1.0),
        (LONG, "warn_from_s", 2.0),
        (LONG, "critical_from_s", 3.0),
        (LONG, "critical_from_xids", 50.0),
    ])
}

/// A session, its pid, and that it has run this.
async fn session(server: &Server, sql: &str) -> Result<(PgConnection, i32)> {
    let mut connection = server.connect().await?;
    let pid = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    Ok((connection, pid))
}

/// A session that runs this and does not come back.
async fn running(server: &Server, sql: &'static str) -> Result<i32> {
    let (mut connection, pid) = session(server, "select 1").await?;
    tokio::spawn(async move { sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ()) });
    Ok(pid)
}

/// Waits until the rule says of that session what is looked for.
async fn says(
    engine: &Engine,
    (rule, pid): (&str, i32),
    wanted: impl Fn(&Finding) -> bool,
) -> Result<Finding> {
    let started = Instant::now();
    loop {
        let found = findings(engine, rule, pid);
        if let Some(finding) = found.iter().find(|finding| wanted(finding)) {
            return Ok(finding.clone());
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{rule} of pid {pid}: {found:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

fn findings(engine: &Engine, rule: &str, pid: i32) -> Vec<Finding> {
    let all = all_findings(engine, "one");
    all.into_iter().filter(|f| f.rule == rule && f.object.pid() == Some(pid)).collect()
}

fn seen(engine: &Engine, pid: i32) -> Option<Session> {
    let reading = engine.latest::<ActivityArea>(&ServerId::new("one"))?.reading?;
    reading.value.sessions.into_iter().find(|session| session.pid == pid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_are_judged_by_what_they_hold() -> Result {
    let server = monitored(17).await?;
    server
        .exec(
            "create table paid (id int); create table locked (id int); create table gone (id int);
             create table pinned (id int); insert into pinned values (1), (2);
             create table swept (id int, note text);
             insert into swept select i, repeat('x', 200) from generate_series(1, 20000) i",
        )
        .await?;
    let engine = Engine::start(vec![config("one", &watcher(&server))?], low()?);
    let (_harmless, harmless) = session(&server, "begin; select 1").await?;
    let (_snapshot, snapshot) =
        session(&server, "begin isolation level repeatable read; select count(*) from gone")
            .await?;
    let (mut busy, works) = session(&server, "begin; insert into paid values (1)").await?;
    let keep_busy = tokio::spawn(async move {
        while sqlx::raw_sql("select 1").execute(&mut busy).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
    });
    let (_root, root) = session(&server, "begin; lock table locked").await?;
    let waiter =
        running(&server, "do $$ begin perform pg_sleep(3); perform count(*) from locked; end $$")
            .await?;
    let freezer = freezes(&server).await?;

    // Nothing held: worth knowing of, no more.
    let finding = says(&engine, (IDLE, harmless), |_| true).await?;
    assert_eq!(finding.severity, Severity::Info, "{finding:#?}");

    blocks_and_is_blocked(&engine, root, waiter).await?;

    held_up_without_a_lock(&server, &engine).await?;

    // A snapshot that holds the xmin horizon back beyond the limit.
    server.exec("do $$ begin for i in 1..60 loop perform pg_current_xact_id(); commit; end loop; end $$").await?;
    let finding = says(&engine, (IDLE, snapshot), |f| f.severity == Severity::Critical).await?;
    assert!(finding.evidence.iter().any(|e| e.name == "holds back xmin by" && e.value >= 50.0));

    // Short statements and pauses: no pause is long, the transaction is.
    let finding = says(&engine, (LONG, works), |_| true).await?;
    assert!(findings(&engine, IDLE, works).is_empty());
    for pid in [harmless, freezer] {
        assert_eq!(findings(&engine, LONG, pid), vec![], "it holds nothing back");
    }
    let state = seen(&engine, freezer);
    assert!(state.is_some_and(|s| s.vacuums && s.xact_age_ms.is_some_and(|ms| ms > 2_000.0)));
    ends_what_it_says(&server, finding).await?;
    keep_busy.abort();
    engine.stop().await;
    Ok(())
}

/// Waits that are no locks and end only when somebody else does something.
async fn held_up_without_a_lock(server: &Server, engine: &Engine) -> Result {
    let (_writer, writer) =
        session(server, "begin isolation level serializable; insert into gone values (1)").await?;
    let report = running(
        server,
        "begin isolation level serializable read only deferrable; select count(*) from gone",
    )
    .await?;
    let _reader =
        session(server, "begin; declare c cursor for table pinned; fetch 1 from c").await?;
    let vacuum = running(server, "vacuum (freeze) pinned").await?;
    let started = Instant::now();
    for (pid, by) in [
        (report, "concurrent SERIALIZABLE transactions to end"),
        (vacuum, "a buffer that another session has pinned"),
    ] {
        let held_up = || {
            let session = seen(engine, pid)?;
            (session.held_up_by() == Some(by)).then_some(session.held_up_ms)?
        };
        while held_up().is_none_or(|ms| ms < 1_000.0) {
            let seen = seen(engine, pid);
            anyhow::ensure!(started.elapsed() < PATIENCE, "not held up by {by}: {seen:#?}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let finding = says(engine, ("activity/stuck_wait", pid), |_| true).await?;
        assert!(finding.message.contains(&format!("waiting for {by}")), "{finding:#?}");
        if let Some(sql) = finding.remedy.sql {
            // What it lists is whom it waits for.
            let mut reader = server.connect().await?;
            let listed: Vec<i32> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut reader).await?;
            assert_eq!(listed, [writer]);
        }
    }
    Ok(())
}

/// A VACUUM by hand that takes long.
async fn freezes(server: &Server) -> Result<i32> {
    let (mut connection, pid) =
        session(server, "set vacuum_cost_delay = 100; set vacuum_cost_limit = 1").await?;
    tokio::spawn(async move {
        sqlx::raw_sql("vacuum (freeze) swept").execute(&mut connection).await.map(|_| ())
    });
    Ok(pid)
}

/// Critical because somebody waits; and the wait is as long as the wait, not as its statement.
async fn blocks_and_is_blocked(engine: &Engine, root: i32, waiter: i32) -> Result {
    let critical = |finding: &Finding| finding.severity == Severity::Critical;
    let finding = says(engine, (IDLE, root), critical).await?;
    assert!(finding.message.ends_with(" and blocks 1 session."), "{}", finding.message);
    let blocked = seen(engine, waiter).ok_or_else(|| anyhow::anyhow!("no waiter"))?;
    let wait = blocked.lock_wait.ok_or_else(|| anyhow::anyhow!("it waits"))?;
    assert_eq!((wait.blocked_by, wait.on.as_str()), (vec![root], "locked"));
    assert_eq!(wait.wants, "ACCESS SHARE");
    let (waited, statement) = (wait.waited_ms.unwrap_or(f64::MAX), blocked.query_age_ms);
    assert!(statement.is_some_and(|age| age - waited > 2_000.0), "{waited} of {statement:?}");
    let started = Instant::now();
    loop {
        let overview = engine.latest::<OverviewArea>(&ServerId::new("one"));
        let sessions = overview.and_then(|latest| latest.reading).map(|r| r.value.sessions);
        let longest = sessions.and_then(|known| known.ok()).map_or(0.0, |s| s.longest_lock_wait_ms);
        let age = seen(engine, waiter).and_then(|session| session.query_age_ms);
        // Two areas, each with readings of its own: they differ by less when the overview's is the newer one.
        if longest > 0.0 && age.is_some_and(|age| age - longest > 1_000.0) {
            return Ok(());
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "the overview: {longest} of {age:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// The statement offered ends the transaction, and undoes what it is said to undo.
async fn ends_what_it_says(server: &Server, finding: Finding) -> Result {
    let sql = finding.remedy.sql.ok_or_else(|| anyhow::anyhow!("a statement"))?;
    server.exec(&sql).await?;
    crate::support::until_true(
        server,
        "select not exists (select from pg_stat_activity where query = 'select 1' and backend_xid is not null)",
    )
    .await?;
    let mut reader = server.connect().await?;
    let rows: i64 = sqlx::query_scalar("select count(*) from paid").fetch_one(&mut reader).await?;
    assert_eq!(rows, 0, "rolled back, as it said");
    Ok(())
}
