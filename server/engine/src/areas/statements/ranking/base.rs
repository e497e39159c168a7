//! What every statement did over a window, from the history store or, without one, from memory.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use history::{Columns, Entity, History, Metric, Series, Source};
use model::statements::{Bound, Change, Compared, Loss, Measure, Statements, Sums, WindowFacts};
use model::{Known, Reason};
use serde::Deserialize;

use super::super::points;
use super::values::{by_entity, of_server};

/// What is always asked for besides measures.
const BESIDE: [Metric; 5] =
    [points::ACTIVE, points::SEEN, points::EVICTED, points::LOWER_BOUND_CALLS, points::LONGEST];

/// One statement of a database and a role.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The thing in the history.
    pub entity: Entity,
    /// The name of the database.
    pub database: Arc<str>,
    /// The name of the role.
    pub role: Arc<str>,
    /// The statement's identity.
    pub queryid: i64,
    /// Whether clients sent it.
    pub toplevel: bool,
    /// What it did.
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
    /// The names of their databases, in order.
    pub databases: Vec<String>,
    /// The names of their roles, in order.
    pub roles: Vec<String>,
    /// The other window, where they were compared with one.
    pub compared: Option<Known<Compared>>,
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

/// Names of databases and roles: there are a few of them, which many entries share.
#[derive(Default)]
pub struct Names(BTreeSet<Arc<str>>);

impl Names {
    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.0.insert(Arc::clone(&name));
        name
    }
}

/// The entry of an entity; None for the server itself.
pub fn entry(entity: &Entity, sums: Sums, names: &mut Names) -> Option<Entry> {
    let labels: Labels<'_> = serde_json::from_str(entity.key()).ok()?;
    Some(Entry {
        entity: entity.clone(),
        queryid: labels.queryid.parse().ok()?,
        toplevel: labels.toplevel == "true",
        database: names.shared(&labels.database),
        role: names.shared(&labels.role),
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

/// The statements of a window of the store, with every measure: so that another order, or the rows that are
/// shown, need not ask it again.
///
/// Errors: when the store cannot be read.
pub async fn of_store(
    past: &History,
    source: &Source,
    (from_ms, to_ms): (i64, i64),
) -> Result<Base, history::Error> {
    let mut metrics: Vec<&str> = Measure::ALL.iter().map(|measure| measure.as_str()).collect();
    metrics.extend(BESIDE.map(|metric| metric.name));
    let series = Series { metrics: &metrics, entities: None };
    let columns = past.columns(source, series, from_ms, to_ms).await?;
    let gaps = past.gaps(source, columns.from_ms, columns.to_ms).await?;
    let losses = gaps.iter().map(loss).collect();
    // With 100,000 statements it takes longer than a thread that answers requests should be held.
    match tokio::task::spawn_blocking(move || of_columns(&columns, losses)).await {
        Ok(base) => Ok(base),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // pgdeck is stopping.
            Err(_) => Ok(Base::default()),
        },
    }
}

fn of_columns(columns: &Columns, losses: Vec<Loss>) -> Base {
    let (mut names, mut lower_bound_calls) = (Names::default(), 0.0);
    let mut entries = Vec::with_capacity(columns.entities.len());
    for (entity, values) in by_entity(columns) {
        lower_bound_calls += values.lower_bound_calls;
        let (longest_ms, bound) = (values.longest_ms, bound(values.lower_bound_calls));
        let entry = entry(&entity, values.sums(), &mut names);
        entries.extend(entry.map(|entry| Entry { longest_ms, bound, ..entry }));
    }
    // Where an order leaves a choice, each page and each request has to make the same.
    entries
        .sort_unstable_by(|a, b| a.queryid.cmp(&b.queryid).then_with(|| a.entity.cmp(&b.entity)));
    let facts = facts(columns, total(&entries), lower_bound_calls, losses);
    Base::new(entries, facts)
}

/// What functions run is already in their caller's time.
fn total(entries: &[Entry]) -> Sums {
    entries.iter().filter(|entry| entry.toplevel).map(|entry| &entry.sums).sum()
}

fn facts(columns: &Columns, total: Sums, lower_bound_calls: f64, losses: Vec<Loss>) -> WindowFacts {
    let sum = |name| of_server(columns, name).unwrap_or(0.0);
    let nothing = |message: &str| Err(Reason::Nothing { message: message.into() });
    let active_ms = match of_server(columns, points::ACTIVE.name) {
        _ if columns.ticks == 0 => nothing("No history is kept of this time."),
        None => nothing("The server's own count of its work was not known in this time."),
        Some(active_ms) => Ok(active_ms),
    };
    WindowFacts {
        from_ms: columns.from_ms,
        to_ms: columns.to_ms,
        read_ms: columns.read_ms,
        total,
        seen_ms: sum(points::SEEN.name),
        active_ms,
        evicted: sum(points::EVICTED.name),
        lower_bound_calls,
        losses,
        corrupt: columns.corrupt,
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
    let mut names = Names::default();
    let mut entries = Vec::with_capacity(window.top.len());
    for ranked in &window.top {
        let entity = points::entity(value, ranked.key);
        let entry = entry(&entity, ranked.sums.clone(), &mut names);
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
    Ok(Base::new(entries, facts))
}

impl Default for Base {
    fn default() -> Self {
        let facts = facts(&Columns::default(), Sums::default(), 0.0, Vec::new());
        Self::new(Vec::new(), facts)
    }
}

impl Base {
    /// Of these.
    pub fn new(entries: Vec<Entry>, facts: WindowFacts) -> Self {
        let names = |of: fn(&Entry) -> &Arc<str>| -> Vec<String> {
            let names: BTreeSet<&str> = shared_names(&entries, of).collect();
            names.into_iter().map(str::to_owned).collect()
        };
        let (databases, roles) = (names(|entry| &entry.database), names(|entry| &entry.role));
        Self { entries, facts, databases, roles, compared: None }
    }

    /// These statements beside those of another window, as if that had been read as long as this one. Where
    /// either was not read at all, nothing is compared.
    pub fn compare(&self, other: &Self) -> Self {
        let (now_ms, then_ms) = (self.facts.read_ms, other.facts.read_ms);
        if now_ms <= 0 || then_ms <= 0 {
            let message =
                "No history is kept of the window to compare with, or of this one.".to_owned();
            return Self { compared: Some(Err(Reason::Nothing { message })), ..self.clone() };
        }
        let scale = now_ms as f64 / then_ms as f64;
        let mut then: HashMap<&Entity, &Entry> =
            other.entries.iter().map(|entry| (&entry.entity, entry)).collect();
        let mut entries = self.entries.clone();
        for entry in &mut entries {
            match then.remove(&entry.entity) {
                Some(before) => entry.before = Some(before.sums.scaled(scale)),
                None => (entry.before, entry.change) = (Some(Sums::default()), Change::New),
            }
        }
        let mut gone: Vec<&Entry> = then.into_values().collect();
        gone.sort_unstable_by(|a, b| {
            a.queryid.cmp(&b.queryid).then_with(|| a.entity.cmp(&b.entity))
        });
        entries.extend(gone.into_iter().map(|entry| Entry {
            before: Some(entry.sums.scaled(scale)),
            sums: Sums::default(),
            longest_ms: None,
            change: Change::Gone,
            ..entry.clone()
        }));
        let compared = Compared { facts: other.facts.clone(), scale };
        Self { compared: Some(Ok(compared)), ..Self::new(entries, self.facts.clone()) }
    }
}

/// Each name once or more: of entries side by side that share it only the first is looked at.
fn shared_names(entries: &[Entry], of: fn(&Entry) -> &Arc<str>) -> impl Iterator<Item = &str> {
    let runs = entries.chunk_by(move |one, next| Arc::ptr_eq(of(one), of(next)));
    runs.filter_map(move |run| run.first().map(|entry| &**of(entry)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(read_ms: i64, of: &[(&str, f64)]) -> Base {
        let mut names = Names::default();
        let entries = of.iter().filter_map(|(queryid, calls)| {
            let labels =
                [("database", "d"), ("queryid", *queryid), ("role", "r"), ("toplevel", "true")];
            let sums = Sums::from_iter([(Measure::Calls, *calls)]);
            entry(&Entity::of(labels), sums, &mut names)
        });
        let entries = entries.collect();
        Base::new(entries, WindowFacts { read_ms, ..Base::default().facts })
    }

    #[test]
    fn new_and_gone_statements_are_marked_and_unequal_windows_made_equal() {
        let now = base(1_000, &[("1", 10.0), ("2", 5.0)]);
        let now = now.compare(&base(2_000, &[("1", 40.0), ("3", 6.0)]));
        let scale = now.compared.as_ref().and_then(|compared| compared.as_ref().ok());
        assert_eq!(scale.map(|compared| compared.scale), Some(0.5));
        assert_eq!((now.databases.as_slice(), now.roles.len()), (&["d".to_owned()][..], 1));
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
        let unread = base(1_000, &[("1", 1.0)]).compare(&base(0, &[]));
        assert!(matches!(unread.compared, Some(Err(_))), "it was not read");
        assert_eq!((unread.entries.len(), unread.entries[0].change), (1, Change::Both));
    }

    #[test]
    fn names_with_quotes_are_names() {
        let labels = [("database", "a\"b"), ("queryid", "-7"), ("role", "ü"), ("toplevel", "no")];
        let mut names = Names::default();
        let found = entry(&Entity::of(labels), Sums::default(), &mut names).unwrap();
        assert_eq!((&*found.database, found.queryid, found.toplevel), ("a\"b", -7, false));
        assert!(entry(&Entity::server(), Sums::default(), &mut names).is_none());
    }
}
