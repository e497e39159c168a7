//! How many different keys an index has, which decides what deduplication saves.

use crate::input::Case;
use crate::key::KeyWidth;
use crate::reason::Cause;
use crate::shape::{Btree, Statistics};

/// Distinct keys, between what they lie, and why.
#[derive(Debug)]
pub(crate) struct Distinct {
    pub(crate) keys: f64,
    /// Shares of the most common ones.
    pub(crate) frequencies: Vec<f64>,
    pub(crate) doubt: Option<(Cause, f64, f64)>,
}

impl Distinct {
    fn certain(keys: f64) -> Self {
        Self { keys, frequencies: Vec::new(), doubt: None }
    }

    fn between(keys: f64, cause: Cause, low: f64, high: f64) -> Self {
        Self { keys, frequencies: Vec::new(), doubt: Some((cause, low, high)) }
    }
}

/// Distinct keys among the `entries` of an index on a table of `rows`.
pub(crate) fn distinct(
    case: &Case,
    btree: &Btree,
    keys: &[KeyWidth],
    entries: f64,
    rows: f64,
) -> Distinct {
    if holds_a_unique_key(case, btree) {
        return Distinct::certain(entries);
    }
    let numbers: Option<Vec<_>> =
        keys.iter().map(|key| key.statistics.and_then(Statistics::known)).collect();
    let Some(numbers) = numbers else {
        return Distinct::between(entries, Cause::NoDistinct, (entries / 500.0).max(1.0), entries);
    };
    let [only] = numbers.as_slice() else {
        let keys =
            numbers.iter().map(|n| n.distinct(rows) + if n.null_frac() > 0.0 { 1.0 } else { 0.0 });
        return combined(&keys.collect::<Vec<_>>(), entries);
    };
    if only.is_unique() {
        return Distinct::certain(entries);
    }
    let column = Column { distinct: only.distinct(rows), frequencies: &only.frequencies };
    if btree.is_partial {
        return column.under_predicate(entries);
    }
    let sample = sample(case, btree);
    let is_read_whole = case.table.counters.size.counted().is_some_and(|counted| counted <= sample);
    column.all(entries, rows, sample, is_read_whole)
}

/// One column's.
struct Column<'a> {
    distinct: f64,
    frequencies: &'a [f64],
}

impl Column<'_> {
    fn under_predicate(&self, entries: f64) -> Distinct {
        let seen = self.distinct * (1.0 - (-entries / self.distinct).exp());
        let low = if self.frequencies.is_empty() { seen / 3.0 } else { 1.0 };
        Distinct::between(seen, Cause::PartialDistinct, low, entries.min(self.distinct))
    }

    fn all(&self, entries: f64, rows: f64, sample: f64, is_read_whole: bool) -> Distinct {
        let frequencies = self.frequencies.to_vec();
        let common = frequencies.len() as f64;
        let rest = self.distinct - common;
        if rest <= 0.5 || is_read_whole {
            return Distinct { keys: self.distinct, frequencies, doubt: None };
        }
        // How often the sample met each of the keys that are not common.
        let met = sample * (1.0 - frequencies.iter().sum::<f64>()) / rest;
        let factor = 1.0 + 2.5 * (-met / 2.0).exp() + if met < 20.0 { 0.15 } else { 0.02 };
        let low = (self.distinct / factor).max(common + 1.0);
        let (keys, high) = if self.is_skewed() {
            // What n_distinct misses of a skewed column grows as the root of rows to a sampled row.
            let missed = (rows / sample).max(1.0).sqrt();
            ((self.distinct * missed.sqrt()).min(entries), self.distinct * factor.max(2.0 * missed))
        } else {
            (self.distinct, self.distinct * factor)
        };
        Distinct { keys, frequencies, doubt: Some((Cause::Distinct, low, high.min(entries))) }
    }

    fn is_skewed(&self) -> bool {
        let (second, last) = (self.frequencies.get(1), self.frequencies.last());
        self.frequencies.len() >= 4
            && second.zip(last).is_some_and(|(second, last)| *second > 1.5 * last)
    }
}

/// Keys of several columns: independent of each other at most, decided by one of them at least.
fn combined(columns: &[f64], entries: f64) -> Distinct {
    let least = columns.iter().copied().fold(1.0, f64::max);
    if least >= 0.999 * entries {
        return Distinct::certain(entries);
    }
    let product: f64 = columns.iter().product();
    let met = if product < 50.0 * entries {
        product * (1.0 - (-entries / product).exp())
    } else {
        entries
    };
    let most = least.max(met.min(entries));
    Distinct::between(most, Cause::DistinctCombined, least / 1.05, most)
}

/// A complete unique index on some of these columns, none of them null: every key occurs once.
fn holds_a_unique_key(case: &Case, btree: &Btree) -> bool {
    let attnums: Vec<i16> = btree.keys.iter().filter_map(|key| key.attnum()).collect();
    let is_never_null = |attnum: i16| {
        let numbers = case.shape.column(attnum).and_then(|column| column.statistics.known());
        numbers.is_none_or(|numbers| numbers.null_frac() == 0.0)
    };
    case.shape.btrees.iter().any(|other| {
        let is_complete =
            other.is_unique && other.is_valid && !other.is_partial && !other.has_expression();
        is_complete
            && other.key_attnums().all(|attnum| attnums.contains(&attnum) && is_never_null(attnum))
    })
}

/// Rows that ANALYZE looked at: the largest target of a column decides.
fn sample(case: &Case, btree: &Btree) -> f64 {
    let columns = btree.keys.iter().filter_map(|key| case.shape.column(key.attnum()?));
    let targets = columns.filter_map(|column| column.statistics_target);
    targets.map(|target| 300.0 * f64::from(target)).fold(case.server.sample(), f64::max)
}
