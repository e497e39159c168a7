//! Statements of windows that were asked for a moment ago, so that the next page, a search or a grouping of many
//! statements does not read the store again. In memory, for a minute.

use std::sync::{Mutex, PoisonError};

use history::Source;
use model::statements::Measure;

use super::base::Base;

/// Fewer are read as quickly as they are copied.
const LEAST_ENTRIES: usize = 2_000;
/// The most of all windows together, about half a kilobyte each.
const MOST_ENTRIES: usize = 200_000;
/// How long a window is kept, and by how much it may have moved on meanwhile, ms.
const OLDEST_MS: i64 = 60_000;
/// It may have moved by this part of its length.
const MOVED: i64 = 20;

/// What of a window was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The source.
    pub source: Source,
    /// The measures.
    pub measures: Vec<Measure>,
    /// When the statistics were last read, ms since the epoch: later there may be more in the window.
    pub reading_ms: Option<i64>,
}

struct Window {
    wanted: Wanted,
    from_to: (i64, i64),
    at_ms: i64,
    base: Base,
}

/// The windows, the newest last.
#[derive(Default)]
pub struct Kept(Mutex<Vec<Window>>);

impl Kept {
    /// The statements of that window, or of one that hardly differs; its facts say of which.
    pub fn get(&self, wanted: &Wanted, (from_ms, to_ms): (i64, i64), now_ms: i64) -> Option<Base> {
        let most_ms = OLDEST_MS.min(to_ms.saturating_sub(from_ms) / MOVED);
        let is_near = |one: i64, other: i64| one.saturating_sub(other).saturating_abs() <= most_ms;
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = windows.iter().rev().find(|window| {
            window.wanted == *wanted
                && is_near(window.from_to.0, from_ms)
                && is_near(window.from_to.1, to_ms)
                && is_fresh(window, now_ms)
        });
        found.map(|window| window.base.clone())
    }

    /// Keeps them, in the place of the oldest.
    pub fn put(&self, wanted: Wanted, from_to: (i64, i64), now_ms: i64, base: &Base) {
        let entries = base.entries.len();
        if !(LEAST_ENTRIES..=MOST_ENTRIES).contains(&entries) {
            return;
        }
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|window| is_fresh(window, now_ms));
        windows.push(Window { wanted, from_to, at_ms: now_ms, base: base.clone() });
        let sizes = windows.iter().map(|window| window.base.entries.len());
        let too_many = windows.len() - fitting(sizes.rev(), MOST_ENTRIES);
        windows.drain(..too_many);
    }
}

/// How many of these fit together, from the first on.
fn fitting(sizes: impl Iterator<Item = usize>, most: usize) -> usize {
    let room = |room: &mut usize, size: usize| {
        *room = room.checked_sub(size)?;
        Some(())
    };
    sizes.scan(most, room).count()
}

/// A clock that was set back makes everything old.
fn is_fresh(window: &Window, now_ms: i64) -> bool {
    (0..=OLDEST_MS).contains(&now_ms.saturating_sub(window.at_ms))
}

#[cfg(test)]
mod tests {
    use super::super::base::{entry, of_entries};
    use super::*;
    use history::Entity;
    use model::statements::Sums;

    const HOUR_MS: i64 = 3_600_000;

    fn base(entries: usize) -> Base {
        let one = |number: usize| {
            let queryid = number.to_string();
            let labels = [
                ("database", "d"),
                ("queryid", queryid.as_str()),
                ("role", "r"),
                ("toplevel", "true"),
            ];
            entry(&Entity::of(labels), Sums::default()).unwrap()
        };
        of_entries((0..entries).map(one).collect())
    }

    fn wanted(measure: Measure, reading_ms: i64) -> Wanted {
        let source = Source::new("1", "shop", "statements");
        Wanted { source, measures: vec![measure], reading_ms: Some(reading_ms) }
    }

    #[test]
    fn a_window_is_kept_while_it_is_the_same() {
        let (kept, calls) = (Kept::default(), wanted(Measure::Calls, 7));
        kept.put(calls.clone(), (0, HOUR_MS), HOUR_MS, &base(LEAST_ENTRIES));
        let found = |wanted: &Wanted, to_ms: i64, now_ms: i64| {
            kept.get(wanted, (to_ms - HOUR_MS, to_ms), now_ms).map(|base| base.entries.len())
        };
        assert_eq!(found(&calls, HOUR_MS, HOUR_MS), Some(LEAST_ENTRIES));
        assert_eq!(found(&calls, HOUR_MS + 30_000, HOUR_MS + 30_000), Some(LEAST_ENTRIES));
        assert_eq!(found(&calls, HOUR_MS + 61_000, HOUR_MS + 30_000), None, "it moved");
        assert_eq!(found(&calls, HOUR_MS, HOUR_MS + 61_000), None, "it is old");
        assert_eq!(found(&calls, HOUR_MS, HOUR_MS - 1), None, "the clock was set back");
        assert_eq!(found(&wanted(Measure::Calls, 8), HOUR_MS, HOUR_MS), None, "read again");
        assert_eq!(found(&wanted(Measure::Rows, 7), HOUR_MS, HOUR_MS), None);
        assert!(kept.get(&calls, (0, HOUR_MS / 2), HOUR_MS).is_none(), "another length");
    }

    #[test]
    fn few_are_not_kept_and_many_take_the_place_of_the_oldest() {
        let kept = Kept::default();
        let few = wanted(Measure::Calls, 1);
        kept.put(few.clone(), (0, HOUR_MS), HOUR_MS, &base(LEAST_ENTRIES - 1));
        assert!(kept.get(&few, (0, HOUR_MS), HOUR_MS).is_none());
        assert_eq!(fitting([5, 5, 5].into_iter(), 10), 2);
        assert_eq!(fitting([5, 5, 5].into_iter(), 9), 1);
        assert_eq!(fitting([11, 1].into_iter(), 10), 0);
    }
}
