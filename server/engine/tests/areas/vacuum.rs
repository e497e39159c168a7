//! Area vacuum on real servers: transaction id ages, the rule on wraparound, and what holds back the
//! xmin horizon.

use engine::Engine;
use engine::areas::vacuum::VacuumArea;
use model::{Object, Reason, ServerId};
use playground::{Server, ServerOptions};

use crate::run_printed;
use crate::support::{
    PATIENCE, Result, all_findings, config, fires, hurried, limits, quiet, until, until_true,
    watcher,
};

/// Uses up that many transaction ids.
async fn burn(server: &Server, count: u32) -> Result {
    let sql = format!(
        "do $$ begin for i in 1..{count} loop perform pg_current_xact_id(); commit; end loop; end $$"
    );
    Ok(server.exec(&sql).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transaction_ids_burn() -> Result {
    let server = ServerOptions::new(15)
        .setting("autovacuum_freeze_max_age", "100000")
        .setting("max_prepared_transactions", "3")
        .start()
        .await?;
    server
        .exec("create role watcher login password 'w'; grant pg_monitor to watcher; create role plain login password 'p'")
        .await?;
    let engine = || -> Result<Engine> {
        Ok(Engine::start(
            vec![
                config("one", &watcher(&server))?,
                config("plain", &server.dsn_for("plain", "p", "postgres"))?,
            ],
            limits(&[("vacuum/xid_wraparound", "warn_from_xids", 5_000.0)])?,
        ))
    };
    // Beyond the limit, and yet autovacuum is not even meant to have begun.
    burn(&server, 6_000).await?;
    let first = engine()?;
    quiet(&first, "one", "vacuum/xid_wraparound").await?;
    first.stop().await;
    server.exec("begin; select pg_current_xact_id(); prepare transaction 'transfer-77'").await?;
    burn(&server, 101_000).await?;
    let mut reader = server.connect().await?;
    sqlx::raw_sql("begin isolation level repeatable read; select 1").execute(&mut reader).await?;
    let second = engine()?;
    let finding = fires(&second, "one", "vacuum/xid_wraparound").await?;
    let prepared = Object::PreparedTransaction { gid: "transfer-77".into() };
    assert_eq!(finding.root, Some(prepared.clone()), "{finding:?}");
    assert!(finding.message.contains("transfer-77"), "{}", finding.message);
    let holders = |name: &str| {
        let latest = second.latest::<VacuumArea>(&ServerId::new(name))?;
        latest.value().map(|vacuum| vacuum.xmin_holders.clone())
    };
    until(&second, "plain", PATIENCE, |_| holders("plain").is_some()).await?;
    let seen = holders("one").and_then(|held| held.ok()).unwrap_or_default();
    let objects: Vec<_> = seen.iter().map(|holder| holder.object()).collect();
    assert_eq!(objects.first(), Some(&prepared), "{seen:?}");
    assert!(seen.first().is_some_and(|first| first.xids > Some(100_000)), "{seen:?}");
    assert!(objects.iter().any(|object| object.pid().is_some()), "{seen:?}");
    let hidden = holders("plain");
    assert!(matches!(hidden, Some(Err(Reason::Hidden { .. }))), "unknown, not none: {hidden:?}");
    Ok(())
}

/// Tried with VACUUM on 14 and 17: an invalidated slot has an xmin and holds back nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_is_lost_holds_back_nothing() -> Result {
    let server = playground::ServerOptions::new(17)
        .setting("max_slot_wal_keep_size", "32MB")
        .setting("wal_level", "logical")
        .start()
        .await?;
    server.exec("select pg_create_logical_replication_slot('cdc', 'pgoutput')").await?;
    let holders = async || -> Result<String> {
        let recording = engine::record(config("one", &server.dsn())?).await;
        let recording = recording.map_err(|reason| anyhow::anyhow!(reason.message()))?;
        let recording = serde_json::to_value(&recording)?;
        Ok(recording["servers"][0][1]["vacuum"]["reading"]["value"]["xmin_holders"].to_string())
    };
    let held = holders().await?;
    assert!(held.contains("logical slot"), "{held}");
    for _ in 0..5 {
        let sql = "select pg_logical_emit_message(false, 'x', 'x'), pg_switch_wal()";
        server.exec(sql).await?;
    }
    server.exec("checkpoint").await?;
    let lost = "select wal_status = 'lost' and catalog_xmin is not null from pg_replication_slots";
    until_true(&server, lost).await?;
    let held = holders().await?;
    assert!(held.starts_with("{\"Ok\":") && !held.contains("logical slot"), "{held}");
    Ok(())
}

fn vacuum(engine: &Engine) -> Option<(i64, model::vacuum::Vacuum)> {
    let latest = engine.latest::<VacuumArea>(&ServerId::new("one"))?;
    latest.reading.map(|reading| (reading.at_ms, reading.value.clone()))
}

/// Each statement that is offered makes its holder let go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_holds_back_the_horizon_is_made_to_let_go() -> Result {
    let server = ServerOptions::new(17)
        .setting("max_prepared_transactions", "3")
        .setting("wal_level", "logical")
        .start()
        .await?;
    server.exec("select pg_create_logical_replication_slot('cdc', 'pgoutput')").await?;
    server.exec("begin; select pg_current_xact_id(); prepare transaction 'it''s 7'").await?;
    let mut reader = server.connect().await?;
    sqlx::raw_sql("begin isolation level repeatable read; select 1").execute(&mut reader).await?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits(&[])?);
    let _hurried = hurried(&engine, "one");
    let holders = || vacuum(&engine).and_then(|(_, v)| v.xmin_holders.ok()).unwrap_or_default();
    until(&engine, "one", PATIENCE, |_| holders().len() >= 3).await?;
    let all = holders();
    let slot = all.iter().find(|holder| holder.kind == "logical slot");
    assert!(slot.is_some_and(|slot| slot.only_catalogs), "{all:?}");
    for kind in ["prepared transaction", "logical slot", "session"] {
        let is_of_kind = |holder: &&model::vacuum::XminHolder| holder.kind == kind;
        let release = holders().iter().find(is_of_kind).and_then(|holder| holder.release());
        server.exec(&release.ok_or_else(|| anyhow::anyhow!("none for {kind}"))?.sql).await?;
        let gone = |_: &Engine| !holders().iter().any(|holder| is_of_kind(&holder));
        until(&engine, "one", PATIENCE, |_| gone(&engine)).await?;
    }
    engine.stop().await;
    Ok(())
}

/// Transaction IDs are used at an even pace: the forecast from the first seconds is right about the next ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forecast_from_the_burn_is_right_within_a_tenth() -> Result {
    let server = playground::server(17).await?;
    let mut session = server.connect().await?;
    let burner = tokio::spawn(async move {
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(100));
        let sql = "do $$ begin for i in 1..100 loop perform pg_current_xact_id(); commit; end loop; end $$";
        loop {
            pace.tick().await;
            if sqlx::raw_sql(sql).execute(&mut session).await.is_err() {
                return;
            }
        }
    });
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits(&[])?);
    let _hurried = hurried(&engine, "one");
    let measured = async |span_ms: i64| -> Result<(i64, model::vacuum::Vacuum)> {
        let span = |v: &model::vacuum::Vacuum| v.burn.as_ref().map_or(0, |burn| burn.span_ms);
        let long = || vacuum(&engine).filter(|(_, v)| span(v) >= span_ms);
        until(&engine, "one", PATIENCE, |_| long().is_some()).await?;
        long().ok_or_else(|| anyhow::anyhow!("no reading"))
    };
    let first = measured(4_000).await?;
    let span_ms = first.1.burn.as_ref().map_or(0, |burn| burn.span_ms);
    let then = measured(span_ms + 4_000).await?;
    burner.abort();
    let age = |v: &model::vacuum::Vacuum| v.databases.first().and_then(|d| d.xid_age);
    let (from, to) = (age(&first.1).unwrap_or_default(), age(&then.1).unwrap_or_default());
    // The limit that is reached at the second reading.
    let limit = model::vacuum::Vacuum { freeze_max_age_xids: to, ..first.1.clone() };
    let database = limit.databases.first().ok_or_else(|| anyhow::anyhow!("no database"))?;
    let found = model::vacuum::headroom(database, &limit, 17);
    let due = found.first().and_then(|one| one.marks.iter().find(|mark| mark.at == to)?.due_ms);
    let took = (then.0 - first.0) as f64;
    println!("{from} to {to}: forecast {due:?} ms, it took {took} ms");
    assert!(took >= 3_000.0, "{took}");
    assert!(due.is_some_and(|due| (due - took).abs() <= 0.1 * took), "{due:?} {took}");
    engine.stop().await;
    Ok(())
}

/// The statement that is offered turns it on again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn autovacuum_that_is_off_is_told() -> Result {
    let server = ServerOptions::new(16).start().await?;
    server.exec("alter system set autovacuum = off").await?;
    server.exec("select pg_reload_conf()").await?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits(&[])?);
    let _hurried = hurried(&engine, "one");
    let finding = fires(&engine, "one", "vacuum/autovacuum_off").await?;
    run_printed(&server, &finding).await?;
    quiet(&engine, "one", "vacuum/autovacuum_off").await?;
    engine.stop().await;
    Ok(())
}

/// A server whose horizon is held by a session, a prepared transaction and a slot: each is one problem.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_horizon_that_is_held_back_is_told_by_holder() -> Result {
    const RULE: &str = "vacuum/xmin_horizon";
    let server = ServerOptions::new(17)
        .setting("max_prepared_transactions", "3")
        .setting("wal_level", "logical")
        .start()
        .await?;
    server.exec("select pg_create_logical_replication_slot('cdc', 'pgoutput')").await?;
    server.exec("begin; select pg_current_xact_id(); prepare transaction 'forgotten'").await?;
    let mut reader = server.connect().await?;
    sqlx::raw_sql("begin isolation level repeatable read; select 1").execute(&mut reader).await?;
    let limits = limits(&[(RULE, "from_xids", 5_000.0)])?;
    let engine = Engine::start(vec![config("one", &server.dsn())?], limits);
    let _hurried = hurried(&engine, "one");
    quiet(&engine, "one", RULE).await?;
    burn(&server, 6_000).await?;
    let told = || {
        let all = all_findings(&engine, "one").into_iter();
        all.filter(|finding| finding.rule == RULE).collect::<Vec<_>>()
    };
    until(&engine, "one", PATIENCE, |_| told().len() >= 3).await?;
    let found = told();
    assert_eq!(found.len(), 3, "{found:#?}");
    for finding in &found {
        assert_eq!(finding.root, Some(finding.object.clone()), "{finding:?}");
        let only_catalogs = finding.message.contains("of system catalogs");
        assert_eq!(only_catalogs, finding.message.contains("slot cdc"), "{}", finding.message);
    }
    // Each statement takes its finding away and no other.
    for (left, finding) in found.iter().enumerate().map(|(at, one)| (found.len() - at - 1, one)) {
        let sql = finding.remedy.sql.clone().unwrap_or_default();
        server.exec(&sql).await?;
        until(&engine, "one", PATIENCE, |_| told().len() == left).await?;
        assert!(told().iter().all(|one| one.object != finding.object), "{sql}");
    }
    quiet(&engine, "one", RULE).await?;
    engine.stop().await;
    Ok(())
}

/// What a standby reports is told with its name, also where its slot holds it, and the statement is for the standby.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_of_a_standby_is_told_with_its_name() -> Result {
    const RULE: &str = "vacuum/xmin_horizon";
    let primary = ServerOptions::new(17)
        .setting("hot_standby_feedback", "on")
        .setting("wal_receiver_status_interval", "1s")
        .start()
        .await?;
    let standby = primary.standby("copy").await?;
    let mut reader = standby.connect().await?;
    sqlx::raw_sql("begin isolation level repeatable read; select 1").execute(&mut reader).await?;
    let reported = "select xmin is not null from pg_replication_slots where slot_name = 'copy'";
    until_true(&primary, reported).await?;
    let limits = limits(&[(RULE, "from_xids", 5_000.0)])?;
    let engine = Engine::start(vec![config("one", &primary.dsn())?], limits);
    let _hurried = hurried(&engine, "one");
    burn(&primary, 6_000).await?;
    let finding = fires(&engine, "one", RULE).await?;
    assert!(finding.message.contains("hot_standby_feedback of standby “copy”"), "{finding:?}");
    run_printed(&standby, &finding).await?;
    quiet(&engine, "one", RULE).await?;
    engine.stop().await;
    Ok(())
}
