//! When the shop is busy: the course of a day and of a week, a nightly batch, a restart, and chance from a fixed
//! seed. Pure.

use super::story::{HOUR_MS, MINUTE_MS, Story};

const DAY_MS: i64 = 24 * HOUR_MS;
/// The times between two ticks, from the newest on: how far back, and how long.
const STEPS: [(i64, i64); 3] =
    [(HOUR_MS, 15_000), (24 * HOUR_MS, 2 * MINUTE_MS), (i64::MAX, 10 * MINUTE_MS)];
/// How busy the shop is at each hour of a day, UTC.
const HOURS: [f64; 24] = [
    0.34, 0.28, 0.25, 0.24, 0.26, 0.33, 0.48, 0.68, 0.86, 0.97, 1.02, 1.04, 1.0, 0.98, 1.0, 1.02,
    1.03, 1.05, 1.1, 1.16, 1.12, 0.92, 0.68, 0.47,
];
/// And on each day of the week, from Thursday on, as the epoch began.
const DAYS: [f64; 7] = [1.0, 1.04, 0.82, 0.74, 1.0, 0.98, 1.0];
/// When the batch of the night begins, and how long it runs.
const BATCH: (i64, i64) = (105 * MINUTE_MS, 40 * MINUTE_MS);
/// How long the server is away when it is restarted.
const AWAY_MS: i64 = 3 * MINUTE_MS;
/// How long its cache takes to fill, by halves.
const HALF_FULL_MS: f64 = 12.0 * 60_000.0;

/// The course of the week until a source's first reading.
pub struct Curve {
    from_ms: i64,
    to_ms: i64,
    restart_ms: i64,
    setting_ms: i64,
    dropped_ms: i64,
}

/// What holds at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// How busy the shop is, in multiples of how it is at the seam.
    pub load: f64,
    /// How much the batch does, of 1.
    pub batch: f64,
    /// How empty the cache is, of 1.
    pub cold: f64,
    /// Whether a setting is still what it was.
    pub is_old_setting: bool,
    /// Whether the index is still there.
    pub has_index: bool,
}

impl Curve {
    /// Until the first reading of a source.
    pub fn new(story: &Story, first_ms: i64) -> Self {
        Self {
            from_ms: story.from_ms,
            to_ms: first_ms,
            restart_ms: story.restart_ms,
            setting_ms: story.setting_ms,
            dropped_ms: story.dropped_ms,
        }
    }

    /// The ticks, oldest first, each with the time that it stands for.
    pub fn ticks(&self) -> Vec<(i64, i64)> {
        let mut ticks = Vec::new();
        let mut at_ms = self.to_ms;
        while at_ms > self.from_ms {
            let back = self.to_ms - at_ms;
            let step =
                STEPS.iter().find(|(until, _)| back < *until).map_or(MINUTE_MS, |step| step.1);
            // The first reading stands for a time of its own.
            at_ms -= if ticks.is_empty() { step.min(5_000) } else { step };
            ticks.push((at_ms, step));
        }
        let away = self.restart_ms..self.restart_ms + AWAY_MS;
        ticks.retain(|(at_ms, step)| !away.contains(at_ms) && !away.contains(&(at_ms - step)));
        ticks.reverse();
        ticks
    }

    /// What holds then.
    pub fn at(&self, at_ms: i64) -> Moment {
        let of_day = at_ms.rem_euclid(DAY_MS);
        let batch = (of_day - BATCH.0) as f64 / BATCH.1 as f64;
        let since_restart = at_ms - self.restart_ms;
        let cold = (-(since_restart as f64) / HALF_FULL_MS * std::f64::consts::LN_2).exp();
        Moment {
            load: busy(at_ms) / busy(self.to_ms),
            batch: if (0.0..1.0).contains(&batch) { 1.0 - 0.4 * batch } else { 0.0 },
            cold: if since_restart > 0 { cold } else { 0.0 },
            is_old_setting: at_ms < self.setting_ms,
            has_index: at_ms < self.dropped_ms,
        }
    }
}

/// How busy the shop is.
fn busy(at_ms: i64) -> f64 {
    let hour = at_ms.rem_euclid(DAY_MS) as f64 / HOUR_MS as f64;
    let (place, part) = (hour.floor() as usize, hour.fract());
    let of = |place: usize| HOURS.get(place % HOURS.len()).copied().unwrap_or(1.0);
    let day = usize::try_from(at_ms.div_euclid(DAY_MS).rem_euclid(7)).unwrap_or_default();
    (of(place) * (1.0 - part) + of(place + 1) * part) * DAYS.get(day).copied().unwrap_or(1.0)
}

/// A number about 1, the same for the same two: `spread` is about its standard deviation.
pub fn about_one(seed: u64, place: usize, spread: f64) -> f64 {
    let parts = (0..4).map(|turn| chance(seed, place as u64 * 4 + turn)).sum::<f64>();
    // Four equal chances: their sum has the standard deviation 0.577.
    (1.0 + spread * (parts - 2.0) / 0.577).max(0.05)
}

/// A number from 0 to 1, the same for the same two (SplitMix64).
pub fn chance(seed: u64, place: u64) -> f64 {
    let mut x = seed.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Thursday, 15:00 UTC.
    const NOW: i64 = 1_795_705_200_000;

    #[test]
    fn ticks_ascend_to_the_first_reading_and_leave_the_restart_out() {
        let story = Story::before(NOW);
        let curve = Curve::new(&story, NOW);
        let ticks = curve.ticks();
        assert!(ticks.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(ticks.last(), Some(&(NOW - 5_000, 15_000)));
        assert!((1_500..2_500).contains(&ticks.len()), "{}", ticks.len());
        let away = story.restart_ms..story.restart_ms + AWAY_MS;
        assert!(
            ticks
                .iter()
                .all(|(at_ms, step)| !away.contains(at_ms) && !away.contains(&(at_ms - step)))
        );
        // Where ticks are far apart, the server may have been away between two of them.
        let longest_ms = STEPS.iter().map(|(_, step_ms)| *step_ms).max().unwrap();
        assert!(ticks.windows(2).filter(|pair| pair[1].0 - pair[0].0 > longest_ms).count() <= 1);
    }

    #[test]
    fn the_seam_is_the_measure_and_the_night_is_quiet() {
        let curve = Curve::new(&Story::before(NOW), NOW);
        let now = curve.at(NOW);
        assert!((now.load - 1.0).abs() < 1e-9 && !now.has_index && !now.is_old_setting);
        let night = curve.at(NOW - 12 * HOUR_MS);
        assert!(night.load < 0.4, "{night:?}");
        assert!(curve.at(NOW - 13 * HOUR_MS).batch > 0.0);
        let mean = (0..2_000).map(|n| about_one(7, n, 0.1)).sum::<f64>() / 2_000.0;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
    }
}
