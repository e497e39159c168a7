//! The time before a source was first read, filled in afterwards.

use history::{Kind, PastSeries, Series};

use crate::workload::*;

over_both! { the_past_before_the_first_tick_is_like_any_other }

const START: i64 = 1_780_012_345_678;
const HOUR: i64 = 3_600_000;

async fn the_past_before_the_first_tick_is_like_any_other(place: Place) {
    let history = place.open(QUIET).await;
    let mut random = fastrand::Rng::with_seed(3);
    let mut truth = Truth::default();
    for tick in 0..60 {
        truth.tick(&history, &mut random, (START + tick * 10_000, 10_000), 3);
    }
    history.flush().await.unwrap();
    let typical = history.typical(&source(), START, START + 600_000).await.unwrap();
    let calls = |entity| {
        let of = |one: &&history::Typical| one.entity == entity && one.metric == CALLS.name;
        typical.iter().find(of).cloned().unwrap()
    };
    let one = calls(statement(1));
    assert_eq!(one.kind, Kind::Increment);
    assert!((one.per_tick - one.per_ms * 10_000.0).abs() < 1e-9, "{one:?}");

    let day = 24 * HOUR;
    let ticks: Vec<(i64, i64)> =
        (1..=288 * 3_i64).rev().map(|n| (START - n * 300_000, 300_000)).collect();
    let values = (0..ticks.len()).map(|place| (place, 2.0)).collect();
    let past = PastSeries { entity: one.entity.clone(), metric: CALLS.name.into(), values };
    let unknown = PastSeries { metric: "nobody".into(), ..past.clone() };
    history.backfill(&source(), &ticks, &[past, unknown]).await.unwrap();

    let entities = [one.entity];
    let series = Series { metrics: &[CALLS.name], entities: Some(&entities) };
    for maintained in [false, true] {
        if maintained {
            history.maintain(START + day).await.unwrap();
        }
        let past = history.totals(&source(), series, START - 3 * day, START).await.unwrap();
        assert_eq!((past.rows[0].sum, past.ticks), (2.0 * 864.0, 864), "{maintained}");
        assert_eq!(past.read_ms, 3 * day);
        let hour =
            history.totals(&source(), series, START - day, START - day + HOUR).await.unwrap();
        assert_eq!(hour.rows[0].sum, 24.0);
        let all = history.totals(&source(), series, START, START + day).await.unwrap();
        let live = one.per_tick * 60.0;
        assert!((all.rows[0].sum - live).abs() < 1e-6, "what was read is as it was");
        let gaps = history.gaps(&source(), i64::MIN / 2, i64::MAX / 2).await.unwrap();
        assert!(gaps.is_empty(), "{gaps:?}");
    }
    let known = history.sources().await.unwrap();
    assert_eq!(known[0].first_ms, ticks[0].0);
}
