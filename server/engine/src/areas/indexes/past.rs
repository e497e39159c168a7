//! The scans of one index over time, from the history store.

use std::collections::BTreeMap;

use history::{Bucket, Line, Series};
use model::indexes::detail::IndexName;
use model::{AreaName, ServerId, TimeRange};

use super::points::{BYTES, SCANS, UNKNOWN, database_entity, entity};
use crate::engine::Engine;
use crate::past::holes;

/// An index at a moment, or over a span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moment {
    /// When it begins, ms since the epoch.
    pub at_ms: i64,
    /// The time that was read of it, ms.
    pub read_ms: i64,
    /// Scans begun; None where that is not known: nothing was read, counters were reset, or too many other indexes
    /// were scanned more.
    pub scans: Option<f64>,
    /// Its size, bytes; None where that was not kept.
    pub bytes: Option<f64>,
}

/// The moments of a range; empty where no history is kept, or its database was not read.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn of_range(
    engine: &Engine,
    id: &ServerId,
    name: &IndexName,
    range: TimeRange,
) -> Result<Vec<Moment>, String> {
    let entities =
        [entity(&name.database, &name.schema, &name.name), database_entity(&name.database)];
    let metrics = [SCANS.name, BYTES.name, UNKNOWN.name];
    let series = Series { metrics: &metrics, entities: Some(&entities) };
    let lines = engine.lines_of(id, AreaName::Indexes, range, series).await?;
    Ok(moments(&lines))
}

fn moments(lines: &[Line]) -> Vec<Moment> {
    let of = |name: &str| -> BTreeMap<i64, &Bucket> {
        let lines = lines.iter().filter(|line| line.metric == name);
        let buckets = lines.flat_map(|line| &line.range.buckets);
        buckets.filter(|bucket| bucket.count > 0).map(|bucket| (bucket.at_ms, bucket)).collect()
    };
    let (scans, bytes, unknown) = (of(SCANS.name), of(BYTES.name), of(UNKNOWN.name));
    let moment = |(at_ms, database): (&i64, &&Bucket)| {
        let own = scans.get(at_ms);
        // Each tick of the database has a value of it, or all without one are known to have no scan.
        let is_whole = own.is_some_and(|own| own.count >= database.count) || database.max <= 0.0;
        let size = bytes.get(at_ms).map(|size| size.sum / size.count as f64);
        Moment {
            at_ms: *at_ms,
            read_ms: database.read_ms,
            scans: is_whole.then(|| own.map_or(0.0, |own| own.sum)),
            bytes: size,
        }
    };
    let mut moments: BTreeMap<i64, Moment> =
        unknown.iter().map(|one| (*one.0, moment(one))).collect();
    for at_ms in holes(unknown.values().copied()) {
        moments.entry(at_ms).or_insert_with(|| Moment { at_ms, ..Moment::default() });
    }
    moments.into_values().collect()
}

/// The scans of the moments that are known, and over how long that is, ms.
pub fn seen(moments: &[Moment]) -> (f64, i64) {
    let known = moments.iter().filter_map(|moment| Some((moment.scans?, moment.read_ms)));
    known.fold((0.0, 0), |(scans, ms), (more, for_ms)| (scans + more, ms.saturating_add(for_ms)))
}

#[cfg(test)]
mod tests {
    use history::{Entity, Range};

    use super::*;

    fn bucket(at_ms: i64, count: u64, sum: f64) -> Bucket {
        Bucket {
            at_ms,
            width_ms: 60_000,
            ticks: 2,
            read_ms: 60_000,
            count,
            sum,
            min: sum,
            max: sum,
        }
    }

    fn line(metric: &str, buckets: &[Bucket]) -> Line {
        let range = Range { buckets: buckets.to_vec(), ..Range::default() };
        Line { metric: metric.into(), entity: Entity::server(), range }
    }

    #[test]
    fn no_point_is_no_scan_only_where_all_are_told() {
        let minute = 60_000;
        let database = [
            bucket(0, 2, 0.0),
            bucket(minute, 2, 3.0),
            bucket(2 * minute, 2, 3.0),
            bucket(3 * minute, 2, 3.0),
            // An hour later.
            bucket(63 * minute, 2, 0.0),
        ];
        // Scanned in both ticks, and in one of two while scans of others were not told.
        let own = [bucket(2 * minute, 2, 9.0), bucket(3 * minute, 1, 4.0)];
        let found = moments(&[line(UNKNOWN.name, &database), line(SCANS.name, &own)]);
        let scans: Vec<Option<f64>> = found.iter().map(|moment| moment.scans).collect();
        assert_eq!(scans, [Some(0.0), None, Some(9.0), None, None, Some(0.0)], "{found:?}");
        assert_eq!(seen(&found), (9.0, 3 * minute));
        assert!(moments(&[]).is_empty());
    }
}
