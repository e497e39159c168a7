//! Merging chunks of the same level into one, and rolling ticks up to minutes, hours and days on the way.
//! Pure: bytes in, bytes out.

use std::collections::VecDeque;

use crate::chunk::Chunk;
use crate::codec::block::{Block, Builder};
use crate::codec::seal::Effort;
use crate::level::{Cell, Level, Slot, push};

/// A chunk as it was read, its blocks in the order of their series.
pub(crate) struct Input {
    /// Its times.
    pub(crate) slots: Vec<Slot>,
    /// Its blocks, sealed.
    pub(crate) blocks: VecDeque<Vec<u8>>,
}

/// What came of it.
pub(crate) struct Merged {
    /// The merged chunk first, then its roll-ups.
    pub(crate) chunks: Vec<Chunk>,
    /// Entities that have values in it, by series, ascending; filled for ticks only.
    pub(crate) series: Vec<i64>,
    /// Inputs of which a block could not be read.
    pub(crate) corrupt: Vec<usize>,
}

/// One of the chunks that are made: where each input's slots go, and its blocks.
struct Target {
    level: Level,
    effort: Effort,
    times: Vec<Slot>,
    /// By input and slot.
    places: Vec<Vec<u32>>,
    builder: Builder,
    cells: Vec<Cell>,
}

impl Target {
    fn new(level: Level, inputs: &[Input], effort: Effort) -> Self {
        let mut times: Vec<Slot> = Vec::new();
        let mut places = Vec::with_capacity(inputs.len());
        for input in inputs {
            let mut of_input = Vec::with_capacity(input.slots.len());
            for slot in &input.slots {
                let at_ms = level.floor(slot.at_ms);
                match times.last_mut() {
                    Some(last) if level != Level::Raw && last.at_ms == at_ms => {
                        last.ticks = last.ticks.saturating_add(slot.ticks);
                        last.read_ms += slot.read_ms;
                    }
                    _ => times.push(Slot { at_ms, ..*slot }),
                }
                of_input.push(times.len() as u32 - 1);
            }
            places.push(of_input);
        }
        let builder = Builder::new(level, times.len(), effort);
        Self { effort, level, times, places, builder, cells: Vec::new() }
    }

    fn take(&mut self, input: usize, cells: &[Cell]) {
        let Some(places) = self.places.get(input) else { return };
        self.cells.reserve(cells.len());
        for cell in cells {
            if let Some(slot) = places.get(cell.slot as usize) {
                push(&mut self.cells, Cell { slot: *slot, ..*cell });
            }
        }
    }

    fn close(&mut self, series: i64) {
        self.builder.add(series, &self.cells);
        self.cells.clear();
    }

    fn finish(self) -> Option<Chunk> {
        Chunk::new(self.level, &self.times, self.builder.finish(), self.effort)
    }
}

/// Reads the series of one input one after another.
struct Cursor {
    input: Input,
    block: Option<Block>,
    place: usize,
    corrupt: bool,
}

impl Cursor {
    fn new(input: Input) -> Self {
        let mut cursor = Self { input, block: None, place: 0, corrupt: false };
        cursor.next_block();
        cursor
    }

    fn next_block(&mut self) {
        self.place = 0;
        self.block = None;
        while let Some(sealed) = self.input.blocks.pop_front() {
            match Block::open(&sealed) {
                Some(block) if block.series_at(0).is_some() => {
                    self.block = Some(block);
                    return;
                }
                Some(_) => {}
                None => self.corrupt = true,
            }
        }
    }

    fn series(&self) -> Option<i64> {
        self.block.as_ref()?.series_at(self.place)
    }

    /// The cells of the series it stands at; then it stands at the next.
    fn read(&mut self, level: Level, cells: &mut Vec<Cell>) {
        let slots = self.input.slots.len();
        let block = self.block.as_ref();
        let read = block.and_then(|block| block.cells_into(self.place, level, slots, cells));
        if read.is_none() {
            self.corrupt = true;
            cells.clear();
        }
        self.place += 1;
        if self.series().is_none() {
            self.next_block();
        }
    }
}

/// Merges chunks of one level, given in the order of time and not overlapping, and makes the roll-ups.
pub(crate) fn merge(level: Level, inputs: Vec<Input>, rollups: &[Level], effort: Effort) -> Merged {
    let levels = std::iter::once(level).chain(rollups.iter().copied());
    let mut targets: Vec<Target> =
        levels.map(|level| Target::new(level, &inputs, effort)).collect();
    let mut cursors: Vec<Cursor> = inputs.into_iter().map(Cursor::new).collect();
    let (mut all, mut cells) = (Vec::new(), Vec::new());
    while let Some(series) = cursors.iter().filter_map(Cursor::series).min() {
        for (input, cursor) in cursors.iter_mut().enumerate() {
            if cursor.series() == Some(series) {
                cursor.read(level, &mut cells);
                for target in &mut targets {
                    target.take(input, &cells);
                }
            }
        }
        for target in &mut targets {
            target.close(series);
        }
        if level == Level::Raw {
            all.push(series);
        }
    }
    let corrupt = cursors.iter().enumerate().filter(|(_, cursor)| cursor.corrupt);
    Merged {
        corrupt: corrupt.map(|(input, _)| input).collect(),
        chunks: targets.into_iter().filter_map(Target::finish).collect(),
        series: all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::slots;

    fn input(chunk: &Chunk) -> Input {
        Input {
            slots: slots::decode(&chunk.slots).unwrap(),
            blocks: chunk.blocks.iter().map(|block| block.data.clone()).collect(),
        }
    }

    fn cells(chunk: &Chunk, series: i64) -> Vec<Cell> {
        let times = slots::decode(&chunk.slots).unwrap();
        let blocks = chunk.blocks.iter().filter_map(|block| Block::open(&block.data));
        blocks
            .filter_map(|block| {
                let place = block.series().position(|known| known == series)?;
                block.cells(place, chunk.level, times.len())
            })
            .flatten()
            .collect()
    }

    /// Ticks of a second from `from`, a value for a few series in some of them.
    fn ticks(from: i64, count: u32) -> Chunk {
        let times: Vec<Slot> = (0..count)
            .map(|n| Slot { at_ms: from + i64::from(n) * 1_000, ticks: 1, read_ms: 1_000 })
            .collect();
        let values = (0..count)
            .flat_map(|n| [(5, n, f64::from(n)), (9, n, 0.5)])
            .filter(|(series, n, _)| *series == 9 || n % 3 == 0)
            .collect();
        Chunk::of_ticks(&times, values, |_, one, next| one + next).unwrap()
    }

    #[test]
    fn nothing_is_lost_by_merging_and_rolling_up_in_any_order() {
        let parts = [ticks(59_000, 40), ticks(99_000, 40), ticks(139_000, 7)];
        let together = merge(
            Level::Raw,
            parts.iter().map(input).collect(),
            &[Level::Minute, Level::Hour],
            Effort::Small,
        );
        let [raw, minutes, hours] = &together.chunks[..] else { panic!() };
        assert_eq!((raw.samples, raw.ticks), (87 + 14 + 14 + 3, 87));
        assert_eq!(together.series, [5, 9]);
        assert_eq!(minutes.samples, raw.samples);
        assert_eq!((minutes.from_ms, minutes.to_ms), (0, 179_999));
        let of_nine = cells(minutes, 9);
        assert_eq!(of_nine.iter().map(|c| c.count).collect::<Vec<_>>(), [1, 60, 26]);
        assert_eq!(of_nine[1].sum, 30.0);
        assert_eq!(cells(hours, 5)[0].max, 39.0);
        // Each part rolled up alone, then the roll-ups merged: the same bytes.
        let apart: Vec<Chunk> = parts
            .iter()
            .map(|part| {
                merge(Level::Raw, vec![input(part)], &[Level::Minute], Effort::Small)
                    .chunks
                    .remove(1)
            })
            .collect();
        let merged = merge(Level::Minute, apart.iter().map(input).collect(), &[], Effort::Small);
        assert_eq!(merged.chunks[0], *minutes);
    }

    #[test]
    fn a_broken_block_is_left_out_and_told() {
        let parts = [ticks(0, 10), ticks(10_000, 10)];
        let mut inputs: Vec<Input> = parts.iter().map(input).collect();
        inputs[1].blocks[0][20] ^= 1;
        let merged = merge(Level::Raw, inputs, &[], Effort::Small);
        assert_eq!(merged.corrupt, [1]);
        assert_eq!(cells(&merged.chunks[0], 9).len(), 10);
    }
}
