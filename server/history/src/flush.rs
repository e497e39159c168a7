//! The flush: everything that waits, written in one transaction.

use std::collections::HashMap;

use crate::answers::Gap;
use crate::beside::Beside;
use crate::chunk::Chunk;
use crate::db::{Conn, Db, query, sql};
use crate::gaps::{Seen, between};
use crate::ids::{Ids, series_of};
use crate::lease::share::ServerKey;
use crate::lease::{Leases, Shared, key_of};
use crate::level::Slot;
use crate::names::{Entity, Source};
use crate::pending::{Batch, Tick};
use crate::plan::{Plan, Read};
use crate::plans::write_plan;
use crate::rows::{insert_blob, insert_chunk, insert_event, insert_gap, write_state};
use crate::settings::Settings;

/// Writes batches; there is one per store.
#[derive(Debug)]
pub(crate) struct Writer {
    rows: Rows,
    /// What a store that others write too needs.
    shared: Option<Shared>,
}

/// Ids that were given, and what was seen last.
#[derive(Debug, Default)]
struct Rows {
    ids: Ids,
    seen: HashMap<Source, Seen>,
}

impl Writer {
    /// The writer of this store.
    pub(crate) fn new(db: &Db, settings: &Settings) -> Self {
        let shared = db.shared().map(|store| Shared::new(&store.process, settings));
        Self { rows: Rows::default(), shared }
    }

    /// Writes a batch, all of it or nothing. What others record is left in neither case.
    pub(crate) async fn write(&mut self, db: &Db, batch: &mut Batch) -> Result<(), sqlx::Error> {
        let Some(shared) = &mut self.shared else {
            return self.rows.write(db, &Plan::of(batch), None).await.map(drop);
        };
        shared.read(batch);
        look(shared, &mut self.rows, db).await?;
        loop {
            let plan = shared.plan(batch);
            if plan.is_empty() {
                break;
            }
            let lost = self.rows.write(db, &plan, Some(shared.leases())).await?;
            drop(plan);
            if lost.is_empty() {
                break;
            }
            shared.lose(&lost);
            self.rows.forget_seen(&lost);
        }
        shared.settle(batch);
        Ok(())
    }

    /// Looks at the leases, where there are any and it is time.
    pub(crate) async fn look(&mut self, db: &Db) -> Result<(), sqlx::Error> {
        match &mut self.shared {
            Some(shared) => look(shared, &mut self.rows, db).await,
            None => Ok(()),
        }
    }

    /// Whether others write into the store as well.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Gives all leases back.
    pub(crate) async fn leave(&mut self, db: &Db) -> Result<(), sqlx::Error> {
        match &mut self.shared {
            Some(shared) => shared.leave(db).await,
            None => Ok(()),
        }
    }

    /// How many servers this process records, if there are others that could.
    pub(crate) fn leases(&self) -> u64 {
        self.shared.as_ref().map_or(0, |shared| shared.leases().servers())
    }

    /// Forgets the entities' ids: some have been deleted.
    pub(crate) fn forget_entities(&mut self) {
        self.rows.ids.forget_entities();
    }
}

async fn look(shared: &mut Shared, rows: &mut Rows, db: &Db) -> Result<(), sqlx::Error> {
    let changed = shared.look(db).await?;
    rows.forget_seen(&changed);
    Ok(())
}

impl Rows {
    /// Another process may have gone on with these servers.
    fn forget_seen(&mut self, keys: &[ServerKey]) {
        let is =
            |source: &Source, key: &ServerKey| source.cluster == key.0 && source.server == key.1;
        self.seen.retain(|source, _| !keys.iter().any(|key| is(source, key)));
    }

    /// Writes a plan in one transaction; gives the leases without which nothing was written.
    async fn write(
        &mut self,
        db: &Db,
        plan: &Plan<'_>,
        leases: Option<&Leases>,
    ) -> Result<Vec<ServerKey>, sqlx::Error> {
        let seen = self.seen.clone();
        let written = self.write_all(db, plan, leases).await;
        if !matches!(&written, Ok(lost) if lost.is_empty()) {
            self.ids = Ids::default();
            self.seen = seen;
        }
        written
    }

    async fn write_all(
        &mut self,
        db: &Db,
        plan: &Plan<'_>,
        leases: Option<&Leases>,
    ) -> Result<Vec<ServerKey>, sqlx::Error> {
        let mut tx = db.begin().await?;
        if let Some(leases) = leases {
            let servers = plan.ticks.iter().map(|(source, _)| *source);
            let servers = servers.chain(plan.gaps.iter().map(|gap| &gap.source));
            let lost = leases.fence(&mut tx, &servers.map(key_of).collect()).await?;
            if !lost.is_empty() {
                return Ok(lost);
            }
        }
        for gap in &plan.gaps {
            self.write_gap(&mut tx, gap).await?;
        }
        for (source, ticks) in &plan.ticks {
            self.write_ticks(&mut tx, source, ticks, leases.is_some()).await?;
        }
        for item in &plan.beside {
            self.write_beside(&mut tx, item).await?;
        }
        tx.commit().await?;
        Ok(Vec::new())
    }

    async fn write_gap(&mut self, conn: &mut Conn, gap: &Gap) -> Result<(), sqlx::Error> {
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
        conn: &mut Conn,
        source: &Source,
        reads: &[Read<'_>],
        shared: bool,
    ) -> Result<(), sqlx::Error> {
        let Some((first, _)) = reads.first() else { return Ok(()) };
        let id = self.ids.source(conn, source, first.at_ms).await?;
        let mut ticks: Vec<&Tick> = reads.iter().map(|(tick, _)| *tick).collect();
        if !self.seen.contains_key(source) {
            let seen = last_run(conn, id).await?;
            if shared {
                let recorded = |read: &&Read<'_>| is_recorded(read, seen.at_ms);
                ticks.drain(..reads.iter().take_while(recorded).count());
            }
            if ticks.is_empty() {
                return Ok(());
            }
            self.seen.insert(source.clone(), seen);
        }
        let Some(first) = ticks.first().copied() else { return Ok(()) };
        let mut runs: Vec<Vec<&Tick>> = vec![Vec::new()];
        for tick in &ticks {
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
        query("update source set last_ms = $1, every_ms = $2 where id = $3")
            .bind(last.at_ms)
            .bind(i64::from(last.every_ms))
            .bind(id)
            .execute(conn)
            .await?;
        Ok(())
    }

    async fn write_run(
        &mut self,
        conn: &mut Conn,
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

    async fn write_beside(&mut self, conn: &mut Conn, item: &Beside) -> Result<(), sqlx::Error> {
        match item {
            Beside::Event(event) => insert_event(conn, event).await?,
            Beside::Text(text) => {
                query(sql::TEXT)
                    .bind(&text.cluster)
                    .bind(&text.key)
                    .bind(&text.text)
                    .bind(&text.fingerprint)
                    .bind(text.first_ms)
                    .bind(text.last_ms)
                    .execute(conn)
                    .await?;
            }
            Beside::Plan(plan, flip) => {
                let flipped = write_plan(conn, plan, flip.as_deref()).await?;
                if let Some(event) = flip.as_deref().filter(|_| flipped) {
                    insert_event(conn, event).await?;
                }
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

/// A clock that is further behind than this was set back.
const SET_BACK_MS: i64 = 60_000;

/// Whether another process has written what this tick tells, or a part of it: nothing is counted twice.
fn is_recorded((tick, before_ms): &Read<'_>, last_ms: Option<i64>) -> bool {
    let Some(last_ms) = last_ms else { return false };
    let age = i64::try_from(tick.clock.elapsed().as_millis()).unwrap_or(0);
    let now = tick.at_ms.saturating_add(age).saturating_add(SET_BACK_MS);
    // Of the first tick of a process nothing but its time is known.
    before_ms.unwrap_or(tick.at_ms - 1) < last_ms && last_ms <= now
}

/// What an earlier run of pgdeck saw last.
async fn last_run(conn: &mut Conn, source: i64) -> Result<Seen, sqlx::Error> {
    let row = query("select s.last_ms, (select max(to_ms) from gap where source = s.id) from source s where s.id = $1 and s.every_ms > 0")
        .bind(source)
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(Seen::default()) };
    let explained: Option<i64> = row.try_get(1)?;
    Ok(Seen { at_ms: row.try_get(0)?, explained_ms: explained.unwrap_or(i64::MIN), clock: None })
}
