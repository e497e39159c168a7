//! The windows of the overview in the history store: a metric for each number of a window.

use std::collections::BTreeMap;

use history::{Bucket, Entity, Error, History, Metric, Point, Series, Source};
use model::overview::{Overview, Window};
use model::{AreaName, ServerId, TimeRange};
use serde_json::{Map, Value};

use crate::engine::Engine;
use crate::past::{MOST_POINTS, unreadable};

macro_rules! numbers {
    ($($kind:ident $($field:ident),+;)+) => {
        /// A metric for each number of a window, named as its field.
        const METRICS: &[Metric] = &[$($(Metric::$kind(stringify!($field))),+),+];
        const NAMES: &[&str] = &[$($(stringify!($field)),+),+];
    };
}
numbers! {
    gauge transactions_per_s, rollback_percent, cache_hit_percent, read_bytes_per_s, rows_written_per_s,
        rows_read_per_s, temp_bytes_per_s, wal_bytes_per_s, connections, active, idle_in_transaction,
        waiting_for_lock, longest_lock_wait_ms, slow_statements, lag_bytes, lag_ms;
    increment blocks_hit, blocks_read, read_ms, deadlocks, checkpoints, checkpoint_ms;
}

/// Metrics whose worst value says more than their mean.
const WORST: &[&str] =
    &["longest_lock_wait_ms", "lag_bytes", "lag_ms", "waiting_for_lock", "slow_statements"];
/// Metrics that are added up.
const ADDED: &[&str] =
    &["blocks_hit", "blocks_read", "read_ms", "deadlocks", "checkpoints", "checkpoint_ms"];

/// What one reading adds: the numbers of its newest window that are known.
pub fn points(overview: &Overview) -> Option<Vec<Point>> {
    let window = serde_json::to_value(overview.windows.last()?).ok()?;
    let server = Entity::server();
    let known = METRICS.iter().filter_map(|metric| {
        Some(Point::new(&server, *metric, window.get(metric.name)?.as_f64()?))
    });
    Some(known.collect())
}

/// The windows of a range; none where no history is kept.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn of_range(
    engine: &Engine,
    id: &ServerId,
    range: TimeRange,
) -> Result<Vec<Window>, String> {
    let Some((past, source, from_to)) = engine.past_of(id, AreaName::Overview, range) else {
        return Ok(Vec::new());
    };
    windows(past, &source, from_to, MOST_POINTS).await.map_err(|error| unreadable(&error))
}

/// Points of a small line without axes.
const SPARK_POINTS: usize = 60;

/// One number of the windows over a range, for a small line: None is a gap. Empty where no history is kept.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn spark(
    engine: &Engine,
    id: &ServerId,
    range: TimeRange,
    metric: &str,
) -> Result<Vec<Option<f64>>, String> {
    let Some((past, source, (from, to))) = engine.past_of(id, AreaName::Overview, range) else {
        return Ok(Vec::new());
    };
    let found = past.range(&source, &Entity::server(), metric, from, to, SPARK_POINTS).await;
    let buckets = found.map_err(|error| unreadable(&error))?.buckets;
    let holes = crate::past::holes(buckets.iter());
    let mut points: Vec<(i64, Option<f64>)> = holes.into_iter().map(|at| (at, None)).collect();
    points.extend(buckets.iter().map(|bucket| {
        (bucket.at_ms, (bucket.count > 0).then(|| bucket.sum / bucket.count as f64))
    }));
    points.sort_by_key(|(at_ms, _)| *at_ms);
    Ok(points.into_iter().map(|(_, value)| value).collect())
}

/// The windows from `from_ms` to `to_ms`, at most about `most` of them. Where nothing was read there is a
/// window with only its time: a gap.
///
/// Errors: when the store cannot be read.
async fn windows(
    past: &History,
    source: &Source,
    (from_ms, to_ms): (i64, i64),
    most: usize,
) -> Result<Vec<Window>, Error> {
    let server = [Entity::server()];
    let series = Series { metrics: NAMES, entities: Some(&server) };
    let lines = past.ranges(source, series, from_ms, to_ms, most).await?;
    let mut windows: BTreeMap<i64, Map<String, Value>> = BTreeMap::new();
    for line in &lines {
        for bucket in &line.range.buckets {
            let window =
                windows.entry(bucket.at_ms).or_insert_with(|| empty(bucket.at_ms, bucket.width_ms));
            if let Some(value) = value(&line.metric, bucket) {
                window.insert(line.metric.clone(), value);
            }
        }
    }
    for at_ms in crate::past::holes(lines.iter().flat_map(|line| &line.range.buckets)) {
        windows.entry(at_ms).or_insert_with(|| empty(at_ms, 0));
    }
    Ok(windows
        .into_values()
        .filter_map(|w| serde_json::from_value(Value::Object(w)).ok())
        .collect())
}

fn empty(at_ms: i64, span_ms: i64) -> Map<String, Value> {
    let fields = [("at_ms", Value::from(at_ms)), ("span_ms", Value::from(span_ms as f64))];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A bucket's value in a window: the mean, the worst or the sum, whole where the field is a count.
fn value(metric: &str, bucket: &Bucket) -> Option<Value> {
    if bucket.count == 0 {
        return None;
    }
    let value = if WORST.contains(&metric) {
        bucket.max
    } else if ADDED.contains(&metric) {
        bucket.sum
    } else {
        bucket.sum / bucket.count as f64
    };
    let is_whole =
        !(metric.ends_with("_per_s") || metric.ends_with("_percent") || metric.ends_with("_ms"));
    Some(if is_whole { Value::from(value.round() as i64) } else { Value::from(value) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Window {
        let mut map = Map::new();
        map.insert("at_ms".into(), 5_000.into());
        map.insert("span_ms".into(), 5_000.0.into());
        for (n, name) in NAMES.iter().enumerate() {
            map.insert((*name).to_owned(), (n as i64 + 1).into());
        }
        serde_json::from_value(Value::Object(map)).unwrap()
    }

    #[test]
    fn every_number_of_a_window_is_kept() {
        let Value::Object(fields) = serde_json::to_value(full()).unwrap() else {
            panic!("an object")
        };
        let kept: Vec<&String> =
            fields.keys().filter(|key| !NAMES.contains(&key.as_str())).collect();
        assert_eq!(kept, ["at_ms", "span_ms"], "add a new field to the list above");
        assert!(
            fields.values().all(|value| !value.is_null()),
            "a name that is no field: {fields:?}"
        );
    }

    #[test]
    fn a_bucket_of_one_tick_is_that_window() {
        let window = serde_json::to_value(full()).unwrap();
        for name in NAMES {
            let number = window[name].as_f64().unwrap();
            let bucket = Bucket {
                at_ms: 5_000,
                width_ms: 5_000,
                ticks: 1,
                read_ms: 5_000,
                count: 1,
                sum: number,
                min: number,
                max: number,
            };
            assert_eq!(value(name, &bucket).and_then(|v| v.as_f64()), Some(number), "{name}");
        }
    }
}
