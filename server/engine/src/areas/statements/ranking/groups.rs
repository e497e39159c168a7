//! Rows of a ranking: each statement alone, or put together by fingerprint, table or tag.

use std::collections::{BTreeMap, HashMap};

use model::statements::{Bound, Change, Figure, Group, Measure, StatementText, Sums};

use super::base::Entry;
use super::tags::Tags;

/// Statements whose texts are looked at for a grouping: the costliest.
pub const GROUPED: usize = 5_000;

/// A row in the making.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// What the statements have in common; empty for one alone.
    pub label: String,
    /// Their places among the entries.
    pub members: Vec<usize>,
    /// What they did.
    pub sums: Sums,
    /// What they did in the other window.
    pub before: Option<Sums>,
    /// The longest execution, ms; None where that of one of them is not known.
    pub longest_ms: Option<f64>,
    /// Whether they may have done more.
    pub bound: Bound,
    /// Whether all of them are new, or gone.
    pub change: Change,
}

/// A row for each entry.
pub fn alone(entries: &[Entry]) -> Vec<Row> {
    let row = |(at, entry): (usize, &Entry)| Row {
        label: String::new(),
        members: vec![at],
        sums: entry.sums.clone(),
        before: entry.before.clone(),
        longest_ms: entry.longest_ms,
        bound: entry.bound,
        change: entry.change,
    };
    entries.iter().enumerate().map(row).collect()
}

/// The places of the costliest top-level entries, and of the rest: what functions run is already in their
/// caller's time, so a group that held both would count it twice.
pub fn costliest(entries: &[Entry]) -> (Vec<usize>, Vec<usize>) {
    let mut places: Vec<usize> =
        (0..entries.len()).filter(|at| entries.get(*at).is_some_and(|e| e.toplevel)).collect();
    let cost = |at: &usize| {
        let entry = entries.get(*at);
        entry.map_or(0.0, |e| {
            let then = e.before.as_ref().map_or(0.0, |sums| sums.get(Measure::ExecTime));
            e.sums.get(Measure::ExecTime).max(then)
        })
    };
    places.sort_by(|a, b| cost(b).total_cmp(&cost(a)));
    let rest = places.split_off(places.len().min(GROUPED));
    (places, rest)
}

/// The rows of a grouping.
pub fn grouped(
    entries: &[Entry],
    group: &Group,
    texts: &HashMap<i64, StatementText>,
    tags: &Tags,
) -> Vec<Row> {
    let (places, rest) = costliest(entries);
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in places {
        let Some(entry) = entries.get(at) else { continue };
        for label in labels(entry, group, texts, tags) {
            groups.entry(label).or_default().push(at);
        }
    }
    if !rest.is_empty() {
        groups.insert(format!("beyond the {GROUPED} costliest statements"), rest);
    }
    groups.into_iter().map(|(label, members)| row(label, members, entries)).collect()
}

fn labels(
    entry: &Entry,
    group: &Group,
    texts: &HashMap<i64, StatementText>,
    tags: &Tags,
) -> Vec<String> {
    let text = texts.get(&entry.queryid);
    match group {
        Group::Tag(key) => vec![tags.group(entry.queryid, key)],
        Group::Fingerprint => {
            let print = text.and_then(|text| text.fingerprint.clone());
            vec![print.unwrap_or_else(|| "text not known".into())]
        }
        Group::Table => match text {
            None => vec!["text not known".into()],
            Some(text) if text.tables.is_empty() => vec!["no table".into()],
            Some(text) => text.tables.clone(),
        },
    }
}

fn row(label: String, members: Vec<usize>, entries: &[Entry]) -> Row {
    let of = || members.iter().filter_map(|at| entries.get(*at));
    let all = |change: Change| of().all(|entry| entry.change == change);
    let change = match (all(Change::New), all(Change::Gone)) {
        (true, false) => Change::New,
        (false, true) => Change::Gone,
        _ => Change::Both,
    };
    let is_compared = of().any(|entry| entry.before.is_some());
    Row {
        sums: of().map(|entry| &entry.sums).sum(),
        before: is_compared.then(|| of().filter_map(|entry| entry.before.as_ref()).sum()),
        longest_ms: longest(of().map(|entry| entry.longest_ms)),
        bound: of().map(|entry| entry.bound).max().unwrap_or_default(),
        change,
        label,
        members,
    }
}

/// The longest of all; where that of one is not known, another may not be the longest.
pub fn longest(mut of: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let first = of.next()??;
    of.try_fold(first, |longest, one| Some(longest.max(one?)))
}

/// A page of rows in an order: a figure's name, or `change-` and `total`, `calls` or `mean`. Descending with
/// `-` in front; what has no value comes last either way. An order that is none is that by total time.
pub fn page(rows: &[Row], order: &str, (from, most): (usize, usize)) -> Vec<Row> {
    let (id, descending) = order.strip_prefix('-').map_or((order, false), |id| (id, true));
    let (of, descending) = match key(id) {
        Some(of) => (of, descending),
        None => (Key::Figure(total), true),
    };
    // References are sorted, because a row is long; and no two rows have the same members and label.
    let mut keyed: Vec<(Option<f64>, &Row)> = rows.iter().map(|row| (of.value(row), row)).collect();
    keyed.sort_unstable_by(|(a, one), (b, next)| {
        let order = match (a, b) {
            (Some(a), Some(b)) if descending => b.total_cmp(a),
            (Some(a), Some(b)) => a.total_cmp(b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        order.then_with(|| one.label.cmp(&next.label)).then_with(|| one.members.cmp(&next.members))
    });
    keyed.into_iter().skip(from).take(most).map(|(_, row)| row.clone()).collect()
}

/// What rows are ordered by.
enum Key {
    Longest,
    Figure(fn(&Sums) -> Option<f64>),
    Change(fn(&Sums) -> Option<f64>),
}

fn key(id: &str) -> Option<Key> {
    match id.strip_prefix("change-") {
        Some(of) => Figure::named(of).map(|figure| Key::Change(figure.value)),
        None if id == "max" => Some(Key::Longest),
        None => Figure::named(id).map(|figure| Key::Figure(figure.value)),
    }
}

fn total(sums: &Sums) -> Option<f64> {
    Some(sums.get(Measure::ExecTime))
}

impl Key {
    /// By how much it changed, or what it is; what is new or gone has changed by all of it.
    fn value(&self, row: &Row) -> Option<f64> {
        match self {
            Self::Longest => row.longest_ms,
            Self::Figure(of) => of(&row.sums),
            Self::Change(of) => {
                let before = row.before.as_ref()?;
                match (of(&row.sums), of(before)) {
                    (None, None) => None,
                    (now, then) => Some(now.unwrap_or(0.0) - then.unwrap_or(0.0)),
                }
            }
        }
    }
}

/// The measures that an order needs besides calls and time.
pub fn measures(order: &str) -> &'static [Measure] {
    let id = order.trim_start_matches('-');
    let id = id.strip_prefix("change-").unwrap_or(id);
    Figure::named(id).map_or(&[], |figure| figure.measures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let mut seed = 7_u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % 9
        };
        let row = |at| {
            let (calls, ms) = (next() as f64, next() as f64);
            Row {
                members: vec![at],
                sums: Sums::from_iter([(Measure::Calls, calls), (Measure::ExecTime, ms)]),
                longest_ms: Some(ms).filter(|_| at % 3 > 0),
                ..Row::default()
            }
        };
        (0..500).map(row).collect()
    }

    #[test]
    fn pages_together_are_all_rows_in_order() {
        let rows = rows();
        for (order, descending) in [("-total", true), ("total", false), ("nonsense", true)] {
            let pages = (0..11).flat_map(|n| page(&rows, order, (n * 50, 50)));
            let got: Vec<(f64, usize)> =
                pages.map(|row| (row.sums.get(Measure::ExecTime), row.members[0])).collect();
            let mut expected: Vec<(f64, usize)> =
                rows.iter().map(|r| (r.sums.get(Measure::ExecTime), r.members[0])).collect();
            // Stable: among equals the order of the entries is kept, whichever way it goes.
            match descending {
                true => expected.sort_by(|a, b| b.0.total_cmp(&a.0)),
                false => expected.sort_by(|a, b| a.0.total_cmp(&b.0)),
            }
            assert_eq!(got, expected, "{order}");
        }
        let last = page(&rows, "-max", (450, 50));
        assert!(last.iter().all(|row| row.longest_ms.is_none()), "what is unknown comes last");
    }
}
