//! Retention of an area's history: chunks of readings within a budget of bytes and a reach in time,
//! oldest dropped first.
//!
//! A chunk stands alone: it can be read, dropped or written elsewhere without its neighbours. How it
//! encodes readings is the area's affair; how much of it is kept, and for how long, is decided here.

use std::collections::VecDeque;

/// A stretch of recorded readings that needs nothing outside itself.
pub trait Chunk: Default {
    /// Bytes in use.
    fn bytes(&self) -> usize;

    /// Until when it knows something, ms since the epoch; None while it is empty.
    fn until_ms(&self) -> Option<i64>;

    /// How many readings it holds.
    fn readings(&self) -> usize;

    /// Ends writing: what only the writer needs is given back.
    fn close(&mut self);
}

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// The most bytes of all chunks together.
    pub budget_bytes: usize,
    /// How long it reaches back, ms.
    pub reach_ms: i64,
    /// The most readings in one chunk.
    pub chunk_readings: usize,
}

/// A chunk is closed when it takes this share of the budget.
const CHUNK_SHARE: usize = 4;

/// The chunks of one area of one server, oldest first; the last one is written.
pub struct Chunks<C> {
    chunks: VecDeque<C>,
    retention: Retention,
}

impl<C: Chunk> Chunks<C> {
    /// Nothing yet.
    pub fn new(retention: Retention) -> Self {
        Self { chunks: VecDeque::new(), retention }
    }

    /// These chunks, as far as they are within the budget.
    pub fn of(retention: Retention, chunks: impl Iterator<Item = C>) -> Self {
        let mut all = Self { chunks: chunks.collect(), retention };
        if let Some(until_ms) = all.last().and_then(Chunk::until_ms) {
            all.forget(until_ms);
        }
        all
    }

    /// The most bytes it may use.
    pub fn budget_bytes(&self) -> usize {
        self.retention.budget_bytes
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        self.chunks.iter().map(Chunk::bytes).sum()
    }

    /// All chunks, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &C> {
        self.chunks.iter()
    }

    /// The newest chunk.
    pub fn last(&self) -> Option<&C> {
        self.chunks.back()
    }

    /// The newest chunk, to change what it says of the newest reading.
    pub fn last_mut(&mut self) -> Option<&mut C> {
        self.chunks.back_mut()
    }

    /// The chunk that takes the next reading.
    pub fn open(&mut self) -> &mut C {
        let most = self.retention.budget_bytes / CHUNK_SHARE;
        let full =
            |chunk: &C| chunk.readings() >= self.retention.chunk_readings || chunk.bytes() > most;
        if self.chunks.back().is_none_or(full) {
            if let Some(last) = self.chunks.back_mut() {
                last.close();
            }
            self.chunks.push_back(C::default());
        }
        let last = self.chunks.len() - 1;
        &mut self.chunks[last]
    }

    /// Drops the chunks that are too old or too much.
    pub fn forget(&mut self, now_ms: i64) {
        let oldest_ms = now_ms - self.retention.reach_ms;
        let old = |chunk: &C| chunk.until_ms().is_none_or(|until_ms| until_ms < oldest_ms);
        while self.chunks.front().is_some_and(old) || self.bytes() > self.retention.budget_bytes {
            if self.chunks.pop_front().is_none() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times; each takes eight bytes.
    #[derive(Default)]
    struct Times(Vec<i64>, bool);

    impl Chunk for Times {
        fn bytes(&self) -> usize {
            self.0.len() * 8
        }
        fn until_ms(&self) -> Option<i64> {
            self.0.last().copied()
        }
        fn readings(&self) -> usize {
            self.0.len()
        }
        fn close(&mut self) {
            self.1 = true;
        }
    }

    fn recorded(retention: Retention, times: impl Iterator<Item = i64>) -> Chunks<Times> {
        let mut chunks: Chunks<Times> = Chunks::new(retention);
        for at_ms in times {
            chunks.open().0.push(at_ms);
            chunks.forget(at_ms);
        }
        chunks
    }

    #[test]
    fn the_oldest_chunk_goes_when_it_is_out_of_reach() {
        let retention = Retention { budget_bytes: 1 << 20, reach_ms: 100, chunk_readings: 10 };
        let chunks = recorded(retention, 0..250);
        let kept: Vec<i64> = chunks.iter().flat_map(|chunk| chunk.0.iter().copied()).collect();
        assert_eq!(kept, (140..250).collect::<Vec<_>>(), "whole chunks go");
        assert!(chunks.iter().rev().skip(1).all(|chunk| chunk.1), "all but the last are closed");
    }

    #[test]
    fn the_budget_is_never_exceeded() {
        for budget_bytes in [0, 8, 100, 1_000] {
            let retention = Retention { budget_bytes, reach_ms: 1_000_000, chunk_readings: 300 };
            let chunks = recorded(retention, 0..1_000);
            assert!(chunks.bytes() <= budget_bytes, "{} of {budget_bytes}", chunks.bytes());
        }
    }
}
