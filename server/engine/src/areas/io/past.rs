//! Cache and I/O over a window, from the history store.

use std::collections::BTreeMap;

use history::{Bucket, Line, Series};
use model::io::{IoRow, IoSpan, Operations};
use model::{AreaName, ServerId, TimeRange};

use super::points::READ_BYTES;
use crate::engine::Engine;
use crate::past::{MOST_POINTS, holes, unreadable};

/// Of the whole server.
const OF_SERVER: [&str; 13] = [
    "checkpoints_timed",
    "checkpoints_requested",
    "checkpoint_write_ms",
    "checkpoint_sync_ms",
    "buffers_checkpoint",
    "buffers_clean",
    "buffers_backend",
    "buffers_ring",
    "backend_fsyncs",
    "wal_records",
    "wal_fpi",
    "wal_bytes",
    READ_BYTES.name,
];
/// Of a row of `pg_stat_io`.
const OF_ROW: [&str; 14] = [
    "reads",
    "read_bytes",
    "read_ms",
    "writes",
    "write_bytes",
    "write_ms",
    "extends",
    "extend_bytes",
    "extend_ms",
    "fsyncs",
    "fsync_ms",
    "hits",
    "evictions",
    "reuses",
];

/// A span of time in which something was read, or of which nothing is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// When it begins, ms since the epoch.
    pub at_ms: i64,
    /// The time that was read of it, ms.
    pub read_ms: i64,
    /// Sums over the whole server by metric; empty where nothing was read.
    server: BTreeMap<String, f64>,
    /// Sums of relations by kind of process and metric.
    processes: BTreeMap<(String, String), f64>,
}

impl Moment {
    /// The sum of a metric of the whole server; None where it was not read.
    pub fn sum(&self, metric: &str) -> Option<f64> {
        self.server.get(metric).copied()
    }

    /// The same per second.
    pub fn per_second(&self, metric: &str) -> Option<f64> {
        self.rate(self.sum(metric)?)
    }

    /// The sum of metrics of one kind of process; zero where it did nothing, None where `pg_stat_io` was not read.
    pub fn of_process(&self, backend_type: &str, metrics: &[&str]) -> Option<f64> {
        self.sum(READ_BYTES.name)?;
        let of = |metric: &&str| {
            self.processes.get(&(backend_type.to_owned(), (*metric).to_owned())).copied()
        };
        Some(metrics.iter().filter_map(of).sum())
    }

    /// The same per second.
    pub fn of_process_per_second(&self, backend_type: &str, metrics: &[&str]) -> Option<f64> {
        self.rate(self.of_process(backend_type, metrics)?)
    }

    fn rate(&self, sum: f64) -> Option<f64> {
        (self.read_ms > 0).then(|| 1e3 * sum / self.read_ms as f64)
    }
}

/// A window of the past.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PastIo {
    /// Its moments, the oldest first.
    pub moments: Vec<Moment>,
    /// What each kind of process did in all of it.
    pub span: IoSpan,
}

/// The window of a range; None where no history is kept.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn of_range(
    engine: &Engine,
    id: &ServerId,
    range: TimeRange,
) -> Result<Option<PastIo>, String> {
    let (from_ms, to_ms) = range.window(engine.now_ms());
    let window = TimeRange::Between { from_ms, to_ms };
    let Some((past, source, (from, to))) = engine.past_of(id, AreaName::Io, window) else {
        return Ok(None);
    };
    let mut metrics: Vec<&str> = OF_SERVER.iter().chain(&OF_ROW).copied().collect();
    metrics.sort_unstable();
    metrics.dedup();
    let series = Series { metrics: &metrics, entities: None };
    let lines = past.ranges(&source, series, from, to, MOST_POINTS).await;
    Ok(Some(of_lines(&lines.map_err(|error| unreadable(&error))?)))
}

fn of_lines(lines: &[Line]) -> PastIo {
    let mut moments: BTreeMap<i64, Moment> = BTreeMap::new();
    let mut rows: BTreeMap<[String; 3], IoRow> = BTreeMap::new();
    let mut span_ms = 0_i64;
    for line in lines {
        let of = ["backend_type", "object", "context"].map(|name| line.entity.label(name));
        let known = line.range.buckets.iter().filter(|bucket| bucket.count > 0);
        if let [Some(backend_type), Some(object), Some(context)] = of {
            let key = [backend_type, object, context];
            let row = rows.entry(key.clone()).or_insert_with(|| row_of(&key));
            let [backend_type, object, _] = key;
            for bucket in known {
                add(row, &line.metric, bucket.sum);
                if object != "wal" {
                    let by = (backend_type.clone(), line.metric.clone());
                    let moment = moments.entry(bucket.at_ms).or_insert_with(|| at(bucket));
                    *moment.processes.entry(by).or_default() += bucket.sum;
                }
            }
        } else {
            for bucket in known {
                let moment = moments.entry(bucket.at_ms).or_insert_with(|| at(bucket));
                // A process that did something may have been read for a part of it only.
                moment.read_ms = moment.read_ms.max(bucket.read_ms);
                moment.server.insert(line.metric.clone(), bucket.sum);
                if line.metric == READ_BYTES.name {
                    span_ms = span_ms.saturating_add(bucket.read_ms);
                }
            }
        }
    }
    let of_server = lines.iter().filter(|line| line.entity.labels().is_empty());
    for at_ms in holes(of_server.flat_map(|line| &line.range.buckets)) {
        moments.entry(at_ms).or_insert_with(|| Moment { at_ms, ..Moment::default() });
    }
    let mut rows: Vec<IoRow> = rows.into_values().filter(IoRow::is_active).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.bytes(), row.hits.unwrap_or_default())));
    let span = IoSpan { span_ms: span_ms as f64, rows };
    PastIo { moments: moments.into_values().collect(), span }
}

fn at(bucket: &Bucket) -> Moment {
    Moment { at_ms: bucket.at_ms, read_ms: bucket.read_ms, ..Moment::default() }
}

fn row_of([backend_type, object, context]: &[String; 3]) -> IoRow {
    IoRow {
        backend_type: backend_type.clone(),
        object: object.clone(),
        context: context.clone(),
        ..IoRow::default()
    }
}

/// Adds a sum of the metric of that name.
fn add(row: &mut IoRow, metric: &str, sum: f64) {
    let whole = sum.round() as i64;
    let operations = |of: &mut Option<Operations>, part: &str| {
        let of = of.get_or_insert_default();
        match part {
            "bytes" => of.bytes = of.bytes.saturating_add(whole),
            "ms" => of.ms += sum,
            _ => of.count = of.count.saturating_add(whole),
        }
    };
    let counted = |of: &mut Option<i64>| {
        let of = of.get_or_insert_default();
        *of = of.saturating_add(whole);
    };
    match metric.split_once('_').unwrap_or((metric, "")) {
        ("reads" | "read", part) => operations(&mut row.reads, part),
        ("writes" | "write", part) => operations(&mut row.writes, part),
        ("extends" | "extend", part) => operations(&mut row.extends, part),
        ("fsyncs" | "fsync", part) => operations(&mut row.fsyncs, part),
        ("hits", _) => counted(&mut row.hits),
        ("evictions", _) => counted(&mut row.evictions),
        ("reuses", _) => counted(&mut row.reuses),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use history::{Entity, Range};

    fn line(entity: Entity, metric: &str, sums: &[(i64, f64)]) -> Line {
        let bucket = |(at_ms, sum): &(i64, f64)| Bucket {
            at_ms: *at_ms,
            width_ms: 10,
            ticks: 1,
            read_ms: 10,
            count: 1,
            sum: *sum,
            min: *sum,
            max: *sum,
        };
        let range = Range { buckets: sums.iter().map(bucket).collect(), ..Range::default() };
        Line { entity, metric: metric.to_owned(), range }
    }

    #[test]
    fn a_window_adds_up_and_what_was_not_read_is_no_zero() {
        let of = |process, object| {
            Entity::of([("backend_type", process), ("object", object), ("context", "normal")])
        };
        let lines = [
            line(Entity::server(), "read_bytes", &[(0, 100.0), (10, 0.0), (100, 5.0)]),
            line(of("client backend", "relation"), "reads", &[(0, 2.0), (100, 1.0)]),
            line(of("client backend", "relation"), "read_bytes", &[(0, 100.0)]),
            line(of("client backend", "wal"), "write_bytes", &[(0, 7.0)]),
        ];
        let past = of_lines(&lines);
        assert_eq!(past.span.span_ms, 30.0);
        let reads: Vec<_> = past.span.rows.iter().filter_map(|row| row.reads).collect();
        assert_eq!(reads, [Operations { count: 3, bytes: 100, ms: 0.0 }]);
        let seen: Vec<_> = past
            .moments
            .iter()
            .map(|m| (m.at_ms, m.of_process_per_second("client backend", &["read_bytes"])))
            .collect();
        assert_eq!(seen, [(0, Some(10_000.0)), (10, Some(0.0)), (20, None), (100, Some(0.0))]);
        let written =
            past.moments.first().and_then(|m| m.of_process("client backend", &["write_bytes"]));
        assert_eq!(written, Some(0.0), "WAL is no file of a relation");
    }
}
