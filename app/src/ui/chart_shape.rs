//! The shape of charts: stacked sums, segments between gaps, round times along the axis. Pure: the server
//! draws with it, and the browser redraws what the legend has filtered.

use std::collections::BTreeSet;

use super::chart_data::{Chart, Line, Picture};
use super::format;

/// As many labels fit below a chart.
const MOST_TICKS: i64 = 5;
/// Steps between ticks, seconds: those that a clock is read by.
const STEPS_S: [i64; 22] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 172_800, 604_800, 1_209_600, 2_592_000,
];
/// Points further apart than this many median steps have a gap between them.
const GAP_STEPS: i64 = 3;

/// Round times along the x axis.
pub struct Ticks {
    /// Milliseconds since the epoch.
    pub at: Vec<i64>,
    /// Between two of them, ms.
    pub step: i64,
    /// Whether they are of more than one day.
    days: bool,
}

impl Ticks {
    /// Hours and minutes; seconds only where a step is shorter than a minute, the day where there are
    /// several. `ms` is in the zone in which it is shown.
    pub fn label(&self, ms: i64) -> String {
        let mut label = if self.days { format::day_and_time(ms) } else { format::time_of_day(ms) };
        if self.step >= 86_400_000 {
            label.truncate("11-21".len());
        } else if self.step >= 60_000 {
            label.truncate(label.len() - ":00".len());
        }
        label
    }
}

/// Multiples of the shortest step of which at most `MOST_TICKS` fit; round in a zone that is so far ahead
/// of UTC.
pub fn ticks(first: i64, last: i64, ahead_ms: i64) -> Ticks {
    let fits = |step: &i64| (last - first) / *step < MOST_TICKS;
    let step = STEPS_S.iter().map(|s| s * 1_000).find(fits).unwrap_or(7_776_000_000);
    let from = (first + ahead_ms).div_euclid(step) * step - ahead_ms;
    let at = (0..).map(|n| from + n * step).skip_while(|at| *at < first);
    let days =
        (first + ahead_ms).div_euclid(86_400_000) != (last + ahead_ms).div_euclid(86_400_000);
    Ticks { at: at.take_while(|at| *at <= last).collect(), step, days }
}

/// The upper edge of each stacked area: cumulative sums.
pub fn stack(lines: &[&Line], times: usize) -> Vec<Vec<Option<f64>>> {
    let mut sum: Vec<Option<f64>> = vec![None; times];
    lines
        .iter()
        .map(|line| {
            for (total, value) in sum.iter_mut().zip(&line.points) {
                if let Some(value) = value {
                    *total = Some(total.unwrap_or(0.0) + value);
                }
            }
            sum.clone()
        })
        .collect()
}

/// Segments of known points, split where a value is unknown or time is missing.
pub fn runs(times: &[i64], values: &[Option<f64>]) -> Vec<Vec<(i64, f64)>> {
    let mut steps: Vec<i64> =
        times.windows(2).filter_map(|w| Some(w.get(1)? - w.first()?)).collect();
    steps.sort_unstable();
    let gap = steps.get(steps.len() / 2).copied().unwrap_or(i64::MAX).saturating_mul(GAP_STEPS);
    let mut runs: Vec<Vec<(i64, f64)>> = vec![Vec::new()];
    for (time, value) in times.iter().zip(values) {
        let late =
            runs.last().and_then(|run| run.last()).is_some_and(|(before, _)| time - before > gap);
        if late || value.is_none() {
            runs.push(Vec::new());
        }
        if let (Some(value), Some(run)) = (value, runs.last_mut()) {
            run.push((*time, *value));
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Where a time stands on the x axis.
pub fn x_of(chart: &Chart, picture: &Picture, time: i64) -> Option<f64> {
    let (first, last) = chart.span()?;
    let (left, _, right, _) = picture.frame;
    let share = (time - first) as f64 / (last - first).max(1) as f64;
    Some(f64::from(left) + f64::from(right - left) * share.clamp(0.0, 1.0))
}

/// The time at an x of the picture.
#[cfg(any(feature = "hydrate", test))]
pub fn time_at(chart: &Chart, picture: &Picture, x: f64) -> Option<i64> {
    let (first, last) = chart.span()?;
    let (left, _, right, _) = picture.frame;
    let share = ((x - f64::from(left)) / f64::from((right - left).max(1))).clamp(0.0, 1.0);
    Some(first + ((last - first) as f64 * share) as i64)
}

/// The point nearest to a time.
pub fn nearest(times: &[i64], moment: i64) -> Option<usize> {
    (0..times.len()).min_by_key(|at| times.get(*at).map_or(i64::MAX, |time| (time - moment).abs()))
}

/// The paths of the lines that are not hidden, each with its class: the last area first, so that those
/// below lie on it.
pub fn paths(chart: &Chart, picture: &Picture, hidden: &BTreeSet<String>) -> Vec<(String, String)> {
    let lines: Vec<&Line> =
        chart.lines.iter().filter(|line| !hidden.contains(&line.name)).collect();
    let tops = if chart.stacked {
        stack(&lines, chart.times.len())
    } else {
        lines.iter().map(|line| line.points.clone()).collect()
    };
    let kind = if chart.stacked { "fill" } else { "line" };
    let mut all = Vec::new();
    for (line, values) in lines.iter().zip(&tops) {
        let each = runs(&chart.times, values).into_iter();
        let path: String = each.filter_map(|run| path(chart, picture, &run)).collect();
        all.push((format!("{kind} {}", line.class), path));
    }
    if chart.stacked {
        all.reverse();
    }
    all
}

fn path(chart: &Chart, picture: &Picture, run: &[(i64, f64)]) -> Option<String> {
    let (_, top, _, bottom) = picture.frame;
    let height = f64::from(bottom - top);
    let mut path = String::new();
    let (mut from, mut to) = (None, 0.0);
    for (time, value) in run {
        let x = x_of(chart, picture, *time)?;
        let share = (value / picture.top.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        let y = f64::from(bottom) - share * height;
        path.push_str(&format!("{}{x:.1} {y:.1}", if from.is_none() { 'M' } else { 'L' }));
        from = from.or(Some(x));
        to = x;
    }
    if chart.stacked {
        path.push_str(&format!("L{to:.1} {bottom}L{:.1} {bottom}Z", from?));
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use model::Unit;

    use super::*;

    #[test]
    fn the_nearest_point_is_found() {
        assert_eq!(nearest(&[0, 10, 20], 14), Some(1));
        assert_eq!(nearest(&[0, 10, 20], 99), Some(2));
        assert_eq!(nearest(&[], 1), None);
    }

    #[test]
    fn ticks_are_round_and_few() {
        let second = 1_795_668_771_899;
        for span_s in [3, 60, 300, 900, 3_600, 86_000, 600_000, 7_776_000] {
            for ahead_ms in [0, 19_800_000, -3_600_000] {
                let ticks = ticks(second, second + span_s * 1_000, ahead_ms);
                assert!((1..=6).contains(&ticks.at.len()), "{span_s} s: {:?}", ticks.at);
                assert!(ticks.at.iter().all(|at| (at + ahead_ms) % ticks.step == 0), "{span_s} s");
            }
        }
        let label = |span_s: i64| {
            let ticks = ticks(second, second + span_s * 1_000, 0);
            ticks.at.first().map(|at| ticks.label(*at)).unwrap_or_default()
        };
        assert_eq!(label(900).len(), "04:15".len());
        assert_eq!(label(100_000).len(), "11-26 06:00".len());
        assert_eq!(label(7_776_000).len(), "12-11".len());
    }

    #[test]
    fn missing_time_is_a_gap_too() {
        let values = vec![Some(1.0); 5];
        assert_eq!(runs(&[0, 1, 2, 60, 61], &values).len(), 2);
    }

    #[test]
    fn what_is_hidden_leaves_the_stack_and_keeps_the_axis() {
        let line = |name: &str, value: f64| Line {
            name: name.into(),
            class: name.into(),
            points: vec![Some(value), None, Some(value), Some(value)],
        };
        let picture =
            Picture { svg: String::new(), frame: (0, 0, 300, 100), top: 10.0, limit_drawn: false };
        let chart = Chart {
            id: "t".into(),
            title: "T".into(),
            unit: Unit::Count,
            times: vec![0, 1, 2, 3],
            lines: vec![line("a", 2.0), line("b", 3.0)],
            stacked: true,
            limit: None,
            note: None,
            more: false,
            events: None,
            picture: Ok(picture.clone()),
        };
        let all = paths(&chart, &picture, &BTreeSet::new());
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].0, "fill b");
        assert!(all[0].1.contains("M200.0 50.0L300.0 50.0"), "{all:?}");
        assert_eq!(time_at(&chart, &picture, 100.0), Some(1));
        let one = paths(&chart, &picture, &BTreeSet::from(["a".to_owned()]));
        assert!(one[0].1.contains("M200.0 70.0L300.0 70.0L300.0 100"), "{one:?}");
    }
}
