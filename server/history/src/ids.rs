//! Ids for names: sources, entities and metrics get theirs when they are first recorded.

use std::collections::HashMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::db::{Conn, query, sql};
use crate::names::{Entity, Kind, Metric, Source};

/// A series' number is its metric's id and its entity's: blocks hold the series of one metric side by side, so
/// a ranking reads no others, and like values are compressed together.
const ENTITY_BITS: u32 = 40;
const ENTITY_MASK: i64 = (1 << ENTITY_BITS) - 1;
/// Entities that are remembered by their key; beyond that they are asked again.
const MOST_ENTITIES: usize = 250_000;

/// The series of an entity and a metric.
pub(crate) const fn series_of(entity: i64, metric: i64) -> i64 {
    (metric << ENTITY_BITS) | (entity & ENTITY_MASK)
}

/// The entity and the metric of a series.
pub(crate) const fn parts_of(series: i64) -> (i64, i64) {
    (series & ENTITY_MASK, series >> ENTITY_BITS)
}

/// The least and the greatest id of an entity.
pub(crate) const ENTITIES: (i64, i64) = (0, ENTITY_MASK);

/// Names that were given ids. What a failed transaction made is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    sources: HashMap<Source, i64>,
    entities: HashMap<(i64, Entity), i64>,
    metrics: FxHashMap<&'static str, i64>,
    kinds: FxHashMap<i64, Kind>,
    measured: FxHashSet<(i64, i64)>,
}

impl Ids {
    /// Forgets the entities: some have been deleted.
    pub(crate) fn forget_entities(&mut self) {
        self.entities.clear();
    }

    /// Whether two values of this series in one tick are added.
    pub(crate) fn is_increment(&self, series: i64) -> bool {
        self.kinds.get(&parts_of(series).1) == Some(&Kind::Increment)
    }

    /// The id of a source.
    pub(crate) async fn source(
        &mut self,
        conn: &mut Conn,
        source: &Source,
        at_ms: i64,
    ) -> Result<i64, sqlx::Error> {
        if let Some(id) = self.sources.get(source) {
            return Ok(*id);
        }
        let id = query(sql::SOURCE)
            .bind(&source.cluster)
            .bind(&source.server)
            .bind(&source.area)
            .bind(at_ms)
            .scalar(conn)
            .await?;
        self.sources.insert(source.clone(), id);
        Ok(id)
    }

    /// The id of an entity of a source.
    pub(crate) async fn entity(
        &mut self,
        conn: &mut Conn,
        source: i64,
        entity: &Entity,
        at_ms: i64,
    ) -> Result<i64, sqlx::Error> {
        // A key of two parts cannot be looked up by reference; cloning it counts a reference.
        let key = (source, entity.clone());
        if let Some(id) = self.entities.get(&key) {
            return Ok(*id);
        }
        let id =
            query(sql::ENTITY).bind(source).bind(entity.key()).bind(at_ms).scalar(conn).await?;
        if self.entities.len() >= MOST_ENTITIES {
            self.entities.clear();
        }
        self.entities.insert(key, id);
        Ok(id)
    }

    /// The id of a metric, which the source measures.
    pub(crate) async fn metric(
        &mut self,
        conn: &mut Conn,
        source: i64,
        metric: Metric,
    ) -> Result<i64, sqlx::Error> {
        let id = match self.metrics.get(metric.name) {
            Some(id) => *id,
            None => {
                let row = query("insert into metric (name, kind) values ($1, $2) on conflict (name) do update set kind = metric.kind returning id, kind")
                    .bind(metric.name).bind(metric.kind.as_str())
                    .fetch_one(conn).await?;
                let id: i64 = row.try_get(0)?;
                self.metrics.insert(metric.name, id);
                self.kinds.insert(id, Kind::from_word(&row.try_get::<String>(1)?));
                id
            }
        };
        if !self.measured.contains(&(source, id)) {
            query("insert into measured (source, metric) values ($1, $2) on conflict do nothing")
                .bind(source)
                .bind(id)
                .execute(conn)
                .await?;
            self.measured.insert((source, id));
        }
        Ok(id)
    }
}
