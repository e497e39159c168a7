//! Statements of windows that were asked for a moment ago, so that the next page, another order, a search or a
//! grouping of many statements does not read the store again. In memory, for a minute.

use std::sync::{Arc, Mutex, PoisonError};

use history::Source;

use super::base::Base;

/// Fewer are read quickly enough.
const LEAST_ENTRIES: usize = 2_000;
/// The most of all windows together: 100,000 of a window, of another one, and of both compared. An entry with 15
/// measures takes a quarter of a kilobyte.
const MOST_ENTRIES: usize = 300_000;
/// How long a window is kept, and by how much it may have moved on meanwhile, ms.
const OLDEST_MS: i64 = 60_000;
/// It may have moved by this part of its length.
const MOVED: i64 = 20;

/// What of a window was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The source.
    pub source: Source,
    /// When the statistics were last read, ms since the epoch: later there may be more in the window.
    pub reading_ms: Option<i64>,
}

/// From and to, of the window and of the one that it is compared with, ms since the epoch.
pub type Spans = ((i64, i64), Option<(i64, i64)>);

struct Window {
    wanted: Wanted,
    spans: Spans,
    at_ms: i64,
    base: Arc<Base>,
}

/// The windows, the newest last.
#[derive(Default)]
pub struct Kept(Mutex<Vec<Window>>);

impl Kept {
    /// The statements of these windows, or of such as hardly differ; their facts say of which.
    pub fn get(&self, wanted: &Wanted, spans: Spans, now_ms: i64) -> Option<Arc<Base>> {
        let windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = windows.iter().rev().find(|window| {
            window.wanted == *wanted && are_near(window.spans, spans) && is_fresh(window, now_ms)
        });
        found.map(|window| Arc::clone(&window.base))
    }

    /// Keeps them, in the place of the oldest.
    pub fn put(&self, wanted: Wanted, spans: Spans, now_ms: i64, base: &Arc<Base>) {
        let entries = base.entries.len();
        if !(LEAST_ENTRIES..=MOST_ENTRIES).contains(&entries) {
            return;
        }
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|window| is_fresh(window, now_ms));
        windows.push(Window { wanted, spans, at_ms: now_ms, base: Arc::clone(base) });
        let sizes = windows.iter().map(|window| window.base.entries.len());
        let too_many = windows.len() - fitting(sizes.rev(), MOST_ENTRIES);
        windows.drain(..too_many);
    }
}

fn are_near((one, one_other): Spans, (next, next_other): Spans) -> bool {
    let is_near = |one: (i64, i64), next: (i64, i64)| {
        let most_ms = OLDEST_MS.min(next.1.saturating_sub(next.0) / MOVED);
        let is_near = |one: i64, next: i64| one.saturating_sub(next).saturating_abs() <= most_ms;
        is_near(one.0, next.0) && is_near(one.1, next.1)
    };
    is_near(one, next)
        && match (one_other, next_other) {
            (Some(one), Some(next)) => is_near(one, next),
            (one, next) => one == next,
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
    use super::super::base::{Names, entry};
    use super::*;
    use history::Entity;
    use model::statements::Sums;

    const HOUR_MS: i64 = 3_600_000;

    fn base(entries: usize) -> Arc<Base> {
        let mut names = Names::default();
        let mut one = |number: usize| {
            let queryid = number.to_string();
            let labels = [
                ("database", "d"),
                ("queryid", queryid.as_str()),
                ("role", "r"),
                ("toplevel", "true"),
            ];
            entry(&Entity::of(labels), Sums::default(), &mut names).unwrap()
        };
        let entries = (0..entries).map(&mut one).collect();
        Arc::new(Base::new(entries, Base::default().facts))
    }

    fn wanted(server: &str, reading_ms: i64) -> Wanted {
        Wanted { source: Source::new("1", server, "statements"), reading_ms: Some(reading_ms) }
    }

    #[test]
    fn a_window_is_kept_while_it_is_the_same() {
        let (kept, shop) = (Kept::default(), wanted("shop", 7));
        kept.put(shop.clone(), ((0, HOUR_MS), None), HOUR_MS, &base(LEAST_ENTRIES));
        let found = |wanted: &Wanted, to_ms: i64, now_ms: i64| {
            let spans = ((to_ms - HOUR_MS, to_ms), None);
            kept.get(wanted, spans, now_ms).map(|base| base.entries.len())
        };
        assert_eq!(found(&shop, HOUR_MS, HOUR_MS), Some(LEAST_ENTRIES));
        assert_eq!(found(&shop, HOUR_MS + 30_000, HOUR_MS + 30_000), Some(LEAST_ENTRIES));
        assert_eq!(found(&shop, HOUR_MS + 61_000, HOUR_MS + 30_000), None, "it moved");
        assert_eq!(found(&shop, HOUR_MS, HOUR_MS + 61_000), None, "it is old");
        assert_eq!(found(&shop, HOUR_MS, HOUR_MS - 1), None, "the clock was set back");
        assert_eq!(found(&wanted("shop", 8), HOUR_MS, HOUR_MS), None, "read again");
        assert_eq!(found(&wanted("other", 7), HOUR_MS, HOUR_MS), None);
        let half = ((0, HOUR_MS / 2), None);
        assert!(kept.get(&shop, half, HOUR_MS).is_none(), "another length");
    }

    #[test]
    fn a_comparison_is_kept_beside_its_windows() {
        let (kept, shop) = (Kept::default(), wanted("shop", 7));
        let (now, then) = ((HOUR_MS, 2 * HOUR_MS), (0, HOUR_MS));
        let found = |spans| kept.get(&shop, spans, 0).map(|base| base.entries.len());
        for (more, spans) in [(now, None), (then, None), (now, Some(then))].into_iter().enumerate()
        {
            assert_eq!(found(spans), None);
            kept.put(shop.clone(), spans, 0, &base(LEAST_ENTRIES + more));
            assert_eq!(found(spans), Some(LEAST_ENTRIES + more));
        }
        assert_eq!(found((now, None)), Some(LEAST_ENTRIES));
        assert_eq!(found((now, Some(now))), None, "compared with another");
    }

    #[test]
    fn few_are_not_kept_and_many_take_the_place_of_the_oldest() {
        let kept = Kept::default();
        let (few, spans) = (wanted("shop", 1), ((0, HOUR_MS), None));
        kept.put(few.clone(), spans, HOUR_MS, &base(LEAST_ENTRIES - 1));
        assert!(kept.get(&few, spans, HOUR_MS).is_none());
        assert_eq!(fitting([5, 5, 5].into_iter(), 10), 2);
        assert_eq!(fitting([5, 5, 5].into_iter(), 9), 1);
        assert_eq!(fitting([11, 1].into_iter(), 10), 0);
    }
}
