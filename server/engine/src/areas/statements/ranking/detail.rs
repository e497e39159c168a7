//! One statement over a window: what it did in each database and for each role, the series of its measures,
//! what its sampled sessions waited for and who ran it.

use std::collections::{BTreeMap, HashMap};

use history::{Bucket, Entity, Series};
use model::statements::{Detail, Measure, Question, Rank, StatementText, Statements, Sums};
use model::{AreaName, Known, Reason, ServerId};

use super::super::StatementsArea;
use super::base::{Base, Entry};
use super::groups::{alone, row};
use super::tags::Tags;
use super::{Asker, Store, texts};
use crate::engine::Engine;
use crate::past::{MOST_POINTS, unreadable};
use crate::sampled::BY_ALL;

/// A moment and what the statement did there; None where nothing was read.
pub type Moment = (i64, Option<(f64, Sums)>);

/// A statement and its series; None: no such server, or it did nothing in the window. Moments hold the
/// milliseconds that were read and the sums.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn of(
    engine: &Engine,
    id: &ServerId,
    (queryid, question): (i64, &Question),
    sees_text: bool,
) -> Result<Option<Known<(Detail, Vec<Moment>)>>, String> {
    let Some(latest) = engine.newest::<StatementsArea>(id) else { return Ok(None) };
    let asker = Asker { value: latest.value(), question, sees_text, store: Store::of(engine, id) };
    let found = asker.detail(queryid).await.map_err(|error| unreadable(&error))?;
    Ok(Some(match (found, &latest.failure) {
        (Err(Reason::NotYet), Some(failure)) => Err(failure.reason.clone()),
        (found, _) => found,
    }))
}

/// The text of a statement, without values; None where it is not known.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn text_of(
    engine: &Engine,
    id: &ServerId,
    queryid: i64,
) -> Result<Option<StatementText>, String> {
    let Some(latest) = engine.newest::<StatementsArea>(id) else { return Ok(None) };
    let (question, store) = (&Question::default(), Store::of(engine, id));
    let asker = Asker { value: latest.value(), question, sees_text: true, store };
    let texts = asker.texts(std::iter::once(queryid)).await;
    Ok(texts.map_err(|error| unreadable(&error))?.remove(&queryid))
}

impl Asker<'_> {
    /// A statement and its series, or why they are unknown.
    ///
    /// Errors: when the store cannot be read.
    pub async fn detail(
        &self,
        queryid: i64,
    ) -> Result<Known<(Detail, Vec<Moment>)>, history::Error> {
        let spans = self.spans();
        let base = match self.base(&spans).await? {
            Ok(base) => base,
            Err(reason) => return Ok(Err(reason)),
        };
        let (database, role) = (self.question.database.as_str(), self.question.role.as_str());
        let is_wanted = |entry: &&Entry| {
            entry.queryid == queryid
                && (database.is_empty() || *database == *entry.database)
                && (role.is_empty() || *role == *entry.role)
        };
        let entries = base.entries.iter().filter(is_wanted).cloned().collect();
        let base = Base::new(entries, base.facts.clone());
        let window = (base.facts.from_ms, base.facts.to_ms);
        let each = base.entries.iter().enumerate().map(|(at, entry)| alone(at, entry)).collect();
        let entries = self.rows(&base, each).await?;
        let rank = self.whole(&base).await?;
        let mut texts = self.texts(std::iter::once(queryid)).await?;
        texts.retain(|id, _| *id == queryid && self.sees_text);
        let texts = texts::with_tables(texts).await;
        let text = texts.get(&queryid);
        let sampled = Sampled::read(self.store.as_ref(), queryid, window).await?;
        let tags = Tags::read(self.store.as_ref(), window).await?;
        let moments = self.moments(&base.entries, window).await?;
        let detail = Detail {
            queryid,
            text: text.map(|text| text.text.clone()),
            fingerprint: text.and_then(|text| text.fingerprint.clone()),
            tables: text.map(|text| text.tables.clone()).unwrap_or_default(),
            facts: base.facts,
            rank,
            entries,
            waits: sampled.waits,
            who: sampled.who,
            tags: if self.sees_text { tags.of_statement(queryid) } else { Vec::new() },
            uncounted: self.value.map(Statements::uncounted).unwrap_or_default(),
            notes: spans.refused,
        };
        Ok(Ok((detail, moments)))
    }

    /// All entries together; what functions run is left out where clients send it too.
    async fn whole(&self, base: &Base) -> Result<Rank, history::Error> {
        let any_top = base.entries.iter().any(|entry| entry.toplevel);
        let is_counted = |entry: &&Entry| entry.toplevel || !any_top;
        let places = 0..base.entries.len();
        let members = places.filter(|at| base.entries.get(*at).iter().any(is_counted)).collect();
        let together = row(String::new(), members, &base.entries);
        Ok(self.rows(base, vec![together]).await?.pop().unwrap_or_default())
    }

    async fn moments(
        &self,
        entries: &[Entry],
        (from_ms, to_ms): (i64, i64),
    ) -> Result<Vec<Moment>, history::Error> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let any_top = entries.iter().any(|entry| entry.toplevel);
        let counted = entries.iter().filter(|entry| entry.toplevel || !any_top);
        let entities: Vec<Entity> = counted.map(|entry| entry.entity.clone()).collect();
        if entities.is_empty() {
            return Ok(Vec::new());
        }
        let metrics = Measure::ALL.map(Measure::as_str);
        let series = Series { metrics: &metrics, entities: Some(&entities) };
        let lines = store.past.ranges(&store.source, series, from_ms, to_ms, MOST_POINTS).await?;
        let mut moments: BTreeMap<i64, (Bucket, Vec<(Measure, f64)>)> = BTreeMap::new();
        for line in &lines {
            let Ok(measure) = line.metric.parse::<Measure>() else { continue };
            for bucket in &line.range.buckets {
                let moment = moments.entry(bucket.at_ms).or_insert((*bucket, Vec::new()));
                moment.1.push((measure, bucket.sum));
            }
        }
        let holes = crate::past::holes(moments.values().map(|(bucket, _)| bucket));
        let moment = |(bucket, sums): (Bucket, Vec<(Measure, f64)>)| {
            (bucket.ticks > 0).then(|| (bucket.read_ms as f64, sums.into_iter().collect()))
        };
        let mut all: BTreeMap<i64, Option<(f64, Sums)>> =
            moments.into_iter().map(|(at_ms, read)| (at_ms, moment(read))).collect();
        holes.into_iter().for_each(|at_ms| {
            all.entry(at_ms).or_insert(None);
        });
        Ok(all.into_iter().collect())
    }
}

/// What sampled sessions did while they ran the statement, in seconds.
#[derive(Default)]
struct Sampled {
    waits: Vec<(String, f64)>,
    who: Vec<(String, Vec<(String, f64)>)>,
}

/// Who ran it: the label in the history and its name on screen.
const WHO: [(&str, &str); 4] = [
    ("application", "Application"),
    ("role", "Role"),
    ("database", "Database"),
    ("client", "Client"),
];

impl Sampled {
    async fn read(
        store: Option<&Store<'_>>,
        queryid: i64,
        (from_ms, to_ms): (i64, i64),
    ) -> Result<Self, history::Error> {
        let Some(store) = store else { return Ok(Self::default()) };
        let source = store.of_area(AreaName::Activity);
        let series = Series { metrics: &[BY_ALL.name], entities: None };
        let totals = store.past.totals(&source, series, from_ms, to_ms).await?;
        let wanted = queryid.to_string();
        // A sample stands for the time until the next.
        let each_s = if totals.ticks > 0 {
            totals.read_ms as f64 / totals.ticks as f64 / 1_000.0
        } else {
            1.0
        };
        let mut waits: HashMap<String, f64> = HashMap::new();
        let mut who: [HashMap<String, f64>; 4] = Default::default();
        for row in &totals.rows {
            if !row.entity.key().contains(&wanted) {
                continue;
            }
            let labels = row.entity.labels();
            if labels.get("query_id") != Some(&wanted) {
                continue;
            }
            let seconds = row.sum * each_s;
            let class = labels.get("class").map_or("CPU", String::as_str);
            let event = labels.get("event").map(|event| format!("{class}: {event}"));
            *waits.entry(event.unwrap_or_else(|| class.to_owned())).or_default() += seconds;
            for ((label, _), of) in WHO.iter().zip(&mut who) {
                let value = labels.get(*label).map_or("none", String::as_str);
                *of.entry(value.to_owned()).or_default() += seconds;
            }
        }
        let named = WHO.iter().zip(who).filter(|(_, of)| !of.is_empty());
        Ok(Self {
            waits: ordered(waits),
            who: named.map(|((_, name), of)| ((*name).to_owned(), ordered(of))).collect(),
        })
    }
}

/// The most first.
fn ordered(shares: HashMap<String, f64>) -> Vec<(String, f64)> {
    let mut shares: Vec<(String, f64)> = shares.into_iter().collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    shares
}
