//! One table over time, from the history store.

use std::collections::BTreeMap;

use history::{Bucket, Entity, Line, Series};
use model::tables::detail::TableName;
use model::{AreaName, ServerId, TimeRange};

use super::points::entity_of;
use crate::engine::Engine;
use crate::past::holes;

/// What is read at each moment in which the table is recorded.
const GAUGES: &[&str] = &[
    "heap_bytes",
    "toast_bytes",
    "index_bytes",
    "n_live_tup",
    "n_dead_tup",
    "bloat_low_bytes",
    "bloat_likely_bytes",
    "bloat_high_bytes",
];
/// What a measurement found that a rewrite would give back (`server/engine/src/measure`).
const MEASURED: &str = "measured_reclaimable_bytes";
/// What was added since the moment before; nothing is recorded of what stood still.
const INCREMENTS: &[&str] = &[
    "n_tup_ins",
    "n_tup_upd",
    "n_tup_del",
    "n_tup_hot_upd",
    "seq_scan",
    "seq_tup_read",
    "idx_scan",
    "heap_blks_read",
    "heap_blks_hit",
];

/// A table at a moment, or over a span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// When it begins, ms since the epoch.
    pub at_ms: i64,
    /// The time that was read of it, ms.
    pub read_ms: i64,
    /// Means of gauges and sums of increments; empty where nothing was read.
    values: BTreeMap<&'static str, f64>,
}

impl Moment {
    /// The mean of a gauge.
    pub fn gauge(&self, name: &str) -> Option<f64> {
        self.values.get(name).copied()
    }

    /// An increment per second; zero where the table was read and nothing was added.
    pub fn per_second(&self, name: &str) -> Option<f64> {
        let is_read = !self.values.is_empty() && self.read_ms > 0;
        let sum = self.values.get(name).copied().unwrap_or_default();
        is_read.then(|| 1e3 * sum / self.read_ms as f64)
    }
}

/// The moments of a range; empty where no history is kept.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn of_range(
    engine: &Engine,
    id: &ServerId,
    name: &TableName,
    range: TimeRange,
) -> Result<Vec<Moment>, String> {
    let relation = format!("{}.{}", name.schema, name.name);
    let measured = Entity::of([("database", name.database.as_str()), ("relation", &relation)]);
    let entities = [entity_of(&name.database, &name.schema, &name.name), measured];
    let metrics: Vec<&str> = GAUGES.iter().chain(INCREMENTS).chain([&MEASURED]).copied().collect();
    let series = Series { metrics: &metrics, entities: Some(&entities) };
    let lines = engine.lines_of(id, AreaName::Tables, range, series).await?;
    Ok(moments(&lines))
}

fn moments(lines: &[Line]) -> Vec<Moment> {
    let (measured, lines): (Vec<&Line>, Vec<&Line>) =
        lines.iter().partition(|line| line.metric == MEASURED);
    let mut moments: BTreeMap<i64, Moment> = BTreeMap::new();
    for line in &lines {
        let line: &Line = line;
        let gauge = GAUGES.iter().copied().find(|gauge| *gauge == line.metric);
        let sum = INCREMENTS.iter().copied().find(|increment| *increment == line.metric);
        for bucket in line.range.buckets.iter().filter(|bucket| bucket.count > 0) {
            let moment = moments.entry(bucket.at_ms).or_insert_with(|| at(bucket));
            if let Some(name) = gauge {
                moment.values.insert(name, bucket.sum / bucket.count as f64);
            } else if let Some(name) = sum {
                moment.values.insert(name, bucket.sum);
            }
        }
    }
    for at_ms in holes(lines.iter().flat_map(|line| &line.range.buckets)) {
        moments.entry(at_ms).or_insert_with(|| Moment { at_ms, ..Moment::default() });
    }
    let mut moments: Vec<Moment> = moments.into_values().collect();
    measured.iter().for_each(|line| mark(&mut moments, &line.range.buckets));
    moments
}

/// A measurement is the newest until there is another, and stands at each moment from then on.
fn mark(moments: &mut [Moment], measured: &[Bucket]) {
    for bucket in measured.iter().filter(|bucket| bucket.count > 0) {
        // The table is read once a minute: what was measured since then belongs to the last reading.
        let first =
            moments.partition_point(|moment| moment.at_ms <= bucket.at_ms).saturating_sub(1);
        for moment in moments.iter_mut().skip(first).filter(|moment| !moment.values.is_empty()) {
            moment.values.insert(MEASURED, bucket.sum / bucket.count as f64);
        }
    }
}

fn at(bucket: &Bucket) -> Moment {
    Moment { at_ms: bucket.at_ms, read_ms: bucket.read_ms, values: BTreeMap::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_stands_from_its_moment_on() {
        let at =
            |at_ms| Moment { at_ms, read_ms: 60, values: BTreeMap::from([("heap_bytes", 1.0)]) };
        let mut moments = vec![at(0), at(60), at(120), at(180)];
        let bucket = |at_ms, sum| Bucket {
            at_ms,
            width_ms: 1,
            ticks: 1,
            read_ms: 0,
            count: 1,
            sum,
            min: sum,
            max: sum,
        };
        mark(&mut moments, &[bucket(70, 7.0), bucket(180, 3.0)]);
        let marked: Vec<_> = moments.iter().map(|moment| moment.gauge(MEASURED)).collect();
        assert_eq!(marked, [None, Some(7.0), Some(7.0), Some(3.0)]);
        mark(&mut [], &[bucket(70, 7.0)]);
    }

    #[test]
    fn what_was_not_read_is_no_zero() {
        let none = Moment { at_ms: 1, ..Moment::default() };
        assert_eq!((none.gauge("n_live_tup"), none.per_second("n_tup_ins")), (None, None));
        let values = BTreeMap::from([("n_live_tup", 3.0), ("n_tup_ins", 120.0)]);
        let read = Moment { at_ms: 1, read_ms: 60_000, values };
        assert_eq!(read.per_second("n_tup_ins"), Some(2.0));
        assert_eq!(read.per_second("n_tup_del"), Some(0.0), "it was read, and nothing was deleted");
        assert_eq!(read.gauge("heap_bytes"), None);
    }
}
