//! Reads the tables of one database, some ten thousand at a time: each part is a short transaction of its own.

use std::collections::HashMap;

use model::XminHolder;
use model::autovacuum::{Autovacuum, Score};
use model::server::Facts;
use model::tables::{DatabaseTables, Rewriting, Table};
use model::{Known, Reason};

use super::estimates::{Estimates, Moment};
use super::rows::{IndexRow, TableRow, ToastRow};
use super::schema::SchemaReader;
use super::sizes::Sizes;
use super::{AUTOVACUUM_SCORES, INDEX_SIZES, SETTINGS, SIZES, TABLES, TOASTS, XMIN_HOLDERS};
use crate::connection::{Observer, Rows};
use crate::databases::{OneDatabase, read_part};
use crate::error::{Error, monitor_grant};
use crate::sql::Query;

/// Rows of one part of tables: the `limit` of `tables` and `toasts`.
const PART: usize = 20_000;
/// The most tables of one database.
const MOST_TABLES: usize = 1_000_000;
/// The largest oid.
const LAST_OID: i64 = u32::MAX as i64;

#[derive(sqlx::FromRow)]
struct SettingsRow {
    server_now_ms: i64,
    stats_reset_ms: Option<i64>,
    block_bytes: i32,
    has_pg_repack: bool,
    #[sqlx(flatten)]
    autovacuum: Autovacuum,
}

/// A row of `xmin_holders`: with no holder there is one of kind ''.
#[derive(sqlx::FromRow)]
struct HolderRow {
    hidden: i64,
    #[sqlx(flatten)]
    holder: XminHolder,
}

/// Reads one database.
#[derive(Default)]
pub struct DatabaseReader {
    sizes: Sizes,
    schema: SchemaReader,
    estimates: Estimates,
}

impl OneDatabase for DatabaseReader {
    type Read = DatabaseTables;

    async fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        before: Option<&DatabaseTables>,
        now_ms: i64,
    ) -> Result<DatabaseTables, Error> {
        let queries = [SETTINGS, XMIN_HOLDERS];
        let mut sets = crate::area::read(observer, facts, &queries).await?.into_iter();
        let mut next = || -> Known<Rows> { sets.next().unwrap_or(Err(Reason::NotYet)) };
        let settings: SettingsRow = next()
            .and_then(|rows| rows.one())
            .map_err(|reason| Error::Query { query: "settings", reason })?;
        let rewriting = Rewriting {
            major: facts.major,
            in_recovery: facts.in_recovery,
            has_pg_repack: settings.has_pg_repack,
            xmin_holders: next().and_then(|rows| rows.all()).and_then(|rows| holders(rows, facts)),
        };
        let mut parts = Parts { observer, facts };
        let mut tables = parts.tables().await?;
        if let Some(before) = before {
            compare(&mut tables, &before.tables);
        }
        // One that is locked meanwhile may cost all of them this time: then the sizes known so far stay.
        let sizes = match parts.part(SIZES, &self.sizes.wanted(&tables)).await {
            Err(Error::Query { .. }) => Vec::new(),
            sizes => sizes?,
        };
        self.sizes.take(&sizes, &mut tables);
        let block_bytes = u32::try_from(settings.block_bytes).unwrap_or_default();
        let moment = Moment { now_ms, block_bytes };
        self.estimates.estimate(observer, facts, moment, &mut tables).await?;
        let scores = scores(observer, facts).await?;
        let schema = self.schema.read(observer, facts, now_ms).await?;
        Ok(DatabaseTables {
            schema: Some(schema),
            rewriting: Some(rewriting),
            server_now_ms: settings.server_now_ms,
            since_ms: before
                .map(|before| settings.server_now_ms.saturating_sub(before.server_now_ms)),
            stats_reset_ms: settings.stats_reset_ms,
            autovacuum: settings.autovacuum,
            block_bytes,
            scores,
            tables,
        })
    }
}

/// Those that are there. Who holds back the most is not known while some are hidden.
fn holders(rows: Vec<HolderRow>, facts: &Facts) -> Known<Vec<XminHolder>> {
    if rows.iter().any(|row| row.hidden > 0) {
        return Err(Reason::Hidden {
            what: "The xmin of other roles' sessions".into(),
            sql: monitor_grant(facts),
        });
    }
    Ok(rows.into_iter().map(|row| row.holder).filter(|holder| !holder.kind.is_empty()).collect())
}

/// The scores by which 19 orders tables; none before.
async fn scores(observer: &mut Observer, facts: &Facts) -> Result<Vec<Score>, Error> {
    if AUTOVACUUM_SCORES.pick_for(facts).is_none() {
        return Ok(Vec::new());
    }
    let answer = crate::area::read(observer, facts, &[AUTOVACUUM_SCORES]).await?.into_iter().next();
    // They stand beside our own: without them nothing is lost.
    Ok(answer.and_then(|rows| rows.ok()?.all().ok()).unwrap_or_default())
}

/// Tables part by part.
struct Parts<'a> {
    observer: &'a mut Observer,
    facts: &'a Facts,
}

impl Parts<'_> {
    async fn tables(&mut self) -> Result<Vec<Table>, Error> {
        let (mut tables, mut toasts, mut indexes) = (Vec::new(), Vec::new(), Vec::new());
        let mut after = 0;
        loop {
            let part: Vec<TableRow> = self.part(TABLES, &[after]).await?;
            let last = part.len() < PART || tables.len() + part.len() >= MOST_TABLES;
            let until = part.last().map_or(LAST_OID, |row| i64::from(row.0.oid));
            // The TOAST tables of a part may lie behind its last table, and so do their indexes.
            let until_index = if last { LAST_OID } else { until };
            tables.extend(part.into_iter().map(|row| row.0));
            toasts.extend(self.part::<ToastRow>(TOASTS, &[after, until]).await?);
            indexes.extend(self.part::<IndexRow>(INDEX_SIZES, &[after, until_index]).await?);
            if last {
                return Ok(put_together(tables, toasts, indexes));
            }
            after = until;
        }
    }

    /// One part of what a query gives.
    async fn part<T>(&mut self, query: Query, range: &[i64]) -> Result<Vec<T>, Error>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        read_part(self.observer, self.facts, query, range).await
    }
}

/// What moved since the reading before; both are in the order of oids.
fn compare(tables: &mut [Table], before: &[Table]) {
    for table in tables {
        let then = before.binary_search_by_key(&table.oid, |known| known.oid).ok();
        let Some(then) = then.and_then(|place| before.get(place)) else { continue };
        table.moved = table.counters.since(&then.counters).map(Box::new);
    }
}

/// Each TOAST table and index to the table that it belongs to.
fn put_together(
    mut tables: Vec<Table>,
    toasts: Vec<ToastRow>,
    indexes: Vec<IndexRow>,
) -> Vec<Table> {
    let mut places: HashMap<u32, usize> =
        tables.iter().enumerate().map(|(place, table)| (table.oid, place)).collect();
    let mut of_toast = HashMap::with_capacity(toasts.len());
    for row in toasts {
        if let Some(place) = places.get(&row.of_oid)
            && let Some(table) = tables.get_mut(*place)
        {
            of_toast.insert(row.toast.oid, *place);
            table.toast = Some(Box::new(row.toast));
        }
    }
    for row in indexes {
        let (of_toast, place) = (of_toast.get(&row.of_oid), places.get(&row.of_oid));
        let Some(table) = of_toast.or(place).and_then(|place| tables.get_mut(*place)) else {
            continue;
        };
        match (&mut table.toast, of_toast) {
            (Some(toast), Some(_)) => row.add_to_toast(toast),
            _ => row.add_to(table),
        }
    }
    places.clear();
    tables.shrink_to_fit();
    tables
}
