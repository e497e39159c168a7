//! Levels of resolution: single ticks, minutes, hours, days; and a value summed up over any of them.

/// A resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    /// Single ticks.
    Raw = 0,
    /// Minutes.
    Minute = 1,
    /// Hours.
    Hour = 2,
    /// Days, in UTC.
    Day = 3,
}

impl Level {
    /// From fine to coarse.
    pub(crate) const ALL: [Self; 4] = [Self::Raw, Self::Minute, Self::Hour, Self::Day];

    /// Length of a bucket, ms; a tick is an instant.
    pub(crate) const fn width_ms(self) -> i64 {
        match self {
            Self::Raw => 1,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }

    /// Its number in the store.
    pub(crate) const fn number(self) -> i64 {
        self as i64
    }

    /// Where the bucket of a time begins.
    pub(crate) const fn floor(self, at_ms: i64) -> i64 {
        at_ms - at_ms.rem_euclid(self.width_ms())
    }

    /// The first beginning of a bucket at or after a time.
    pub(crate) const fn ceil(self, at_ms: i64) -> i64 {
        self.floor(at_ms.saturating_add(self.width_ms() - 1))
    }
}

/// A time of a chunk: a tick, or a bucket with the ticks in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// When it was, or where the bucket begins, ms since the epoch.
    pub(crate) at_ms: i64,
    /// How many ticks it stands for.
    pub(crate) ticks: u32,
    /// The time that they stand for.
    pub(crate) read_ms: i64,
}

/// What a series has in one slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    /// The slot's place in the chunk.
    pub(crate) slot: u32,
    /// How many values it stands for.
    pub(crate) count: u32,
    /// Their sum.
    pub(crate) sum: f64,
    /// The least of them.
    pub(crate) min: f64,
    /// The greatest of them.
    pub(crate) max: f64,
}

impl Cell {
    /// A single value.
    pub(crate) const fn of(slot: u32, value: f64) -> Self {
        Self { slot, count: 1, sum: value, min: value, max: value }
    }

    /// Takes in another cell of the same slot.
    pub(crate) fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// Appends a cell, into the last one where it is of the same slot.
pub(crate) fn push(cells: &mut Vec<Cell>, cell: Cell) {
    match cells.last_mut() {
        Some(last) if last.slot == cell.slot => last.add(&cell),
        _ => cells.push(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_times_before_the_epoch_too() {
        assert_eq!(Level::Minute.floor(-1), -60_000);
        assert_eq!(Level::Minute.ceil(-1), 0);
        assert_eq!(Level::Hour.ceil(3_600_000), 3_600_000);
        assert_eq!(Level::Raw.ceil(17), 17);
        assert_eq!(Level::Raw.floor(17), 17);
    }
}
