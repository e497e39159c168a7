//! The flush: everything that waits, written in one transaction.

use std::collections::HashMap;

use sqlx::{Row, SqliteConnection};

use crate::answers::Gap;
use crate::beside::{Beside, Blob};
use crate::chunk::Chunk;
use crate::gaps::{Seen, between};
use crate::ids::{Ids, series_of};
use crate::level::Slot;
use crate::names::{Entity, Source};
use crate::pending::{Batch, Tick};
use crate::rows::{insert_chunk, insert_gap};
use crate::sqlite::Database;

/// Writes batches; there is one per store.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    ids: Ids,
    seen: HashMap<Source, Seen>,
}

impl Writer {
    /// Writes a batch, all of it or nothing.
    pub(crate) async fn write(&mut self, db: &Database, batch: &Batch) -> Result<(), sqlx::Error> {
        let seen = self.seen.clone();
        let written = self.write_all(db, batch).await;
        if written.is_err() {
            self.ids = Ids::default();
            self.seen = seen;
        }
        written
    }

    /// Forgets the entities' ids: some have been deleted.
    pub(crate) fn forget_entities(&mut self) {
        self.ids.forget_entities();
    }

    async fn write_all(&mut self, db: &Database, batch: &Batch) -> Result<(), sqlx::Error> {
        let mut tx = Database::begin(&db.writer).await?;
        for gap in &batch.gaps {
            self.write_gap(&mut tx, gap).await?;
        }
        let mut by_source: Vec<(&Source, Vec<&Tick>)> = Vec::new();
        let mut places: HashMap<&Source, usize> = HashMap::new();
        for tick in &batch.ticks {
            let place = *places.entry(&tick.source).or_insert(by_source.len());
            match by_source.get_mut(place) {
                Some((_, ticks)) => ticks.push(tick),
                None => by_source.push((&tick.source, vec![tick])),
            }
        }
        for (source, ticks) in by_source {
            self.write_ticks(&mut tx, source, &ticks).await?;
        }
        for item in &batch.beside {
            self.write_beside(&mut tx, item).await?;
        }
        tx.commit().await
    }

    async fn write_gap(
        &mut self,
        conn: &mut SqliteConnection,
        gap: &Gap,
    ) -> Result<(), sqlx::Error> {
        let id = self.ids.source(conn, &gap.source, gap.from_ms).await?;
        if let Some(seen) = self.seen.get_mut(&gap.source) {
            seen.explained_ms = seen.explained_ms.max(gap.to_ms);
        }
        insert_gap(conn, id, gap).await
    }

    /// Ticks of one source, in the order in which they came. Where the clock went back a new chunk begins:
    /// within a chunk times ascend.
    async fn write_ticks(
        &mut self,
        conn: &mut SqliteConnection,
        source: &Source,
        ticks: &[&Tick],
    ) -> Result<(), sqlx::Error> {
        let Some(first) = ticks.first() else { return Ok(()) };
        let id = self.ids.source(conn, source, first.at_ms).await?;
        if !self.seen.contains_key(source) {
            let seen = last_run(conn, id).await?;
            self.seen.insert(source.clone(), seen);
        }
        let mut runs: Vec<Vec<&Tick>> = vec![Vec::new()];
        for tick in ticks {
            let seen = self.seen.entry(source.clone()).or_default();
            if let Some(gap) = between(source, seen, tick) {
                insert_gap(conn, id, &gap).await?;
            }
            if seen.at_ms.is_some_and(|before| tick.at_ms <= before) {
                runs.push(Vec::new());
            }
            seen.after(tick);
            if let Some(run) = runs.last_mut() {
                run.push(tick);
            }
        }
        for run in runs {
            self.write_run(conn, id, &run).await?;
        }
        let last = ticks.last().map_or(first, |last| last);
        sqlx::query("update source set last_ms = ?, every_ms = ? where id = ?")
            .bind(last.at_ms)
            .bind(i64::from(last.every_ms))
            .bind(id)
            .execute(conn)
            .await?;
        Ok(())
    }

    async fn write_run(
        &mut self,
        conn: &mut SqliteConnection,
        source: i64,
        ticks: &[&Tick],
    ) -> Result<(), sqlx::Error> {
        let slot =
            |tick: &&Tick| Slot { at_ms: tick.at_ms, ticks: 1, read_ms: i64::from(tick.every_ms) };
        let slots: Vec<Slot> = ticks.iter().map(slot).collect();
        let values = ticks.iter().map(|tick| tick.points.len()).sum();
        let mut values: Vec<(i64, u32, f64)> = Vec::with_capacity(values);
        for (place, tick) in (0_u32..).zip(ticks) {
            let mut last: Option<(&Entity, i64)> = None;
            for point in &tick.points {
                let entity = match last {
                    Some((entity, id)) if *entity == point.entity => id,
                    _ => self.ids.entity(conn, source, &point.entity, tick.at_ms).await?,
                };
                last = Some((&point.entity, entity));
                let metric = self.ids.metric(conn, source, point.metric).await?;
                values.push((series_of(entity, metric), place, point.value));
            }
        }
        let ids = &self.ids;
        let chunk = Chunk::of_ticks(&slots, values, |series, one, next| {
            if ids.is_increment(series) { one + next } else { next }
        });
        match chunk {
            Some(chunk) => insert_chunk(conn, source, 0, &chunk).await.map(|_| ()),
            None => Ok(()),
        }
    }

    async fn write_beside(
        &mut self,
        conn: &mut SqliteConnection,
        item: &Beside,
    ) -> Result<(), sqlx::Error> {
        match item {
            Beside::Event(event) => {
                sqlx::query("insert into event (cluster, server, at_ms, kind, title, detail) values (?, ?, ?, ?, ?, ?)")
                    .bind(&event.cluster).bind(&event.server).bind(event.at_ms)
                    .bind(&event.kind).bind(&event.title).bind(event.detail.to_string())
                    .execute(conn).await?;
            }
            Beside::Text(text) => {
                sqlx::query("insert into statement_text (cluster, key, text, fingerprint, first_ms, last_ms) values (?, ?, ?, ?, ?, ?) on conflict (cluster, key) do update set text = excluded.text, fingerprint = excluded.fingerprint, first_ms = min(first_ms, excluded.first_ms), last_ms = max(last_ms, excluded.last_ms)")
                    .bind(&text.cluster).bind(&text.key).bind(&text.text)
                    .bind(&text.fingerprint).bind(text.first_ms).bind(text.last_ms)
                    .execute(conn).await?;
            }
            Beside::Blob(source, blob) => {
                let id = self.ids.source(conn, source, blob.from_ms).await?;
                insert_blob(conn, id, blob).await?;
            }
            Beside::State(source, blob) => {
                let id = self.ids.source(conn, source, blob.from_ms).await?;
                write_state(conn, id, blob).await?;
            }
        }
        Ok(())
    }
}

async fn insert_blob(
    conn: &mut SqliteConnection,
    source: i64,
    blob: &Blob,
) -> Result<(), sqlx::Error> {
    sqlx::query("insert into blob (source, from_ms, to_ms, crc, data) values (?, ?, ?, ?, ?)")
        .bind(source)
        .bind(blob.from_ms)
        .bind(blob.to_ms)
        .bind(i64::from(crc32fast::hash(&blob.bytes)))
        .bind(&blob.bytes)
        .execute(conn)
        .await?;
    Ok(())
}

/// Of a state that is the same as before only the time is written.
async fn write_state(
    conn: &mut SqliteConnection,
    source: i64,
    blob: &Blob,
) -> Result<(), sqlx::Error> {
    let same = sqlx::query("update blob set from_ms = ?, to_ms = ? where source = ? and data = ?")
        .bind(blob.from_ms)
        .bind(blob.to_ms)
        .bind(source)
        .bind(&blob.bytes)
        .execute(&mut *conn)
        .await?;
    if same.rows_affected() == 0 {
        sqlx::query("delete from blob where source = ?").bind(source).execute(&mut *conn).await?;
        insert_blob(conn, source, blob).await?;
    }
    Ok(())
}

/// What an earlier run of pgdeck saw last.
async fn last_run(conn: &mut SqliteConnection, source: i64) -> Result<Seen, sqlx::Error> {
    let row = sqlx::query("select s.last_ms, (select max(to_ms) from gap where source = s.id) from source s where s.id = ? and s.every_ms > 0")
        .bind(source)
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(Seen::default()) };
    let explained: Option<i64> = row.try_get(1)?;
    Ok(Seen { at_ms: row.try_get(0)?, explained_ms: explained.unwrap_or(i64::MIN), clock: None })
}
