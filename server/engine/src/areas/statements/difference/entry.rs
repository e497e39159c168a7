//! The difference of one entry: whether it is the entry of the reading before or another under the same
//! key, and what it did.

use model::statements::{Bound, Key, Measure, Moved, Sums};

use super::{Counters, Poll};

/// What became of an entry that moved.
pub enum Step {
    /// The same entry went on, and it is known to be the same.
    Known(Moved),
    /// It seems to be the same entry: no counter fell. Before 1.11 nothing says more.
    Presumed(Moved),
    /// It was not there before.
    New(Moved),
    /// It was removed and came back: what it did before that is lost.
    Returned(Moved),
}

impl Step {
    /// What moved, where entries were removed in the meantime or not.
    pub fn moved(self, lossy: bool) -> Moved {
        let bound_if = |lost| if lost { Bound::LowerBound } else { Bound::Exact };
        match self {
            Self::Known(moved) => moved,
            Self::Presumed(moved) | Self::New(moved) => Moved { bound: bound_if(lossy), ..moved },
            Self::Returned(moved) => Moved { bound: Bound::LowerBound, ..moved },
        }
    }
}

/// All that an entry counts, for it began after the reading before.
pub fn whole(key: Key, now: &Counters, bound: Bound) -> Moved {
    Moved {
        key,
        sums: now.sums.clone(),
        bound,
        min_ms: now.min_ms,
        max_ms: now.max_ms,
        max_is_new: now.sums.get(Measure::Calls) > 0.0,
        extremes_since_ms: now.extremes_since_us.map(|us| us / 1_000),
    }
}

/// An entry that was not there before. Where some were hidden then, it may have been one of them: then it
/// counts only if it says that it is younger.
pub fn new(key: Key, now: &Counters, before: &Poll) -> Option<Step> {
    let is_younger = now.since_us.is_some_and(|since| since > before.server_now_us);
    let is_new = before.hidden == 0 || is_younger;
    (is_new && !now.sums.is_zero()).then(|| Step::New(whole(key, now, Bound::Exact)))
}

/// An entry that was there before, at `then_us` of the server's clock; None when nothing moved.
pub fn step(
    key: Key,
    (before, then_us): (&Counters, i64),
    now: &Counters,
    version: u16,
) -> Option<Step> {
    let returned = match (before.since_us, now.since_us) {
        (Some(then), Some(since)) => then != since,
        // The extension has been updated in between.
        (None, Some(since)) => since > then_us,
        _ => before != now && is_another(before, now, version),
    };
    if returned {
        return Some(Step::Returned(whole(key, now, Bound::LowerBound)));
    }
    let sums = risen(before, now, version);
    if sums.is_zero() {
        return None;
    }
    let extremes_restarted = before.extremes_since_us != now.extremes_since_us;
    let moved = Moved {
        sums,
        max_is_new: now.max_ms > before.max_ms || (extremes_restarted && now.max_ms > 0.0),
        ..whole(key, now, Bound::Exact)
    };
    Some(if now.since_us.is_some() { Step::Known(moved) } else { Step::Presumed(moved) })
}

/// By how much each counter rose.
fn risen(before: &Counters, now: &Counters, version: u16) -> Sums {
    let (then, mut rise) = (before.sums.dense(), now.sums.dense());
    for ((value, then), measure) in rise.iter_mut().zip(then).zip(Measure::ALL) {
        *value = if measure.since() <= version { *value - then } else { 0.0 };
    }
    let of = |measure: Measure| rise.get(measure as usize).copied().unwrap_or_default();
    let (calls, total) = (of(Measure::Calls), of(Measure::ExecTime));
    // Not below what calls of equal length would give: the difference of two large sums of squares is
    // off by more than a small one is.
    let least = if calls > 0.0 { total * total / calls } else { 0.0 };
    if let Some(squares) = rise.get_mut(Measure::ExecTimeSquares as usize) {
        *squares = squares.max(least);
    }
    Sums::of(&rise)
}

/// Rounding of sums of times, relative.
const ROUNDING: f64 = 1e-9;

/// Whether this is another entry under the same key, where the extension does not say since when it
/// counts: a counter fell, the extremes narrowed, or the mean of what was added is outside of them.
fn is_another(before: &Counters, now: &Counters, version: u16) -> bool {
    let (then, values) = (before.sums.dense(), now.sums.dense());
    let fell = Measure::ALL.into_iter().zip(then.iter().zip(&values)).any(|(measure, (a, b))| {
        // A sum of squares is put together from rounded numbers.
        measure != Measure::ExecTimeSquares && measure.since() <= version && b < a
    });
    let rose = |measure: Measure| now.sums.get(measure) - before.sums.get(measure);
    let (calls, total) = (rose(Measure::Calls), rose(Measure::ExecTime));
    let narrowed = before.sums.get(Measure::Calls) > 0.0
        && (now.max_ms < before.max_ms || now.min_ms > before.min_ms);
    let slack = ROUNDING * now.sums.get(Measure::ExecTime);
    let outside = if calls > 0.0 {
        total > calls * now.max_ms + slack || total < calls * now.min_ms - slack
    } else {
        total > slack
    };
    fell || narrowed || outside
}
