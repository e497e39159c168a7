//! The time before a source was first read, filled in afterwards: what a demo makes up. Whoever does so says
//! it with an event; the values themselves look like any others.

use std::collections::HashMap;

use crate::chunk::Chunk;
use crate::codec::seal::Effort;
use crate::codec::slots;
use crate::db::{query, sql};
use crate::error::Error;
use crate::history::History;
use crate::ids::series_of;
use crate::level::{Level, Slot};
use crate::merge::{Input, merge};
use crate::names::{Entity, Kind, Source};
use crate::range::Series;
use crate::resolve;
use crate::rows::{complete_since, insert_chunk};

/// The most ticks of a chunk.
const MOST_TICKS: usize = 4_096;

/// What a series does on average.
#[derive(Clone, Debug, PartialEq)]
pub struct Typical {
    /// Of what.
    pub entity: Entity,
    /// The metric's name.
    pub metric: String,
    /// Gauge or increment.
    pub kind: Kind,
    /// The mean of a gauge.
    pub mean: f64,
    /// What is added in a millisecond.
    pub per_ms: f64,
    /// What is added in a tick.
    pub per_tick: f64,
}

/// Values of a series: the place of each tick, ascending, and the value.
#[derive(Clone, Debug, PartialEq)]
pub struct PastSeries {
    /// Of what.
    pub entity: Entity,
    /// The metric's name.
    pub metric: String,
    /// The values.
    pub values: Vec<(usize, f64)>,
}

impl History {
    /// What every series of a source does on average from `from_ms` to `to_ms`.
    ///
    /// Errors: when the file cannot be read.
    pub async fn typical(
        &self,
        source: &Source,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<Typical>, Error> {
        let metrics = self.metrics(source).await?;
        let names: Vec<&str> = metrics.iter().map(|(name, _)| name.as_str()).collect();
        let series = Series { metrics: &names, entities: None };
        let totals = self.totals(source, series, from_ms, to_ms).await?;
        let (ms, ticks) = (totals.read_ms.max(1) as f64, totals.ticks.max(1) as f64);
        let mut rows = totals.rows;
        rows.sort_by(|one, next| (&one.metric, &one.entity).cmp(&(&next.metric, &next.entity)));
        let typical = rows.into_iter().map(|row| Typical {
            mean: row.sum / row.count.max(1) as f64,
            per_ms: row.sum / ms,
            per_tick: row.sum / ticks,
            entity: row.entity,
            metric: row.metric.to_string(),
            kind: row.kind,
        });
        Ok(typical.collect())
    }

    /// Writes ticks, each with the time that it stands for, before the first of a source that is recorded
    /// already, with their roll-ups. Series that the source does not have are left out.
    ///
    /// Errors: when the disk does not take it; what was written of it stays.
    pub async fn backfill(
        &self,
        source: &Source,
        ticks: &[(i64, i64)],
        series: &[PastSeries],
    ) -> Result<(), Error> {
        let done = self.fill(source, ticks, series).await;
        done.map_err(|error| self.inner.db.error(&error))
    }

    async fn fill(
        &self,
        source: &Source,
        ticks: &[(i64, i64)],
        series: &[PastSeries],
    ) -> Result<(), sqlx::Error> {
        let Some((first_ms, _)) = ticks.first() else { return Ok(()) };
        let Some((id, values)) = self.numbered(source, *first_ms, series).await? else {
            return Ok(());
        };
        let mut begin = 0;
        for day in ticks.chunk_by(|one, next| Level::Day.floor(one.0) == Level::Day.floor(next.0)) {
            for some in day.chunks(MOST_TICKS) {
                let slot = |(at_ms, read_ms): &(i64, i64)| Slot {
                    at_ms: *at_ms,
                    ticks: 1,
                    read_ms: *read_ms,
                };
                let times: Vec<Slot> = some.iter().map(slot).collect();
                let cells = cells(&values, begin..begin + some.len());
                begin += some.len();
                self.write_past(id, times, cells).await?;
            }
        }
        Ok(())
    }

    /// The source's id, and the values by the ids of their series.
    async fn numbered<'a>(
        &self,
        source: &Source,
        first_ms: i64,
        series: &'a [PastSeries],
    ) -> Result<Option<(i64, Vec<(i64, &'a [(usize, f64)])>)>, sqlx::Error> {
        let mut tx = self.inner.db.begin_keeping().await?;
        if resolve::source(&mut tx, source).await?.is_none() {
            return Ok(None);
        }
        let id: i64 = query(sql::SOURCE)
            .bind(&source.cluster)
            .bind(&source.server)
            .bind(&source.area)
            .bind(first_ms)
            .scalar(&mut tx)
            .await?;
        let names: Vec<&str> = series.iter().map(|one| one.metric.as_str()).collect();
        let metrics = resolve::metrics(&mut tx, &names).await?;
        let metrics: HashMap<&str, i64> =
            metrics.iter().map(|(id, (name, _))| (&**name, *id)).collect();
        let mut entities: HashMap<&Entity, i64> = HashMap::new();
        let mut values = Vec::with_capacity(series.len());
        for one in series {
            let entity = match entities.get(&one.entity) {
                Some(entity) => Some(*entity),
                None => resolve::entity(&mut tx, id, &one.entity).await?,
            };
            let (Some(entity), Some(metric)) = (entity, metrics.get(one.metric.as_str())) else {
                continue;
            };
            if entities.insert(&one.entity, entity).is_none() {
                query("update entity set first_ms = $1 where id = $2 and first_ms > $1")
                    .bind(first_ms)
                    .bind(entity)
                    .execute(&mut tx)
                    .await?;
            }
            values.push((series_of(entity, *metric), one.values.as_slice()));
        }
        tx.commit().await?;
        Ok(Some((id, values)))
    }

    /// Writes one chunk and its roll-ups.
    async fn write_past(
        &self,
        source: i64,
        times: Vec<Slot>,
        cells: Vec<(i64, u32, f64)>,
    ) -> Result<(), sqlx::Error> {
        let Some(to_ms) = times.last().map(|slot| slot.at_ms) else { return Ok(()) };
        let made = tokio::task::spawn_blocking(move || {
            let raw = Chunk::of_ticks(&times, cells, |_, _, next| next)?;
            let input = Input {
                slots: slots::decode(&raw.slots)?,
                blocks: raw.blocks.iter().map(|block| block.data.clone()).collect(),
            };
            let levels = [Level::Hour, Level::Day];
            Some(merge(Level::Raw, vec![input], &levels, Effort::Quick).chunks)
        });
        let chunks = made.await.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
        let mut tx = self.inner.db.begin_keeping().await?;
        for chunk in chunks.into_iter().flatten() {
            insert_chunk(&mut tx, source, 1, &chunk).await?;
        }
        // As of what is read seldom there are no minutes.
        complete_since(&mut tx, source, Level::Minute, to_ms + 1).await?;
        tx.commit().await
    }
}

/// The values in some of the ticks, by the place of the tick among these.
fn cells(
    values: &[(i64, &[(usize, f64)])],
    places: std::ops::Range<usize>,
) -> Vec<(i64, u32, f64)> {
    let mut cells = Vec::new();
    for (series, values) in values {
        let from = values.partition_point(|(place, _)| *place < places.start);
        let inside = values.iter().skip(from).take_while(|(place, _)| *place < places.end);
        cells.extend(inside.map(|(place, value)| (*series, (place - places.start) as u32, *value)));
    }
    cells
}
