//! The rows that are shown: their sums, a sparkline, the text.

use std::collections::{BTreeMap, HashMap};

use history::{Bucket, Entity, Line, Series};
use model::statements::{Measure, Rank, StatementText};

use super::base::{Base, Entry};
use super::groups::{GROUPED, Row};
use super::{Asker, Store};

/// Points of a sparkline, about.
const SPARK_POINTS: usize = 40;
/// Of more statements no sparklines are drawn.
const MOST_SPARKS: usize = 500;
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
        let few = shown.iter().map(|row| row.members.len()).sum::<usize>() <= 2 * MOST_SPARKS;
        let drawn = shown.iter().filter(|_| few);
        let mut entities: Vec<Entity> =
            drawn.flat_map(&of).map(|entry| entry.entity.clone()).collect();
        entities.sort();
        entities.dedup();
        let window = (base.facts.from_ms, base.facts.to_ms);
        let sparks = match &self.store {
            Some(store) => store.sparks(&entities, window).await?,
            None => HashMap::new(),
        };
        // What is beyond the costliest statements has no text in common.
        let named = shown.iter().filter(|row| row.members.len() <= GROUPED);
        let ids = named.flat_map(&of).map(|entry| entry.queryid).collect::<Vec<_>>();
        let texts =
            if self.sees_text { self.texts(ids.into_iter()).await? } else { HashMap::new() };
        let rank = |row: Row| {
            let members = of(&row);
            let mut rank = rank(row, &members, &texts);
            rank.spark = spark(&members, &sparks);
            rank
        };
        Ok(shown.into_iter().map(rank).collect())
    }
}

/// A row without its sparkline.
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
        database: one.map(|entry| entry.database.to_string()).unwrap_or_default(),
        role: one.map(|entry| entry.role.to_string()).unwrap_or_default(),
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
    /// The execution time of these entities over the window.
    async fn sparks(
        &self,
        entities: &[Entity],
        (from_ms, to_ms): (i64, i64),
    ) -> Result<HashMap<Entity, Vec<Bucket>>, history::Error> {
        if entities.is_empty() || entities.len() > MOST_SPARKS {
            return Ok(HashMap::new());
        }
        let metrics = [Measure::ExecTime.as_str()];
        let series = Series { metrics: &metrics, entities: Some(entities) };
        let lines = self.past.ranges(&self.source, series, from_ms, to_ms, SPARK_POINTS).await?;
        Ok(lines.into_iter().map(|Line { entity, range, .. }| (entity, range.buckets)).collect())
    }
}
