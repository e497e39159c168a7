//! Reads the indexes of one database. Definitions are asked for last, and only of those that are worth showing.

use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use model::indexes::{DatabaseIndexes, Index, Owner, problems};
use model::server::Facts;
use model::{AreaName, Reason};

use super::parts::Parts;
use super::rows::{BuildRow, ColumnRow, DefinitionRow};
use super::{BUILDS, DEFINITIONS, INDEX_ROWS, KEY_COLUMNS, SETTINGS};
use crate::connection::Observer;
use crate::databases::{OneDatabase, read_part};
use crate::error::Error;
use crate::relations::Relations;
use crate::touched::{self, Listed, Touched};

/// The most definitions that are asked for, and tables whose columns are: the `limit` of `definitions`.
const MOST_DEFINITIONS: usize = 500;
/// A definition is asked for again in one of so many readings: it may name a column that has another name now.
const DEFINITION_TURNS: u32 = 10;
/// How deep partitions of partitions are followed.
const MOST_LEVELS: usize = 32;
/// Shorter than this between two readings, a rate says little, ms.
const MIN_RATE_MS: i64 = 1_000;

#[derive(sqlx::FromRow)]
struct SettingsRow {
    server_now_ms: i64,
    stats_reset_ms: Option<i64>,
    server_stats_reset_ms: Option<i64>,
    block_bytes: i32,
    schemas: i64,
    index_rows: Option<f64>,
    constraint_rows: Option<f64>,
    track_counts: bool,
    in_recovery: bool,
    standbys: Option<i64>,
    idle_slots: Option<i64>,
}

/// Reads one database.
#[derive(Default)]
pub struct DatabaseReader {
    listed: Listed,
    /// Rows of `pg_index` with their constraints, and what tells that one was written meanwhile.
    index_rows: (Relations, (Option<f64>, Option<f64>)),
}

impl OneDatabase for DatabaseReader {
    type Read = DatabaseIndexes;

    async fn read(
        &mut self,
        observer: &mut Observer,
        facts: &Facts,
        before: Option<&Self::Read>,
        _now_ms: i64,
    ) -> Result<DatabaseIndexes, Error> {
        let first = crate::area::read(observer, facts, &[SETTINGS, BUILDS]).await?;
        let mut first = first.into_iter();
        let mut next = || first.next().unwrap_or(Err(Reason::NotYet));
        let wrong = |query| move |reason| Error::Query { query, reason };
        let settings: SettingsRow =
            next().and_then(|rows| rows.one()).map_err(wrong("settings"))?;
        let builds: Vec<BuildRow> = next().and_then(|rows| rows.all()).map_err(wrong("builds"))?;
        let mut database = DatabaseIndexes {
            major: facts.major,
            server_now_ms: settings.server_now_ms,
            // After a crash counters begin anew, and only those of the whole server say when.
            counted_since_ms: settings.stats_reset_ms.max(settings.server_stats_reset_ms),
            block_bytes: u32::try_from(settings.block_bytes).unwrap_or_default(),
            track_counts: settings.track_counts,
            in_recovery: settings.in_recovery,
            standbys: settings.standbys,
            idle_slots: settings.idle_slots,
            builds: builds.into_iter().map(|build| build.0).collect(),
            ..DatabaseIndexes::default()
        };
        let now = touched::relations(observer, facts, AreaName::Indexes).await?;
        let mut touched = self.listed.touched(&now, settings.schemas, before.is_some());
        let written = (settings.index_rows, settings.constraint_rows);
        if self.index_rows.1 != written {
            let rows = touched::listed(observer, facts, INDEX_ROWS).await?;
            touched.add(Touched::between(&self.index_rows.0, &rows, self.listed.turn()));
            self.index_rows = (rows, written);
        }
        Parts { observer, facts }.relations((&now, &touched), before, &mut database).await?;
        database.compared = before.is_some_and(|before| {
            database.track_counts && before.counted_since_ms == database.counted_since_ms
        });
        scans(&mut database, before);
        add_parts(&mut database);
        rates(&mut database, before);
        database.problems = problems(&database);
        self.definitions((observer, facts), &mut database).await?;
        key_columns((observer, facts), &mut database).await?;
        self.listed.take(now, settings.schemas);
        Ok(database)
    }
}

/// Entries a second since the reading before; none of a table that is new, and where counters went backwards.
fn rates(database: &mut DatabaseIndexes, before: Option<&DatabaseIndexes>) {
    let Some(before) = before else { return };
    let passed_ms = database.server_now_ms.saturating_sub(before.server_now_ms);
    let mut then = before.owners.iter().peekable();
    for owner in &mut database.owners {
        while then.next_if(|one| one.oid < owner.oid).is_some() {}
        let then = then.next_if(|one| one.oid == owner.oid);
        let more = then.map(|then| owner.index_entries().saturating_sub(then.index_entries()));
        let more = more.filter(|more| *more >= 0);
        let entries_per_s = match passed_ms < MIN_RATE_MS {
            true => then.and_then(|then| then.entries_per_s),
            false => more.map(|more| more as f64 * 1_000.0 / passed_ms as f64),
        };
        if owner.entries_per_s != entries_per_s {
            Arc::make_mut(owner).entries_per_s = entries_per_s;
        }
    }
}

/// Scans since the reading before; unknown of an index that is new.
fn scans(database: &mut DatabaseIndexes, before: Option<&DatabaseIndexes>) {
    let Some(before) = before else { return };
    let key = |index: &Index| (index.indrelid, index.oid);
    let mut then = before.indexes.iter().peekable();
    for index in &mut database.indexes {
        while then.next_if(|one| key(one) < key(index)).is_some() {}
        let then = then.next_if(|one| key(one) == key(index));
        let scanned = then.and_then(|then| index.scans_since(then));
        if index.scanned != scanned {
            Arc::make_mut(index).scanned = scanned;
        }
    }
}

impl DatabaseReader {
    /// Those with a problem first, then the largest.
    async fn definitions(
        &self,
        (observer, facts): (&mut Observer, &Facts),
        database: &mut DatabaseIndexes,
    ) -> Result<(), Error> {
        let problems = database.problems.iter();
        let first = problems.flat_map(|problem| [Some(problem.oid), problem.other]).flatten();
        let mut wanted: Vec<u32> = Vec::new();
        let mut seen = HashSet::default();
        let mut largest: Vec<(u32, u32)> =
            database.indexes.iter().map(|index| (index.relpages, index.oid)).collect();
        if largest.len() > MOST_DEFINITIONS {
            largest.select_nth_unstable_by(MOST_DEFINITIONS, |one, other| other.cmp(one));
        }
        let first_by_size = by_size(database, first);
        let largest = largest.into_iter().map(|(_, oid)| oid);
        for oid in first_by_size.into_iter().chain(largest) {
            if wanted.len() < MOST_DEFINITIONS && seen.insert(oid) {
                wanted.push(oid);
            }
        }
        let known: HashSet<u32> = database
            .indexes
            .iter()
            .filter(|index| index.texts.indexdef.is_some() && !self.is_its_turn(index))
            .map(|index| index.oid)
            .collect();
        wanted.retain(|oid| !known.contains(oid));
        if wanted.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = wanted.into_iter().map(i64::from).collect();
        // A table that is locked exclusively keeps its definitions to itself: then there are none this time.
        let rows: Vec<DefinitionRow> = match read_part(observer, facts, DEFINITIONS, &numbers).await
        {
            Ok(rows) => rows,
            Err(Error::Query { .. }) => Vec::new(),
            Err(lost) => return Err(lost),
        };
        let mut read: HashMap<u32, DefinitionRow> =
            rows.into_iter().map(|row| (row.oid, row)).collect();
        for index in &mut database.indexes {
            if let Some(row) = read.remove(&index.oid) {
                Arc::make_mut(index).texts.change(|texts| {
                    (texts.indexdef, texts.constraintdef) = (row.indexdef, row.constraintdef);
                });
            }
        }
        Ok(())
    }

    fn is_its_turn(&self, index: &Index) -> bool {
        index.oid % DEFINITION_TURNS == self.listed.turn() % DEFINITION_TURNS
    }
}

/// The columns of foreign keys without an index, the largest tables first.
async fn key_columns(
    (observer, facts): (&mut Observer, &Facts),
    database: &mut DatabaseIndexes,
) -> Result<(), Error> {
    let parts = database.parts();
    let open = database.foreign_keys.iter().filter(|key| !database.has_index(key, &parts));
    let rows = |oid: u32| database.owner(oid).map_or(0.0, |owner| owner.rows());
    let mut tables: Vec<u32> = open.map(|key| key.conrelid).collect();
    tables.dedup();
    tables.sort_by(|one, other| rows(*other).total_cmp(&rows(*one)));
    tables.truncate(MOST_DEFINITIONS);
    if tables.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i64> = tables.into_iter().map(i64::from).collect();
    let read: Vec<ColumnRow> = read_part(observer, facts, KEY_COLUMNS, &numbers).await?;
    let names: HashMap<(u32, i16), String> =
        read.into_iter().map(|row| ((row.attrelid, row.attnum), row.attname)).collect();
    for key in &mut database.foreign_keys {
        let named = key.conkey.iter().map(|column| names.get(&(key.conrelid, *column)).cloned());
        key.columns = named.collect::<Option<_>>().unwrap_or_default();
    }
    Ok(())
}

/// These indexes, the largest first.
fn by_size(database: &DatabaseIndexes, oids: impl Iterator<Item = u32>) -> Vec<u32> {
    let wanted: HashSet<u32> = oids.collect();
    let mut found: Vec<&Arc<Index>> =
        database.indexes.iter().filter(|index| wanted.contains(&index.oid)).collect();
    found.sort_by_key(|index| std::cmp::Reverse(index.relpages));
    found.into_iter().map(|index| index.oid).collect()
}

/// Adds to partitioned tables and their indexes what was read of and written to their parts.
fn add_parts(database: &mut DatabaseIndexes) {
    let places: HashMap<u32, usize> =
        database.indexes.iter().enumerate().map(|(place, index)| (index.oid, place)).collect();
    let of_index = |index: &&Arc<Index>| index.parent.is_some() && !index.partitioned;
    let parts: Vec<Arc<Index>> = database.indexes.iter().filter(of_index).cloned().collect();
    for part in parts {
        let mut above = part.parent;
        for _ in 0..MOST_LEVELS {
            let place = above.and_then(|oid| places.get(&oid));
            let Some(whole) = place.and_then(|at| database.indexes.get_mut(*at)) else { break };
            add_index(Arc::make_mut(whole), &part);
            above = whole.parent;
        }
    }
    let of_table = |owner: &&Arc<Owner>| owner.parent.is_some() && !owner.partitioned;
    let parts: Vec<Arc<Owner>> = database.owners.iter().filter(of_table).cloned().collect();
    for part in parts {
        let mut above = part.parent;
        for _ in 0..MOST_LEVELS {
            let find = |oid: u32| database.owners.binary_search_by_key(&oid, |o| o.oid).ok();
            let place = above.and_then(find);
            let Some(whole) = place.and_then(|at| database.owners.get_mut(at)) else { break };
            if whole.partitioned {
                add_owner(Arc::make_mut(whole), &part);
            }
            above = whole.parent;
        }
    }
}

fn add_index(whole: &mut Index, part: &Index) {
    whole.relpages = whole.relpages.saturating_add(part.relpages);
    whole.idx_scan = whole.idx_scan.saturating_add(part.idx_scan);
    whole.scanned = whole.scanned.zip(part.scanned).map(|(one, other)| one.saturating_add(other));
    whole.idx_tup_read = whole.idx_tup_read.saturating_add(part.idx_tup_read);
    whole.idx_tup_fetch = whole.idx_tup_fetch.saturating_add(part.idx_tup_fetch);
    whole.idx_blks_read = whole.idx_blks_read.saturating_add(part.idx_blks_read);
    whole.idx_blks_hit = whole.idx_blks_hit.saturating_add(part.idx_blks_hit);
    whole.last_idx_scan_ms = whole.last_idx_scan_ms.max(part.last_idx_scan_ms);
    whole.stats_reset_ms = whole.stats_reset_ms.max(part.stats_reset_ms);
}

fn add_owner(whole: &mut Owner, part: &Owner) {
    whole.relpages = whole.relpages.saturating_add(part.relpages);
    whole.seq_scan = whole.seq_scan.saturating_add(part.seq_scan);
    whole.n_tup_ins = whole.n_tup_ins.saturating_add(part.n_tup_ins);
    whole.n_tup_upd = whole.n_tup_upd.saturating_add(part.n_tup_upd);
    whole.n_tup_del = whole.n_tup_del.saturating_add(part.n_tup_del);
    whole.n_tup_hot_upd = whole.n_tup_hot_upd.saturating_add(part.n_tup_hot_upd);
    whole.n_live_tup = whole.n_live_tup.saturating_add(part.n_live_tup);
    let newpage = whole.n_tup_newpage_upd.zip(part.n_tup_newpage_upd);
    whole.n_tup_newpage_upd = newpage.map(|(one, other)| one.saturating_add(other));
}
