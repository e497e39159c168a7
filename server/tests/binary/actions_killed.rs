//! The audit log when things go wrong between the record and the act: pgdeck killed at any moment, and
//! a log that cannot be written.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqlitePool};

use crate::actions::{
    Acting, PASSWORD, acting, client, configured, get, people, send, shop, text, token, watched,
};
use crate::common::{Running, cookie};

/// How often pgdeck is killed; `PGDECK_KILLS=200` is the long run (`docs/limits.md#audit-log`).
const KILLS: u32 = 12;

/// The embedded database, opened beside pgdeck.
async fn database(pgdeck: &Running) -> SqlitePool {
    let file = pgdeck.data_dir.join("pgdeck.sqlite");
    SqlitePool::connect_with(SqliteConnectOptions::new().filename(file)).await.unwrap()
}

fn body(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Killed while a VACUUM waits for its lock: the record before the act is on the disk, the act is
/// shown as never completed, and nothing was done that is not in the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_leaves_the_record_before_the_act() {
    let Acting { server, pgdeck, eve, config, folder: _folder } = acting().await;
    let mut holder = server.connect().await.unwrap();
    sqlx::raw_sql("begin; lock table t in share update exclusive mode")
        .execute(&mut holder)
        .await
        .unwrap();
    let ask = [("action", "vacuum"), ("table", "public.t")];
    let (_, page) = send(&pgdeck, &eve, &ask).await;
    let told = text(&page);
    assert!(told.contains("vacuum public.t") && told.contains("SHARE UPDATE EXCLUSIVE"), "{told}");
    let token = token(&page);
    let confirm = [&ask[..], &[("step", "act"), ("token", &token)]].concat();
    let pgdeck = Arc::new(pgdeck);
    let asking = {
        let (pgdeck, eve) = (pgdeck.clone(), eve.clone());
        let body = body(&confirm);
        tokio::spawn(async move {
            pgdeck.post("/s/shop/act").header("cookie", eve).body(body).send().await
        })
    };
    let mut waits = false;
    for _ in 0..100 {
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
    assert!(asking.await.unwrap().is_err(), "the connection broke");
    holder.close().await.unwrap();

    let again = Running::in_folder(&config, &pgdeck.data_dir);
    let ada = cookie(&again.sign_in("ada", PASSWORD).await);
    let log = text(&get(&again, &ada, "/audit").await);
    for must in ["vacuum", "public.t", "asked, never completed", "its one record is intact"] {
        assert!(log.contains(must), "the log lacks {must:?}: {log}");
    }
}

/// Killed with -9 at a random moment around the act: a session that has ended has its record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_at_any_moment_leaves_no_act_without_its_record() {
    let kills = std::env::var("PGDECK_KILLS").map_or(KILLS, |n| n.parse().unwrap());
    let server = shop().await;
    let folder = tempfile::tempdir().unwrap();
    let config = configured(&server, folder.path());
    let data_dir = folder.path().join("data");
    people(&data_dir);
    let mut pgdeck = Running::in_folder(&config, &data_dir);
    let eve = cookie(&pgdeck.sign_in("eve", PASSWORD).await);
    let (mut ended, mut recorded) = (0, 0);
    // The first act is left to its end; the kills are spread over the time it took, and a little beyond.
    let mut takes = Duration::ZERO;
    for kill in 0..=kills {
        watched(&pgdeck, &eve).await;
        let (mut victim, target) = client(&server).await;
        let ask = [("action", "terminate"), ("target", target.as_str())];
        let (_, page) = send(&pgdeck, &eve, &ask).await;
        let token = token(&page);
        let confirm = [&ask[..], &[("step", "act"), ("token", &token)]].concat();
        let request = pgdeck.post("/s/shop/act").header("cookie", &eve).body(body(&confirm));
        let begun = std::time::Instant::now();
        let asking = tokio::spawn(request.send());
        if kill == 0 {
            assert!(asking.await.unwrap().is_ok());
            takes = begun.elapsed();
            pgdeck.kill();
        } else {
            tokio::time::sleep(takes.mul_f64(f64::from(kill) * 1.2 / f64::from(kills))).await;
            pgdeck.kill();
            // Answered or broken off: the log and the session tell.
            let _ = asking.await.unwrap();
        }
        // What was on its way to the server is still done there.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let was_ended = sqlx::query("select 1").execute(&mut victim).await.is_err();
        let pid = target.split('@').next().unwrap();
        let asked: bool = sqlx::query_scalar(
            "select exists (select 1 from audit where kind = 'asked' and object = 'pid ' || ?)",
        )
        .bind(pid)
        .fetch_one(&database(&pgdeck).await)
        .await
        .unwrap();
        assert!(asked || !was_ended, "kill {kill}: pid {pid} was ended without a record");
        ended += u32::from(was_ended);
        recorded += u32::from(asked);
        pgdeck = Running::in_folder(&config, &data_dir);
    }
    println!("{kills} kills: {recorded} records, {ended} sessions ended");
    assert!(recorded > 1 && recorded <= kills, "the kills fell on both sides of the record");
    let log = text(&get(&pgdeck, &eve, "/audit").await);
    assert!(log.contains("is intact"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_recorded_is_not_done() {
    let Acting { server, pgdeck, eve, .. } = acting().await;
    let (mut victim, target) = client(&server).await;
    let ask = [("action", "terminate"), ("target", target.as_str())];
    let token = token(&send(&pgdeck, &eve, &ask).await.1);
    sqlx::raw_sql("alter table audit rename to gone")
        .execute(&database(&pgdeck).await)
        .await
        .unwrap();
    let confirm = [&ask[..], &[("step", "act"), ("token", &token)]].concat();
    let (_, page) = send(&pgdeck, &eve, &confirm).await;
    let message = "The audit log cannot be written, so nothing was done.";
    assert!(text(&page).contains(message), "{page}");
    assert!(sqlx::query("select 1").execute(&mut victim).await.is_ok(), "the session lives");
    victim.close().await.unwrap();
}
