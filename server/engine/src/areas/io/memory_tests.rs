//! What is remembered between ticks, on made-up samples.

use super::*;

fn facts(started_ms: i64) -> Facts {
    let facts = serde_json::json!({
        "major": 17, "version": "17.10", "in_recovery": false, "system_identifier": null,
        "timeline": null, "started_ms": started_ms, "database": "a", "role": "a", "superuser": false,
        "pg_monitor": true, "through_pooler": false, "provider": null, "extensions": []
    });
    serde_json::from_value(facts).unwrap()
}

fn sample(at_s: i64, requested: i64, position: i64) -> Sample {
    let state = WalState {
        wal_position_bytes: Some(position),
        checkpoint_timeout_s: 300,
        ..WalState::default()
    };
    Sample {
        at_ms: at_s * 1_000,
        io: Err(Reason::TooOld { needs: 16, has: 14 }),
        checkpoints: Ok(CheckpointCounts { requested, ..CheckpointCounts::default() }),
        wal: Ok(WalCounts { wal_bytes: position, ..WalCounts::default() }),
        state: Ok(state),
    }
}

#[test]
fn an_hour_of_checkpoints_and_a_minute_of_rates() {
    let mut state = State::default();
    let first = state.add(sample(0, 0, 0), &facts(1));
    assert_eq!(first.checkpoints, Err(Reason::NeedsTwoReadings));
    assert_eq!(first.rows, Err(Reason::TooOld { needs: 16, has: 14 }));
    let mut last = first;
    for tick in 1..=720 {
        // A checkpoint is requested every five minutes, and 100 bytes of WAL are written each tick.
        last = state.add(sample(tick * 10, tick / 30, tick * 100), &facts(1));
    }
    let checkpoints = last.checkpoints.unwrap();
    assert_eq!((checkpoints.over_ms, checkpoints.counts.requested), (3_600_000, 12));
    assert_eq!(checkpoints.wal_bytes, Some(36_000));
    assert_eq!(checkpoints.peak_wal_bytes, Some(3_000.0));
    let wal = last.wal.unwrap();
    assert_eq!((wal.span_ms, wal.counts.wal_bytes), (60_000.0, 600));
    assert_eq!(last.wal_tick.map(|tick| tick.counts.wal_bytes), Ok(100));
    assert!(state.hour.len() <= 62 && state.minute.len() <= 7);
}

#[test]
fn a_restart_and_a_reset_are_gaps() {
    let mut state = State::default();
    state.add(sample(0, 5, 0), &facts(1));
    let restarted = state.add(sample(10, 6, 10), &facts(2));
    assert_eq!(restarted.checkpoints, Err(Reason::NeedsTwoReadings));
    let fallen = state.add(sample(20, 1, 20), &facts(2));
    assert_eq!(fallen.checkpoints, Err(Reason::CounterReset));
    let again = state.add(sample(30, 3, 30), &facts(2));
    assert_eq!(again.checkpoints_tick.map(|counts| counts.requested), Ok(2));
}

#[test]
fn a_pause_ends_the_minute_and_not_the_hour() {
    let mut state = State::default();
    state.add(sample(0, 5, 0), &facts(1));
    let late = state.add(sample(600, 8, 0), &facts(1));
    assert_eq!(late.wal, Err(Reason::NeedsTwoReadings));
    assert_eq!(late.checkpoints.map(|c| (c.over_ms, c.counts.requested)), Ok((600_000, 3)));
}

#[test]
fn the_peak_is_that_of_the_busiest_timeout() {
    let at = |all: &[(i64, i64)]| peak(all, 100);
    assert_eq!(at(&[(0, 0), (100, 10), (200, 90), (300, 95)]), Some(80.0));
    assert_eq!(at(&[(0, 0), (50, 10)]), Some(20.0), "projected");
    assert_eq!(at(&[(0, 0)]), None);
}
