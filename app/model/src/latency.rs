//! How long runs of a statement took: buckets, what samples of sessions say of runs that are shorter than the
//! time between two samples, and percentiles. Pure.

use serde::{Deserialize, Serialize};

use crate::reason::{Known, Reason};

/// Upper bounds of the buckets, ms: 1-2-5 up to 20 s, then minutes. The last bucket has none.
pub const BOUNDS_MS: [f64; 23] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 2e4,
    6e4, 1.2e5, 3e5, 6e5, 1.2e6, 3.6e6,
];
/// Buckets.
pub const BUCKETS: usize = BOUNDS_MS.len() + 1;
/// The first bucket of runs that no sample misses: those of at least a second.
pub const FIRST_LONG: usize = 13;
/// Between two samples, ms.
pub const SAMPLED_EVERY_MS: f64 = 1_000.0;

/// Runs that must have been met below a second before anything is said of such runs.
const FEWEST_MET: f64 = 20.0;
/// Runs met at the youngest ages that are told apart.
const FEWEST_YOUNGEST: f64 = 5.0;
/// Runs that must have been met beyond a percentile.
const FEWEST_BEYOND: f64 = 5.0;
/// Steps of the estimate: it moves by less than a hundredth of a run after that.
const STEPS: usize = 400;

/// Values by bucket.
pub type Counts = [f64; BUCKETS];

/// The bucket of a duration, ms.
pub fn bucket(ms: f64) -> usize {
    BOUNDS_MS.partition_point(|bound| *bound <= ms)
}

/// Where a bucket begins and ends, ms; the last one has no end.
pub fn bounds(bucket: usize) -> (f64, Option<f64>) {
    let from = bucket.checked_sub(1).and_then(|before| BOUNDS_MS.get(before));
    (from.copied().unwrap_or(0.0), BOUNDS_MS.get(bucket).copied())
}

/// Percentiles that are shown.
pub const PERCENTS: [u8; 3] = [50, 95, 99];

/// A percentile: its bucket from and to, ms.
pub type Within = (f64, Option<f64>);

/// How long runs took, by bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Runs by bucket, from `told_from` on.
    pub counts: Vec<f64>,
    /// The first bucket of which the runs are known.
    pub told_from: usize,
    /// Runs below that, together; None where it is not known.
    pub below: Option<f64>,
    /// Runs that were seen.
    pub seen: f64,
    /// Percentiles, or why each is not known.
    pub percentiles: Vec<(u8, Known<Within>)>,
}

/// What is known of a statement's latency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// From samples of sessions.
    pub sampled: Known<Histogram>,
    /// From the server's log.
    pub logged: Known<Histogram>,
    /// What the log's rests on, in sentences.
    pub logged_basis: Vec<String>,
}

impl Histogram {
    /// All runs; None where those below `told_from` are not known.
    pub fn total(&self) -> Option<f64> {
        Some(self.below? + self.counts.iter().sum::<f64>())
    }

    /// From samples: `met` are runs by their age when they were first met, `ended` those of at least a second
    /// by their duration. A sample meets a run shorter than the time between two samples with a chance of
    /// its duration over that time, and then at any of its ages alike: so ages below a second tell of all
    /// runs, and those from a second on are counted one by one.
    ///
    /// Errors: nothing was met.
    pub fn of_samples(met: &Counts, ended: &Counts) -> Known<Self> {
        let seen: f64 = met.iter().sum();
        let long: f64 = ended.iter().skip(FIRST_LONG).sum();
        if seen + long <= 0.0 {
            let message = "No session was seen running it: sessions are looked at once a second, and short runs are met seldom.";
            return Err(Reason::Nothing { message: message.into() });
        }
        let young: f64 = met.iter().take(FIRST_LONG).sum();
        let told_from = if young < FEWEST_MET { FIRST_LONG } else { resolved(met) };
        let mut counts = [0.0; BUCKETS];
        let mut below = None;
        if told_from < FIRST_LONG {
            let short = short_runs(met, long, told_from);
            below = Some(short.first().copied().unwrap_or(0.0));
            let places = counts.iter_mut().skip(told_from);
            places.zip(short.into_iter().skip(1)).for_each(|(count, of)| *count = of);
        }
        let places = counts.iter_mut().zip(ended).skip(FIRST_LONG);
        places.for_each(|(count, ended)| *count = *ended);
        let mut found = Self {
            counts: counts.to_vec(),
            told_from,
            below,
            seen: seen.max(long),
            percentiles: Vec::new(),
        };
        found.percentiles = PERCENTS.map(|p| (p, found.sampled_percentile(p))).to_vec();
        Ok(found)
    }

    /// From the log: runs of at least `from_ms`, those of a sample weighed by its rate; `lines` were read.
    /// `calls` are all runs of the window, where they are known.
    ///
    /// Errors: none was read.
    pub fn of_log(
        counts: &Counts,
        (lines, from_ms): (f64, f64),
        calls: Option<f64>,
    ) -> Known<Self> {
        let runs: f64 = counts.iter().sum();
        if lines <= 0.0 {
            let message = "The log that was read has no run of it.";
            return Err(Reason::Nothing { message: message.into() });
        }
        // A bucket in which the threshold lies is known in part: it is shown as it is.
        let told_from = if from_ms > 0.0 { bucket(from_ms) } else { 0 };
        let all = calls.filter(|calls| *calls >= runs);
        let below = if from_ms > 0.0 { all.map(|all| all - runs) } else { Some(0.0) };
        let mut found = Self {
            counts: counts.to_vec(),
            told_from,
            below,
            seen: lines,
            percentiles: Vec::new(),
        };
        // What other settings than the server's own had logged lies below the threshold.
        let outside: f64 = counts.iter().take(told_from).sum();
        found.counts.iter_mut().take(told_from).for_each(|count| *count = 0.0);
        found.below = found.below.map(|below| below + outside);
        found.percentiles = PERCENTS.map(|p| (p, found.logged_percentile(p))).to_vec();
        Ok(found)
    }

    /// The bucket of a percentile; None while it is not known how many runs there were.
    fn place(&self, percent: u8) -> Option<Result<usize, f64>> {
        let beyond = self.total()? * f64::from(100 - percent) / 100.0;
        let mut above = 0.0;
        for (at, count) in self.counts.iter().enumerate().skip(self.told_from).rev() {
            above += count;
            if above > beyond {
                return Some(Ok(at));
            }
        }
        let end = bounds(self.told_from).0;
        Some(if end > 0.0 { Err(end) } else { Ok(self.told_from) })
    }

    fn within(&self, percent: u8, why_not: &str) -> Known<Within> {
        match self.place(percent) {
            Some(Ok(at)) => Ok(bounds(at)),
            Some(Err(end)) => Ok((0.0, Some(end))),
            None => Err(Reason::Nothing { message: why_not.into() }),
        }
    }

    fn sampled_percentile(&self, percent: u8) -> Known<Within> {
        let found = self.within(percent, "Too few runs shorter than a second were met.")?;
        let chance = |at: usize| {
            let (from, to) = bounds(at);
            (to.map_or(from, |to| (from + to) / 2.0) / SAMPLED_EVERY_MS).min(1.0)
        };
        let first = bucket(found.0);
        let counts = self.counts.iter().enumerate().skip(first);
        let met: f64 = counts.map(|(at, count)| count * chance(at)).sum();
        if met < FEWEST_BEYOND {
            return Err(Reason::Nothing { message: "Too few runs were met beyond it.".into() });
        }
        Ok(found)
    }

    fn logged_percentile(&self, percent: u8) -> Known<Within> {
        let why = "The log has only the longer runs, and how many there were in all is not known.";
        let found = self.within(percent, why)?;
        if self.below == Some(0.0) && self.seen * f64::from(100 - percent) < 100.0 {
            return Err(Reason::Nothing { message: "Too few runs were read.".into() });
        }
        Ok(found)
    }
}

/// The first bucket of which enough runs were met: those below are taken together.
fn resolved(met: &Counts) -> usize {
    let mut sum = 0.0;
    let mut enough = met.iter().take(FIRST_LONG).map(|count| {
        sum += count;
        sum >= FEWEST_YOUNGEST
    });
    enough.position(|enough| enough).map_or(FIRST_LONG, |at| at + 1)
}

/// The runs below a second that most likely were met at these ages, beside `long` ones: first those below
/// `from`, then by bucket. Expectation and maximisation for counts, with durations even within a bucket.
fn short_runs(met: &Counts, long: f64, from: usize) -> Vec<f64> {
    let head = (0.0, bounds(from).0, met.iter().take(from).sum::<f64>());
    let rest = (from..FIRST_LONG).map(|at| {
        let (begin, end) = bounds(at);
        (begin, end.unwrap_or(begin), met.get(at).copied().unwrap_or(0.0))
    });
    let groups: Vec<(f64, f64, f64)> = std::iter::once(head).chain(rest).collect();
    let width = |(begin, end, _): &(f64, f64, f64)| (end - begin) / SAMPLED_EVERY_MS;
    // How often a run of one group is met at an age of another.
    let chance = |of: usize, at: usize, group: &(f64, f64, f64)| match at.cmp(&of) {
        std::cmp::Ordering::Less => width(group),
        std::cmp::Ordering::Equal => width(group) / 2.0,
        std::cmp::Ordering::Greater => 0.0,
    };
    let seen: f64 = groups.iter().map(|(.., met)| met).sum();
    let mut runs = vec![seen.max(1.0); groups.len()];
    for _ in 0..STEPS {
        let expected = |at: usize, group: &(f64, f64, f64)| {
            let short = runs.iter().enumerate().map(|(of, runs)| runs * chance(of, at, group));
            short.sum::<f64>() + long * width(group)
        };
        let ratios: Vec<f64> = groups
            .iter()
            .enumerate()
            .map(|(at, group)| group.2 / expected(at, group).max(f64::MIN_POSITIVE))
            .collect();
        let next = |(of, runs): (usize, &f64)| {
            let (mut found, mut whole) = (0.0, 0.0);
            for ((at, group), ratio) in groups.iter().enumerate().zip(&ratios) {
                let chance = chance(of, at, group);
                found += chance * ratio;
                whole += chance;
            }
            runs * found / whole.max(f64::MIN_POSITIVE)
        };
        runs = runs.iter().enumerate().map(next).collect();
    }
    runs
}

#[cfg(test)]
mod tests;
