//! Area vacuum on real servers: transaction id ages, the rule on wraparound, and what holds back the
//! xmin horizon.

use engine::Engine;
use engine::areas::vacuum::VacuumArea;
use model::{Object, Reason, ServerId};
use playground::{Server, ServerOptions};

use crate::support::{PATIENCE, Result, config, fires, limits, quiet, until, watcher};

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
    crate::support::until_true(&server, lost).await?;
    let held = holders().await?;
    assert!(held.starts_with("{\"Ok\":") && !held.contains("logical slot"), "{held}");
    Ok(())
}
