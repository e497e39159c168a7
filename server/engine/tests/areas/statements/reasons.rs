//! Why statement statistics are unknown, each with what would make them known; and their texts.

use model::Reason;
use model::statements::Statements;
use playground::ServerOptions;

use super::harness::{Reader, run, started};
use crate::support::Result;

fn missing(read: &Statements) -> (String, String) {
    match &read.entries {
        Err(Reason::MissingExtension { name, sql }) => (name.clone(), sql.clone()),
        other => (format!("{other:?}"), String::new()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_extension_there_is_a_reason_that_mends_it() -> Result {
    let server = playground::server(18).await?;
    let mut reader = Reader::open(&server.dsn()).await?;
    let (name, sql) = missing(&reader.read().await?);
    assert_eq!(
        (name.as_str(), sql.as_str()),
        ("pg_stat_statements", "create extension pg_stat_statements;")
    );
    server.exec(&sql).await?;
    assert!(reader.read().await?.entries.is_ok(), "it is read at once");
    // A version from before `toplevel`, as pg_upgrade leaves it.
    server.exec("drop extension pg_stat_statements").await?;
    server.exec("create extension pg_stat_statements version '1.8'").await?;
    let (name, sql) = missing(&reader.read().await?);
    assert_eq!(name, "pg_stat_statements 1.9");
    server.exec(&sql).await?;
    assert!(reader.read().await?.entries.is_ok());
    assert!(!server.log().contains("ERROR"), "{}", server.log());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_that_is_not_loaded_is_named_with_the_others() -> Result {
    let options = ServerOptions::new(14).without_preload();
    let server = options.setting("shared_preload_libraries", "auto_explain").start().await?;
    // The setting alone proves nothing.
    server.exec("create extension pg_stat_statements; set pg_stat_statements.max = 100").await?;
    let read = Reader::open(&server.dsn()).await?.read().await?;
    let (_, sql) = missing(&read);
    assert!(sql.contains("shared_preload_libraries = 'auto_explain, pg_stat_statements'"), "{sql}");
    assert!(sql.contains("restart") && !sql.contains("create extension"), "{sql}");
    assert!(!server.log().contains("ERROR"), "{}", server.log());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_is_said_and_no_text_holds_a_value() -> Result {
    let server = started(ServerOptions::new(16), None).await?;
    server
        .exec("create role plain login password 'p'; create role watcher login password 'w'; grant pg_monitor to watcher; create table orders (id int, note text)")
        .await?;
    let plain = server.dsn_for("plain", "p", "postgres");
    let read = Reader::open(&plain).await?.read().await?;
    let entries = read.entries.map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
    let hidden = matches!(&entries.others, Err(Reason::Hidden { sql, .. }) if sql.contains("grant pg_monitor"));
    assert!(hidden && entries.count > 0, "{entries:?}");

    let mut reader = Reader::open(&server.dsn_for("watcher", "w", "postgres")).await?;
    reader.read().await?;
    let mut session = server.connect().await?;
    run(&mut session, "select id from orders where note = 'secret-4711' /*app='shop'*/", 9).await?;
    run(&mut session, "insert into orders values (4711, 'secret-4711')", 3).await?;
    let read = reader.read().await?;
    let entries =
        read.entries.as_ref().map_err(|reason| anyhow::anyhow!("{}", reason.message()))?;
    assert_eq!(entries.others, Ok(()));
    let texts: Vec<&str> = read.texts.iter().map(|text| text.text.as_str()).collect();
    assert!(texts.iter().all(|text| !text.contains("4711")), "{texts:?}");
    let of_orders = read.texts.iter().filter(|text| text.tables.contains(&"orders".to_owned()));
    let fingerprints = of_orders.filter_map(|text| text.fingerprint.as_ref()).count();
    assert_eq!(fingerprints, 2, "{texts:?}");
    assert!(read.roles.iter().any(|role| role.name == "postgres"), "{:?}", read.roles);
    assert_eq!(read.settings.track_utility, Some(false));
    assert_eq!(
        read.settings.untracked(),
        [("pg_stat_statements.track_utility", "off"), ("pg_stat_statements.track_planning", "off")]
    );
    Ok(())
}

/// Hardening guides revoke the settings; the entries can be read all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_settings_the_entries_are_read_and_the_loss_is_not_judged() -> Result {
    let server = started(ServerOptions::new(17), None).await?;
    for sql in [
        "create role watcher login password 'w' in role pg_monitor",
        "revoke all on pg_catalog.pg_settings from public",
    ] {
        server.exec(sql).await?;
    }
    let mut reader = Reader::open(&server.dsn_for("watcher", "w", "postgres")).await?;
    let read = reader.read().await?;
    assert!(read.entries.is_ok(), "{:?}", read.entries);
    assert!(matches!(read.settings.unread, Some(Reason::MissingGrant { .. })), "{read:?}");
    // How much of the table was removed cannot be told without its size.
    let fires = include_str!("../../../fixtures/statements/statistics_lost/fires.json");
    let mut fires: serde_json::Value = serde_json::from_str(fires)?;
    fires["evidence"]["settings"]["max_entries"] = serde_json::Value::Null;
    fires["evidence"]["settings"]["unread"] = serde_json::to_value(&read.settings.unread)?;
    let judged =
        engine::areas::judge_json("statements/statistics_lost", &fires["evidence"].to_string());
    let judged = judged.and_then(|judged| judged.ok());
    assert!(matches!(judged, Some(Err(Reason::MissingGrant { .. }))), "{judged:?}");
    Ok(())
}
