//! Actions on real servers of every major: what works, what is refused, and that nobody but the
//! session that was chosen is ever signalled.

mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod sync_standby;
mod tables;

use std::time::{Duration, Instant};

use engine::actions::{ActionPlan, ActionSession};
use engine::{Dsn, Engine, Limits, ServerConfig};
use model::ServerId;
use model::action::{Action, Ask, Done, Outcome, Target};
use playground::install::passed_over;
use playground::{Server, ServerOptions};
use sqlx::PgConnection;
use support::{PATIENCE, Result, is_up, monitored, until, until_true, watcher};

const ONE: &str = "one";

/// A server with a role for clients, one for actions and one that may do nothing.
async fn prepared(major: u16) -> Result<Server> {
    let server = monitored(major).await?;
    server
        .exec(
            "create role web login password 'w';
             create role op login password 'o' in role pg_monitor, pg_signal_backend;
             create role weak login password 'k' in role pg_monitor",
        )
        .await?;
    Ok(server)
}

/// An engine that may act on the server with that DSN.
async fn acting(server: &Server, operate: Option<&str>) -> Result<Engine> {
    let none = engine::dsn::Environment::empty();
    let config = ServerConfig {
        id: ServerId::new(ONE),
        dsn: Dsn::parse(&watcher(server), &none)?,
        operate: operate.map(|dsn| Dsn::parse(dsn, &none)).transpose()?,
        labels: vec![],
        cores: None,
    };
    let engine = Engine::start(vec![config], Limits::default());
    until(&engine, ONE, PATIENCE, is_up).await?;
    Ok(engine)
}

async fn open(engine: &Engine, action: Action) -> Result<ActionSession> {
    engine
        .operate(&ServerId::new(ONE), action)
        .await
        .map_err(|reason| anyhow::anyhow!("{}", reason.message()))
}

fn ask(action: Action, target: Target, twice: bool) -> Ask {
    Ask { action, targets: vec![target], twice }
}

async fn look(operating: &mut ActionSession, ask: &Ask) -> Result<ActionPlan> {
    operating.look(ask).await.map_err(|reason| anyhow::anyhow!("{}", reason.message()))
}

/// Looks and does; what became of the one target.
async fn act(engine: &Engine, ask: Ask) -> Result<Done> {
    let mut operating = open(engine, ask.action).await?;
    let plan = look(&mut operating, &ask).await?;
    let step = plan.steps.first().ok_or_else(|| anyhow::anyhow!("refused: {:?}", plan.preview))?;
    let ran = operating.run(step).await;
    let done = operating.watch(vec![ran]).await.pop();
    operating.close().await;
    done.ok_or_else(|| anyhow::anyhow!("nothing was done"))
}

/// What a look says against it.
async fn refusal(engine: &Engine, ask: Ask) -> Result<String> {
    let mut operating = open(engine, ask.action).await?;
    let plan = look(&mut operating, &ask).await?;
    operating.close().await;
    anyhow::ensure!(plan.steps.is_empty(), "it is allowed: {:?}", plan.preview);
    let target = plan.preview.targets.into_iter().next();
    let refusal = target.and_then(|target| target.refusal);
    let refusal = refusal.ok_or_else(|| anyhow::anyhow!("no refusal"))?;
    Ok(format!("{} {}", refusal.message, refusal.remedy.unwrap_or_default()))
}

/// A client's session and how it is chosen.
async fn client(server: &Server, role: &str, password: &str) -> Result<(PgConnection, Target)> {
    let mut session = playground::connect(&server.dsn_for(role, password, "postgres")).await?;
    let (pid, backend_start_ms) = sqlx::query_as(
        "select pid, (extract(epoch from backend_start) * 1000)::int8 from pg_stat_activity
         where pid = pg_backend_pid()",
    )
    .fetch_one(&mut session)
    .await?;
    Ok((session, Target::Session { pid, backend_start_ms }))
}

async fn alive(session: &mut PgConnection) -> bool {
    sqlx::query("select 1").execute(session).await.is_ok()
}

/// The root of a wait is ended: the preview says whom that frees, and it frees them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preview_of_a_root_says_whom_it_frees() -> Result {
    let server = prepared(17).await?;
    server.exec("create table t (a int); grant all on t to web").await?;
    let engine = acting(&server, Some(&server.dsn_for("op", "o", "postgres"))).await?;
    let (mut root, chosen) = client(&server, "web", "w").await?;
    sqlx::raw_sql("begin; lock table t").execute(&mut root).await?;
    let mut waiters = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let (mut waiter, _) = client(&server, "web", "w").await?;
        waiters.spawn(async move { sqlx::query("select * from t").execute(&mut waiter).await });
    }
    let terminate = ask(Action::Terminate, chosen, false);
    let started = Instant::now();
    loop {
        let mut operating = open(&engine, Action::Terminate).await?;
        let frees = look(&mut operating, &terminate).await?.preview.frees;
        operating.close().await;
        if frees.as_deref().is_some_and(|words| words.starts_with("frees 3 sessions")) {
            break;
        }
        anyhow::ensure!(started.elapsed() < PATIENCE, "{frees:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(act(&engine, terminate).await?.outcome, Outcome::Worked);
    while let Some(freed) = waiters.join_next().await {
        freed??;
    }
    engine.stop().await;
    Ok(())
}

/// An act counts against the budget while it lasts, and its session is gone afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_is_within_the_budget_and_leaves_nothing() -> Result {
    let server = ServerOptions::new(18).start().await?;
    server
        .exec("create role watcher login password 'w' in role pg_monitor; create role op login password 'o' in role pg_monitor")
        .await?;
    let engine = acting(&server, Some(&server.dsn_for("op", "o", "postgres"))).await?;
    let before = engine.overhead().first().map(|cost| cost.sessions);
    let operating = open(&engine, Action::Cancel).await?;
    assert_eq!(engine.overhead().first().map(|cost| cost.sessions), before.map(|n| n + 1));
    operating.close().await;
    assert_eq!(engine.overhead().first().map(|cost| cost.sessions), before);
    let gone = "select not exists (select from pg_stat_activity where usename = 'op')";
    until_true(&server, gone).await?;
    engine.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_hang_on_14() -> Result {
    sync_standby::commits_hang(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_hang_on_18() -> Result {
    sync_standby::commits_hang(18).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_hang_on_19() -> Result {
    if passed_over(19) {
        return Ok(());
    }
    sync_standby::commits_hang(19).await
}

macro_rules! on_every_major {
    ($($major:literal $sessions:ident $tables:ident $rights:ident $walsender:ident),+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $sessions() -> Result {
            if passed_over($major) { return Ok(()); }
            sessions::ended($major).await
        }
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $tables() -> Result {
            if passed_over($major) { return Ok(()); }
            tables::maintained($major).await
        }
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rights() -> Result {
            if passed_over($major) { return Ok(()); }
            tables::without_rights($major).await
        }
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $walsender() -> Result {
            if passed_over($major) { return Ok(()); }
            sessions::walsender($major).await
        }
    )+ };
}
on_every_major! {
    14 sessions_on_14 tables_on_14 without_rights_on_14 walsender_on_14,
    15 sessions_on_15 tables_on_15 without_rights_on_15 walsender_on_15,
    16 sessions_on_16 tables_on_16 without_rights_on_16 walsender_on_16,
    17 sessions_on_17 tables_on_17 without_rights_on_17 walsender_on_17,
    18 sessions_on_18 tables_on_18 without_rights_on_18 walsender_on_18,
    19 sessions_on_19 tables_on_19 without_rights_on_19 walsender_on_19
}
