//! The recorded past of one table, step by step.

use std::collections::BTreeMap;

use history::{Entity, Series};
use model::autovacuum::simulation::Step;
use model::{AreaName, ServerId, TimeRange};

use crate::engine::Engine;
use crate::past::unreadable;

/// The most steps: a day of minutes. More are put together.
const MOST_STEPS: usize = 1_440;
/// What a step is made of.
const METRICS: [&str; 9] = [
    "n_tup_ins",
    "n_tup_upd",
    "n_tup_del",
    "n_dead_tup",
    "n_ins_since_vacuum",
    "n_mod_since_analyze",
    "reltuples",
    "n_live_tup",
    "xid_age",
];

/// A table by its names.
#[derive(Clone, Copy, Debug)]
pub struct TableName<'a> {
    /// Database.
    pub datname: &'a str,
    /// Schema.
    pub nspname: &'a str,
    /// Table.
    pub relname: &'a str,
}

/// A table's steps over a range, oldest first. Empty where nothing of it was recorded; None where no history is
/// kept.
///
/// Errors: a sentence, when the store cannot be read.
pub async fn steps(
    engine: &Engine,
    id: &ServerId,
    table: TableName<'_>,
    range: TimeRange,
) -> Result<Option<Vec<Step>>, String> {
    let (from_ms, to_ms) = range.window(engine.now_ms());
    let window = TimeRange::Between { from_ms, to_ms };
    let Some((past, source, (from, to))) = engine.past_of(id, AreaName::Tables, window) else {
        return Ok(None);
    };
    let entity = Entity::of([
        ("database", table.datname),
        ("schema", table.nspname),
        ("table", table.relname),
    ]);
    let series = Series { metrics: &METRICS, entities: Some(std::slice::from_ref(&entity)) };
    let lines = past.ranges(&source, series, from, to, MOST_STEPS).await;
    let lines = lines.map_err(|error| unreadable(&error))?;
    let mut moments: BTreeMap<i64, BTreeMap<&str, f64>> = BTreeMap::new();
    for line in &lines {
        let is_sum = line.metric.starts_with("n_tup_");
        for bucket in line.range.buckets.iter().filter(|bucket| bucket.count > 0) {
            let value = if is_sum { bucket.sum } else { bucket.sum / bucket.count as f64 };
            moments.entry(bucket.at_ms).or_default().insert(&line.metric, value);
        }
    }
    Ok(Some(put_together(&moments)))
}

/// A state that was not recorded at a moment is as it was before: tables that do not move are left out.
fn put_together(moments: &BTreeMap<i64, BTreeMap<&str, f64>>) -> Vec<Step> {
    let mut last = Step::default();
    let step = |(at_ms, values): (&i64, &BTreeMap<&str, f64>)| {
        let of = |name: &str| values.get(name).copied();
        last = Step {
            at_ms: *at_ms,
            inserted: of("n_tup_ins").unwrap_or_default(),
            updated: of("n_tup_upd").unwrap_or_default(),
            deleted: of("n_tup_del").unwrap_or_default(),
            dead: of("n_dead_tup").unwrap_or(last.dead),
            inserted_since_vacuum: of("n_ins_since_vacuum").unwrap_or(last.inserted_since_vacuum),
            changed_since_analyze: of("n_mod_since_analyze").unwrap_or(last.changed_since_analyze),
            reltuples: of("reltuples").or(last.reltuples),
            live: of("n_live_tup").unwrap_or(last.live),
            xid_age: of("xid_age").or(last.xid_age),
        };
        last
    };
    moments.iter().map(step).collect()
}
