//! Every write of a flush cut off: the WAL is cut at each of its frames, within frames, and overwritten, as
//! a power cut may leave it. What opens again is some whole number of flushes.

use std::path::Path;

use crate::workload::*;

const START: i64 = 1_780_000_000_000;
/// Bytes of the WAL's header, of a frame's, and of a page (sqlite.org/fileformat2.html, 4.1).
const HEADER: usize = 32;
const FRAME: usize = 24 + 4_096;

/// Sums of calls after each flush.
async fn record(folder: &Path, flushes: i64) -> Vec<f64> {
    let history = open(folder, QUIET).await;
    let mut random = fastrand::Rng::with_seed(8);
    let (mut truth, mut sums) = (Truth::default(), vec![0.0]);
    for flush in 0..flushes {
        for tick in 0..5 {
            truth.tick(&history, &mut random, (START + (flush * 5 + tick) * 1_000, 1_000), 40);
        }
        history.flush().await.unwrap();
        let calls = truth.values.iter().filter(|(_, _, metric, _)| *metric == CALLS.name);
        sums.push(calls.map(|(.., value)| value).sum());
    }
    // The copy is taken while it is open, as a crash would.
    for name in ["history.sqlite", "history.sqlite-wal"] {
        std::fs::copy(folder.join(name), folder.join(format!("copy-{name}"))).unwrap();
    }
    sums
}

/// The sum of calls in a store that consists of this file and this WAL.
async fn reopened(folder: &Path, database: &[u8], wal: &[u8]) -> f64 {
    std::fs::create_dir_all(folder).unwrap();
    for name in ["history.sqlite", "history.sqlite-wal", "history.sqlite-shm"] {
        std::fs::remove_file(folder.join(name)).ok();
    }
    std::fs::write(folder.join("history.sqlite"), database).unwrap();
    std::fs::write(folder.join("history.sqlite-wal"), wal).unwrap();
    let history = open(folder, QUIET).await;
    assert!(history.moved_aside().is_none());
    let totals = history.totals(&source(), EVERYTHING, 0, i64::MAX / 2).await.unwrap();
    assert_eq!(totals.corrupt, 0);
    let calls = totals.rows.iter().filter(|row| *row.metric == *CALLS.name);
    let sum = calls.map(|row| row.sum).sum();
    // It can be written as well.
    history.recorder().append(&source(), START + 9_000_000, 1_000, Vec::new());
    history.flush().await.unwrap();
    history.close().await.unwrap();
    sum
}

#[tokio::test]
async fn any_cut_of_the_wal_leaves_whole_flushes() {
    let folder = tempfile::tempdir().unwrap();
    let sums = record(folder.path(), 4).await;
    let database = std::fs::read(folder.path().join("copy-history.sqlite")).unwrap();
    let wal = std::fs::read(folder.path().join("copy-history.sqlite-wal")).unwrap();
    let frames = (wal.len() - HEADER) / FRAME;
    assert!(frames > 20, "{frames} frames");
    let scene = folder.path().join("scene");
    assert_eq!(reopened(&scene, &database, &wal).await, sums[4], "whole");
    let mut seen = Vec::new();
    for frame in 0..frames {
        let at = HEADER + frame * FRAME;
        let mut cuts = vec![wal[..at].to_vec(), wal[..at + 24 + 1_000].to_vec()];
        if frame % 3 == 0 {
            // A frame of which the disk has written one sector only.
            let mut torn = wal.clone();
            torn[at + 24 + 512..at + FRAME].fill(0);
            cuts.push(torn);
        }
        for cut in cuts {
            let sum = reopened(&scene, &database, &cut).await;
            assert!(sums.contains(&sum), "frame {frame}: {sum} is none of {sums:?}");
            seen.push(sum);
        }
    }
    for sum in &sums[..4] {
        assert!(seen.contains(sum), "a cut leaves each number of flushes");
    }
}
