//! The costliest statements of one database over a window, with their texts: what indexes are suggested for.

use std::collections::HashMap;

use model::statements::explain::{has_plan, is_own};
use model::statements::{Measure, Question};
use model::suggestions::{Weighted, Workload, WorkloadFacts};
use model::{Known, Reason, ServerId};

use super::super::StatementsArea;
use super::base::Entry;
use super::filter::narrowed;
use super::tags::Tags;
use super::{Asker, Store};
use crate::engine::Engine;
use crate::past::unreadable;
use crate::pruning::Recorded;

/// How many texts are read at once for each statement that is wanted.
const READ_PER_WANTED: usize = 3;
/// The most statements whose texts are read: as many as pg_stat_statements keeps at first (`pg_stat_statements.max`).
const MOST_READ: usize = 5_000;

/// The costliest statements of the question's database and window, at most `most`; of the costliest database
/// where it names none. None: no such server.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn workload(
    engine: &Engine,
    id: &ServerId,
    question: &Question,
    most: usize,
) -> Result<Option<Known<Workload>>, String> {
    let Some(latest) = engine.newest::<StatementsArea>(id) else { return Ok(None) };
    let store = Store::of(engine, id);
    let asker = Asker { value: latest.value(), question, sees_text: true, store };
    let found = asker.workload(most).await.map_err(|error| unreadable(&error))?;
    Ok(Some(match (found, &latest.failure) {
        (Err(Reason::NotYet), Some(failure)) => Err(failure.reason.clone()),
        (found, _) => found,
    }))
}

/// The statements of the question's database that name its table, whoever ran them, those that took most time first:
/// at most `most`. None: no such server.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn naming(
    engine: &Engine,
    id: &ServerId,
    question: &Question,
    most: usize,
) -> Result<Option<Known<Vec<Recorded>>>, String> {
    let Some(latest) = engine.newest::<StatementsArea>(id) else { return Ok(None) };
    let store = Store::of(engine, id);
    let asker = Asker { value: latest.value(), question, sees_text: true, store };
    let found = asker.naming(most).await.map_err(|error| unreadable(&error))?;
    Ok(Some(match (found, &latest.failure) {
        (Err(Reason::NotYet), Some(failure)) => Err(failure.reason.clone()),
        (found, _) => found,
    }))
}

impl Asker<'_> {
    async fn naming(&self, most: usize) -> Result<Known<Vec<Recorded>>, history::Error> {
        let base = match self.base(&self.spans()).await? {
            Ok(base) => base,
            Err(reason) => return Ok(Err(reason)),
        };
        let asked = (self.question, self.sees_text);
        let tags = Tags::default();
        let narrowed = narrowed(self.store.as_ref(), self.value, asked, &tags).await?;
        let places = narrowed.places(&base.entries, self.question);
        let mut sums: HashMap<i64, (f64, f64)> = HashMap::new();
        for entry in places.iter().filter_map(|place| base.entries.get(*place)) {
            let (calls, ms) = sums.entry(entry.queryid).or_default();
            *calls += entry.sums.get(Measure::Calls);
            *ms += entry.sums.get(Measure::ExecTime);
        }
        let mut sums: Vec<(i64, (f64, f64))> = sums.into_iter().collect();
        sums.sort_by(|one, two| two.1.1.total_cmp(&one.1.1).then_with(|| one.0.cmp(&two.0)));
        sums.truncate(most);
        let mut texts = self.texts(sums.iter().map(|(queryid, _)| *queryid)).await?;
        let recorded = |(queryid, (calls, total_ms)): (i64, (f64, f64))| {
            let text = texts.remove(&queryid)?.text;
            Some(Recorded { queryid, text, calls, total_ms })
        };
        Ok(Ok(sums.into_iter().filter_map(recorded).collect()))
    }

    async fn workload(&self, most: usize) -> Result<Known<Workload>, history::Error> {
        let spans = self.spans();
        let base = match self.base(&spans).await? {
            Ok(base) => base,
            Err(reason) => return Ok(Err(reason)),
        };
        let databases = costliest(&base.entries);
        let asked = &self.question.database;
        let first = databases.first().cloned().unwrap_or_default();
        let database = if asked.is_empty() { first } else { asked.clone() };
        let times = times(&base.entries, &database);
        let statements = self.planned(&times, most).await?;
        let facts = WorkloadFacts {
            databases,
            database,
            statements: times.len(),
            planned: statements.len(),
            from_ms: base.facts.from_ms,
            to_ms: base.facts.to_ms,
            notes: spans.refused,
        };
        Ok(Ok(Workload { facts, statements }))
    }

    /// The costliest that are planned. Others take no place, however many they are.
    async fn planned(&self, times: &[Time], most: usize) -> Result<Vec<Weighted>, history::Error> {
        let mut found = vec![];
        let times = times.get(..MOST_READ).unwrap_or(times);
        for some in times.chunks(most.saturating_mul(READ_PER_WANTED).max(1)) {
            let mut texts = self.texts(some.iter().map(|time| time.queryid)).await?;
            found.extend(some.iter().filter_map(|time| {
                let text = texts.remove(&time.queryid)?.text;
                let Time { queryid, total_ms, calls } = *time;
                is_asked(&text).then_some(Weighted { queryid, text, total_ms, calls: Some(calls) })
            }));
            if found.len() >= most {
                break;
            }
        }
        found.truncate(most);
        Ok(found)
    }
}

/// Whether indexes may be suggested for a statement: it has a plan, and it is none of ours, which read only the
/// catalogs.
fn is_asked(text: &str) -> bool {
    has_plan(text) && !is_own(text)
}

/// The databases, those whose statements took most time first.
fn costliest(entries: &[Entry]) -> Vec<String> {
    let mut times: HashMap<&str, f64> = HashMap::new();
    for entry in entries {
        *times.entry(&entry.database).or_default() += entry.sums.get(Measure::ExecTime);
    }
    let mut times: Vec<(&str, f64)> = times.into_iter().collect();
    times.sort_by(|one, two| two.1.total_cmp(&one.1).then_with(|| one.0.cmp(two.0)));
    times.into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// What a statement did in a database, whoever ran it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Time {
    queryid: i64,
    /// Its execution time, ms.
    total_ms: f64,
    calls: f64,
}

/// What each statement did in a database; the longest first.
fn times(entries: &[Entry], database: &str) -> Vec<Time> {
    let mut times: HashMap<i64, Time> = HashMap::new();
    for entry in entries.iter().filter(|entry| *entry.database == *database) {
        let time = times.entry(entry.queryid).or_default();
        time.queryid = entry.queryid;
        time.total_ms += entry.sums.get(Measure::ExecTime);
        time.calls += entry.sums.get(Measure::Calls);
    }
    let mut times: Vec<Time> = times.into_values().collect();
    times.sort_by(|one, two| {
        two.total_ms.total_cmp(&one.total_ms).then_with(|| one.queryid.cmp(&two.queryid))
    });
    times
}

#[cfg(test)]
mod tests {
    use history::Entity;
    use model::statements::Sums;

    use super::super::base::{Names, entry};
    use super::*;

    fn entries(of: &[(&str, &str, &str, f64)]) -> Vec<Entry> {
        let mut names = Names::default();
        let one = |(database, queryid, role, ms): &(&str, &str, &str, f64)| {
            let labels = [
                ("database", *database),
                ("queryid", *queryid),
                ("role", *role),
                ("toplevel", "true"),
            ];
            entry(
                &Entity::of(labels),
                Sums::from_iter([(Measure::ExecTime, *ms), (Measure::Calls, 2.0)]),
                &mut names,
            )
        };
        of.iter().filter_map(one).collect()
    }

    #[test]
    fn statements_are_added_up_over_roles_and_kept_apart_by_database() {
        let entries = entries(&[
            ("shop", "1", "ann", 10.0),
            ("shop", "1", "bob", 5.0),
            ("shop", "2", "ann", 12.0),
            ("other", "1", "ann", 90.0),
        ]);
        assert_eq!(costliest(&entries), ["other", "shop"]);
        let one = |queryid, total_ms, calls| Time { queryid, total_ms, calls };
        assert_eq!(times(&entries, "shop"), [one(1, 15.0, 4.0), one(2, 12.0, 2.0)]);
        assert!(times(&entries, "gone").is_empty());
    }

    #[test]
    fn our_own_statements_and_utility_statements_are_not_asked() {
        assert!(
            is_asked("select 1 from t where a = $1") && is_asked("/* web */ update t set a = $1")
        );
        for text in ["/* pgdeck entries.14.sql */ select 1", "vacuum t", "begin", "select cut …"]
        {
            assert!(!is_asked(text), "{text}");
        }
    }
}
