//! Totals of all series over a window: what a ranking is made of.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::answers::{Column, Columns, Total, Totals};
use crate::error::Error;
use crate::history::History;
use crate::ids::parts_of;
use crate::level::{Cell, Level, Slot};
use crate::names::{Entity, Kind, Source};
use crate::range::{Series, wanted};
use crate::resolve;
use crate::scan::{Sink, pieces, walk};
use crate::window;

/// Sums in the making, ascending by series. Chunks have their series in that order as well, so each is found
/// next to the one before: with 100,000 statements, a table of hashes would miss the processor's cache each time.
#[derive(Default)]
struct Sums {
    ticks: u64,
    read_ms: i64,
    rows: Vec<(i64, Sum)>,
    /// Of this chunk, what the rows do not have yet.
    fresh: Vec<(i64, Sum)>,
    /// Where the next series of this chunk is expected.
    next: usize,
}

/// One series'.
#[derive(Clone, Copy)]
struct Sum {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Sum {
    const NOTHING: Self = Self { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

impl Sink for Sums {
    fn slot(&mut self, _: Level, slot: &Slot) {
        self.settle();
        self.ticks += u64::from(slot.ticks);
        self.read_ms += slot.read_ms;
    }

    fn cells<'a>(
        &mut self,
        series: i64,
        _: Level,
        cells: impl Iterator<Item = (&'a Slot, &'a Cell)>,
    ) {
        let mut cells = cells.peekable();
        if cells.peek().is_none() {
            return;
        }
        let Some(sum) = self.of(series) else { return };
        for (_, cell) in cells {
            sum.count += u64::from(cell.count);
            sum.sum += cell.sum;
            sum.min = sum.min.min(cell.min);
            sum.max = sum.max.max(cell.max);
        }
    }
}

impl Sums {
    /// The sum of a series, which there always is.
    fn of(&mut self, series: i64) -> Option<&mut Sum> {
        let is_next = self.rows.get(self.next).is_some_and(|(next, _)| *next == series);
        let found = if is_next {
            Ok(self.next)
        } else {
            self.rows.binary_search_by_key(&series, |(series, _)| *series)
        };
        match found {
            Ok(place) => self.next = place + 1,
            Err(_) => self.fresh.push((series, Sum::NOTHING)),
        }
        let row = match found {
            Ok(place) => self.rows.get_mut(place),
            Err(_) => self.fresh.last_mut(),
        };
        row.map(|(_, sum)| sum)
    }

    /// Takes in what the last chunk had beyond the rows.
    fn settle(&mut self) {
        self.next = 0;
        if self.fresh.is_empty() {
            return;
        }
        self.rows.append(&mut self.fresh);
        // Of two ascending runs, which is the case that a stable sort is quick at.
        self.rows.sort_by_key(|(series, _)| *series);
        self.rows.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                earlier.1.add(&later.1);
            }
            is_same
        });
    }
}

/// What was found of a window, and what its numbers mean.
struct Found {
    window: (i64, i64),
    ticks: u64,
    read_ms: i64,
    /// Ascending by series.
    rows: Vec<(i64, Sum)>,
    metrics: HashMap<i64, (Arc<str>, Kind)>,
    names: FxHashMap<i64, Entity>,
    corrupt: u64,
}

impl History {
    /// Sum, count, least and greatest value of every series of these metrics from `from_ms` to `to_ms`
    /// (exclusive): days inside, hours, minutes and ticks towards the edges. Exact where ticks are kept;
    /// otherwise the answer says which window it is of.
    ///
    /// Errors: when the file cannot be read.
    pub async fn totals(
        &self,
        source: &Source,
        series: Series<'_>,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Totals, Error> {
        let found = self.find_sums(source, series, window::clamp(from_ms, to_ms)).await;
        found.map(Found::totals).map_err(|error| self.inner.db.error(&error))
    }

    /// The same by metric, with sums and greatest values only: with 100,000 entities it takes a fraction of the
    /// time and of the memory.
    ///
    /// Errors: when the file cannot be read.
    pub async fn columns(
        &self,
        source: &Source,
        series: Series<'_>,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Columns, Error> {
        let found = self.find_sums(source, series, window::clamp(from_ms, to_ms)).await;
        let found = found.map_err(|error| self.inner.db.error(&error))?;
        let columns = tokio::task::spawn_blocking(move || found.columns()).await;
        columns.map_err(|error| self.inner.db.error(&sqlx::Error::Io(std::io::Error::other(error))))
    }

    async fn find_sums(
        &self,
        source: &Source,
        series: Series<'_>,
        (from_ms, to_ms): (i64, i64),
    ) -> Result<Found, sqlx::Error> {
        let mut tx = self.inner.db.snapshot().await?;
        let Some(row) = resolve::source(&mut tx, source).await? else {
            return Ok(Found::nothing((from_ms, to_ms)));
        };
        let metrics = resolve::metrics(&mut tx, series.metrics).await?;
        let wanted = wanted(&mut tx, &row, &metrics, series.entities).await?;
        let (segments, from_ms, to_ms) = window::cover(from_ms, to_ms, &row.since);
        let pieces = pieces(&mut tx, row.id, &segments, &wanted).await?;
        let work = move || {
            let mut sums = Sums::default();
            let corrupt = walk(&pieces, &wanted, &mut sums);
            sums.settle();
            let mut ids: Vec<i64> = sums.rows.iter().map(|row| parts_of(row.0).0).collect();
            // Of a few ascending runs, one for each metric.
            ids.sort();
            ids.dedup();
            (ids, sums, corrupt)
        };
        let (ids, sums, corrupt) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
        self.note_corrupt(source, &corrupt);
        let names = self.inner.names.entities(&mut tx, row.id, ids.into_iter()).await?;
        Ok(Found {
            window: (from_ms, to_ms),
            ticks: sums.ticks,
            read_ms: sums.read_ms,
            rows: sums.rows,
            metrics,
            names,
            corrupt: corrupt.len() as u64,
        })
    }
}

impl Found {
    /// Of a source that was never recorded.
    fn nothing(window: (i64, i64)) -> Self {
        Self {
            window,
            ticks: 0,
            read_ms: 0,
            rows: Vec::new(),
            metrics: HashMap::new(),
            names: FxHashMap::default(),
            corrupt: 0,
        }
    }

    /// In the order of entities, then of metrics.
    fn totals(mut self) -> Totals {
        self.rows.sort_by_key(|(series, _)| parts_of(*series));
        let total = |(series, sum): (i64, Sum)| {
            let (entity, metric) = parts_of(series);
            let (metric, kind) = self.metrics.get(&metric)?.clone();
            let Sum { count, sum, min, max } = sum;
            let entity = self.names.get(&entity)?.clone();
            Some(Total { entity, metric, kind, count, sum, min, max })
        };
        Totals {
            from_ms: self.window.0,
            to_ms: self.window.1,
            ticks: self.ticks,
            read_ms: self.read_ms,
            rows: self.rows.into_iter().filter_map(total).collect(),
            corrupt: self.corrupt,
        }
    }

    fn columns(self) -> Columns {
        let mut named: Vec<(i64, Entity)> = self.names.into_iter().collect();
        named.sort_unstable_by_key(|(id, _)| *id);
        let of_metric = |rows: &[(i64, Sum)]| {
            let (metric, _) = self.metrics.get(&parts_of(rows.first()?.0).1)?;
            let mut column = Column { metric: metric.to_string(), ..Column::default() };
            let mut entities = (0_u32..).zip(&named).peekable();
            for (series, sum) in rows {
                let id = parts_of(*series).0;
                while entities.next_if(|(_, (named, _))| *named < id).is_some() {}
                if let Some((place, _)) = entities.next_if(|(_, (named, _))| *named == id) {
                    column.places.push(place);
                    column.sums.push(sum.sum);
                    column.greatest.push(sum.max);
                }
            }
            Some(column)
        };
        let by_metric = self.rows.chunk_by(|one, next| parts_of(one.0).1 == parts_of(next.0).1);
        Columns {
            from_ms: self.window.0,
            to_ms: self.window.1,
            ticks: self.ticks,
            read_ms: self.read_ms,
            columns: by_metric.filter_map(of_metric).collect(),
            entities: named.into_iter().map(|(_, entity)| entity).collect(),
            corrupt: self.corrupt,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Chunks as a scan hands them over, some of them with series that no other has, or with one twice.
    #[test]
    fn sums_are_those_of_a_plain_map() {
        let mut random = fastrand::Rng::with_seed(29);
        for _ in 0..300 {
            let (mut sums, mut truth) = (Sums::default(), BTreeMap::new());
            for at_ms in 0..random.i64(0..8) {
                sums.slot(Level::Raw, &Slot { at_ms, ticks: 1, read_ms: 10 });
                let mut series: Vec<i64> =
                    (0..random.usize(0..60)).map(|_| random.i64(0..40)).collect();
                series.sort_unstable();
                if random.u8(0..4) > 0 {
                    series.dedup();
                }
                for series in series {
                    let slot = Slot { at_ms, ticks: 1, read_ms: 10 };
                    let cells: Vec<Cell> = (0..random.u32(0..3))
                        .map(|_| Cell::of(0, f64::from(random.i32(-50..50))))
                        .collect();
                    sums.cells(series, Level::Raw, cells.iter().map(|cell| (&slot, cell)));
                    for cell in &cells {
                        let row = truth.entry(series).or_insert(Sum::NOTHING);
                        let one = Sum { count: 1, sum: cell.sum, min: cell.min, max: cell.max };
                        row.add(&one);
                    }
                }
            }
            let plain = |sum: &Sum| (sum.count, sum.sum, sum.min, sum.max);
            sums.settle();
            let got: Vec<_> = sums.rows.iter().map(|(id, sum)| (*id, plain(sum))).collect();
            let expected: Vec<_> = truth.iter().map(|(id, sum)| (*id, plain(sum))).collect();
            assert_eq!(got, expected);
        }
    }
}
