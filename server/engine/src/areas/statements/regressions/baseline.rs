//! What is usual: median and spread over the same hour of earlier days.

use super::span::{Costs, Day, Span};

/// The median absolute deviation of a normal distribution times this is its standard deviation.
const MAD_TO_DEVIATION: f64 = 1.4826;
/// The least spread, of the median: a few days that happen to be alike do not make a difference certain.
const LEAST_SPREAD: f64 = 0.1;
/// Calls on a day from which its mean counts.
const LEAST_CALLS: f64 = 10.0;
/// Days of a week.
pub const WEEK: u32 = 7;
/// From so many of the same weekday on, rates are compared with these only.
const WEEKDAYS: usize = 3;

/// A median and the standard deviation that the distances from it stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Typical {
    /// The median.
    pub median: f64,
    /// The spread.
    pub deviation: f64,
}

/// What is usual for an entry at this hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Days with enough calls.
    pub days: u32,
    /// Calls per ms.
    pub rate: Typical,
    /// The same on each day: days ago, calls per ms.
    pub rates: Vec<(u32, f64)>,
    /// The rate that bursts reach: of what runs all the time, the usual rate times the most that a reading was
    /// above its day's; of all else, the highest of any reading on these days.
    pub bursts: f64,
    /// Whether planning is part of `time`.
    pub with_planning: bool,
    /// Time per call, ms.
    pub time: Typical,
    /// Rows per call.
    pub rows: Typical,
    /// Blocks per call.
    pub blocks: Typical,
    /// The medians of all that a call costs.
    pub costs: Costs,
    /// Whether it moved in nearly all readings of each of these days.
    pub steady: bool,
}

/// Share of readings in which an entry moves that runs all the time.
const STEADY: f64 = 0.8;

impl Baseline {
    /// Of these days; None where it ran on fewer than `least`.
    pub fn of(days: &[Day], least: u32) -> Option<Self> {
        let ran: Vec<&Day> = days.iter().filter(|day| day.span.calls() >= LEAST_CALLS).collect();
        if ran.len() < least.max(1) as usize {
            return None;
        }
        let costs: Vec<Costs> = ran.iter().map(|day| day.span.costs()).collect();
        let over = |of: &dyn Fn(&Costs) -> f64| typical(costs.iter().map(of).collect());
        let median = |of: &dyn Fn(&Costs) -> f64| over(of).median;
        let plans = median(&|costs| costs.plans);
        let with_planning = plans > 0.0;
        let steady = days.iter().all(|day| day.span.moved >= STEADY * day.span.readings);
        let most =
            |of: &dyn Fn(&Span) -> f64| days.iter().map(|day| of(&day.span)).fold(0.0, f64::max);
        let highest = most(&|span| span.peak_rate());
        let above = most(&|span| span.peak_rate() / span.rate().max(f64::MIN_POSITIVE));
        let rates: Vec<(u32, f64)> = days.iter().map(|day| (day.ago, day.span.rate())).collect();
        let usual = typical_rate(&rates);
        Some(Self {
            days: ran.len() as u32,
            rate: usual,
            rates,
            bursts: if steady { usual.median * above } else { highest },
            with_planning,
            time: over(&|costs| costs.time_ms(with_planning)),
            rows: over(&|costs| costs.rows),
            blocks: over(&|costs| costs.blocks),
            costs: Costs {
                exec_ms: median(&|costs| costs.exec_ms),
                plan_ms: median(&|costs| costs.plan_ms),
                plans,
                rows: median(&|costs| costs.rows),
                blocks: median(&|costs| costs.blocks),
                read: median(&|costs| costs.read),
                read_ms: median(&|costs| costs.read_ms),
                temp: median(&|costs| costs.temp),
                temp_ms: median(&|costs| costs.temp_ms),
                jit_ms: median(&|costs| costs.jit_ms),
                generic: median(&|costs| costs.generic),
            },
            steady,
        })
    }
}

/// The median distance between two numbers times this is their standard deviation: the difference of two has
/// √2 times the deviation of one.
const PAIR_TO_DEVIATION: f64 = MAD_TO_DEVIATION / std::f64::consts::SQRT_2;
/// The variance of a median of n numbers, of that of one number divided by n: π/2.
const MEDIAN_VARIANCE: f64 = std::f64::consts::FRAC_PI_2;

/// What is usual for rates, given with how many days ago they were: the median of the same weekday, where there are
/// enough of it. The spread of three or four numbers says nothing, so it is taken from all weekdays: how far the
/// same weekday is from itself a week later.
pub fn typical_rate(rates: &[(u32, f64)]) -> Typical {
    let of_weekday: Vec<f64> =
        rates.iter().filter(|(ago, _)| ago % WEEK == 0).map(|(_, rate)| *rate).collect();
    let all = || rates.iter().map(|(_, rate)| *rate).collect();
    let compared = if of_weekday.len() >= WEEKDAYS { of_weekday } else { all() };
    let count = compared.len().max(1) as f64;
    let usual = typical(compared);
    let apart = |(ago, then): &(u32, f64)| {
        let (_, since) = rates.iter().find(|(other, _)| other + WEEK == *ago)?;
        // On neither it ran: that says nothing of how often it runs when it does.
        (then.max(*since) > 0.0).then(|| (since / then).ln().abs())
    };
    let pairs: Vec<f64> = rates.iter().filter_map(apart).collect();
    let of_pairs = PAIR_TO_DEVIATION * median(pairs) * usual.median;
    let spread = usual.deviation.max(of_pairs);
    Typical { deviation: spread * (1.0 + MEDIAN_VARIANCE / count).sqrt(), ..usual }
}

/// Median and spread of some numbers; zeros of none.
pub fn typical(values: Vec<f64>) -> Typical {
    let middle = median(values.clone());
    let distances = values.iter().map(|value| (value - middle).abs()).collect();
    let deviation = (MAD_TO_DEVIATION * median(distances)).max(LEAST_SPREAD * middle);
    Typical { median: middle, deviation }
}

/// The middle of some numbers; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied().unwrap_or_default();
    if values.len() % 2 == 1 {
        return upper;
    }
    let lower = values.get((values.len() / 2).wrapping_sub(1)).copied();
    lower.map_or(upper, |lower| f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_day_moves_neither_median_nor_spread() {
        let quiet = typical(vec![10.0, 11.0, 9.0, 10.0, 10.5]);
        let with_one = typical(vec![10.0, 11.0, 9.0, 10.0, 900.0]);
        assert_eq!(quiet.median, 10.0);
        assert_eq!(with_one.median, 10.0);
        assert!(with_one.deviation < 2.0, "{with_one:?}");
        assert_eq!(typical(vec![4.0, 4.0]), Typical { median: 4.0, deviation: 0.4 });
        assert_eq!(typical(Vec::new()), Typical::default());
        assert_eq!(median(vec![1.0, 2.0]), 1.5);
    }
}
