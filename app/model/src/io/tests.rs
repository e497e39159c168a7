//! Differences of counters, and after how much WAL a checkpoint is requested.

use super::*;

fn row(reads: i64, hits: i64) -> IoRow {
    let reads = Operations { count: reads, bytes: reads * 8_192, ms: reads as f64 / 2.0 };
    IoRow { reads: Some(reads), hits: Some(hits), ..IoRow::default() }
}

#[test]
fn a_row_that_was_not_there_had_counted_nothing_and_one_that_fell_is_a_gap() {
    let added = row(30, 100).since(Some(&row(20, 10))).unwrap();
    assert_eq!((added.reads.map(|r| r.count), added.hit_percent(8_192)), (Some(10), Some(90.0)));
    assert_eq!(added.reads.and_then(|r| r.mean_ms()), Some(0.5));
    assert_eq!(row(3, 1).since(None).map(|row| row.bytes()), Some(3 * 8_192));
    assert_eq!(row(3, 1).since(Some(&row(4, 1))), None);
    assert_eq!(added.writes, None, "what cannot occur is not zero");
    assert_eq!(Operations { count: 0, bytes: 0, ms: 5.0 }.mean_ms(), None);
}

#[test]
fn a_reset_is_a_gap() {
    let before = CheckpointCounts { timed: 1, ..CheckpointCounts::default() };
    let now = CheckpointCounts { timed: 3, requested: 2, ..CheckpointCounts::default() };
    assert_eq!(now.since(&before).and_then(|c| c.requested_percent()), Some(50.0));
    let reset = CheckpointCounts { stats_reset_ms: Some(1), ..now.clone() };
    assert_eq!((reset.since(&before), before.since(&now)), (None, None));
    let wal = WalCounts { wal_bytes: 9, ..WalCounts::default() };
    assert_eq!(WalCounts::default().since(&wal), None);
}

#[test]
fn a_checkpoint_is_requested_at_about_half_of_max_wal_size() {
    let state = WalState {
        max_wal_size_bytes: 1 << 30,
        wal_segment_bytes: 16 << 20,
        completion_target: 0.9,
        ..WalState::default()
    };
    assert_eq!(state.trigger_bytes(), 33 * (16 << 20));
    let small = WalState { max_wal_size_bytes: 32 << 20, ..state.clone() };
    assert_eq!(small.trigger_bytes(), 16 << 20);
    assert_eq!(state.max_wal_size_for(100.0), 190.0);
    assert_eq!(WalState::default().trigger_bytes(), 1, "never zero");
}
