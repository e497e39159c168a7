//! Side effects the guard cannot see, bounded by the role, READ ONLY and the time limit.

use std::time::{Duration, Instant};

use model::explain::NotExplained;

use super::*;

/// A function that is declared IMMUTABLE and is not runs during planning, even in a plain EXPLAIN
/// (`docs/limits.md#planning-runs-code`). The role and the time limit bound what it can do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_lies_about_being_immutable_is_bounded() -> Result {
    let server = playground::server(17).await?;
    prepared(&server).await?;
    server
        .exec(
            "create function lies() returns int language plpgsql immutable as
               $$ begin perform pg_advisory_lock(7); return 1; end $$;
             create function sleeps() returns int language plpgsql immutable as
               $$ begin perform pg_sleep(60); return 1; end $$;
             create function writes() returns int language plpgsql immutable as
               $$ begin delete from orders; return 1; end $$;
             create function reaches() returns int language plpgsql immutable as
               $$ begin perform pg_read_file('PG_VERSION'); return 1; end $$",
        )
        .await?;
    let engine = watching_one(analyst(&server)).await?;
    // It does run: this is PostgreSQL's way, and the reason for a role of few rights.
    explain(&engine, request("select lies()", Mode::Plan)).await.expect("planned");
    let started = Instant::now();
    while number(&server, "select count(*) from pg_locks where locktype = 'advisory'").await? > 0 {
        anyhow::ensure!(
            started.elapsed() < Duration::from_secs(5),
            "the lock outlives the session"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut asked = request("select sleeps()", Mode::Plan);
    asked.options.timeout_ms = Some(300);
    assert!(matches!(explain(&engine, asked).await, Err(NotExplained::TimedOut { .. })));
    for (text, code) in [("select writes()", "0A000"), ("select reaches()", "42501")] {
        let answer = explain(&engine, request(text, Mode::Plan)).await;
        assert!(
            matches!(&answer, Err(NotExplained::Failed { sqlstate, .. }) if sqlstate == code),
            "{text}: {answer:?}"
        );
    }
    assert_eq!(number(&server, "select count(*) from orders").await?, 2_000);
    Ok(())
}

/// Views, row security and triggers hide calls; the login's rights and READ ONLY hold there too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_behind_a_view_runs_with_the_logins_rights() -> Result {
    let server = playground::server(18).await?;
    prepared(&server).await?;
    server
        .exec(
            "create view sly as select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres';
             create function writes() returns int language plpgsql volatile as
               $$ begin delete from orders; return 1; end $$;
             create view writing as select writes();
             grant select on sly, writing to analyst",
        )
        .await?;
    let engine = watching_one(analyst(&server)).await?;
    let mut canary = server.connect().await?;
    for (text, code) in [("select * from sly", "42501"), ("select * from writing", "25006")] {
        let answer = explain(&engine, request(text, READ)).await;
        assert!(
            matches!(&answer, Err(NotExplained::Failed { sqlstate, .. }) if sqlstate == code),
            "{text}: {answer:?}"
        );
    }
    let rows: i64 =
        sqlx::query_scalar("select count(*) from orders").fetch_one(&mut canary).await?;
    assert_eq!(rows, 2_000);
    Ok(())
}
