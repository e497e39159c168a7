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

/// A row for an entry.
pub fn alone(place: usize, entry: &Entry) -> Row {
    Row {
        label: String::new(),
        members: vec![place],
        sums: entry.sums.clone(),
        before: entry.before.clone(),
        longest_ms: entry.longest_ms,
        bound: entry.bound,
        change: entry.change,
    }
}

/// Of these places those of the costliest top-level entries, and of the rest: what functions run is already in
/// their caller's time, so a group that held both would count it twice.
pub fn costliest(entries: &[Entry], places: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let cost = |entry: &Entry| {
        let then = entry.before.as_ref().map_or(0.0, |sums| sums.get(Measure::ExecTime));
        entry.sums.get(Measure::ExecTime).max(then)
    };
    let all = places.iter().filter_map(|at| Some((*at, entries.get(*at)?)));
    let mut costs: Vec<(f64, usize)> =
        all.filter(|(_, entry)| entry.toplevel).map(|(at, entry)| (cost(entry), at)).collect();
    costs.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut places: Vec<usize> = costs.into_iter().map(|(_, at)| at).collect();
    let rest = places.split_off(places.len().min(GROUPED));
    (places, rest)
}

/// The rows of a grouping of the costliest and the rest, in the order of their labels.
pub fn grouped(
    entries: &[Entry],
    (places, rest): (Vec<usize>, Vec<usize>),
    group: &Group,
    texts: &HashMap<i64, StatementText>,
    tags: &Tags,
) -> Vec<Row> {
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

/// These entries together.
pub fn row(label: String, members: Vec<usize>, entries: &[Entry]) -> Row {
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

/// What can be ordered.
pub trait Ranked {
    /// What it did.
    fn sums(&self) -> &Sums;
    /// What it did in the other window.
    fn before(&self) -> Option<&Sums>;
    /// Its longest execution, ms, where it is known.
    fn longest_ms(&self) -> Option<f64>;
}

impl Ranked for Entry {
    fn sums(&self) -> &Sums {
        &self.sums
    }
    fn before(&self) -> Option<&Sums> {
        self.before.as_ref()
    }
    fn longest_ms(&self) -> Option<f64> {
        self.longest_ms
    }
}

impl Ranked for Row {
    fn sums(&self) -> &Sums {
        &self.sums
    }
    fn before(&self) -> Option<&Sums> {
        self.before.as_ref()
    }
    fn longest_ms(&self) -> Option<f64> {
        self.longest_ms
    }
}

/// The places of a page in an order: a figure's name, or `change-` and `total`, `calls` or `mean`. Descending
/// with `-` in front; what has no value comes last either way, and where an order leaves a choice, what comes
/// first comes first. An order that is none is that by total time.
pub fn page<'a, R: Ranked + 'a>(
    all: impl Iterator<Item = (usize, &'a R)>,
    order: &str,
    (from, most): (usize, usize),
) -> Vec<usize> {
    let (id, descending) = order.strip_prefix('-').map_or((order, false), |id| (id, true));
    let (of, descending) = match key(id) {
        Some(of) => (of, descending),
        None => (Key::Figure(total), true),
    };
    let mut keyed: Vec<(Option<f64>, usize)> =
        all.map(|(place, one)| (of.value(one), place)).collect();
    let order = |(a, one): &(Option<f64>, usize), (b, next): &(Option<f64>, usize)| {
        let order = match (a, b) {
            (Some(a), Some(b)) if descending => b.total_cmp(a),
            (Some(a), Some(b)) => a.total_cmp(b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        order.then(one.cmp(next))
    };
    // Of 100,000 only those up to the end of the page are put in order.
    let end = from.saturating_add(most);
    if end < keyed.len() {
        keyed.select_nth_unstable_by(end, order);
        keyed.truncate(end);
    }
    keyed.sort_unstable_by(order);
    keyed.into_iter().skip(from).map(|(_, place)| place).collect()
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
    fn value(&self, one: &impl Ranked) -> Option<f64> {
        match self {
            Self::Longest => one.longest_ms(),
            Self::Figure(of) => of(one.sums()),
            Self::Change(of) => match (of(one.sums()), of(one.before()?)) {
                (None, None) => None,
                (now, then) => Some(now.unwrap_or(0.0) - then.unwrap_or(0.0)),
            },
        }
    }
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
        let all = || rows.iter().enumerate();
        for (order, descending) in [("-total", true), ("total", false), ("nonsense", true)] {
            let pages = (0..11).flat_map(|n| page(all(), order, (n * 50, 50)));
            let got: Vec<(f64, usize)> =
                pages.map(|at| (rows[at].sums.get(Measure::ExecTime), at)).collect();
            let mut expected: Vec<(f64, usize)> =
                rows.iter().map(|r| (r.sums.get(Measure::ExecTime), r.members[0])).collect();
            // Stable: among equals the order of the entries is kept, whichever way it goes.
            match descending {
                true => expected.sort_by(|a, b| b.0.total_cmp(&a.0)),
                false => expected.sort_by(|a, b| a.0.total_cmp(&b.0)),
            }
            assert_eq!(got, expected, "{order}");
        }
        let last = page(all(), "-max", (450, 50));
        let is_unknown = |at: &usize| rows[*at].longest_ms.is_none();
        assert!(last.len() == 50 && last.iter().all(is_unknown), "what is unknown comes last");
    }
}
