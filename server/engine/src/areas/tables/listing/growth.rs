//! How fast tables grow, by the sizes in the history store.

use std::collections::HashMap;

use history::{Entity, Line, Series};
use model::tables::Table;
use model::tables::listing::Row;
use model::{AreaName, ServerId, TimeRange};

use super::super::points::entity_of;
use crate::engine::Engine;
use crate::past::unreadable;

const DAY_MS: i64 = 86_400_000;
/// What is read of the history.
const WINDOW_MS: i64 = DAY_MS;
/// Buckets of the window.
const BUCKETS: usize = 24;
/// The shortest time over which a growth is known: sizes move in steps.
const SHORTEST_MS: i64 = 1_800_000;
/// The metrics that make up a size.
const SIZES: &[&str] = &["heap_bytes", "toast_bytes", "index_bytes"];

/// Bytes added in a day, by database, schema and table.
#[derive(Debug, Default)]
pub struct Growth(HashMap<Entity, f64>);

impl Growth {
    /// That of tables together; None where none is known.
    pub fn of<'a>(&self, datname: &str, tables: impl Iterator<Item = &'a Table>) -> Option<f64> {
        if self.0.is_empty() {
            return None;
        }
        let of = |table: &Table| self.0.get(&entity_of(datname, &table.nspname, &table.relname));
        tables.filter_map(of).copied().reduce(|a, b| a + b)
    }

    /// That of tables in the history of a server; of all where none are named. Empty without a history.
    ///
    /// Errors: a sentence, when the store cannot be read.
    pub async fn read(
        engine: &Engine,
        id: &ServerId,
        entities: Option<&[Entity]>,
    ) -> Result<Self, String> {
        let now_ms = engine.now_ms();
        let window =
            TimeRange::between(now_ms.saturating_sub(WINDOW_MS), now_ms).unwrap_or_default();
        let Some((past, source, (from, to))) = engine.past_of(id, AreaName::Tables, window) else {
            return Ok(Self::default());
        };
        let series = Series { metrics: SIZES, entities };
        let lines = past.ranges(&source, series, from, to, BUCKETS).await;
        Ok(Self::of_lines(&lines.map_err(|error| unreadable(&error))?))
    }

    fn of_lines(lines: &[Line]) -> Self {
        let mut growth: HashMap<Entity, f64> = HashMap::new();
        for line in lines {
            if let Some(bytes) = in_a_day(line) {
                *growth.entry(line.entity.clone()).or_default() += bytes;
            }
        }
        Self(growth)
    }
}

/// From the first known value to the last, as much in a day.
fn in_a_day(line: &Line) -> Option<f64> {
    let mut known = line.range.buckets.iter().filter(|bucket| bucket.count > 0);
    let first = known.next()?;
    let last = known.next_back()?;
    let ms = last.at_ms.saturating_sub(first.at_ms);
    let mean = |bucket: &history::Bucket| bucket.sum / bucket.count as f64;
    (ms >= SHORTEST_MS).then(|| (mean(last) - mean(first)) * DAY_MS as f64 / ms as f64)
}

/// The tables of rows that stand for themselves.
pub fn entities(rows: &[Row]) -> Vec<Entity> {
    rows.iter().map(|row| entity_of(&row.datname, &row.nspname, &row.relname)).collect()
}

/// Writes what is known to the rows.
pub fn fill(rows: &mut [Row], growth: &Growth) {
    for row in rows.iter_mut().filter(|row| row.sums.growth_bytes.is_none()) {
        let entity = entity_of(&row.datname, &row.nspname, &row.relname);
        row.sums.growth_bytes = growth.0.get(&entity).copied();
    }
}
