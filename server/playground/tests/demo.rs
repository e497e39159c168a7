//! The demo: its servers, the symptom of each trouble in the catalogs, and complete cleanup.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use playground::{Demo, DemoOptions, Pooler, Trouble, install};
use sqlx::PgConnection;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A query for the symptom of each trouble; all return a boolean.
fn symptom(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::BlockedChain => {
            "select count(*) >= 3 and bool_or(pid = any (select unnest(pg_blocking_pids(b.pid)) from pg_stat_activity b))
             from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0"
        }
        Trouble::Deadlock => "select deadlocks > 0 from pg_stat_database where datname = 'shop'",
        Trouble::IdleInTransaction => {
            "select count(*) = 1 from pg_stat_activity
             where application_name = 'reports-export' and state = 'idle in transaction'"
        }
        Trouble::SlowStatement => "select count(*) = 1 from pg_stat_statements where query like '% as sold %'",
        Trouble::DroppedIndex => {
            "select sum(calls) > 2 and sum(rows) > 0 and to_regclass('payments_order_id_idx') is null from pg_stat_statements where query like '%from payments where order_id = $1'"
        }
        Trouble::RegressingStatement => {
            "select to_regclass('reviews_customer_id_idx') is null and seq_scan > 0
             from pg_stat_user_tables where relname = 'reviews'"
        }
        Trouble::NPlusOne => {
            "select max(calls) filter (where query like '%from order_items where order_id = $1%')
                 >= 40 * max(calls) filter (where query like '%from orders order by placed_at desc limit%')
             from pg_stat_statements"
        }
        Trouble::OffsetPaging => {
            "select coalesce(sum(calls) > 0, false) from pg_stat_statements where query like '%audit_events%offset $%'"
        }
        Trouble::Bloat => "select n_dead_tup > 2 * n_live_tup from pg_stat_user_tables where relname = 'sessions'",
        Trouble::AutovacuumBehind => {
            "select n_dead_tup > 50 + 0.02 * n_live_tup from pg_stat_user_tables where relname = 'carts'"
        }
        Trouble::IndexWaste => {
            "select n_tup_upd > 0 and n_tup_hot_upd < n_tup_upd from pg_stat_user_tables where relname = 'customers'"
        }
        Trouble::TempSpill => {
            "select count(*) > 0 from pg_stat_statements where query like '%sorted' and temp_blks_written > 0"
        }
        Trouble::StandbyBehind => "select pg_get_wal_replay_pause_state() = 'paused'",
    }
}

async fn shows(connection: &mut PgConnection, sql: &str) -> Result<bool, sqlx::Error> {
    Ok(sqlx::query_scalar::<_, Option<bool>>(sqlx::AssertSqlSafe(sql))
        .fetch_optional(connection)
        .await?
        .flatten()
        .unwrap_or(false))
}

/// Waits until it shows; for a minute.
async fn until(connection: &mut PgConnection, sql: &str) -> Outcome {
    let until = Instant::now() + Duration::from_secs(60);
    while !shows(connection, sql).await? {
        assert!(Instant::now() < until, "never true: {sql}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn every_trouble_shows(major: u16) -> Outcome {
    let options =
        DemoOptions { major: Some(major), percent: 2, speed: 20.0, ..DemoOptions::default() };
    let mut demo = Demo::start(options, |_| ()).await?;
    let dsns = demo.dsns();
    let expected: &[&str] = if Pooler::installed() {
        &["primary", "standby", "pooler"]
    } else {
        &["primary", "standby"]
    };
    assert_eq!(dsns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), expected);
    demo.load_and_run(|_| ());
    demo.opened().await?;
    let mut primary = playground::connect(&dsns[0].1).await?;
    let mut standby = playground::connect(&dsns[1].1).await?;
    let mut missing: Vec<Trouble> = Trouble::ALL.to_vec();
    let until = Instant::now() + Duration::from_secs(60);
    while !missing.is_empty() {
        assert!(Instant::now() < until, "PostgreSQL {major} does not show {missing:?}");
        let mut still = Vec::new();
        for trouble in missing {
            let watched =
                if trouble == Trouble::StandbyBehind { &mut standby } else { &mut primary };
            if !shows(watched, symptom(trouble)).await? {
                still.push(trouble);
            }
        }
        missing = still;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    nothing_remains(demo).await
}

async fn nothing_remains(demo: Demo) -> Outcome {
    let servers = [Some(&demo.primary), demo.standby.as_ref()].into_iter().flatten();
    let traces: Vec<PathBuf> = servers
        .flat_map(|server| [server.data_dir(), PathBuf::from(format!("/proc/{}", server.pid()))])
        .collect();
    let pooler = demo.pooler.as_ref().map(Pooler::port);
    assert!(traces.iter().all(|trace| trace.exists()));
    demo.stop().await;
    let left: Vec<&PathBuf> = traces.iter().filter(|trace| trace.exists()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    assert!(pooler.is_none_or(|port| std::net::TcpStream::connect(("127.0.0.1", port)).is_err()));
    assert!(Path::new("/proc/self").exists());
    Ok(())
}

#[tokio::test]
async fn every_trouble_shows_on_the_newest_major() -> Outcome {
    every_trouble_shows(install::newest()?.major).await
}

#[tokio::test]
async fn every_trouble_shows_on_the_oldest_major() -> Outcome {
    every_trouble_shows(*install::majors().first().ok_or("no PostgreSQL is installed")?).await
}

#[tokio::test]
async fn without_troubles_nothing_is_blocked_and_roles_are_as_told() -> Outcome {
    let options =
        DemoOptions { troubles: Vec::new(), percent: 1, pooler: false, ..DemoOptions::default() };
    let mut demo = Demo::start(options, |_| ()).await?;
    demo.load_and_run(|_| ());
    demo.opened().await?;
    let mut observer = playground::connect(&demo.dsns()[0].1).await?;
    let busy =
        "select count(distinct application_name) >= 5 from pg_stat_activity where usename = 'shop'";
    until(&mut observer, busy).await?;
    for forbidden in [
        "create table t ()",
        "select count(*) from customers",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'shop'",
    ] {
        let refused = sqlx::raw_sql(forbidden).execute(&mut observer).await;
        let code = refused
            .err()
            .and_then(|error| error.as_database_error()?.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}");
    }
    let mut operator = playground::connect(&demo.operate_dsns()[0].1).await?;
    let cut = "select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name = 'checkout'";
    let (pid, is_cut): (i32, bool) = sqlx::query_as(cut).fetch_one(&mut operator).await?;
    assert!(is_cut);
    // The shop opens a new connection.
    let back = format!(
        "select count(*) = 1 from pg_stat_activity where application_name = 'checkout' and pid <> {pid}"
    );
    until(&mut observer, &back).await?;
    // A short wait of one customer for another is none of the troubles, which do not end.
    let peace =
        "select count(*) = 0 from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0";
    until(&mut observer, peace).await?;
    drop(demo);
    Ok(())
}
