//! Durability of the audit log: pgdeck killed with SIGKILL around an action, and a log that cannot be
//! written.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqlitePool};

use crate::actions::{
    ActionTest, add_users, client, get, post_action, shop, start, text, token, wait_for_reading,
    write_config,
};
use crate::common::{PASSWORD, Running, cookie, form_body};

/// How often pgdeck is killed; `PGDECK_KILLS=200` is the long run (`docs/limits.md#audit-log`).
const KILLS: u32 = 12;

/// The embedded database, opened while pgdeck uses it.
async fn database(pgdeck: &Running) -> SqlitePool {
    let file = pgdeck.data_dir.join("pgdeck.sqlite");
    SqlitePool::connect_with(SqliteConnectOptions::new().filename(file)).await.unwrap()
}

/// Whether the audit log has a record of an action on this session.
async fn is_recorded(pgdeck: &Running, pid: &str) -> bool {
    sqlx::query_scalar(
        "select exists (select 1 from audit where kind = 'asked' and object = 'pid ' || ?)",
    )
    .bind(pid)
    .fetch_one(&database(pgdeck).await)
    .await
    .unwrap()
}

/// Waits until the audit log has that record.
async fn wait_until_recorded(pgdeck: &Running, pid: &str) {
    for _ in 0..6_000 {
        if is_recorded(pgdeck, pid).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no record of pid {pid} within a minute");
}

/// SIGKILL while a VACUUM waits for its lock: its record is on disk, the action is shown as never
/// completed, and nothing was done that is not in the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_leaves_the_record_before_the_act() {
    let ActionTest { server, pgdeck, eve, config, folder: _folder } = start().await;
    let mut holder = server.connect().await.unwrap();
    sqlx::raw_sql("begin; lock table t in share update exclusive mode")
        .execute(&mut holder)
        .await
        .unwrap();
    let ask = [("action", "vacuum"), ("table", "public.t")];
    let (_, page) = post_action(&pgdeck, &eve, &ask).await;
    let preview = text(&page);
    assert!(
        preview.contains("vacuum public.t") && preview.contains("SHARE UPDATE EXCLUSIVE"),
        "{preview}"
    );
    let token = token(&page);
    let confirm = [&ask[..], &[("step", "act"), ("token", &token)]].concat();
    let pgdeck = Arc::new(pgdeck);
    let response = {
        let (pgdeck, eve) = (pgdeck.clone(), eve.clone());
        let body = form_body(&confirm);
        tokio::spawn(async move { pgdeck.form("/s/shop/act", &eve, body).send().await })
    };
    let mut waits = false;
    for _ in 0..3_000 {
        waits = sqlx::query_scalar(
            "select exists (select 1 from pg_stat_activity where query like '%vacuum public.t%'
                            and wait_event_type = 'Lock')",
        )
        .fetch_one(&mut server.connect().await.unwrap())
        .await
        .unwrap();
        if waits {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(waits, "the VACUUM waits for its lock");
    pgdeck.kill();
    assert!(response.await.unwrap().is_err(), "the connection broke");
    holder.close().await.unwrap();

    let again = Running::in_folder(&config, &pgdeck.data_dir);
    let ada = cookie(&again.sign_in("ada", PASSWORD).await);
    let log = text(&get(&again, &ada, "/audit").await);
    for must in ["vacuum", "public.t", "started, outcome unknown", "records is intact"] {
        assert!(log.contains(must), "the log lacks {must:?}: {log}");
    }
}

/// The cookie of a session that goes on at another port, which its name has.
fn moved(cookie: &str, pgdeck: &Running) -> String {
    let port = pgdeck.url.rsplit(':').next().unwrap();
    format!("pgdeck-{port}={}", cookie.split_once('=').unwrap().1)
}

/// SIGKILL at moments spread over an action: every terminated session has its record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_at_any_moment_leaves_no_act_without_its_record() {
    let kills = std::env::var("PGDECK_KILLS").map_or(KILLS, |n| n.parse().unwrap());
    let server = shop().await;
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(&server, folder.path());
    let data_dir = folder.path().join("data");
    add_users(&data_dir);
    let mut pgdeck = Running::in_folder(&config, &data_dir);
    let mut eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    assert!(kills > 1, "one kill on each side of the record");
    let (mut ended, mut recorded) = (0, 0);
    // The first action completes and is timed. The first kill precedes the request and the last one follows
    // the record, so both sides of the record are covered; the others are spread over that time.
    let mut takes = Duration::ZERO;
    for kill in 0..=kills {
        wait_for_reading(&pgdeck).await;
        let (mut victim, target) = client(&server).await;
        let ask = [("action", "terminate"), ("target", target.as_str())];
        let (_, page) = post_action(&pgdeck, &eve, &ask).await;
        let token = token(&page);
        let confirm = [&ask[..], &[("step", "act"), ("token", &token)]].concat();
        let pid = target.split('@').next().unwrap();
        let request = pgdeck.form("/s/shop/act", &eve, form_body(&confirm));
        if kill == 1 {
            pgdeck.kill();
        }
        let begun = std::time::Instant::now();
        let response = tokio::spawn(request.send());
        if kill == 0 {
            assert!(response.await.unwrap().is_ok());
            takes = begun.elapsed();
            pgdeck.kill();
        } else {
            if kill == kills {
                wait_until_recorded(&pgdeck, pid).await;
            } else {
                tokio::time::sleep(takes.mul_f64(f64::from(kill) * 1.2 / f64::from(kills))).await;
            }
            pgdeck.kill();
            // Whether it was answered does not matter: the log and the session are compared.
            let _ = response.await.unwrap();
        }
        // A statement that was already sent still takes effect.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let was_ended = sqlx::query("select 1").execute(&mut victim).await.is_err();
        let is_recorded = is_recorded(&pgdeck, pid).await;
        assert!(is_recorded || !was_ended, "kill {kill}: pid {pid} was ended without a record");
        ended += u32::from(was_ended);
        recorded += u32::from(is_recorded);
        pgdeck = Running::in_folder(&config, &data_dir);
        eve = moved(&eve, &pgdeck);
    }
    println!("{kills} kills: {recorded} records, {ended} sessions ended");
    assert!(recorded > 1 && recorded <= kills, "the kills fell on both sides of the record");
    let log = text(&get(&pgdeck, &eve, "/audit").await);
    assert!(log.contains("is intact"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_recorded_is_not_done() {
    let ActionTest { server, pgdeck, eve, .. } = start().await;
    let (mut victim, target) = client(&server).await;
    let ask = [("action", "terminate"), ("target", target.as_str())];
    let token = token(&post_action(&pgdeck, &eve, &ask).await.1);
    sqlx::raw_sql("alter table audit rename to gone")
        .execute(&database(&pgdeck).await)
        .await
        .unwrap();
    let confirm = [&ask[..], &[("step", "act"), ("token", &token)]].concat();
    let (_, page) = post_action(&pgdeck, &eve, &confirm).await;
    let message = "The audit log cannot be written, so nothing was done.";
    assert!(text(&page).contains(message), "{page}");
    assert!(sqlx::query("select 1").execute(&mut victim).await.is_ok(), "the session lives");
    victim.close().await.unwrap();
}
