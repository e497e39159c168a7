//! The rows that are shown: every measure, the longest execution, a sparkline, the text.

use std::collections::{BTreeMap, HashMap};

use history::{Bucket, Entity, Line, Series};
use model::statements::{Measure, Rank, StatementText, Sums};

use super::super::points;
use super::base::{Base, Entry, bound};
use super::groups::{Row, longest};
use super::values::{Values, by_entity};
use super::{Asker, Store};

/// Points of a sparkline, about.
const SPARK_POINTS: usize = 40;
/// Of more statements all of the store are read at once.
const ONE_BY_ONE: usize = 500;
/// Characters of a text in its row.
const TEXT_CHARS: usize = 400;

impl Asker<'_> {
    /// The rows as they are sent.
    pub(super) async fn rows(
        &self,
        base: &Base,
        shown: Vec<Row>,
    ) -> Result<Vec<Rank>, history::Error> {
        let of = |row: &Row| -> Vec<&Entry> {
            row.members.iter().filter_map(|at| base.entries.get(*at)).collect()
        };
        let mut entities: Vec<Entity> =
            shown.iter().flat_map(&of).map(|entry| entry.entity.clone()).collect();
        entities.sort();
        entities.dedup();
        let window = (base.facts.from_ms, base.facts.to_ms);
        let (values, sparks) = match &self.store {
            Some(store) if !base.is_complete => {
                (store.values(&entities, window).await?, store.sparks(&entities, window).await?)
            }
            _ => (HashMap::new(), HashMap::new()),
        };
        let ids = shown.iter().flat_map(&of).map(|entry| entry.queryid).collect::<Vec<_>>();
        let texts =
            if self.sees_text { self.texts(ids.into_iter()).await? } else { HashMap::new() };
        let rank = |row: Row| {
            let members = of(&row);
            let mut rank = rank(row, &members, &texts);
            complete(&mut rank, &members, &values);
            rank.spark = spark(&members, &sparks);
            rank
        };
        Ok(shown.into_iter().map(rank).collect())
    }
}

/// What of a row is known without the store.
fn rank(row: Row, members: &[&Entry], texts: &HashMap<i64, StatementText>) -> Rank {
    let one = members.first().filter(|_| row.label.is_empty());
    let text = members.iter().find_map(|entry| texts.get(&entry.queryid));
    // A group has a text where all of it is the same statement.
    let is_same = one.is_some()
        || members.iter().all(|entry| {
            let print = texts.get(&entry.queryid).and_then(|text| text.fingerprint.as_ref());
            print == text.and_then(|text| text.fingerprint.as_ref()) && print.is_some()
        });
    Rank {
        id: one.map_or_else(|| row.label.clone(), |entry| entry.entity.key().to_owned()),
        database: one.map(|entry| entry.database.clone()).unwrap_or_default(),
        role: one.map(|entry| entry.role.clone()).unwrap_or_default(),
        queryid: one.map(|entry| entry.queryid),
        toplevel: members.iter().all(|entry| entry.toplevel),
        members: members.len(),
        text: text
            .filter(|_| is_same)
            .map(|text| model::shorten::shortened(&text.text, TEXT_CHARS).into_owned()),
        label: row.label,
        sums: row.sums,
        max_ms: row.longest_ms,
        bound: row.bound,
        before: row.before,
        change: row.change,
        spark: Vec::new(),
    }
}

/// Every measure, where the store was asked for it.
fn complete(rank: &mut Rank, members: &[&Entry], values: &HashMap<Entity, Values>) {
    let of = || members.iter().filter_map(|entry| values.get(&entry.entity));
    if of().next().is_none() {
        return;
    }
    rank.sums = of().map(Values::sums).collect::<Vec<Sums>>().iter().sum();
    rank.bound = of().map(|values| bound(values.lower_bound_calls)).max().unwrap_or_default();
    rank.max_ms = longest(of().map(|values| values.longest_ms));
}

/// The sum of the members' lines; None where nothing was read.
fn spark(members: &[&Entry], lines: &HashMap<Entity, Vec<Bucket>>) -> Vec<Option<f64>> {
    let mut at: BTreeMap<i64, (bool, f64)> = BTreeMap::new();
    for bucket in members.iter().filter_map(|entry| lines.get(&entry.entity)).flatten() {
        let place = at.entry(bucket.at_ms).or_default();
        place.0 |= bucket.ticks > 0;
        place.1 += bucket.sum;
    }
    let holes = crate::past::holes(lines.values().next().into_iter().flatten());
    at.extend(holes.into_iter().map(|hole| (hole, (false, 0.0))));
    at.into_values().map(|(is_read, sum)| is_read.then_some(sum)).collect()
}

impl Store<'_> {
    /// Every measure of these entities.
    pub(super) async fn values(
        &self,
        entities: &[Entity],
        (from_ms, to_ms): (i64, i64),
    ) -> Result<HashMap<Entity, Values>, history::Error> {
        if entities.is_empty() {
            return Ok(HashMap::new());
        }
        let mut metrics: Vec<&str> = Measure::ALL.iter().map(|measure| measure.as_str()).collect();
        metrics.extend([points::LOWER_BOUND_CALLS.name, points::LONGEST.name]);
        let some = (entities.len() <= ONE_BY_ONE).then_some(entities);
        let series = Series { metrics: &metrics, entities: some };
        let totals = self.past.totals(&self.source, series, from_ms, to_ms).await?;
        Ok(by_entity(&totals).into_iter().collect())
    }

    /// The execution time of these entities over the window.
    async fn sparks(
        &self,
        entities: &[Entity],
        (from_ms, to_ms): (i64, i64),
    ) -> Result<HashMap<Entity, Vec<Bucket>>, history::Error> {
        if entities.is_empty() || entities.len() > ONE_BY_ONE {
            return Ok(HashMap::new());
        }
        let metrics = [Measure::ExecTime.as_str()];
        let series = Series { metrics: &metrics, entities: Some(entities) };
        let lines = self.past.ranges(&self.source, series, from_ms, to_ms, SPARK_POINTS).await?;
        Ok(lines.into_iter().map(|Line { entity, range, .. }| (entity, range.buckets)).collect())
    }
}
