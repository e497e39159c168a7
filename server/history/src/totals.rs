//! Totals of all series over a window: what a ranking is made of.

use crate::answers::{Total, Totals};
use crate::error::Error;
use crate::history::History;
use crate::ids::parts_of;
use crate::level::{Cell, Level, Slot};
use crate::names::Source;
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

    /// The sums in the order of entities, then of metrics.
    fn sorted(&mut self) -> Vec<(i64, Sum)> {
        self.settle();
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by_key(|(series, _)| parts_of(*series));
        rows
    }
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
        let found = self.find_totals(source, series, from_ms, to_ms).await;
        found.map_err(|error| self.inner.db.error(&error))
    }

    async fn find_totals(
        &self,
        source: &Source,
        series: Series<'_>,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Totals, sqlx::Error> {
        let (from_ms, to_ms) = window::clamp(from_ms, to_ms);
        let mut tx = self.inner.db.snapshot().await?;
        let Some(row) = resolve::source(&mut tx, source).await? else {
            return Ok(Totals { from_ms, to_ms, ..Totals::default() });
        };
        let metrics = resolve::metrics(&mut tx, series.metrics).await?;
        let wanted = wanted(&mut tx, &row, &metrics, series.entities).await?;
        let (segments, from_ms, to_ms) = window::cover(from_ms, to_ms, &row.since);
        let pieces = pieces(&mut tx, row.id, &segments, &wanted).await?;
        let work = move || {
            let mut sums = Sums::default();
            let corrupt = walk(&pieces, &wanted, &mut sums);
            (sums.sorted(), sums, corrupt)
        };
        let (rows, sums, corrupt) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
        self.note_corrupt(source, &corrupt);
        let mut entities: Vec<i64> = rows.iter().map(|(series, _)| parts_of(*series).0).collect();
        entities.dedup();
        let names = self.inner.names.entities(&mut tx, row.id, entities.into_iter()).await?;
        let total = |(series, sum): (i64, Sum)| {
            let (entity, metric) = parts_of(series);
            let (metric, kind) = metrics.get(&metric)?.clone();
            let Sum { count, sum, min, max } = sum;
            Some(Total { entity: names.get(&entity)?.clone(), metric, kind, count, sum, min, max })
        };
        Ok(Totals {
            from_ms,
            to_ms,
            ticks: sums.ticks,
            read_ms: sums.read_ms,
            rows: rows.into_iter().filter_map(total).collect(),
            corrupt: corrupt.len() as u64,
        })
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
            let got: Vec<_> = sums.sorted().iter().map(|(id, sum)| (*id, plain(sum))).collect();
            let expected: Vec<_> = truth.iter().map(|(id, sum)| (*id, plain(sum))).collect();
            assert_eq!(got, expected);
        }
    }
}
