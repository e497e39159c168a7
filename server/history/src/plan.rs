//! What one flush writes, sorted by source.

use std::collections::HashMap;

use crate::answers::Gap;
use crate::beside::Beside;
use crate::names::Source;
use crate::pending::{Batch, Tick};

/// A tick, and when the source was read before, if that matters.
pub(crate) type Read<'a> = (&'a Tick, Option<i64>);

/// What one transaction writes.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    /// Gaps.
    pub(crate) gaps: Vec<&'a Gap>,
    /// Ticks of each source, in the order in which they came.
    pub(crate) ticks: Vec<(&'a Source, Vec<Read<'a>>)>,
    /// What lies beside them.
    pub(crate) beside: Vec<&'a Beside>,
}

impl<'a> Plan<'a> {
    /// Everything.
    pub(crate) fn of(batch: &'a Batch) -> Self {
        let mut plan = Self {
            gaps: batch.gaps.iter().collect(),
            beside: batch.beside.iter().collect(),
            ..Self::default()
        };
        plan.add(batch.ticks.iter().map(|tick| (tick, None)));
        plan
    }

    /// Adds ticks, those of a source together.
    pub(crate) fn add(&mut self, ticks: impl Iterator<Item = Read<'a>>) {
        let mut places: HashMap<&Source, usize> =
            self.ticks.iter().enumerate().map(|(place, (source, _))| (*source, place)).collect();
        for (tick, before_ms) in ticks {
            let place = *places.entry(&tick.source).or_insert(self.ticks.len());
            match self.ticks.get_mut(place) {
                Some((_, ticks)) => ticks.push((tick, before_ms)),
                None => self.ticks.push((&tick.source, vec![(tick, before_ms)])),
            }
        }
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.gaps.is_empty() && self.ticks.is_empty() && self.beside.is_empty()
    }
}
