//! A chunk: a stretch of time of a source at one level, ready to be written.

use crate::codec::block::{Builder, Sealed};
use crate::codec::seal::Effort;
use crate::codec::slots;
use crate::level::{Cell, Level, Slot};

/// A chunk with its blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Its resolution.
    pub(crate) level: Level,
    /// Its first time, ms since the epoch.
    pub(crate) from_ms: i64,
    /// Its last time: of a bucket the last millisecond.
    pub(crate) to_ms: i64,
    /// How many slots it has.
    pub(crate) ticks: i64,
    /// The longest time between two of its ticks.
    pub(crate) every_ms: i64,
    /// How many values are in it.
    pub(crate) samples: u64,
    /// Its times, encoded.
    pub(crate) slots: Vec<u8>,
    /// Its columns.
    pub(crate) blocks: Vec<Sealed>,
}

impl Chunk {
    /// Puts times and blocks together; None without times.
    pub(crate) fn new(
        level: Level,
        times: &[Slot],
        blocks: (Vec<Sealed>, u64),
        effort: Effort,
    ) -> Option<Self> {
        let (first, last) = (times.first()?, times.last()?);
        Some(Self {
            level,
            from_ms: first.at_ms,
            to_ms: last.at_ms + level.width_ms() - 1,
            ticks: times.len() as i64,
            every_ms: times.iter().map(|slot| slot.read_ms).max().unwrap_or(0),
            samples: blocks.1,
            slots: slots::encode(times, effort),
            blocks: blocks.0,
        })
    }

    /// A chunk of ticks from values in any order. Values of the same series and tick are put together by
    /// `merge`.
    pub(crate) fn of_ticks(
        times: &[Slot],
        mut values: Vec<(i64, u32, f64)>,
        merge: impl Fn(i64, f64, f64) -> f64,
    ) -> Option<Self> {
        // Stable: of two gauges the later one counts.
        values.sort_by_key(|(series, slot, _)| (*series, *slot));
        let mut builder = Builder::new(Level::Raw, times.len(), Effort::Quick);
        let mut cells: Vec<Cell> = Vec::new();
        for run in values.chunk_by(|one, next| one.0 == next.0) {
            cells.clear();
            for (series, slot, value) in run {
                match cells.last_mut() {
                    Some(last) if last.slot == *slot => {
                        *last = Cell::of(*slot, merge(*series, last.sum, *value));
                    }
                    _ => cells.push(Cell::of(*slot, *value)),
                }
            }
            if let Some((series, ..)) = run.first() {
                builder.add(*series, &cells);
            }
        }
        Self::new(Level::Raw, times, builder.finish(), Effort::Quick)
    }

    /// Bytes of its times and columns.
    pub(crate) fn bytes(&self) -> i64 {
        let blocks: usize = self.blocks.iter().map(|block| block.data.len()).sum();
        (blocks + self.slots.len()) as i64
    }
}
