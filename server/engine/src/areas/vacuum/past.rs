//! Ages over a window, from the history store.

use std::collections::BTreeMap;

use history::Series;
use model::{AreaName, ServerId, TimeRange};

use super::points::{HORIZON, XID_AGE};
use crate::engine::Engine;
use crate::past::{MOST_POINTS, holes, unreadable};

/// Databases in a chart: as many as have a colour.
const DATABASES_SHOWN: usize = 6;
/// What the line of the xmin horizon is called.
pub const HORIZON_LINE: &str = "xmin horizon";

/// A moment and the ages at it by line; None where nothing was read.
pub type Ages = (i64, Option<BTreeMap<String, f64>>);

/// The transaction ID ages of the oldest databases, and how far back the horizon was held. None where no history is
/// kept.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn ages(
    engine: &Engine,
    id: &ServerId,
    range: TimeRange,
) -> Result<Option<Vec<Ages>>, String> {
    let (from_ms, to_ms) = range.window(engine.now_ms());
    let window = TimeRange::Between { from_ms, to_ms };
    let Some((past, source, (from, to))) = engine.past_of(id, AreaName::Vacuum, window) else {
        return Ok(None);
    };
    let series = Series { metrics: &[XID_AGE.name, HORIZON.name], entities: None };
    let lines = past.ranges(&source, series, from, to, MOST_POINTS).await;
    let mut lines = lines.map_err(|error| unreadable(&error))?;
    let newest = |line: &history::Line| {
        let last = line.range.buckets.iter().rev().find(|bucket| bucket.count > 0);
        last.map_or(0.0, |bucket| bucket.max)
    };
    lines.sort_by(|a, b| newest(b).total_cmp(&newest(a)));
    let (horizon, mut databases): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|line| *line.metric == *HORIZON.name);
    databases.truncate(DATABASES_SHOWN);
    let mut moments: BTreeMap<i64, Option<BTreeMap<String, f64>>> = BTreeMap::new();
    for line in databases.iter().chain(&horizon) {
        let name = line.entity.label("database").unwrap_or_else(|| HORIZON_LINE.to_owned());
        for bucket in line.range.buckets.iter().filter(|bucket| bucket.count > 0) {
            let at = moments.entry(bucket.at_ms).or_insert_with(|| Some(BTreeMap::new()));
            at.get_or_insert_default().insert(name.clone(), bucket.sum / bucket.count as f64);
        }
    }
    for at_ms in holes(databases.iter().flat_map(|line| &line.range.buckets)) {
        moments.entry(at_ms).or_insert(None);
    }
    Ok(Some(moments.into_iter().collect()))
}
