//! A process that is killed at any moment loses at most what was not flushed: five seconds. Over either store;
//! `PGDECK_KILLS=200 cargo nextest run -p history killed` kills it that often.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use history::{Address, History, Point, Settings};

use crate::workload::*;

/// Says to the process that it is the one to be killed, and where: a folder or the URL of a database.
const PLACE: &str = "PGDECK_HISTORY_TO_BE_KILLED";
/// What a process that was killed still has in a shared store ends soon.
const KILLED: Settings = Settings { lease_ms: 300, ..QUIET };
const START: i64 = 1_780_000_000_000;
const ENTITIES: u64 = 30;

/// The store in that folder, or the shared one of that URL.
async fn store(place: &str) -> History {
    if place.starts_with("postgres://") {
        History::connect(&Address::parse(place).unwrap(), KILLED).await.unwrap()
    } else {
        open(Path::new(place), KILLED).await
    }
}

/// Records a call of each statement in each tick, as fast as it can, and prints the number of ticks that
/// were flushed. Compaction runs all the time.
async fn record_until_killed(place: &str) {
    let history = store(place).await;
    let keeper = history.clone();
    let mut tick = history.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap().ticks;
    tokio::spawn(async move {
        loop {
            // A time far ahead: everything is due at once.
            keeper.maintain(START + 90_000_000_000).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    let mut is_ours = false;
    loop {
        for _ in 0..5 {
            let calls = |number| Point::new(&statement(number), CALLS, 1.0);
            let points = (0..ENTITIES).map(calls).collect();
            history.recorder().append(&source(), START + tick as i64 * 1_000, 1_000, points);
            tick += 1;
        }
        history.flush().await.unwrap();
        // Before the lease of the one that was killed has ended, a shared store takes nothing of ours.
        while !is_ours {
            let shared = history.about().await.unwrap().shared;
            is_ours = shared.is_none_or(|shared| shared.servers > 0);
            if !is_ours {
                tokio::time::sleep(Duration::from_millis(20)).await;
                history.flush().await.unwrap();
            }
        }
        println!("flushed {tick}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_to_be_killed() {
    // Runs only when it is started by the tests below.
    if let Ok(place) = std::env::var(PLACE) {
        record_until_killed(&place).await;
    }
}

fn start(place: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["killed::the_process_to_be_killed", "--exact", "--nocapture"])
        .env(PLACE, place)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// How often the tests kill.
fn kills(usually: u32) -> u32 {
    std::env::var("PGDECK_KILLS").map_or(usually, |kills| kills.parse().unwrap())
}

#[tokio::test]
async fn a_kill_loses_at_most_one_flush() {
    let folder = tempfile::tempdir().unwrap();
    kill(folder.path().to_str().unwrap(), kills(15)).await;
}

#[tokio::test]
async fn a_kill_loses_at_most_one_flush_of_a_shared_store() {
    let server = playground::server(17).await.unwrap();
    kill(&server.dsn(), kills(3)).await;
}

async fn kill(place: &str, kills: u32) {
    let mut random = fastrand::Rng::new();
    let (mut before, mut untold, begun) = (0, 0, Instant::now());
    for kill in 0..kills {
        let mut child = start(place);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Wait until it has begun, then kill it at any moment.
        let mut flushed = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some(ticks) = line.strip_prefix("flushed ") {
                break ticks.parse::<u64>().unwrap();
            }
        };
        tokio::time::sleep(Duration::from_micros(random.u64(0..60_000))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            flushed =
                line.strip_prefix("flushed ").map_or(flushed, |t| t.parse().unwrap_or(flushed));
        }
        let history = store(place).await;
        assert!(history.moved_aside().is_none());
        let got = history.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap();
        assert!(flushed > before, "it went on");
        // One flush may have been on disk before it was told.
        assert!(got.ticks == flushed || got.ticks == flushed + 5, "{flushed}: {}", got.ticks);
        assert_eq!(got.corrupt, 0);
        for row in &got.rows {
            assert_eq!(row.sum, got.ticks as f64, "kill {kill}: {}", row.entity.key());
        }
        assert_eq!(got.rows.len() as u64, ENTITIES);
        assert!(history.gaps(&source(), 0, i64::MAX).await.unwrap().is_empty());
        untold += u32::from(got.ticks > flushed);
        before = flushed;
        history.close().await.unwrap();
    }
    println!(
        "{kills} kills in {:.1?}: {before} ticks of {ENTITIES} statements, none lost, {untold} flushes were on disk before they were told",
        begun.elapsed()
    );
}
