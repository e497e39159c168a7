//! A process that is killed at any moment loses at most what was not flushed: five seconds.
//! `PGDECK_KILLS=200 cargo nextest run -p history killed` kills it that often.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use history::{History, Point, Settings};

use crate::workload::*;

/// Says to the process that it is the one to be killed, and where.
const FOLDER: &str = "PGDECK_HISTORY_TO_BE_KILLED";
const START: i64 = 1_780_000_000_000;
const ENTITIES: u64 = 30;

/// Records a call of each statement in each tick, as fast as it can, and prints the number of ticks that
/// were flushed. Compaction runs all the time.
async fn record_until_killed(folder: &Path) {
    let history = open(folder, Settings { background: false, ..QUIET }).await;
    let keeper = history.clone();
    let mut tick = history.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap().ticks;
    tokio::spawn(async move {
        loop {
            // A time far ahead: everything is due at once.
            keeper.maintain(START + 90_000_000_000).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    loop {
        for _ in 0..5 {
            let calls = |number| Point::new(&statement(number), CALLS, 1.0);
            let points = (0..ENTITIES).map(calls).collect();
            history.recorder().append(&source(), START + tick as i64 * 1_000, 1_000, points);
            tick += 1;
        }
        history.flush().await.unwrap();
        println!("flushed {tick}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_to_be_killed() {
    // Runs only when it is started by the test below.
    if let Some(folder) = std::env::var_os(FOLDER) {
        record_until_killed(Path::new(&folder)).await;
    }
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["killed::the_process_to_be_killed", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

async fn opened(folder: &Path) -> History {
    let history = open(folder, QUIET).await;
    assert!(history.moved_aside().is_none());
    history
}

#[tokio::test]
async fn a_kill_loses_at_most_one_flush() {
    let kills: u32 = std::env::var("PGDECK_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::new();
    let mut before = 0;
    for kill in 0..kills {
        let mut child = start(folder.path());
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
        let history = opened(folder.path()).await;
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
        before = flushed;
        history.close().await.unwrap();
    }
}
