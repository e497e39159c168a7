//! Live rows now: the running counter, corrected where other counts contradict it.

use crate::band::Doubts;
use crate::reason::Cause;
use crate::table::{Activity, Counters};

/// What is known of the rows of a heap or TOAST table.
pub(crate) struct Rows<'a> {
    pub(crate) counters: &'a Counters,
    /// The smallest `reltuples` of its complete B-trees: exact where the last VACUUM removed rows.
    pub(crate) index_reltuples: Option<f64>,
    /// Pages that ANALYZE looks at.
    pub(crate) sample: f64,
}

/// Small tables are read whole by VACUUM: it counts them.
const COUNTED_PAGES: u64 = 32;

impl Rows<'_> {
    /// How many rows there are; `None` where nobody counted.
    pub(crate) fn live(&self, doubts: &mut Doubts) -> Option<f64> {
        let Counters { size, activity } = self.counters;
        let by_counter = activity.n_live_tup as f64;
        let Some(pages) = size.pages else {
            // relpages and reltuples are of one moment, the counters of another.
            doubts.add(Cause::AsOfLastVacuum, 0.003, 0.003);
            return size.counted();
        };
        if pages == 0 {
            return Some(0.0);
        }
        let moves =
            [activity.n_tup_ins, activity.n_tup_upd, activity.n_tup_del, activity.n_live_tup]
                .into_iter()
                .any(|count| count > 0);
        let Some(counted) = size.counted() else {
            doubts.add(Cause::Rows, 0.02, 0.02);
            return moves.then_some(by_counter);
        };
        let growth = if size.relpages > 0 { pages as f64 / size.relpages as f64 } else { 1.0 };
        let by_size = counted * growth;
        if !moves && counted > 0.0 {
            doubts.add(Cause::CountersLost, 0.8, 0.1);
            return Some(by_size);
        }
        Some(self.corrected(by_counter, by_size, pages as f64, doubts))
    }

    fn corrected(&self, by_counter: f64, by_size: f64, pages: f64, doubts: &mut Doubts) -> f64 {
        let Counters { size, activity } = self.counters;
        let is_sampled = size.relpages as f64 > self.sample && !is_vacuumed_last(activity);
        let start = if is_sampled { 0.003 + 1.4 / self.sample.sqrt() } else { 0.003 };
        if activity.n_mod_since_analyze == 0 {
            doubts.add(Cause::Rows, start, start);
            return by_counter;
        }
        let mut count = Count { rows: by_counter, low: start.max(0.005), high: start.max(0.005) };
        // Right as long as the counters cover the table's life.
        let net = activity.n_tup_ins as f64 - activity.n_tup_del as f64;
        let has_grown = pages > 1.01 * size.relpages as f64 + 1.0;
        if near(net, by_counter) {
            let off = (net - by_counter).abs() / by_counter.max(1.0);
            count = Count { rows: net.max(0.0), low: count.low.max(off), high: count.low.max(off) };
        } else if near(net, by_size) && !has_grown {
            doubts.add(Cause::CountedTwice, 0.0, 0.0);
            count.rows = by_size;
        } else {
            if is_vacuumed_last(activity) && size.relpages > COUNTED_PAGES {
                doubts.add(Cause::RowsByVacuum, 0.0, 0.0);
                count = self.by_vacuum(count, net);
            }
            if count.rows > 1.02 * by_size && !has_grown && by_size > 0.0 {
                count.low = count.low.max(1.0 - by_size / count.rows);
            }
        }
        doubts.add(Cause::Rows, count.low, count.high);
        count.rows
    }

    /// The count comes from VACUUMs that read part of the pages and extrapolate. An index is always read whole,
    /// so its count tells the truth if that VACUUM had rows to remove.
    fn by_vacuum(&self, count: Count, net: f64) -> Count {
        let Counters { size, activity } = self.counters;
        let (updated, deleted) = (activity.n_tup_upd as f64, activity.n_tup_del as f64);
        let changed = activity.n_mod_since_analyze as f64 / count.rows.max(1.0);
        let in_index = self
            .index_reltuples
            .filter(|entries| *entries < 0.99 * size.reltuples && updated + deleted > 0.0);
        let Some(entries) = in_index else {
            let share = if self.index_reltuples.is_none() { 0.75 } else { 0.3 };
            let low = count.low.max((share * changed).min(0.9));
            return Count { low, high: count.high.max((0.3 * changed).min(1.0)), ..count };
        };
        let other = (entries + (count.rows - size.reltuples).min(0.0)).max(0.0);
        if updated + deleted >= 0.3 * activity.n_tup_ins as f64 || near(net, other) {
            let high = count.high.max((count.rows / other.max(1.0) - 1.0).min(3.0));
            Count { rows: other, low: 0.03, high }
        } else {
            let low = count.low.max(1.0 - other / count.rows.max(1.0));
            Count { low, high: count.high.max(0.02), ..count }
        }
    }
}

#[derive(Clone, Copy)]
struct Count {
    rows: f64,
    low: f64,
    high: f64,
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 0.01 * one.max(other) + 2.0
}

fn is_vacuumed_last(activity: &Activity) -> bool {
    activity.last_vacuum_us.unwrap_or_default() > activity.last_analyze_us.unwrap_or_default()
}

/// Share of the live rows that ANALYZE has not seen as they are now, at most.
pub(crate) fn unseen(activity: &Activity, rows: f64) -> f64 {
    (activity.n_mod_since_analyze as f64 / rows.max(1.0)).min(1.0)
}
