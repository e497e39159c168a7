//! What every statement did over a window, from the history store or, without one, from memory.

use std::borrow::Cow;
use std::collections::HashMap;

use history::{Entity, History, Metric, Series, Source, Totals};
use model::statements::{Bound, Change, Loss, Measure, Statements, Sums, WindowFacts};
use model::{Known, Reason};
use serde::Deserialize;

use super::super::points;
use super::values::by_entity;

/// What is always asked for besides measures.
const BESIDE: [Metric; 5] =
    [points::ACTIVE, points::SEEN, points::EVICTED, points::LOWER_BOUND_CALLS, points::LONGEST];

/// One statement of a database and a role.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The thing in the history.
    pub entity: Entity,
    /// The name of the database.
    pub database: String,
    /// The name of the role.
    pub role: String,
    /// The statement's identity.
    pub queryid: i64,
    /// Whether clients sent it.
    pub toplevel: bool,
    /// What it did, as far as it was asked for.
    pub sums: Sums,
    /// Its longest execution, ms, where it is known.
    pub longest_ms: Option<f64>,
    /// Whether it may have done more.
    pub bound: Bound,
    /// What it did in the other window, scaled.
    pub before: Option<Sums>,
    /// Whether it is new or gone.
    pub change: Change,
}

/// All statements of a window.
#[derive(Clone)]
pub struct Base {
    /// In no order.
    pub entries: Vec<Entry>,
    /// What the window holds and lacks.
    pub facts: WindowFacts,
    /// Whether the sums hold every measure.
    pub is_complete: bool,
}

/// The labels of an entry, without a copy where there is no escape in them.
#[derive(Deserialize)]
struct Labels<'a> {
    #[serde(borrow)]
    database: Cow<'a, str>,
    #[serde(borrow)]
    queryid: Cow<'a, str>,
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    toplevel: Cow<'a, str>,
}

/// The entry of an entity; None for the server itself.
pub fn entry(entity: &Entity, sums: Sums) -> Option<Entry> {
    let labels: Labels<'_> = serde_json::from_str(entity.key()).ok()?;
    Some(Entry {
        entity: entity.clone(),
        queryid: labels.queryid.parse().ok()?,
        toplevel: labels.toplevel == "true",
        database: labels.database.into_owned(),
        role: labels.role.into_owned(),
        sums,
        longest_ms: None,
        bound: Bound::Exact,
        before: None,
        change: Change::Both,
    })
}

/// Whether calls of ticks that may have done more make a lower bound.
pub fn bound(lower_bound_calls: f64) -> Bound {
    if lower_bound_calls > 0.0 { Bound::LowerBound } else { Bound::Exact }
}

/// The statements of a window of the store.
///
/// Errors: when the store cannot be read.
pub async fn of_store(
    past: &History,
    source: &Source,
    (from_ms, to_ms): (i64, i64),
    measures: &[Measure],
) -> Result<Base, history::Error> {
    let mut metrics: Vec<&str> = measures.iter().map(|measure| measure.as_str()).collect();
    metrics.extend(BESIDE.map(|metric| metric.name));
    let series = Series { metrics: &metrics, entities: None };
    let totals = past.totals(source, series, from_ms, to_ms).await?;
    let gaps = past.gaps(source, totals.from_ms, totals.to_ms).await?;
    let values = by_entity(&totals);
    let entries = values.iter().filter_map(|(entity, values)| {
        let entry = entry(entity, values.sums())?;
        let (longest_ms, bound) = (values.longest_ms, bound(values.lower_bound_calls));
        Some(Entry { longest_ms, bound, ..entry })
    });
    let mut entries: Vec<Entry> = entries.collect();
    // Where an order leaves a choice, each page and each request has to make the same.
    entries
        .sort_unstable_by(|a, b| a.queryid.cmp(&b.queryid).then_with(|| a.entity.cmp(&b.entity)));
    let lower_bound_calls = values.iter().map(|(_, values)| values.lower_bound_calls).sum();
    let losses = gaps.iter().map(loss).collect();
    let facts = facts(&totals, total(&entries), lower_bound_calls, losses);
    Ok(Base { entries, facts, is_complete: false })
}

/// What functions run is already in their caller's time.
fn total(entries: &[Entry]) -> Sums {
    entries.iter().filter(|entry| entry.toplevel).map(|entry| &entry.sums).sum()
}

fn facts(totals: &Totals, total: Sums, lower_bound_calls: f64, losses: Vec<Loss>) -> WindowFacts {
    let of_server = |name: &str| {
        totals.rows.iter().find(|row| row.entity.key().is_empty() && *row.metric == *name)
    };
    let sum = |name| of_server(name).map_or(0.0, |row| row.sum);
    let nothing = |message: &str| Err(Reason::Nothing { message: message.into() });
    let active_ms = match of_server(points::ACTIVE.name) {
        _ if totals.ticks == 0 => nothing("No history is kept of this time."),
        None => nothing("The server's own count of its work was not known in this time."),
        Some(row) => Ok(row.sum),
    };
    WindowFacts {
        from_ms: totals.from_ms,
        to_ms: totals.to_ms,
        read_ms: totals.read_ms,
        total,
        seen_ms: sum(points::SEEN.name),
        active_ms,
        evicted: sum(points::EVICTED.name),
        lower_bound_calls,
        losses,
        corrupt: totals.corrupt,
    }
}

fn loss(gap: &history::Gap) -> Loss {
    use history::GapReason::*;
    let cause = match gap.reason {
        NotRunning => "pgdeck was not running, or did not watch this server",
        NotRead => "the server was not read",
        NotKept => "what was read could not be written",
        ClockForward => "the clock was set forward",
        ClockBack => "the clock was set back: this time was read twice",
        Corrupt => "what was kept is damaged",
        Reset if !gap.detail.is_empty() => gap.detail.as_str(),
        Reset => "the counters were set back",
    };
    Loss { from_ms: gap.from_ms, to_ms: gap.to_ms, cause: cause.to_owned() }
}

/// The statements of the last ten minutes in memory.
pub fn of_memory(value: &Statements) -> Known<Base> {
    let window = value.ranking()?;
    let mut entries = Vec::with_capacity(window.top.len());
    for ranked in &window.top {
        let entity = points::entity(value, ranked.key);
        let entry = entry(&entity, ranked.sums.clone());
        entries.extend(entry.map(|entry| Entry { bound: ranked.bound, ..entry }));
    }
    let integrity = &window.integrity;
    let losses = window.gaps.iter().map(|gap| Loss {
        from_ms: gap.from_ms,
        to_ms: gap.to_ms,
        cause: gap.reason.cause().to_owned(),
    });
    let facts = WindowFacts {
        from_ms: window.from_ms,
        to_ms: window.to_ms,
        read_ms: window.covered_ms,
        total: window.total.clone(),
        seen_ms: integrity.seen_ms,
        active_ms: integrity.active_ms.clone(),
        evicted: integrity.evicted.max(integrity.vanished) as f64,
        lower_bound_calls: integrity.lower_bounds as f64,
        losses: losses.collect(),
        corrupt: 0,
    };
    Ok(Base { entries, facts, is_complete: true })
}

impl Base {
    /// Joins the statements of another window, as if that had been read as long as this one; gives what they
    /// were multiplied by. None where either was not read at all.
    pub fn compare(&mut self, other: &Self) -> Option<f64> {
        let (now_ms, then_ms) = (self.facts.read_ms, other.facts.read_ms);
        if now_ms <= 0 || then_ms <= 0 {
            return None;
        }
        let scale = now_ms as f64 / then_ms as f64;
        let mut then: HashMap<&Entity, &Entry> =
            other.entries.iter().map(|entry| (&entry.entity, entry)).collect();
        for entry in &mut self.entries {
            match then.remove(&entry.entity) {
                Some(before) => entry.before = Some(before.sums.scaled(scale)),
                None => (entry.before, entry.change) = (Some(Sums::default()), Change::New),
            }
        }
        let mut gone: Vec<&Entry> = then.into_values().collect();
        gone.sort_unstable_by(|a, b| {
            a.queryid.cmp(&b.queryid).then_with(|| a.entity.cmp(&b.entity))
        });
        let gone = gone.into_iter().map(|entry| Entry {
            before: Some(entry.sums.scaled(scale)),
            sums: Sums::default(),
            longest_ms: None,
            change: Change::Gone,
            ..entry.clone()
        });
        self.entries.extend(gone);
        Some(scale)
    }
}

/// These statements, of no window.
#[cfg(test)]
pub fn of_entries(entries: Vec<Entry>) -> Base {
    let facts = facts(&Totals::default(), Sums::default(), 0.0, Vec::new());
    Base { entries, facts, is_complete: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(read_ms: i64, of: &[(&str, f64)]) -> Base {
        let entries = of.iter().filter_map(|(queryid, calls)| {
            let labels =
                [("database", "d"), ("queryid", *queryid), ("role", "r"), ("toplevel", "true")];
            entry(&Entity::of(labels), Sums::from_iter([(Measure::Calls, *calls)]))
        });
        let facts = facts(&Totals { read_ms, ..Totals::default() }, Sums::default(), 0.0, vec![]);
        Base { entries: entries.collect(), facts, is_complete: false }
    }

    #[test]
    fn new_and_gone_statements_are_marked_and_unequal_windows_made_equal() {
        let mut now = base(1_000, &[("1", 10.0), ("2", 5.0)]);
        let scale = now.compare(&base(2_000, &[("1", 40.0), ("3", 6.0)]));
        assert_eq!(scale, Some(0.5));
        let seen: Vec<_> = now
            .entries
            .iter()
            .map(|e| (e.queryid, e.change, e.before.as_ref().map(|b| b.get(Measure::Calls))))
            .collect();
        let expected = [
            (1, Change::Both, Some(20.0)),
            (2, Change::New, Some(0.0)),
            (3, Change::Gone, Some(3.0)),
        ];
        assert_eq!(seen, expected);
        assert_eq!(base(1_000, &[("1", 1.0)]).compare(&base(0, &[])), None, "it was not read");
    }

    #[test]
    fn names_with_quotes_are_names() {
        let labels = [("database", "a\"b"), ("queryid", "-7"), ("role", "ü"), ("toplevel", "no")];
        let found = entry(&Entity::of(labels), Sums::default()).unwrap();
        assert_eq!((found.database.as_str(), found.queryid, found.toplevel), ("a\"b", -7, false));
        assert!(entry(&Entity::server(), Sums::default()).is_none());
    }
}
