//! The clock jumps: nothing is overwritten, the order stays, and gaps say why.

use history::{GapReason, History, Point};

use crate::workload::*;

over_both! {
    an_hour_that_is_lived_twice_counts_twice,
    an_hour_that_is_skipped_is_a_gap,
    a_reason_that_was_given_is_the_only_one,
}

const START: i64 = 1_780_000_000_000;

async fn ticks(history: &History, from: i64, count: i64) {
    for n in 0..count {
        let point = Point::new(&statement(1), CALLS, 1.0);
        history.recorder().append(&source(), from + n * 1_000, 1_000, vec![point]);
    }
    history.flush().await.unwrap();
}

async fn calls(history: &History, from: i64, to: i64) -> f64 {
    let totals = history.totals(&source(), EVERYTHING, from, to).await.unwrap();
    totals.rows.iter().map(|row| row.sum).sum()
}

async fn an_hour_that_is_lived_twice_counts_twice(place: Place) {
    let history = place.open(QUIET).await;
    ticks(&history, START, 5_000).await;
    history.maintain(START + 5_000_000).await.unwrap();
    ticks(&history, START + 1_400_000, 5_000).await;
    ticks(&history, START + 1_400_000, 3).await;
    for _ in 0..2 {
        assert_eq!(calls(&history, START, START + 9_000_000).await, 10_003.0);
        assert_eq!(calls(&history, START, START + 1_400_000).await, 1_400.0);
        assert_eq!(calls(&history, START + 1_400_000, START + 1_401_000).await, 3.0);
        let hour =
            history.range(&source(), &statement(1), CALLS.name, START, START + 9_000_000, 40).await;
        let hour = hour.unwrap();
        assert_eq!(hour.buckets.iter().map(|bucket| bucket.sum).sum::<f64>(), 10_003.0);
        assert!(hour.buckets.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
        // A rate is right all the same: both passes were read.
        assert!(hour.buckets.iter().all(|b| b.sum == b.read_ms as f64 / 1_000.0));
        let gaps = history.gaps(&source(), START, START + 9_000_000).await.unwrap();
        let reasons: Vec<GapReason> = gaps.iter().map(|gap| gap.reason).collect();
        assert_eq!(reasons, [GapReason::ClockBack], "both jumps, as one span");
        assert_eq!((gaps[0].from_ms, gaps[0].to_ms), (START + 1_400_000, START + 6_399_000));
        history.maintain(START + 90_000_000).await.unwrap();
    }
}

async fn an_hour_that_is_skipped_is_a_gap(place: Place) {
    let history = place.open(QUIET).await;
    ticks(&history, START, 10).await;
    ticks(&history, START + 3_600_000, 10).await;
    let gaps = history.gaps(&source(), 0, i64::MAX).await.unwrap();
    assert_eq!(gaps.len(), 1);
    assert_eq!((gaps[0].from_ms, gaps[0].to_ms), (START + 9_000, START + 3_600_000));
    assert_eq!(gaps[0].reason, GapReason::ClockForward);
    history.close().await.unwrap();

    let history = place.open(QUIET).await;
    ticks(&history, START + 9_000_000, 10).await;
    let gaps = history.gaps(&source(), START + 8_000_000, i64::MAX).await.unwrap();
    assert_eq!(gaps[0].reason, GapReason::NotRunning, "between two runs");
}

async fn a_reason_that_was_given_is_the_only_one(place: Place) {
    let history = place.open(QUIET).await;
    ticks(&history, START, 10).await;
    let recorder = history.recorder();
    for second in 10..100 {
        let at = START + second * 1_000;
        recorder.gap(&source(), at - 1_000, at, GapReason::NotRead, "connection refused");
        if second % 30 == 0 {
            history.flush().await.unwrap();
        }
    }
    ticks(&history, START + 100_000, 10).await;
    let gaps = history.gaps(&source(), 0, i64::MAX).await.unwrap();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((gaps[0].from_ms, gaps[0].to_ms), (START + 9_000, START + 99_000));
    assert_eq!(gaps[0].detail, "connection refused");
}
