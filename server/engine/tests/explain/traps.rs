//! Side effects the guard cannot see, bounded by the role, READ ONLY and the time limit.

use std::time::{Duration, Instant};

use model::explain::{Danger, NotExplained, Refusal};

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
        anyhow::ensure!(started.elapsed() < PATIENCE, "the lock outlives the session");
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
    let consented = Mode::Analyze { dml: false, functions: true };
    for (text, mode, danger) in [
        ("select * from sly", READ, Danger::Blocked),
        ("select * from sly", consented, Danger::Blocked),
        ("select * from writing", READ, Danger::Volatile),
    ] {
        let answer = explain(&engine, request(text, mode)).await;
        assert!(
            matches!(&answer, Err(NotExplained::Refused(Refusal::Function { danger: found, at: Some(_), name })) if *found == danger && name.contains("behind")),
            "{text}: {answer:?}"
        );
    }
    let answer = explain(&engine, request("select * from writing", consented)).await;
    assert!(
        matches!(&answer, Err(NotExplained::Failed { sqlstate, .. }) if sqlstate == "25006"),
        "{answer:?}"
    );
    let rows: i64 =
        sqlx::query_scalar("select count(*) from orders").fetch_one(&mut canary).await?;
    assert_eq!(rows, 2_000);
    Ok(())
}

/// Over a superuser's session a lie about volatility is a shell: so nothing is planned there, nor as a role
/// that reaches programs and files without being a superuser.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_planned_with_the_power_of_the_server() -> Result {
    let server = playground::server(17).await?;
    prepared(&server).await?;
    let proof = server.data_dir().join("proof");
    let program = format!("touch {}", proof.display());
    server
        .exec(&format!(
            "create function v(int) returns int language plpgsql volatile as
               $$begin execute 'copy (select 1) to program ''{program}'''; return 1; end$$;
             create function f(int) returns int language plpgsql immutable as
               $$begin return v($1); end$$;
             create role runner login password 'a' in role pg_monitor, pg_execute_server_program;
             create role heir noinherit login password 'a' in role postgres"
        ))
        .await?;
    for role in ["postgres", "runner", "heir"] {
        let dsn = match role {
            "postgres" => server.dsn(),
            role => server.dsn_for(role, "a", "postgres"),
        };
        let engine = watching_one(dsn).await?;
        let answer = explain(&engine, request("select f(3)", Mode::Plan)).await;
        let refused = Refusal::Superuser { role: role.into() };
        assert_eq!(answer.err(), Some(refused.into()), "{role}");
        engine.stop().await;
    }
    assert!(!proof.exists(), "a program ran");
    Ok(())
}

/// A message of PostgreSQL quotes the value it is about, and a function says what it likes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_hands_out_no_row() -> Result {
    let server = playground::server(17).await?;
    prepared(&server).await?;
    server
        .exec(
            "create table secret (s text); insert into secret values ('ROW-CANARY-9');
             grant select on secret to analyst;
             create function told() returns int language plpgsql stable as
               $$begin raise exception using errcode = '42703', message = (select s from secret); end$$;
             create function looked() returns text language sql stable as 'select s from secret'",
        )
        .await?;
    let engine = watching_one(analyst(&server)).await?;
    for (text, mode, code) in [
        ("select s::int from secret", READ, "22P02"),
        ("select 1 from orders where id = looked()::int", Mode::Plan, "22P02"),
        ("select 1 from orders where id = told()", Mode::Plan, "42703"),
    ] {
        let answer = explain(&engine, request(text, mode)).await;
        let said = format!("{answer:?}");
        assert!(!said.contains("CANARY") && said.contains(code), "{text}: {said}");
    }
    let answer = explain(&engine, request("select x from secret", Mode::Plan)).await;
    assert!(format!("{answer:?}").contains("does not exist"), "names are shown: {answer:?}");
    engine.stop().await;
    Ok(())
}

/// What reading a foreign table does elsewhere is not known here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_table_needs_consent_also_behind_a_view() -> Result {
    let server = playground::server(17).await?;
    prepared(&server).await?;
    server
        .exec(
            "create extension file_fdw; create server files foreign data wrapper file_fdw;
             create foreign table abroad (line text) server files options (filename '/etc/hostname');
             create view near as select line from abroad; grant select on abroad, near to analyst",
        )
        .await?;
    let engine = watching_one(analyst(&server)).await?;
    for text in ["select * from abroad", "select * from near"] {
        let refused = explain(&engine, request(text, READ)).await;
        assert!(
            matches!(&refused, Err(NotExplained::Refused(Refusal::Function { danger: Danger::Foreign, name, .. })) if name.starts_with("public.abroad")),
            "{text}: {refused:?}"
        );
        explain(&engine, request(text, Mode::Plan)).await.expect("planned");
        let consented = Mode::Analyze { dml: false, functions: true };
        explain(&engine, request(text, consented)).await.expect("after a yes");
    }
    engine.stop().await;
    Ok(())
}
