//! Retention: what is dropped, what takes its place, and that the file shrinks.

use history::{Retention, Settings};

use crate::workload::*;

over_both! {
    what_is_older_is_coarser_and_the_answer_says_so,
    the_file_stays_within_its_bytes_and_shrinks,
    what_nobody_has_seen_for_long_is_forgotten,
}

const START: i64 = 1_780_012_345_678;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

async fn what_is_older_is_coarser_and_the_answer_says_so(place: Place) {
    let keep = Retention {
        raw_ms: 6 * HOUR,
        minutes_ms: DAY,
        hours_ms: 4 * DAY,
        days_ms: 90 * DAY,
        bytes: 0,
    };
    let history = place.open(Settings { retention: keep, ..QUIET }).await;
    let mut random = fastrand::Rng::with_seed(5);
    let mut truth = Truth::default();
    let mut at = START;
    while at < START + 9 * DAY {
        for _ in 0..180 {
            truth.tick(&history, &mut random, (at, 20_000), 2);
            at += 20_000;
        }
        history.flush().await.unwrap();
        history.maintain(at).await.unwrap();
    }
    let about = history.about().await.unwrap();
    assert!(about.oldest_tick_ms.unwrap() > START + 7 * DAY, "ticks are dropped in chunks");
    assert!(about.oldest_ms.unwrap() <= START, "days are kept");
    // Everything: whole days at the old edge, the very tick at the new one.
    let all = history.totals(&source(), EVERYTHING, START, at).await.unwrap();
    assert_eq!((all.from_ms, all.to_ms), (START - START.rem_euclid(DAY), at));
    truth.assert_totals(&all);
    for hours in [1, 5, 20, 50, 80, 150] {
        let from = at - hours * HOUR - 1_234;
        let got = history.totals(&source(), EVERYTHING, from, at - 777).await.unwrap();
        assert!(got.from_ms <= from && got.from_ms >= from - DAY && got.to_ms == at - 777);
        truth.assert_totals(&got);
    }
    // A chart over all of it: nothing twice, nothing left out, coarser in the past.
    let chart =
        history.range(&source(), &statement(1), CALLS.name, START, at, 5_000).await.unwrap();
    let expected = truth.totals(0, at)[&(statement(1), CALLS.name.to_owned())];
    assert_eq!(chart.buckets.iter().map(|bucket| bucket.sum).sum::<f64>(), expected.1);
    assert_eq!(
        chart.buckets.iter().map(|bucket| bucket.ticks).sum::<u32>(),
        truth.ticks.len() as u32
    );
    let widths: Vec<i64> = chart.buckets.iter().map(|bucket| bucket.width_ms).collect();
    assert!(widths.is_sorted_by(|one, next| one >= next), "{widths:?}");
    assert_eq!((widths.first(), widths.last()), (Some(&DAY), Some(&300_000)));
    assert!(chart.buckets.windows(2).all(|p| p[0].at_ms + p[0].width_ms <= p[1].at_ms));
}

async fn the_file_stays_within_its_bytes_and_shrinks(place: Place) {
    let history = place.open(QUIET).await;
    let mut random = fastrand::Rng::with_seed(6);
    let mut truth = Truth::default();
    let mut at = START;
    for _ in 0..40 {
        for _ in 0..60 {
            truth.tick(&history, &mut random, (at, 10_000), place.work(250, 120) as u64);
            at += 10_000;
        }
        history.flush().await.unwrap();
        history.maintain(at).await.unwrap();
    }
    history.maintain(at + HOUR).await.unwrap();
    let about = history.about().await.unwrap();
    assert_eq!(about.samples, truth.values.len() as u64);
    assert!(about.bytes_a_day.unwrap() > about.bytes, "it holds less than a day");
    let whole = about.bytes;
    history.close().await.unwrap();
    let size = || match &place {
        Place::Folder(folder) => folder.path().join("history.sqlite").metadata().unwrap().len(),
        // PostgreSQL keeps the room for what comes next.
        Place::Database(_) => 0,
    };
    let before = size();

    let bytes = whole * 85 / 100;
    let keep = Retention { bytes, ..QUIET.retention };
    let history = place.open(Settings { retention: keep, ..QUIET }).await;
    history.maintain(at + HOUR).await.unwrap();
    let about = history.about().await.unwrap();
    assert!(about.bytes <= bytes, "{} of {bytes}", about.bytes);
    assert!(about.oldest_tick_ms.unwrap() > START && about.oldest_ms.unwrap() <= START);
    // What the ticks no longer say, the roll-ups do.
    let all = history.totals(&source(), EVERYTHING, START, at).await.unwrap();
    truth.assert_totals(&all);
    history.close().await.unwrap();
    let after = size();
    assert!(before == 0 || after < before * 95 / 100, "{after} of {before} bytes");
}

async fn what_nobody_has_seen_for_long_is_forgotten(place: Place) {
    let keep = Retention { raw_ms: HOUR, minutes_ms: HOUR, hours_ms: HOUR, days_ms: DAY, bytes: 0 };
    let history = place.open(Settings { retention: keep, ..QUIET }).await;
    let mut random = fastrand::Rng::with_seed(7);
    let mut truth = Truth::default();
    truth.tick(&history, &mut random, (START, 10_000), 9);
    history.flush().await.unwrap();
    assert!(!history.entities(&source(), &[]).await.unwrap().is_empty());
    history.maintain(START + 3 * DAY).await.unwrap();
    assert!(history.entities(&source(), &[]).await.unwrap().is_empty());
    assert_eq!(history.about().await.unwrap().samples, 0);
    // It comes back as something new.
    let mut truth = Truth::default();
    truth.tick(&history, &mut random, (START + 4 * DAY, 10_000), 9);
    history.flush().await.unwrap();
    let got =
        history.totals(&source(), EVERYTHING, START + 4 * DAY, START + 5 * DAY).await.unwrap();
    truth.assert_totals(&got);
}
