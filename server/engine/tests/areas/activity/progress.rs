//! Progress of a command whose name and view differ by major.

use engine::Engine;
use engine::areas::activity::ActivityArea;
use model::ServerId;
use model::activity::Progress;

use crate::support::{PATIENCE, Result, config, limits, until};

/// Rewrites a table whose index takes seconds to build.
async fn rewritten(major: u16, statement: &'static str) -> Result<Progress> {
    let server = playground::server(major).await?;
    server
        .exec(
            "create table t as select i from generate_series(1, 2) i;
             create index place on t (i);
             create function slow(int) returns int immutable language plpgsql
               as 'begin perform pg_sleep(0.5); return $1; end';
             create index late on t (slow(i))",
        )
        .await?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits(&[])?);
    let command = || {
        let latest = engine.latest::<ActivityArea>(&ServerId::new("one"))?;
        latest.value()?.progress.as_ref().ok()?.first().cloned()
    };
    let mut session = server.connect().await?;
    let running = tokio::spawn(async move {
        for _ in 0..60 {
            sqlx::raw_sql(statement).execute(&mut session).await?;
        }
        Ok::<_, sqlx::Error>(())
    });
    let seen = std::cell::RefCell::new(None);
    until(&engine, "one", PATIENCE, |_| {
        *seen.borrow_mut() = command();
        seen.borrow().is_some()
    })
    .await?;
    running.abort();
    seen.take().ok_or_else(|| anyhow::anyhow!("no command"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rewrite_has_the_name_that_its_major_gives_it() -> Result {
    let seen = rewritten(17, "cluster t using place").await?;
    assert_eq!((seen.command.as_str(), seen.relation.as_deref()), ("CLUSTER", Some("public.t")));
    if playground::install::passed_over(19) {
        return Ok(());
    }
    let seen = rewritten(19, "repack t using index place").await?;
    assert_eq!((seen.command.as_str(), seen.relation.as_deref()), ("REPACK", Some("public.t")));
    assert!(!seen.phase.is_empty(), "{seen:?}");
    Ok(())
}
