//! Names behind ids: sources, metrics, entities.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::db::{Conn, query};
use crate::names::{Entity, Kind, Source};
use crate::window::Since;

/// Entities that are remembered by their id.
const MOST: usize = 250_000;
/// Beyond so many unknown ids, all of the source are read at once.
const ONE_BY_ONE: usize = 40;

/// What is known of a source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourceRow {
    pub(crate) id: i64,
    pub(crate) every_ms: i64,
    /// Since when each level is complete.
    pub(crate) since: Since,
}

/// The source's row; None if it was never recorded.
pub(crate) async fn source(
    conn: &mut Conn,
    source: &Source,
) -> Result<Option<SourceRow>, sqlx::Error> {
    let row =
        query("select id, every_ms from source where cluster = $1 and server = $2 and area = $3")
            .bind(&source.cluster)
            .bind(&source.server)
            .bind(&source.area)
            .fetch_optional(conn)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let id: i64 = row.try_get(0)?;
    let mut since: Since = [i64::MIN; 4];
    let kept = query("select level, since_ms from kept where source = $1");
    for row in kept.bind(id).fetch_all(conn).await? {
        let level: i64 = row.try_get(0)?;
        if let Some(place) = usize::try_from(level).ok().and_then(|level| since.get_mut(level)) {
            *place = row.try_get(1)?;
        }
    }
    Ok(Some(SourceRow { id, every_ms: row.try_get(1)?, since }))
}

/// Metrics of these names, by id.
pub(crate) async fn metrics(
    conn: &mut Conn,
    names: &[&str],
) -> Result<HashMap<i64, (Arc<str>, Kind)>, sqlx::Error> {
    let rows = query("select id, name, kind from metric order by id");
    let mut found = HashMap::new();
    for row in rows.fetch_all(conn).await? {
        let name: String = row.try_get(1)?;
        if names.contains(&name.as_str()) {
            found.insert(
                row.try_get(0)?,
                (name.into(), Kind::from_word(&row.try_get::<String>(2)?)),
            );
        }
    }
    Ok(found)
}

/// The id of an entity; None if it was never recorded.
pub(crate) async fn entity(
    conn: &mut Conn,
    source: i64,
    entity: &Entity,
) -> Result<Option<i64>, sqlx::Error> {
    let row = query("select id from entity where source = $1 and key = $2")
        .bind(source)
        .bind(entity.key())
        .fetch_optional(conn)
        .await?;
    row.map(|row| row.try_get(0)).transpose()
}

/// Entities by id. An id always means the same entity, so what is remembered stays right.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: Mutex<FxHashMap<i64, Entity>>,
}

impl Names {
    /// The entities of these ids, all of one source.
    pub(crate) async fn entities(
        &self,
        conn: &mut Conn,
        source: i64,
        ids: impl Iterator<Item = i64>,
    ) -> Result<FxHashMap<i64, Entity>, sqlx::Error> {
        let (mut found, mut missing) = (FxHashMap::default(), Vec::new());
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            for id in ids {
                match known.get(&id) {
                    Some(entity) => drop(found.insert(id, entity.clone())),
                    None => missing.push(id),
                }
            }
        }
        let mut rows = Vec::new();
        if missing.len() > ONE_BY_ONE {
            let all = query("select id, key from entity where source = $1").bind(source);
            rows = all.fetch_all(conn).await?;
        } else {
            for id in missing {
                let one = query("select id, key from entity where id = $1").bind(id);
                rows.extend(one.fetch_optional(conn).await?);
            }
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + rows.len() > MOST {
            known.clear();
        }
        for row in rows {
            let (id, key): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
            let entity = Entity::from_key(key);
            known.insert(id, entity.clone());
            found.insert(id, entity);
        }
        Ok(found)
    }
}
