//! The demo's past: a week that is made up from the first half minute of the real shop, so that there is
//! something to look back on. The history says so itself, with an event.
//!
//! What is real: every statement, session and number that the week is made of, and the plan of the statement
//! that is slow since this morning, with its index and without.

mod curve;
mod plans;
mod series;
mod story;

use std::time::Duration;

use engine::{Engine, now_ms};
use history::{History, Known, Source};
use playground::Shop;

use curve::Curve;
use plans::Regressed;
use series::Maker;
use story::Story;

/// How long the shop is watched before its week is made up, ms: two readings of the slowest area, and one.
const WATCHED_MS: i64 = 26_000;
/// What is left out at the begin: caches fill, connections are made.
const WARM_UP_MS: i64 = 3_000;

/// Waits for the shop, watches it, writes its past, and lets its troubles begin. Errors are told in words.
pub async fn make(engine: Engine, mut shop: Shop, say: impl Fn(&str)) {
    let Ok(regressed) = shop.opened().await else { return };
    let Some(past) = engine.past().cloned() else { return shop.begin_troubles() };
    let opened_ms = now_ms();
    tokio::time::sleep(Duration::from_millis((WARM_UP_MS + WATCHED_MS) as u64)).await;
    let watched = (opened_ms + WARM_UP_MS, now_ms());
    shop.begin_troubles();
    let begun = std::time::Instant::now();
    let regressed = regressed.and_then(|regressed| Regressed::read(&regressed));
    match write(&engine, &past, watched, regressed).await {
        Ok(values) => {
            let took = begun.elapsed().as_secs_f64();
            say(&format!("a week of past is made up: {values} values in {took:.1} s"));
        }
        Err(error) => tracing::error!(%error, "the demo has no past"),
    }
}

/// Gives the number of values.
async fn write(
    engine: &Engine,
    past: &History,
    watched: (i64, i64),
    regressed: Option<Regressed>,
) -> Result<usize, history::Error> {
    past.flush().await?;
    let sources = past.sources().await?;
    let Some(seam_ms) = sources.iter().map(|source| source.first_ms).min() else { return Ok(0) };
    let story = Story::before(seam_ms);
    story.tell(engine, past, &sources, regressed.as_ref());
    if let Some(regressed) = &regressed {
        let span = (story.from_ms, story.dropped_ms, story.seam_ms);
        plans::record(past, &sources, span, regressed);
    }
    past.flush().await?;
    engine.look_for_generated().await;
    let mut values = 0;
    for Known { thing: source, first_ms, .. } in &sources {
        let typical = past.typical(source, watched.0, watched.1).await?;
        let typical = series::without_the_opening(typical, watched.1 - watched.0);
        if typical.is_empty() {
            continue;
        }
        let curve = Curve::new(&story, *first_ms);
        let maker = Maker::new(source, curve, regressed.clone(), typical);
        let made = tokio::task::spawn_blocking(move || maker.make()).await;
        let Ok((ticks, series)) = made else { continue };
        values += series.iter().map(|one| one.values.len()).sum::<usize>();
        past.backfill(source, &ticks, &series).await?;
    }
    Ok(values)
}

/// Whether a source samples sessions: what it adds up is counted in each sample, not in each second.
fn is_sampled(source: &Source) -> bool {
    source.area == model::AreaName::Activity.as_str()
}
