//! Reading columns: the chunks of a window, in one snapshot, and the cells in them.

use std::collections::HashSet;

use crate::codec::block::Block;
use crate::codec::slots;
use crate::db::{Conn, query, sql};
use crate::ids::{ENTITIES, parts_of, series_of};
use crate::level::{Cell, Level, Slot};
use crate::window::Segment;

/// Which series are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Ids of metrics.
    pub(crate) metrics: HashSet<i64>,
    /// Ids of entities; None for all.
    pub(crate) entities: Option<HashSet<i64>>,
}

impl Wanted {
    fn has(&self, series: i64) -> bool {
        let (entity, metric) = parts_of(series);
        self.metrics.contains(&metric)
            && self.entities.as_ref().is_none_or(|entities| entities.contains(&entity))
    }

    /// The first series of each metric, and the least and the greatest entity.
    fn bounds(&self) -> (Vec<i64>, i64, i64) {
        let metrics = self.metrics.iter().map(|metric| series_of(0, *metric)).collect();
        let (least, greatest) = match &self.entities {
            Some(ids) => (ids.iter().min().copied(), ids.iter().max().copied()),
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
    /// A time of the window.
    fn slot(&mut self, level: Level, slot: &Slot);
    /// A value of a series at a time.
    fn cell(&mut self, series: i64, level: Level, slot: &Slot, cell: &Cell);
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
            let data: Option<Vec<u8>> = row.try_get(4)?;
            if let Some(piece) = pieces.last_mut() {
                piece.blocks.extend(data);
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
    let mut whole = Some(());
    for sealed in &piece.blocks {
        let Some(block) = Block::open(sealed) else {
            whole = None;
            continue;
        };
        for (place, series) in block.series().enumerate().filter(|(_, s)| wanted.has(*s)) {
            let Some(cells) = block.cells(place, level, times.len()) else {
                whole = None;
                continue;
            };
            for cell in &cells {
                if let Some(slot) = times.get(cell.slot as usize).filter(inside) {
                    sink.cell(series, level, slot, cell);
                }
            }
        }
    }
    whole
}
