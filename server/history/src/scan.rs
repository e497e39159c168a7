//! Reading columns: the chunks of a window, in one snapshot, and the cells in them.

use crate::codec::block::Block;
use crate::codec::slots;
use crate::db::{Conn, query, sql};
use crate::ids::{ENTITIES, parts_of, series_of};
use crate::level::{Cell, Level, Slot};
use crate::window::Segment;

/// Which series are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Ids of metrics, ascending.
    metrics: Vec<i64>,
    /// Ids of entities, ascending; None for all.
    entities: Option<Vec<i64>>,
}

impl Wanted {
    /// These metrics of these entities; None for all.
    pub(crate) fn new(mut metrics: Vec<i64>, mut entities: Option<Vec<i64>>) -> Self {
        metrics.sort_unstable();
        if let Some(entities) = &mut entities {
            entities.sort_unstable();
        }
        Self { metrics, entities }
    }

    fn has(&self, series: i64) -> bool {
        let (entity, metric) = parts_of(series);
        self.metrics.binary_search(&metric).is_ok()
            && self.entities.as_ref().is_none_or(|ids| ids.binary_search(&entity).is_ok())
    }

    /// Whether a block with series from the first to the last may have one that is wanted.
    fn may_be_in(&self, (first, last): (i64, i64)) -> bool {
        let of_metric = |metric: &i64| {
            let least = first.max(series_of(ENTITIES.0, *metric));
            let greatest = last.min(series_of(ENTITIES.1, *metric));
            let Some(ids) = &self.entities else { return least <= greatest };
            let next = ids.partition_point(|id| series_of(*id, *metric) < least);
            ids.get(next).is_some_and(|id| series_of(*id, *metric) <= greatest)
        };
        self.metrics.iter().any(of_metric)
    }

    /// The first series of each metric, and the least and the greatest entity.
    fn bounds(&self) -> (Vec<i64>, i64, i64) {
        let metrics = self.metrics.iter().map(|metric| series_of(0, *metric)).collect();
        let (least, greatest) = match &self.entities {
            Some(ids) => (ids.first().copied(), ids.last().copied()),
            None => (Some(ENTITIES.0), Some(ENTITIES.1)),
        };
        (metrics, least.unwrap_or(ENTITIES.1), greatest.unwrap_or(ENTITIES.0))
    }
}

/// A chunk within a window, as it was read.
pub(crate) struct Piece {
    segment: Segment,
    from_ms: i64,
    to_ms: i64,
    slots: Vec<u8>,
    blocks: Vec<Vec<u8>>,
}

/// Takes what a scan finds.
pub(crate) trait Sink {
    /// A time of the window; those of a chunk come before its values.
    fn slot(&mut self, level: Level, slot: &Slot);
    /// The values of a series within a chunk, each with its time. Series come in ascending order.
    fn cells<'a>(
        &mut self,
        series: i64,
        level: Level,
        cells: impl Iterator<Item = (&'a Slot, &'a Cell)>,
    );
}

/// The chunks that answer for these segments, and what was flushed since the last compaction.
pub(crate) async fn pieces(
    conn: &mut Conn,
    source: i64,
    segments: &[Segment],
    wanted: &Wanted,
) -> Result<Vec<Piece>, sqlx::Error> {
    let (metrics, least, greatest) = wanted.bounds();
    let from = segments.iter().map(|segment| segment.from_ms).min();
    let to = segments.iter().map(|segment| segment.to_ms).max();
    let (Some(from_ms), Some(to_ms)) = (from, to) else { return Ok(Vec::new()) };
    let flushed = Segment { level: Level::Raw, from_ms, to_ms };
    let merged = segments.iter().map(|segment| (*segment, 1_i64, 99_i64));
    let mut pieces: Vec<Piece> = Vec::new();
    for (segment, from_tier, to_tier) in merged.chain([(flushed, 0, 0)]) {
        let rows = query(sql::PIECES)
            .bind(metrics.clone())
            .bind(least)
            .bind(greatest)
            .bind(source)
            .bind(segment.level.number())
            .bind(segment.to_ms)
            .bind(segment.from_ms)
            .bind(from_tier)
            .bind(to_tier)
            .fetch_all(conn)
            .await?;
        let mut last = None;
        for row in rows {
            let id: i64 = row.try_get(0)?;
            if last != Some(id) {
                last = Some(id);
                pieces.push(Piece {
                    segment,
                    from_ms: row.try_get(1)?,
                    to_ms: row.try_get(2)?,
                    slots: row.try_get(3)?,
                    blocks: Vec::new(),
                });
            }
            // Without a block in the chunk they are null.
            let ends = row.try_get::<Option<i64>>(4)?.zip(row.try_get::<Option<i64>>(5)?);
            if let Some(piece) = pieces.last_mut()
                && ends.is_some_and(|ends| wanted.may_be_in(ends))
            {
                piece.blocks.push(row.try_get(6)?);
            }
        }
    }
    Ok(pieces)
}

/// Hands every time and every wanted value within the segments to the sink; gives the spans of chunks in
/// which something could not be read.
pub(crate) fn walk(pieces: &[Piece], wanted: &Wanted, sink: &mut impl Sink) -> Vec<(i64, i64)> {
    let mut corrupt = Vec::new();
    for piece in pieces {
        if walk_piece(piece, wanted, sink).is_none() {
            corrupt.push((piece.from_ms, piece.to_ms));
        }
    }
    corrupt
}

/// None if something could not be read; the rest was handed on.
fn walk_piece(piece: &Piece, wanted: &Wanted, sink: &mut impl Sink) -> Option<()> {
    let times = slots::decode(&piece.slots)?;
    let Segment { level, from_ms, to_ms } = piece.segment;
    let inside = |slot: &&Slot| slot.at_ms >= from_ms && slot.at_ms < to_ms;
    for slot in times.iter().filter(inside) {
        sink.slot(level, slot);
    }
    let (mut whole, mut cells) = (Some(()), Vec::new());
    for sealed in &piece.blocks {
        let Some(block) = Block::open(sealed) else {
            whole = None;
            continue;
        };
        for (place, series) in block.series().enumerate().filter(|(_, s)| wanted.has(*s)) {
            if block.cells_into(place, level, times.len(), &mut cells).is_none() {
                whole = None;
                continue;
            }
            let timed = cells.iter().filter_map(|cell| {
                let slot = times.get(cell.slot as usize).filter(inside)?;
                Some((slot, cell))
            });
            sink.cells(series, level, timed);
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_passed_over_only_if_nothing_in_it_is_wanted() {
        let mut random = fastrand::Rng::with_seed(19);
        let mut passed_over = 0;
        for _ in 0..2_000 {
            let metrics: Vec<i64> = (1..6).filter(|_| random.bool()).collect();
            let some: Vec<i64> = (0..random.i64(0..4)).map(|_| random.i64(0..40)).collect();
            let entities = Some(some).filter(|_| random.u8(0..4) > 0);
            let wanted = Wanted::new(metrics, entities);
            let first = series_of(random.i64(0..40), random.i64(1..6));
            let last = series_of(random.i64(0..40), random.i64(1..6));
            let ends = (first.min(last), first.max(last));
            let all =
                (0..40).flat_map(|entity| (1..6).map(move |metric| series_of(entity, metric)));
            let is_in = |series: &i64| (ends.0..=ends.1).contains(series) && wanted.has(*series);
            let expected = all.filter(is_in).count() > 0;
            assert_eq!(wanted.may_be_in(ends), expected, "{wanted:?} {ends:?}");
            passed_over += usize::from(!expected);
        }
        assert!((200..1_800).contains(&passed_over), "both happen: {passed_over}");
    }
}
