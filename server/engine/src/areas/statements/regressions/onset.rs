//! When a change began that is older than this process: the history of the last day, from now backwards.

use std::collections::BTreeMap;

use history::{Entity, Error, History, Series, Source};
use model::statements::regression::Change;
use model::statements::{Figures, Measure, Regression};

use super::past::Calendar;

/// Parts of a day that are looked at.
const PARTS: usize = 288;
/// How far the begin of a change may be off, ms: a part of a day.
pub const EDGE_MS: i64 = 300_000;
/// Parts in a row in which a statement was as usual: one alone may be chance.
const USUAL: usize = 2;

/// The begin of the first part of the last day since when a call costs more than half way between what was
/// usual and what it costs now; None where the part just before `to_ms` does not say so.
///
/// Errors: when the store cannot be read.
pub async fn of(
    past: &History,
    source: &Source,
    calendar: Calendar,
    entity: &Entity,
    one: &Regression,
    to_ms: i64,
) -> Result<Option<i64>, Error> {
    let (Some(before), Some(now), Some((measures, of))) =
        (one.before, one.now, measured(one.change))
    else {
        return Ok(None);
    };
    let limit = f64::midpoint(of(&before), of(&now));
    let mut names: Vec<&str> = measures.iter().map(|measure| measure.as_str()).collect();
    names.push(Measure::Calls.as_str());
    let entities = [entity.clone()];
    let series = Series { metrics: &names, entities: Some(&entities) };
    let lines = past.ranges(source, series, to_ms - calendar.day_ms, to_ms, PARTS).await?;
    let mut parts: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for line in &lines {
        for bucket in line.range.buckets.iter().filter(|bucket| bucket.count > 0) {
            let part = parts.entry(bucket.at_ms).or_default();
            match line.metric == Measure::Calls.as_str() {
                true => part.0 += bucket.sum,
                false => part.1 += bucket.sum,
            }
        }
    }
    let parts = parts.into_iter().filter(|(_, (calls, _))| *calls > 0.0);
    let costs: Vec<(i64, f64)> =
        parts.map(|(at_ms, (calls, cost))| (at_ms, cost / calls)).collect();
    Ok(begin(&costs, limit))
}

/// Counters, and what they give per call.
type Cost = (&'static [Measure], fn(&Figures) -> f64);

/// What a change is told by.
fn measured(change: Change) -> Option<Cost> {
    match change {
        Change::Slower => Some((&[Measure::ExecTime], |figures| figures.time_ms)),
        Change::MoreRows => Some((&[Measure::Rows], |figures| figures.rows)),
        Change::MoreBlocks => Some((
            &[Measure::SharedHit, Measure::SharedRead, Measure::LocalHit, Measure::LocalRead],
            |figures| figures.blocks,
        )),
        Change::MoreCalls | Change::New | Change::Gone | Change::TooNoisy => None,
    }
}

/// The first of the newest parts that cost more than `limit`.
fn begin(costs: &[(i64, f64)], limit: f64) -> Option<i64> {
    let (mut since, mut usual) = (None, 0);
    for (at_ms, cost) in costs.iter().rev() {
        if *cost > limit {
            (since, usual) = (Some(*at_ms), 0);
        } else {
            usual += 1;
            if since.is_none() || usual >= USUAL {
                break;
            }
        }
    }
    since
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_begins_where_the_usual_ends() {
        let at = |costs: &[f64]| {
            let costs: Vec<(i64, f64)> = (0_i64..).zip(costs.iter().copied()).collect();
            begin(&costs, 5.0)
        };
        assert_eq!(at(&[1.0, 1.0, 9.0, 9.0, 9.0]), Some(2));
        assert_eq!(at(&[1.0, 1.0, 9.0, 1.0, 9.0, 9.0]), Some(2), "one usual part is chance");
        assert_eq!(at(&[9.0, 1.0, 1.0, 9.0]), Some(3), "two are not");
        assert_eq!(at(&[9.0, 9.0, 1.0]), None);
        assert_eq!(at(&[]), None);
    }
}
