//! Tests of the histogram: simulated samples against the runs they were taken of.
#![expect(clippy::indexing_slicing, reason = "a test says what it expects by panicking")]

use super::*;

/// Numbers that are even enough, and the same in each run of the test.
struct Even(u64);

impl Even {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What samples a second apart see of runs of these durations, each at a phase of its own.
fn sampled(durations: impl Iterator<Item = f64>) -> (Counts, Counts) {
    let (mut met, mut ended) = ([0.0; BUCKETS], [0.0; BUCKETS]);
    let mut phase = Even(7);
    for ms in durations {
        let age = phase.next() * SAMPLED_EVERY_MS;
        if age < ms {
            met[bucket(age)] += 1.0;
        }
        if ms >= SAMPLED_EVERY_MS {
            ended[bucket(ms)] += 1.0;
        }
    }
    (met, ended)
}

#[test]
fn a_bucket_holds_what_is_within_its_bounds() {
    for (ms, expected) in
        [(0.0, 0), (0.1, 1), (0.999, 3), (1.0, 4), (999.9, 12), (1e3, 13), (1e9, 23)]
    {
        assert_eq!(bucket(ms), expected, "{ms}");
        let (from, to) = bounds(expected);
        assert!(from <= ms && to.is_none_or(|to| ms < to));
    }
    assert_eq!(bounds(FIRST_LONG).0, SAMPLED_EVERY_MS);
}

#[test]
fn short_runs_are_met_seldom_and_counted_rightly() {
    // A hundred thousand runs of 30 ms, two thousand of 300 ms and fifty of 7 s.
    let all = || {
        let each = |n: usize, ms: f64| std::iter::repeat_n(ms, n);
        each(100_000, 30.0).chain(each(2_000, 300.0)).chain(each(50, 7_000.0))
    };
    let (met, ended) = sampled(all());
    let found = Histogram::of_samples(&met, &ended).unwrap();
    assert!((3_000.0..4_500.0).contains(&found.seen), "{}", found.seen);
    let total = found.total().unwrap();
    assert!((total / 102_050.0 - 1.0).abs() < 0.1, "{total}");
    let around = |at: usize| found.counts[at - 1..=at + 1].iter().sum::<f64>();
    assert!((around(bucket(30.0)) / 100_000.0 - 1.0).abs() < 0.1, "{found:?}");
    assert!((around(bucket(300.0)) / 2_000.0 - 1.0).abs() < 0.3, "{found:?}");
    assert_eq!(found.counts[bucket(7_000.0)], 50.0, "of such none is missed");
    let percentile = |p: u8| found.percentiles.iter().find(|(of, _)| *of == p).unwrap().1.clone();
    assert_eq!(percentile(50), Ok((20.0, Some(50.0))), "the mean of the samples is far above");
    let p99 = percentile(99).unwrap();
    assert!(p99.0 >= 100.0 && p99.1.unwrap() <= 500.0, "{p99:?}");
}

#[test]
fn few_samples_tell_of_long_runs_only() {
    let none = Histogram::of_samples(&[0.0; BUCKETS], &[0.0; BUCKETS]);
    assert!(none.is_err_and(|reason| reason.is_nothing()));
    let (met, ended) = sampled([4_000.0, 9_000.0, 30.0].into_iter());
    let found = Histogram::of_samples(&met, &ended).unwrap();
    assert_eq!((found.told_from, found.below, found.total()), (FIRST_LONG, None, None));
    assert_eq!(found.counts.iter().sum::<f64>(), 2.0);
    assert!(found.percentiles.iter().all(|(_, within)| within.is_err()));
}

#[test]
fn a_log_with_a_threshold_knows_the_tail_only() {
    let mut counts = [0.0; BUCKETS];
    counts[bucket(2_500.0)] = 30.0;
    counts[bucket(7_000.0)] = 2.0;
    let of = |calls| Histogram::of_log(&counts, (32.0, 2_000.0), calls).unwrap();
    assert!(of(None).percentiles.iter().all(|(_, within)| within.is_err()), "of how many?");
    assert!(of(Some(10.0)).below.is_none(), "fewer calls than runs: not the same window");
    let found = of(Some(1_000.0));
    assert_eq!(found.below, Some(968.0));
    let within: Vec<_> = found.percentiles.iter().map(|(_, within)| within.clone()).collect();
    assert_eq!(within, [Ok((0.0, Some(2e3))), Ok((0.0, Some(2e3))), Ok((2e3, Some(5e3)))]);
    let all = Histogram::of_log(&counts, (32.0, 0.0), None).unwrap();
    assert_eq!(all.total(), Some(32.0));
    assert!(all.percentiles[0].1.is_ok() && all.percentiles[2].1.is_err(), "p99 of 32 runs");
}
