//! Questions to the history store that all areas have in common.

use std::collections::BTreeMap;

use history::{Bucket, History, Line, Series, Source};
use model::{AreaName, ServerId, TimeRange};

use crate::engine::Engine;
use crate::store;

/// About how many points a chart of the past has: its plotting area is about as wide in pixels.
pub const MOST_POINTS: usize = 400;
/// What a live page shows of things that are read once a minute, ms.
const LIVE_MS: i64 = 6 * 3_600_000;

impl Engine {
    /// The history store, what an area's history of a server is kept under, and from and to when it is
    /// asked, ms since the epoch. None without a store, for a live range, and while nothing is known of the
    /// server.
    pub(crate) fn past_of(
        &self,
        id: &ServerId,
        area: AreaName,
        range: impl Into<TimeRange>,
    ) -> Option<(&History, Source, (i64, i64))> {
        let (past, facts) = (self.past()?, self.server(id)?.facts()?);
        let from_to = range.into().bounds(self.now_ms())?;
        Some((past, store::source(&facts, id.as_str(), area), from_to))
    }

    /// What an area's history has of single things over a range, and on a live page over the last six hours; empty
    /// where no history is kept.
    ///
    /// Errors: a sentence, when the store cannot be read.
    pub(crate) async fn lines_of(
        &self,
        id: &ServerId,
        area: AreaName,
        range: TimeRange,
        series: Series<'_>,
    ) -> Result<Vec<Line>, String> {
        let now_ms = self.now_ms();
        let live = TimeRange::between(now_ms - LIVE_MS, now_ms).unwrap_or_default();
        let range = if range.is_live() { live } else { range };
        let Some((past, source, (from, to))) = self.past_of(id, area, range) else {
            return Ok(Vec::new());
        };
        let lines = past.ranges(&source, series, from, to, MOST_POINTS).await;
        lines.map_err(|error| unreadable(&error))
    }
}

/// Tells the log why the store cannot be read, and the page that it cannot.
pub fn unreadable(error: &history::Error) -> String {
    tracing::error!(%error, "the history cannot be read");
    "the history cannot be read; the log of pgdeck says why".to_owned()
}

/// Where a line has to be interrupted, ms since the epoch: nothing was read between a bucket's end and the
/// next one for longer than a bucket takes, or a tick in it, where the server was read more seldom then.
pub fn holes<'a>(buckets: impl Iterator<Item = &'a Bucket>) -> Vec<i64> {
    let tick_ms = |bucket: &Bucket| bucket.read_ms / i64::from(bucket.ticks.max(1));
    let width = |bucket: &Bucket| bucket.width_ms.max(tick_ms(bucket)).max(1);
    let widths: BTreeMap<i64, i64> = buckets.map(|b| (b.at_ms, width(b))).collect();
    let pairs = widths.iter().zip(widths.keys().skip(1));
    let far = pairs.filter(|((at_ms, width), next)| **next - **at_ms > 2 * **width);
    far.map(|((at_ms, width), _)| at_ms + width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_interrupted_where_nothing_was_read() {
        let bucket = |at_ms| Bucket {
            at_ms,
            width_ms: 10,
            ticks: 1,
            read_ms: 10,
            count: 1,
            sum: 1.0,
            min: 1.0,
            max: 1.0,
        };
        let buckets: Vec<Bucket> = [0, 10, 21, 60, 70].into_iter().map(bucket).collect();
        assert_eq!(holes(buckets.iter()), [31]);
        assert!(holes(buckets.iter().take(3)).is_empty());
        assert!(holes([].iter()).is_empty());
        let seldom = |at_ms| Bucket { read_ms: 60, ..bucket(at_ms) };
        let seldom: Vec<Bucket> = [0, 60, 120, 300].into_iter().map(seldom).collect();
        assert_eq!(holes(seldom.iter()), [180], "a tick stands for more than its bucket");
    }
}
