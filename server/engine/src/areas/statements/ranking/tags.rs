//! Tags of a window, as sampled sessions carried them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use history::Series;
use model::AreaName;

use super::Store;
use crate::sampled::BY_TAG;

/// Which statements carried which tags.
#[derive(Default)]
pub struct Tags {
    /// By statement and key: seconds of sampled sessions by value.
    of: HashMap<i64, BTreeMap<String, BTreeMap<String, f64>>>,
}

impl Tags {
    /// Those of a window of the store; none without one.
    ///
    /// Errors: when the store cannot be read.
    pub async fn read(
        store: Option<&Store<'_>>,
        window: (i64, i64),
    ) -> Result<Self, history::Error> {
        let Some(store) = store else { return Ok(Self::default()) };
        let source = store.of_area(AreaName::Activity);
        let series = Series { metrics: &[BY_TAG.name], entities: None };
        let totals = store.past.totals(&source, series, window.0, window.1).await?;
        let mut tags = Self::default();
        for row in totals.rows {
            let mut labels = row.entity.labels();
            let mut label = |name: &str| labels.remove(name);
            let Some(queryid) = label("query_id").and_then(|id| id.parse().ok()) else { continue };
            let Some((key, value)) = label("tag").zip(label("value")) else { continue };
            let of_key = tags.of.entry(queryid).or_default().entry(key).or_default();
            *of_key.entry(value).or_default() += row.sum;
        }
        Ok(tags)
    }

    /// The keys that were seen.
    pub fn keys(&self) -> Vec<String> {
        let keys: BTreeSet<&String> = self.of.values().flat_map(BTreeMap::keys).collect();
        keys.into_iter().cloned().collect()
    }

    /// The statements that carried a tag, given as `key:value`.
    pub fn with(&self, tag: &str) -> HashSet<i64> {
        let Some((key, value)) = tag.split_once(':') else { return HashSet::new() };
        let carries = |tags: &BTreeMap<String, BTreeMap<String, f64>>| {
            tags.get(key).is_some_and(|values| values.contains_key(value))
        };
        self.of.iter().filter(|(_, tags)| carries(tags)).map(|(id, _)| *id).collect()
    }

    /// The group that a statement belongs to by the values of a key. One that was seen with several values
    /// cannot be divided: `pg_stat_statements` counts it once.
    pub fn group(&self, queryid: i64, key: &str) -> String {
        let Some(values) = self.of.get(&queryid).and_then(|tags| tags.get(key)) else {
            return format!("{key} not seen");
        };
        match values.keys().collect::<Vec<_>>().as_slice() {
            [one] => format!("{key}:{one}"),
            several => format!("{key}: {} values", several.len()),
        }
    }

    /// Seconds of sampled sessions of a statement by `key:value`, the most first.
    pub fn of_statement(&self, queryid: i64) -> Vec<(String, f64)> {
        let tags = self.of.get(&queryid).into_iter().flatten();
        let mut all: Vec<(String, f64)> = tags
            .flat_map(|(key, values)| {
                values.iter().map(move |(value, s)| (format!("{key}:{value}"), *s))
            })
            .collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all
    }
}
