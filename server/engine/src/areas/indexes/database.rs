//! Reads the indexes of one database, some ten thousand tables at a time: each part is a short transaction of its
//! own. Definitions are asked for last, and only of those that are worth showing.

use std::collections::{HashMap, HashSet};

use model::Reason;
use model::indexes::{DatabaseIndexes, Index, Owner, problems};
use model::server::Facts;

use super::rows::{BuildRow, ColumnRow, DefinitionRow, ForeignKeyRow, IndexRow, OwnerRow};
use super::{BUILDS, DEFINITIONS, FOREIGN_KEYS, INDEXES, KEY_COLUMNS, OWNERS, SETTINGS};
use crate::connection::Observer;
use crate::databases::{OneDatabase, read_part};
use crate::error::Error;
use crate::sql::Query;

/// Rows of one part: the `limit` of `owners`.
const PART: usize = 20_000;
/// The most tables of one database.
const MOST_TABLES: usize = 1_000_000;
/// The largest oid.
const LAST_OID: i64 = u32::MAX as i64;
/// The most definitions that are asked for, and tables whose columns are: the `limit` of `definitions`.
const MOST_DEFINITIONS: usize = 500;
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
    track_counts: bool,
    in_recovery: bool,
    standbys: Option<i64>,
    idle_slots: Option<i64>,
}

/// Reads one database, and remembers what was written to its tables.
#[derive(Default)]
pub struct DatabaseReader {
    /// By table the entries that its indexes got, and the server's clock.
    before: Option<(i64, HashMap<u32, i64>)>,
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
        let mut reading = Parts { observer, facts };
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
        reading.relations(&mut database).await?;
        scans(&mut database, before);
        add_parts(&mut database);
        self.rates(&mut database);
        database.problems = problems(&database);
        reading.definitions(&mut database).await?;
        reading.key_columns(&mut database).await?;
        Ok(database)
    }
}

impl DatabaseReader {
    /// Entries a second since the reading before; none where counters went backwards.
    fn rates(&mut self, database: &mut DatabaseIndexes) {
        let now: HashMap<u32, i64> =
            database.owners.iter().map(|owner| (owner.oid, owner.index_entries())).collect();
        if let Some((before_ms, before)) = &self.before {
            let passed_ms = database.server_now_ms.saturating_sub(*before_ms);
            if passed_ms < MIN_RATE_MS {
                return;
            }
            for owner in &mut database.owners {
                let more = before.get(&owner.oid).map(|before| owner.index_entries() - before);
                let more = more.filter(|more| *more >= 0);
                owner.entries_per_s = more.map(|more| more as f64 * 1_000.0 / passed_ms as f64);
            }
        }
        self.before = Some((database.server_now_ms, now));
    }
}

/// Scans since the reading before; unknown of an index that is new, and where counters were reset meanwhile.
fn scans(database: &mut DatabaseIndexes, before: Option<&DatabaseIndexes>) {
    let since = database.counted_since_ms;
    let before = before.filter(|before| database.track_counts && before.counted_since_ms == since);
    let Some(before) = before else { return };
    for index in &mut database.indexes {
        let then = before.index(index.indrelid, index.oid);
        index.scanned = then.and_then(|then| index.scans_since(then));
    }
}

/// What of a database is read part by part.
struct Parts<'a> {
    observer: &'a mut Observer,
    facts: &'a Facts,
}

impl Parts<'_> {
    async fn relations(&mut self, database: &mut DatabaseIndexes) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let part: Vec<OwnerRow> = self.part(OWNERS, &[after]).await?;
            let last = part.len() < PART || database.owners.len() + part.len() >= MOST_TABLES;
            let until = part.last().map_or(LAST_OID, |row| i64::from(row.0.oid));
            database.owners.extend(part.into_iter().map(|row| row.0));
            let range = [after, until];
            let indexes: Vec<IndexRow> = self.part(INDEXES, &range).await?;
            let keys: Vec<ForeignKeyRow> = self.part(FOREIGN_KEYS, &range).await?;
            let known = |oid: u32| database.owners.binary_search_by_key(&oid, |o| o.oid).is_ok();
            let indexes = indexes.into_iter().map(|row| row.0);
            database.indexes.extend(indexes.filter(|index| known(index.indrelid)));
            let keys = keys.into_iter().map(|row| row.0);
            database.foreign_keys.extend(keys.filter(|key| known(key.conrelid)));
            if last {
                return Ok(());
            }
            after = until;
        }
    }

    /// Those with a problem first, then the largest.
    async fn definitions(&mut self, database: &mut DatabaseIndexes) -> Result<(), Error> {
        let problems = database.problems.iter();
        let first = problems.flat_map(|problem| [Some(problem.oid), problem.other]).flatten();
        let mut wanted: Vec<u32> = Vec::new();
        let mut seen = HashSet::new();
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
        if wanted.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = wanted.into_iter().map(i64::from).collect();
        // A table that is locked exclusively keeps its definitions to itself: then there are none this time.
        let rows: Vec<DefinitionRow> = match self.part(DEFINITIONS, &numbers).await {
            Ok(rows) => rows,
            Err(Error::Query { .. }) => Vec::new(),
            Err(lost) => return Err(lost),
        };
        let mut read: HashMap<u32, DefinitionRow> =
            rows.into_iter().map(|row| (row.oid, row)).collect();
        for index in &mut database.indexes {
            if let Some(row) = read.remove(&index.oid) {
                (index.indexdef, index.constraintdef) = (row.indexdef, row.constraintdef);
            }
        }
        Ok(())
    }

    /// The columns of foreign keys without an index, the largest tables first.
    async fn key_columns(&mut self, database: &mut DatabaseIndexes) -> Result<(), Error> {
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
        let read: Vec<ColumnRow> = self.part(KEY_COLUMNS, &numbers).await?;
        let names: HashMap<(u32, i16), String> =
            read.into_iter().map(|row| ((row.attrelid, row.attnum), row.attname)).collect();
        for key in &mut database.foreign_keys {
            let named =
                key.conkey.iter().map(|column| names.get(&(key.conrelid, *column)).cloned());
            key.columns = named.collect::<Option<_>>().unwrap_or_default();
        }
        Ok(())
    }

    /// One part of what a query gives.
    async fn part<T>(&mut self, query: Query, numbers: &[i64]) -> Result<Vec<T>, Error>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        read_part(self.observer, self.facts, query, numbers).await
    }
}

/// These indexes, the largest first.
fn by_size(database: &DatabaseIndexes, oids: impl Iterator<Item = u32>) -> Vec<u32> {
    let wanted: HashSet<u32> = oids.collect();
    let mut found: Vec<&Index> =
        database.indexes.iter().filter(|index| wanted.contains(&index.oid)).collect();
    found.sort_by_key(|index| std::cmp::Reverse(index.relpages));
    found.into_iter().map(|index| index.oid).collect()
}

/// Adds to partitioned tables and their indexes what was read of and written to their parts.
fn add_parts(database: &mut DatabaseIndexes) {
    let places: HashMap<u32, usize> =
        database.indexes.iter().enumerate().map(|(place, index)| (index.oid, place)).collect();
    let of_index = |index: &&Index| index.parent.is_some() && !index.partitioned;
    let parts: Vec<Index> = database.indexes.iter().filter(of_index).cloned().collect();
    for part in parts {
        let mut above = part.parent;
        for _ in 0..MOST_LEVELS {
            let place = above.and_then(|oid| places.get(&oid));
            let Some(whole) = place.and_then(|at| database.indexes.get_mut(*at)) else { break };
            add_index(whole, &part);
            above = whole.parent;
        }
    }
    let of_table = |owner: &&Owner| owner.parent.is_some() && !owner.partitioned;
    let parts: Vec<Owner> = database.owners.iter().filter(of_table).cloned().collect();
    for part in parts {
        let mut above = part.parent;
        for _ in 0..MOST_LEVELS {
            let find = |oid: u32| database.owners.binary_search_by_key(&oid, |o| o.oid).ok();
            let place = above.and_then(find);
            let Some(whole) = place.and_then(|at| database.owners.get_mut(at)) else { break };
            if whole.partitioned {
                add_owner(whole, &part);
            }
            above = whole.parent;
        }
    }
}

fn add_index(whole: &mut Index, part: &Index) {
    whole.relpages = whole.relpages.saturating_add(part.relpages);
    whole.idx_scan = whole.idx_scan.saturating_add(part.idx_scan);
    whole.scanned = whole.scanned.zip(part.scanned).map(|(one, other)| one.saturating_add(other));
    whole.idx_tup_read += part.idx_tup_read;
    whole.idx_tup_fetch += part.idx_tup_fetch;
    whole.idx_blks_read += part.idx_blks_read;
    whole.idx_blks_hit += part.idx_blks_hit;
    whole.last_idx_scan_ms = whole.last_idx_scan_ms.max(part.last_idx_scan_ms);
    whole.stats_reset_ms = whole.stats_reset_ms.max(part.stats_reset_ms);
}

fn add_owner(whole: &mut Owner, part: &Owner) {
    whole.relpages = whole.relpages.saturating_add(part.relpages);
    whole.seq_scan += part.seq_scan;
    whole.n_tup_ins += part.n_tup_ins;
    whole.n_tup_upd += part.n_tup_upd;
    whole.n_tup_del += part.n_tup_del;
    whole.n_tup_hot_upd += part.n_tup_hot_upd;
    whole.n_live_tup += part.n_live_tup;
    whole.n_tup_newpage_upd =
        whole.n_tup_newpage_upd.zip(part.n_tup_newpage_upd).map(|(one, other)| one + other);
}
