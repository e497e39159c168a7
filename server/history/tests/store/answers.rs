//! Totals and ranges are exact over everything that was recorded: before and after each compaction, after
//! a restart, from a backup, over any window.

use history::{Bucket, Entity, GapReason, Kind, Metric, Point, Series, Source};

use crate::workload::*;

over_both! {
    totals_are_exact_through_compaction_restart_and_backup,
    a_range_has_the_same_sums_at_every_width,
    what_was_never_recorded_has_no_values,
    the_catalog_names_sources_entities_and_metrics,
}

/// Not on the border of any bucket.
const START: i64 = 1_780_012_345_678;
const HOUR: i64 = 3_600_000;

async fn totals_are_exact_through_compaction_restart_and_backup(place: Place) {
    let mut random = fastrand::Rng::with_seed(41);
    let mut history = place.open(QUIET).await;
    let mut truth = Truth::default();
    // Thirty hours at ten seconds with a pause, flushed and compacted at odd times, opened anew twice.
    let mut at = START;
    for tick in 0..place.work(9_000, 3_000) {
        truth.tick(&history, &mut random, (at, 10_000), 6);
        at += 10_000 + random.i64(-40..40);
        if tick == 1_000 {
            at += 3 * HOUR;
        }
        if random.u8(0..20) == 0 {
            history.flush().await.unwrap();
        }
        if tick % 700 == 0 {
            history.maintain(at).await.unwrap();
        }
        if tick % 1_500 == 1_499 {
            history.close().await.unwrap();
            history = place.open(QUIET).await;
        }
    }
    history.flush().await.unwrap();
    let all = history.totals(&source(), EVERYTHING, i64::MIN / 2, i64::MAX / 2).await.unwrap();
    truth.assert_totals(&all);
    for _ in 0..60 {
        let from = START + random.i64(-HOUR..30 * HOUR);
        let to = from + random.i64(1..40 * HOUR) / random.i64(1..500);
        let got = history.totals(&source(), EVERYTHING, from, to).await.unwrap();
        assert_eq!((got.from_ms, got.to_ms), (from, to), "ticks are kept, so the edges are exact");
        truth.assert_totals(&got);
    }
    let one = [statement(3)];
    let series = Series { metrics: &[CALLS.name], entities: Some(&one) };
    let got = history.totals(&source(), series, START, at).await.unwrap();
    assert_eq!(got.rows.len(), 1);
    assert_eq!((got.rows[0].kind, &got.rows[0].entity), (Kind::Increment, &one[0]));

    let restored = match &place {
        Place::Folder(folder) => {
            let copy = folder.path().join("copy/history.sqlite");
            std::fs::create_dir(copy.parent().unwrap()).unwrap();
            history.backup(&copy).await.unwrap();
            let exists = history.backup(&copy).await.unwrap_err().to_string();
            assert!(exists.contains("copy/history.sqlite exists"), "{exists}");
            open(copy.parent().unwrap(), QUIET).await
        }
        Place::Database(_) => {
            let there = history.backup("copy".as_ref()).await.unwrap_err().to_string();
            assert!(there.contains("pg_dump") && !there.contains("postgres:p"), "{there}");
            history
        }
    };
    truth.assert_totals(
        &restored.totals(&source(), EVERYTHING, START, START + 99 * HOUR).await.unwrap(),
    );
    let gaps = restored.gaps(&source(), START, at).await.unwrap();
    let pause: Vec<_> = gaps.iter().filter(|gap| gap.to_ms - gap.from_ms > HOUR).collect();
    assert_eq!(pause.len(), 1, "{gaps:?}");
    // The test's ticks come at once, so a pause looks like a clock that was set.
    assert_eq!(pause[0].reason, GapReason::ClockForward);
}

async fn a_range_has_the_same_sums_at_every_width(place: Place) {
    let mut random = fastrand::Rng::with_seed(43);
    let history = place.open(QUIET).await;
    let mut truth = Truth::default();
    for tick in 0..7_000 {
        truth.tick(&history, &mut random, (START + tick * 1_000, 1_000), 3);
        if tick % 50 == 0 {
            history.flush().await.unwrap();
        }
        if tick == 6_500 {
            history.maintain(START + tick * 1_000).await.unwrap();
        }
    }
    history.flush().await.unwrap();
    let end = START + 7_000_000;
    for points in [1, 2, 30, 150, 700, 10_000] {
        let got =
            history.range(&source(), &statement(1), CALLS.name, START, end, points).await.unwrap();
        assert!(got.buckets.len() <= points + 2, "{points}: {}", got.buckets.len());
        assert!(got.buckets.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
        let expected = truth.totals(START, end)[&(statement(1), CALLS.name.to_owned())];
        let sum = |of: fn(&Bucket) -> f64| got.buckets.iter().map(of).sum::<f64>();
        assert_eq!(sum(|bucket| bucket.sum), expected.1);
        assert_eq!(sum(|bucket| bucket.count as f64), expected.0 as f64);
        assert_eq!(sum(|bucket| f64::from(bucket.ticks)), 7_000.0, "{points}");
        assert_eq!(got.buckets.iter().map(|b| b.max).fold(f64::MIN, f64::max), expected.3);
        assert_eq!(got.buckets.iter().map(|b| b.min).fold(f64::MAX, f64::min), expected.2);
    }
    // Single ticks: those that were read without a value of this series are there, empty.
    let minute = START + 60_000;
    let few =
        history.range(&source(), &statement(1), CALLS.name, START, minute, 100).await.unwrap();
    assert_eq!((few.buckets.len(), few.buckets[7].at_ms), (60, START + 7_000));
    assert!(few.buckets.iter().any(|b| b.count == 0 && b.ticks == 1 && b.min.is_nan()));
    let lines = history.ranges(&source(), EVERYTHING, START, end, 100).await.unwrap();
    assert_eq!(lines.len(), 9);
    let calls = lines.iter().find(|l| l.entity == statement(1) && l.metric == CALLS.name).unwrap();
    let alone = history.range(&source(), &statement(1), CALLS.name, START, end, 100).await.unwrap();
    assert_eq!(calls.range.buckets.len(), alone.buckets.len());
}

async fn what_was_never_recorded_has_no_values(place: Place) {
    let history = place.open(QUIET).await;
    let nobody = Source::new("1", "nobody", "locks");
    let empty = history.range(&nobody, &Entity::server(), "size", 0, 1_000, 10).await.unwrap();
    assert!(empty.buckets.is_empty());
    assert!(history.totals(&nobody, EVERYTHING, 0, 9).await.unwrap().rows.is_empty());
    assert!(history.gaps(&nobody, 0, 9).await.unwrap().is_empty());
    history.recorder().append(&nobody, 5, 1_000, Vec::new());
    history.flush().await.unwrap();
    let read = history.range(&nobody, &Entity::server(), "size", 0, 1_000, 10).await.unwrap();
    assert_eq!(read.buckets.len(), 1, "it was read and nothing moved");
    assert_eq!((read.buckets[0].ticks, read.buckets[0].count), (1, 0));
    // A window that is upside down or of no length has nothing.
    for (from, to) in [(9, 3), (5, 5), (i64::MAX, i64::MIN), (i64::MIN, i64::MAX)] {
        history.range(&nobody, &Entity::server(), "size", from, to, 0).await.unwrap();
        history.totals(&nobody, EVERYTHING, from, to).await.unwrap();
    }
}

pub async fn the_catalog_names_sources_entities_and_metrics(place: Place) {
    let history = place.open(QUIET).await;
    let other = Source::new("8", "other", "locks");
    let hostile = Entity::of([("application", "x\"'; drop table entity; --\u{0}\u{202e}")]);
    let twice = Metric::increment("waits");
    let points = vec![
        Point::new(&hostile, twice, 2.0),
        Point::new(&hostile, twice, 3.0),
        Point::new(&hostile, Metric::gauge("depth"), 2.0),
        Point::new(&hostile, Metric::gauge("depth"), 7.0),
        Point::new(&hostile, Metric::gauge("depth"), f64::NAN),
        Point::new(&hostile, twice, -4.0),
    ];
    history.recorder().append(&other, 1_000, 1_000, points);
    history.recorder().append(&source(), 9_000, 1_000, vec![Point::new(&statement(1), CALLS, 1.0)]);
    history.flush().await.unwrap();
    let sources: Vec<Source> =
        history.sources().await.unwrap().into_iter().map(|known| known.thing).collect();
    assert_eq!(sources, [source(), other.clone()]);
    let found = history.entities(&other, &[]).await.unwrap();
    assert_eq!((&found[0].thing, found[0].first_ms), (&hostile, 1_000));
    assert!(history.entities(&source(), &[("database", "else")]).await.unwrap().is_empty());
    assert_eq!(history.entities(&source(), &[("queryid", "1")]).await.unwrap().len(), 1);
    let metrics = history.metrics(&other).await.unwrap();
    let expected = [("depth".to_owned(), Kind::Gauge), ("waits".to_owned(), Kind::Increment)];
    assert_eq!(metrics, expected);
    let depth = history.range(&other, &hostile, "depth", 0, 9_000, 10).await.unwrap();
    assert_eq!(depth.buckets[0].sum, 7.0, "the later gauge counts");
    let waits = history.range(&other, &hostile, "waits", 0, 9_000, 10).await.unwrap();
    assert_eq!(waits.buckets[0].sum, 5.0, "increments of one tick are added");
    assert_eq!(history.about().await.unwrap().refused, 2);
}
