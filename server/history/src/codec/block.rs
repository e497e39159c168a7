//! A block: the columns of a run of series over the slots of one chunk, compressed together.

use super::seal::{Effort, seal, unseal};
use super::varint::{Reader, put, put_signed};
use super::{floats, ints};
use crate::level::{Cell, Level, push};

/// A block is closed when its columns take so many bytes: reading one series unfolds one block.
const FULL: usize = 64 << 10;
/// The most series of a block.
const MOST_SERIES: usize = 1 << 16;

/// A finished block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// The least series in it.
    pub(crate) first: i64,
    /// The greatest series in it.
    pub(crate) last: i64,
    /// Its bytes, with their checksum.
    pub(crate) data: Vec<u8>,
}

/// Writes series in the order of their numbers into blocks.
pub(crate) struct Builder {
    level: Level,
    slots: usize,
    effort: Effort,
    ids: Vec<i64>,
    lengths: Vec<usize>,
    bodies: Vec<u8>,
    done: Vec<Sealed>,
    samples: u64,
}

impl Builder {
    /// Blocks of a chunk of so many slots.
    pub(crate) fn new(level: Level, slots: usize, effort: Effort) -> Self {
        Self {
            level,
            slots,
            effort,
            ids: Vec::new(),
            lengths: Vec::new(),
            bodies: Vec::new(),
            done: Vec::new(),
            samples: 0,
        }
    }

    /// Adds a series; its cells are in the order of their slots.
    pub(crate) fn add(&mut self, series: i64, cells: &[Cell]) {
        if cells.is_empty() {
            return;
        }
        let before = self.bodies.len();
        encode(&mut self.bodies, self.level, self.slots, cells);
        self.ids.push(series);
        self.lengths.push(self.bodies.len() - before);
        self.samples += cells.iter().map(|cell| u64::from(cell.count)).sum::<u64>();
        if self.bodies.len() >= FULL || self.ids.len() >= MOST_SERIES {
            self.close();
        }
    }

    fn close(&mut self) {
        let (Some(first), Some(last)) = (self.ids.first().copied(), self.ids.last().copied())
        else {
            return;
        };
        let mut out = Vec::with_capacity(self.bodies.len() + 4 * self.ids.len());
        put(&mut out, self.ids.len() as u64);
        let mut previous = 0;
        for id in &self.ids {
            put_signed(&mut out, id.wrapping_sub(previous));
            previous = *id;
        }
        for length in &self.lengths {
            put(&mut out, *length as u64);
        }
        out.extend_from_slice(&self.bodies);
        self.done.push(Sealed { first, last, data: seal(&out, self.effort) });
        self.ids.clear();
        self.lengths.clear();
        self.bodies.clear();
    }

    /// The blocks, and how many samples are in them.
    pub(crate) fn finish(mut self) -> (Vec<Sealed>, u64) {
        self.close();
        (self.done, self.samples)
    }
}

/// Which slots have a value: all, or a list of distances.
fn encode(out: &mut Vec<u8>, level: Level, slots: usize, cells: &[Cell]) {
    let all = cells.len() == slots;
    put(out, if all { 0 } else { cells.len() as u64 });
    if !all {
        let mut next = 0;
        for cell in cells {
            put(out, u64::from(cell.slot.wrapping_sub(next)));
            next = cell.slot + 1;
        }
    }
    let column = |of: fn(&Cell) -> f64| cells.iter().map(of).collect::<Vec<f64>>();
    match cells {
        [one] if level == Level::Raw => return floats::encode(out, &[one.sum]),
        _ if level == Level::Raw => return floats::encode(out, &column(|cell| cell.sum)),
        _ => {}
    }
    ints::encode(out, &cells.iter().map(|cell| i64::from(cell.count)).collect::<Vec<i64>>());
    floats::encode(out, &column(|cell| cell.sum));
    // A single value is its own least and greatest.
    let several: Vec<&Cell> = cells.iter().filter(|cell| cell.count > 1).collect();
    floats::encode(out, &several.iter().map(|cell| cell.min).collect::<Vec<f64>>());
    floats::encode(out, &several.iter().map(|cell| cell.max).collect::<Vec<f64>>());
}

/// Reads a series' cells into this, in the place of what is there.
fn decode(body: &[u8], level: Level, slots: usize, cells: &mut Vec<Cell>) -> Option<()> {
    cells.clear();
    let mut reader = Reader::new(body);
    let listed = reader.count(slots)?;
    let count = if listed == 0 { slots } else { listed };
    let mut at = Vec::new();
    if listed > 0 {
        at.reserve_exact(count);
        let mut next = 0_usize;
        for _ in 0..count {
            let slot = next.checked_add(reader.count(slots)?).filter(|slot| *slot < slots)?;
            at.push(slot as u32);
            next = slot + 1;
        }
    }
    // Where all slots have a value, they are not listed.
    let slot = |place: usize| at.get(place).copied().unwrap_or(place as u32);
    if level == Level::Raw && count == 1 {
        cells.push(Cell::of(slot(0), floats::decode_one(&mut reader)?));
        return Some(());
    }
    if level == Level::Raw {
        let values = floats::decode(&mut reader, count)?;
        cells.extend(values.into_iter().enumerate().map(|(at, value)| Cell::of(slot(at), value)));
        return Some(());
    }
    let counts = ints::decode(&mut reader, count)?;
    let sums = floats::decode(&mut reader, count)?;
    let several = counts.iter().filter(|count| **count > 1).count();
    let mut least = floats::decode(&mut reader, several)?.into_iter();
    let mut greatest = floats::decode(&mut reader, several)?.into_iter();
    for (at, (count, sum)) in counts.into_iter().zip(sums).enumerate() {
        let mut cell = Cell::of(slot(at), sum);
        cell.count = u32::try_from(count).ok()?;
        if count > 1 {
            cell.min = least.next()?;
            cell.max = greatest.next()?;
        }
        push(cells, cell);
    }
    Some(())
}

/// A block that was read.
pub(crate) struct Block {
    bytes: Vec<u8>,
    /// Series, and where its column is.
    index: Vec<(i64, usize, usize)>,
}

impl Block {
    /// Opens a block; None if a byte is wrong.
    pub(crate) fn open(sealed: &[u8]) -> Option<Self> {
        let bytes = unseal(sealed)?;
        let mut reader = Reader::new(&bytes);
        let count = reader.count(MOST_SERIES)?;
        let mut index = Vec::with_capacity(count);
        let mut previous = 0_i64;
        for _ in 0..count {
            previous = previous.wrapping_add(reader.signed()?);
            index.push((previous, 0, 0));
        }
        // Where columns begin is known only when all lengths are read.
        let mut end = 0_usize;
        for (_, from, to) in &mut index {
            *from = end;
            end = end.checked_add(reader.count(bytes.len())?)?;
            *to = end;
        }
        let start = bytes.len() - reader.rest().len();
        if end > bytes.len() - start {
            return None;
        }
        for (_, from, to) in &mut index {
            *from += start;
            *to += start;
        }
        Some(Self { bytes, index })
    }

    /// The series in it, ascending.
    pub(crate) fn series(&self) -> impl Iterator<Item = i64> {
        self.index.iter().map(|(id, ..)| *id)
    }

    /// The series at a place.
    pub(crate) fn series_at(&self, place: usize) -> Option<i64> {
        self.index.get(place).map(|(id, ..)| *id)
    }

    /// The cells of the series at a place.
    #[cfg(test)]
    pub(crate) fn cells(&self, place: usize, level: Level, slots: usize) -> Option<Vec<Cell>> {
        let mut cells = Vec::new();
        self.cells_into(place, level, slots, &mut cells)?;
        Some(cells)
    }

    /// Reads the cells of the series at a place, in the place of what is there; None, and anything there, if a
    /// byte is wrong.
    pub(crate) fn cells_into(
        &self,
        place: usize,
        level: Level,
        slots: usize,
        cells: &mut Vec<Cell>,
    ) -> Option<()> {
        let (_, start, end) = self.index.get(place)?;
        decode(self.bytes.get(*start..*end)?, level, slots, cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random_cells(random: &mut fastrand::Rng, level: Level, slots: u32) -> Vec<Cell> {
        let share = random.f64();
        let at = (0..slots).filter(|_| random.f64() < share).collect::<Vec<u32>>();
        let cell = |slot| {
            let mut cell = Cell::of(slot, f64::from(random.u32(0..50)));
            if level != Level::Raw && random.bool() {
                cell.add(&Cell::of(slot, random.f64() - 0.5));
            }
            cell
        };
        at.into_iter().map(cell).collect()
    }

    #[test]
    fn any_cells_come_back() {
        let mut random = fastrand::Rng::with_seed(3);
        for round in 0..300 {
            let level = Level::ALL[round % 4];
            let slots = random.u32(1..90);
            let series: Vec<(i64, Vec<Cell>)> = (0..random.i64(1..40))
                .map(|n| (n * 4_096 + random.i64(0..9), random_cells(&mut random, level, slots)))
                .filter(|(_, cells)| !cells.is_empty())
                .collect();
            let mut builder = Builder::new(level, slots as usize, Effort::Small);
            for (id, cells) in &series {
                builder.add(*id, cells);
            }
            let (blocks, samples) = builder.finish();
            let sum: u64 =
                series.iter().flat_map(|(_, cells)| cells).map(|c| u64::from(c.count)).sum();
            assert_eq!(samples, sum);
            let mut back = Vec::new();
            for sealed in &blocks {
                let block = Block::open(&sealed.data).unwrap();
                for (place, id) in block.series().enumerate() {
                    back.push((id, block.cells(place, level, slots as usize).unwrap()));
                }
            }
            assert_eq!(back, series);
        }
    }

    /// The checksum keeps broken bytes away from the decoder; it must bear them all the same.
    #[test]
    fn broken_bytes_never_panic() {
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..random.usize(0..60)).map(|_| random.u8(..) >> 2).collect();
            decode(&bytes, Level::ALL[random.usize(0..4)], random.usize(0..50), &mut Vec::new());
            if let Some(block) = Block::open(&seal(&bytes, Effort::Quick)) {
                for place in 0..block.index.len() {
                    block.cells(place, Level::Raw, 20);
                }
            }
        }
    }
}
