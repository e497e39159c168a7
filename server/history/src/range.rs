//! Series over a window, in as many buckets as a chart has points.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::answers::{Bucket, Line, Range};
use crate::db::Conn;
use crate::error::Error;
use crate::history::History;
use crate::ids::parts_of;
use crate::level::{Cell, Level, Slot};
use crate::names::{Entity, Kind, Source};
use crate::resolve::{self, SourceRow};
use crate::scan::{Sink, Wanted, pieces, walk};
use crate::window;

/// Which series of a source are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Names of metrics.
    pub metrics: &'a [&'a str],
    /// These entities; None for all that have a value in the window.
    pub entities: Option<&'a [Entity]>,
}

/// Buckets of a chart in the making.
struct Chart {
    /// 0 for single ticks.
    width: i64,
    times: BTreeMap<i64, Bucket>,
    lines: FxHashMap<i64, FxHashMap<i64, Bucket>>,
}

/// A bucket without values.
const fn empty(at_ms: i64, width_ms: i64) -> Bucket {
    Bucket {
        at_ms,
        width_ms,
        ticks: 0,
        read_ms: 0,
        count: 0,
        sum: 0.0,
        min: f64::NAN,
        max: f64::NAN,
    }
}

impl Chart {
    /// Where a slot's bucket begins, and its width.
    fn bucket(&self, level: Level, slot: &Slot) -> (i64, i64) {
        if self.width == 0 && level == Level::Raw {
            return (slot.at_ms, slot.read_ms);
        }
        let width = self.width.max(level.width_ms());
        (slot.at_ms - slot.at_ms.rem_euclid(width), width)
    }
}

impl Sink for Chart {
    fn slot(&mut self, level: Level, slot: &Slot) {
        let (at_ms, width) = self.bucket(level, slot);
        let bucket = self.times.entry(at_ms).or_insert_with(|| empty(at_ms, width));
        bucket.ticks = bucket.ticks.saturating_add(slot.ticks);
        bucket.read_ms += slot.read_ms;
    }

    fn cells<'a>(
        &mut self,
        series: i64,
        level: Level,
        cells: impl Iterator<Item = (&'a Slot, &'a Cell)>,
    ) {
        let mut line = self.lines.remove(&series).unwrap_or_default();
        for (slot, cell) in cells {
            let (at_ms, width) = self.bucket(level, slot);
            let bucket = line.entry(at_ms).or_insert_with(|| empty(at_ms, width));
            bucket.count += u64::from(cell.count);
            bucket.sum += cell.sum;
            // `min` and `max` of a float pass over NaN.
            bucket.min = bucket.min.min(cell.min);
            bucket.max = bucket.max.max(cell.max);
        }
        if !line.is_empty() {
            self.lines.insert(series, line);
        }
    }
}

impl History {
    /// One series from `from_ms` to `to_ms` (exclusive) in at most about `max_points` buckets: single ticks if
    /// they are few enough, otherwise roll-ups. A series that was never recorded has no values, but the
    /// source's ticks.
    ///
    /// Errors: when the file cannot be read.
    pub async fn range(
        &self,
        source: &Source,
        entity: &Entity,
        metric: &str,
        from_ms: i64,
        to_ms: i64,
        max_points: usize,
    ) -> Result<Range, Error> {
        let series = Series { metrics: &[metric], entities: Some(std::slice::from_ref(entity)) };
        let (lines, without) = self.lines(source, series, from_ms, to_ms, max_points).await?;
        Ok(lines.into_iter().next().map_or(without, |line| line.range))
    }

    /// Several series of a source at once; such as have no value in the window are left out.
    ///
    /// Errors: when the file cannot be read.
    pub async fn ranges(
        &self,
        source: &Source,
        series: Series<'_>,
        from_ms: i64,
        to_ms: i64,
        max_points: usize,
    ) -> Result<Vec<Line>, Error> {
        Ok(self.lines(source, series, from_ms, to_ms, max_points).await?.0)
    }

    /// The lines, and what a series without values looks like.
    async fn lines(
        &self,
        source: &Source,
        series: Series<'_>,
        from_ms: i64,
        to_ms: i64,
        max_points: usize,
    ) -> Result<(Vec<Line>, Range), Error> {
        let found = self.find_lines(source, series, from_ms, to_ms, max_points).await;
        found.map_err(|error| self.inner.db.error(&error))
    }

    async fn find_lines(
        &self,
        source: &Source,
        series: Series<'_>,
        from_ms: i64,
        to_ms: i64,
        max_points: usize,
    ) -> Result<(Vec<Line>, Range), sqlx::Error> {
        let (from_ms, to_ms) = window::clamp(from_ms, to_ms);
        let nothing = Range { from_ms, to_ms, ..Range::default() };
        let mut tx = self.inner.db.snapshot().await?;
        let Some(row) = resolve::source(&mut tx, source).await? else {
            return Ok((Vec::new(), nothing));
        };
        let metrics = resolve::metrics(&mut tx, series.metrics).await?;
        let wanted = wanted(&mut tx, &row, &metrics, series.entities).await?;
        let width = window::width(from_ms, to_ms, row.every_ms, max_points);
        let segments = window::chart(from_ms, to_ms, width, &row.since);
        let pieces = pieces(&mut tx, row.id, &segments, &wanted).await?;
        let work = move || {
            let mut chart = Chart { width, times: BTreeMap::new(), lines: FxHashMap::default() };
            let corrupt = walk(&pieces, &wanted, &mut chart);
            (chart, corrupt)
        };
        let (chart, corrupt) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
        self.note_corrupt(source, &corrupt);
        let entities = chart.lines.keys().map(|series| parts_of(*series).0);
        let names = self.inner.names.entities(&mut tx, row.id, entities).await?;
        let range = |values: &FxHashMap<i64, Bucket>| Range {
            from_ms: chart.times.keys().next().map_or(from_ms, |first| from_ms.min(*first)),
            to_ms,
            buckets: chart.times.iter().map(|(at, time)| filled(time, values.get(at))).collect(),
            corrupt: corrupt.len() as u64,
        };
        let mut lines = Vec::with_capacity(chart.lines.len());
        for (series, values) in &chart.lines {
            let (entity, metric) = parts_of(*series);
            if let (Some(entity), Some((metric, _))) = (names.get(&entity), metrics.get(&metric)) {
                let (entity, metric) = (entity.clone(), metric.to_string());
                lines.push(Line { entity, metric, range: range(values) });
            }
        }
        lines.sort_by(|one, next| (&one.entity, &one.metric).cmp(&(&next.entity, &next.metric)));
        Ok((lines, range(&FxHashMap::default())))
    }
}

/// The ticks of one, the values of the other.
fn filled(time: &Bucket, values: Option<&Bucket>) -> Bucket {
    let Some(values) = values else { return *time };
    Bucket { ticks: time.ticks, read_ms: time.read_ms, ..*values }
}

/// The ids of what is asked for.
pub(crate) async fn wanted(
    conn: &mut Conn,
    source: &SourceRow,
    metrics: &HashMap<i64, (Arc<str>, Kind)>,
    entities: Option<&[Entity]>,
) -> Result<Wanted, sqlx::Error> {
    let metrics = metrics.keys().copied().collect();
    let Some(entities) = entities else { return Ok(Wanted::new(metrics, None)) };
    let mut ids = Vec::with_capacity(entities.len());
    for entity in entities {
        ids.extend(resolve::entity(conn, source.id, entity).await?);
    }
    Ok(Wanted::new(metrics, Some(ids)))
}
