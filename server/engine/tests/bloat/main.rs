//! The bloat estimate against real servers: tables with a history are estimated from the catalog, then rewritten.
//!
//! The full set with the queries that are copied most often beside it: `cargo bench -p engine --bench bloat`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by panicking")]

#[expect(dead_code, reason = "the benchmark uses the rest")]
mod judged;
#[path = "../support/random.rs"]
#[expect(dead_code, reason = "only even numbers are drawn here")]
mod numbers;
mod random;
mod reading;
mod server;
mod shapes;

use bloat::Unknown;
use engine::bloat::StatisticsSource;
use judged::Judged;
use server::{READER, Result, WATCHER};

/// Shapes that `make test` builds, of those in [`shapes`]: each a kind of its own.
const SOME: &[&str] = &[
    "padded",
    "nulls_of_few",
    "toast_mixed",
    "dropped_columns",
    "fast_default",
    "half_deleted_dirty",
    "hot_updates",
    "only_vacuumed",
    "partitions",
    "keys_30_times",
    "keys_partial",
    "keys_of_expressions",
    "other_methods",
    "toast_set_null",
    "partial_of_expression",
    "partial_with_coalesce",
    "names_with_toast",
    "queue",
    "row_security",
    "quoted \"Names\"",
];
const SEEDS: std::ops::Range<u64> = 0..6;
/// Of the bands, in per cent.
const HELD: usize = 95;
/// A relation is said to be bloated if the low end is this share of it; it is sound below the other.
const BLOATED: f64 = 20.0;
const SOUND: f64 = 10.0;

async fn on(major: u16) -> Result {
    let server = server::start(major).await?;
    let chosen = shapes::KINDS.iter().chain(shapes::OTHERS).filter(|(name, _)| SOME.contains(name));
    for (name, steps) in chosen {
        server::build(&server, name, steps).await?;
    }
    for seed in SEEDS {
        let (name, steps) = random::shape(seed);
        server::build(&server, &name, &steps).await?;
    }
    server::counted(&server).await?;
    let captured = server::capture(&server).await?;
    let errors_before = server.log().matches("ERROR:").count();
    let (source, full) = server::estimates(&server, None, &captured).await?;
    assert_eq!(source, StatisticsSource::Catalog);
    let (source, blind) = server::estimates(&server, Some(WATCHER), &captured).await?;
    assert_eq!(source, StatisticsSource::Stats);
    server::grant_view(&server).await?;
    let (source, by_view) = server::estimates(&server, Some(READER), &captured).await?;
    assert_eq!(source, StatisticsSource::View);
    assert_eq!(by_view, full, "the view shows the same numbers as the catalog");
    assert_eq!(server.log().matches("ERROR:").count(), errors_before, "no query may fail");
    let after = server::rewrite(&server, &captured).await?;
    for (who, estimates) in [("superuser", &full), ("pg_monitor", &blind)] {
        let all = judged::judge(&captured, estimates, &after);
        let outside: Vec<_> =
            all.iter().filter(|one| one.holds() == Some(false)).map(Judged::line).collect();
        let held = all.iter().filter(|one| one.holds() == Some(true)).count();
        let bands = held + outside.len();
        assert!(bands > 60, "{who} on {major}: {bands} bands");
        assert!(
            held * 100 >= bands * HELD,
            "{who} on {major}: {held} of {bands} bands hold: {outside:#?}"
        );
        let accused = all.iter().filter(|one| one.is_judged() && one.low_share() >= BLOATED);
        let falsely: Vec<_> =
            accused.filter(|one| one.share(one.truth as f64) < SOUND).map(Judged::line).collect();
        assert!(falsely.is_empty(), "{who} on {major} says bloated and is wrong: {falsely:#?}");
        for one in all.iter().filter(|one| one.unknown.is_some()) {
            let is_other = one.name.starts_with("other_methods");
            let expected =
                if is_other { Unknown::AccessMethod } else { Unknown::PartialNotCounted };
            assert_eq!(one.unknown, Some(expected), "{}", one.name);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bands_hold_what_a_rewrite_gives_back_on_14() -> Result {
    on(14).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bands_hold_what_a_rewrite_gives_back_on_18() -> Result {
    on(18).await
}
