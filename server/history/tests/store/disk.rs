//! A disk that refuses every write while the store runs, as one does whose file system has become read-only.
//!
//! A file system cannot be made read-only under a file that is open for writing, except by a fault of its own.
//! So the kernel refuses the writes for another reason, the limit of a file's size: SQLite gives the same
//! answer to that as to EROFS, SQLITE_IOERR_WRITE, since it tells apart only a full disk.

use std::path::Path;
use std::process::Command;

use tokio::signal::unix::{SignalKind, signal};

use crate::workload::*;

/// Says to the process that it is the one whose writes are refused, and where.
const FOLDER: &str = "PGDECK_HISTORY_ON_A_BAD_DISK";
const START: i64 = 1_780_000_000_000;
/// SIGXFSZ, which comes with each refused write; unheard it would end the process.
const REFUSED: i32 = 25;

/// Limits the size of files that this process writes.
fn limit(bytes: &str) {
    let pid = std::process::id().to_string();
    let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:")]).status();
    assert!(set.unwrap().success());
}

async fn record(folder: &Path) {
    let _heard = signal(SignalKind::from_raw(REFUSED)).unwrap();
    let history = open(folder, QUIET).await;
    let (mut random, mut truth) = (fastrand::Rng::with_seed(6), Truth::default());
    let mut at = START;
    let mut tick = |truth: &mut Truth| {
        truth.tick(&history, &mut random, (at, 1_000), 40);
        at += 1_000;
    };
    (0..20).for_each(|_| tick(&mut truth));
    history.flush().await.unwrap();
    history.maintain(START).await.unwrap();
    let before = history.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap();
    truth.assert_totals(&before);

    limit("0");
    // More often than what no disk is to blame for is tried.
    for _ in 0..20 {
        tick(&mut truth);
        let error = history.flush().await.unwrap_err().to_string();
        let one = error.ends_with("recording goes on when it does.") && !error.contains('\n');
        assert!(one && error.contains("does not work: disk I/O error"), "{error}");
        assert_eq!(history.stopped().unwrap().cause, error);
    }
    history.maintain(START + 90_000_000).await.unwrap_err();
    let past = history.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap();
    assert_eq!(past.ticks, before.ticks, "the past can still be read");

    limit("unlimited");
    history.flush().await.unwrap();
    assert!(history.stopped().is_none());
    history.maintain(START + 90_000_000).await.unwrap();
    truth.assert_totals(&history.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap());
    assert!(history.gaps(&source(), 0, i64::MAX).await.unwrap().is_empty(), "nothing was lost");
    history.close().await.unwrap();
    println!("it went on");
}

#[tokio::test]
async fn the_process_on_the_bad_disk() {
    // Runs only when it is started by the test below.
    if let Some(folder) = std::env::var_os(FOLDER) {
        record(Path::new(&folder)).await;
    }
}

#[tokio::test]
async fn a_disk_that_refuses_writes_stops_recording_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["disk::the_process_on_the_bad_disk", "--exact", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout).into_owned();
    let log = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && said.contains("it went on"), "{said}{log}");
}
