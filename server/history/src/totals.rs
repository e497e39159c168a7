//! Totals of all series over a window: what a ranking is made of.

use std::collections::HashMap;

use crate::answers::{Total, Totals};
use crate::error::Error;
use crate::history::History;
use crate::ids::parts_of;
use crate::level::{Cell, Level, Slot};
use crate::names::{Entity, Source};
use crate::range::{Series, wanted};
use crate::resolve;
use crate::scan::{Sink, pieces, walk};
use crate::window;

/// Sums in the making.
#[derive(Default)]
struct Sums {
    ticks: u64,
    read_ms: i64,
    rows: HashMap<i64, Sum>,
}

/// One series'.
#[derive(Clone, Copy)]
struct Sum {
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Sink for Sums {
    fn slot(&mut self, _: Level, slot: &Slot) {
        self.ticks += u64::from(slot.ticks);
        self.read_ms += slot.read_ms;
    }

    fn cell(&mut self, series: i64, _: Level, _: &Slot, cell: &Cell) {
        let fresh = Sum { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };
        let row = self.rows.entry(series).or_insert(fresh);
        row.count += u64::from(cell.count);
        row.sum += cell.sum;
        row.min = row.min.min(cell.min);
        row.max = row.max.max(cell.max);
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
            (sums, corrupt)
        };
        let (sums, corrupt) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
        self.note_corrupt(source, &corrupt);
        let entities = sums.rows.keys().map(|series| parts_of(*series).0);
        let names: HashMap<i64, Entity> =
            self.inner.names.entities(&mut tx, row.id, entities).await?;
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
            rows: sums.rows.into_iter().filter_map(total).collect(),
            corrupt: corrupt.len() as u64,
        })
    }
}
