//! Which levels answer for which part of a window. Pure.

use crate::level::Level;

/// Since when each level of a source is complete, ms since the epoch; `i64::MIN` if nothing was dropped.
pub(crate) type Since = [i64; 4];

/// A part of a window that one level answers for: from, inclusive, to, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Which.
    pub(crate) level: Level,
    /// Inclusive.
    pub(crate) from_ms: i64,
    /// Exclusive.
    pub(crate) to_ms: i64,
}

/// Times beyond this are no times: computing with them would overflow.
const FARTHEST: i64 = i64::MAX / 8;

/// A window within what can be computed with.
pub(crate) fn clamp(from: i64, to: i64) -> (i64, i64) {
    (from.clamp(-FARTHEST, FARTHEST), to.clamp(-FARTHEST, FARTHEST))
}

fn since(complete: &Since, level: Level) -> i64 {
    complete.get(level as usize).copied().unwrap_or(i64::MAX)
}

/// Covers a window exactly once with the fewest buckets: days inside, then hours, minutes and ticks towards
/// its edges. An edge whose fine levels are gone moves out to the bucket that holds it. Gives the true edges.
pub(crate) fn cover(from: i64, to: i64, complete: &Since) -> (Vec<Segment>, i64, i64) {
    let oldest = Level::ALL.into_iter().min_by_key(|level| since(complete, *level));
    let oldest = oldest.unwrap_or(Level::Day);
    let from = from.max(since(complete, oldest));
    if from >= to {
        return (Vec::new(), from, from);
    }
    let mut segments = Vec::new();
    let (from, to) = cover_with(&Level::ALL, oldest, (from, to), complete, &mut segments);
    (segments, from, to)
}

/// Covers a window with these levels, fine to coarse; with `outer`, which is complete there, if none is.
fn cover_with(
    levels: &[Level],
    outer: Level,
    (from, to): (i64, i64),
    complete: &Since,
    out: &mut Vec<Segment>,
) -> (i64, i64) {
    let mut take = |level: Level, from_ms: i64, to_ms: i64| {
        out.push(Segment { level, from_ms, to_ms });
        (from_ms, to_ms)
    };
    let usable = |level: &Level| since(complete, *level) <= level.floor(from);
    let Some(place) = levels.iter().rposition(usable) else {
        return take(outer, outer.floor(from), outer.ceil(to));
    };
    let level = levels.get(place).copied().unwrap_or(outer);
    let finer = levels.get(..place).unwrap_or_default();
    let (start, end) = (level.ceil(from), level.floor(to));
    if start >= end {
        return cover_with(finer, level, (from, to), complete, out);
    }
    take(level, start, end);
    let (mut true_from, mut true_to) = (from, to);
    if from < start {
        (true_from, _) = cover_with(finer, level, (from, start), complete, out);
    }
    if end < to {
        (_, true_to) = cover_with(finer, level, (end, to), complete, out);
    }
    (true_from, true_to)
}

/// Covers a window for a chart: the coarsest level that buckets of this width can be made of, and towards
/// the past coarser ones where it is gone. A width of 0 asks for single ticks.
pub(crate) fn chart(from: i64, to: i64, width: i64, complete: &Since) -> Vec<Segment> {
    let fits = |level: &Level| {
        *level == Level::Raw || (level.width_ms() <= width && width % level.width_ms() == 0)
    };
    let fitting: Vec<Level> = Level::ALL.into_iter().rev().filter(fits).collect();
    let whole = fitting.iter().copied().find(|level| since(complete, *level) <= level.floor(from));
    let base =
        whole.or_else(|| fitting.iter().copied().min_by_key(|level| since(complete, *level)));
    let (mut segments, mut end) = (Vec::new(), to);
    for level in Level::ALL.into_iter().filter(|level| Some(*level) >= base) {
        // Where the next level takes over, a bucket of it must not hold ticks of this one.
        let coarser = Level::ALL.get(level as usize + 1).copied().unwrap_or(level);
        let complete = since(complete, level);
        let start = if complete <= level.floor(from) {
            level.floor(from)
        } else {
            coarser.ceil(complete).max(level.floor(from))
        };
        if start < end {
            segments.push(Segment { level, from_ms: start, to_ms: end });
            end = start;
        }
        if end <= from {
            break;
        }
    }
    segments
}

/// Widths of buckets that people can read from an axis, ms.
const WIDTHS: [i64; 21] = [
    1_000,
    2_000,
    5_000,
    10_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    10_800_000,
    21_600_000,
    43_200_000,
    86_400_000,
    172_800_000,
    604_800_000,
    2_592_000_000,
];

/// The narrowest width with which a window has at most so many buckets; 0, single ticks, if these are few.
pub(crate) fn width(from: i64, to: i64, every_ms: i64, max_points: usize) -> i64 {
    let (span, points) = (to.saturating_sub(from).max(1), max_points.max(1) as i64);
    if span / every_ms.max(1) <= points {
        return 0;
    }
    let least = span.saturating_add(points - 1) / points;
    WIDTHS.into_iter().find(|width| *width >= least).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;
    const ALL: Since = [i64::MIN; 4];

    #[test]
    fn a_window_is_covered_exactly_once() {
        let mut random = fastrand::Rng::with_seed(2);
        for _ in 0..2_000 {
            let from = random.i64(0..40 * DAY);
            let to = from + random.i64(1..40 * DAY) / random.i64(1..100_000);
            let (mut segments, start, end) = cover(from, to.max(from + 1), &ALL);
            assert_eq!((start, end), (from, to.max(from + 1)));
            segments.sort_by_key(|segment| segment.from_ms);
            assert_eq!(segments.first().map(|s| s.from_ms), Some(from));
            assert_eq!(segments.last().map(|s| s.to_ms), Some(end));
            assert!(segments.windows(2).all(|pair| pair[0].to_ms == pair[1].from_ms));
            assert!(segments.iter().all(|s| {
                s.level.floor(s.from_ms) == s.from_ms && s.level.floor(s.to_ms) == s.to_ms
            }));
        }
    }

    #[test]
    fn thirty_days_take_few_segments() {
        let (segments, ..) = cover(5 * DAY + 7 * HOUR, 35 * DAY + 7 * HOUR, &ALL);
        assert_eq!(segments.len(), 3, "{segments:?}");
    }

    #[test]
    fn an_edge_without_ticks_moves_out() {
        let complete = [20 * DAY, i64::MIN, i64::MIN, i64::MIN];
        let (_, from, to) = cover(5 * DAY + 90_001, 25 * DAY + 90_001, &complete);
        assert_eq!(from, 5 * DAY + 60_000);
        assert_eq!(to, 25 * DAY + 90_001, "ticks are there at the other edge");
        let complete = [30 * DAY, 30 * DAY, 30 * DAY, 10 * DAY];
        let (segments, from, to) = cover(DAY, 20 * DAY + 1, &complete);
        assert_eq!((from, to), (10 * DAY, 21 * DAY));
        assert!(segments.iter().all(|segment| segment.level == Level::Day));
        assert_eq!(segments.iter().map(|s| s.to_ms - s.from_ms).sum::<i64>(), 11 * DAY);
        assert!(cover(0, DAY, &complete).0.is_empty());
    }

    #[test]
    fn a_chart_is_coarser_where_the_past_is() {
        let complete = [30 * DAY + 5, 10 * DAY, i64::MIN, i64::MIN];
        let segments = chart(DAY, 31 * DAY, 1_000, &complete);
        let levels: Vec<Level> = segments.iter().map(|segment| segment.level).collect();
        assert_eq!(levels, [Level::Raw, Level::Minute, Level::Hour]);
        assert_eq!(segments[0].from_ms, 30 * DAY + 60_000);
        assert!(segments.windows(2).all(|pair| pair[0].from_ms == pair[1].to_ms));
        assert_eq!(segments[2].from_ms, DAY);
        let week = chart(0, 7 * DAY, width(0, 7 * DAY, 1_000, 300), &ALL);
        assert_eq!(week[0].level, Level::Hour);
    }

    #[test]
    fn widths_are_readable_and_few_ticks_stay_single() {
        assert_eq!(width(0, 300_000, 1_000, 400), 0);
        assert_eq!(width(0, HOUR, 1_000, 400), 10_000);
        assert_eq!(width(0, 90 * DAY, 1_000, 400), 21_600_000);
    }
}
