//! Reads tables with their indexes and foreign keys, some thousand at a time: each part is a short transaction of its
//! own. What was not touched since the reading before is taken from there.

use std::sync::Arc;

use foldhash::HashSet;
use model::indexes::{DatabaseIndexes, Index, Owner};
use model::server::Facts;

use super::rows::{ForeignKeyRow, IndexRow, OwnerRow};
use super::{FOREIGN_KEYS, INDEXES, OWNERS};
use crate::connection::Observer;
use crate::databases::read_part;
use crate::error::Error;
use crate::relations::{FIRST_NORMAL_OID, Relations, TABLE_KINDS, Wanted};
use crate::shared_names::SharedNames;
use crate::sql::Query;
use crate::touched::Touched;

/// Tables of one part.
const PART: usize = 5_000;
/// Tables whose foreign keys are read in one part.
const KEYS_PART: usize = 100_000;
/// Indexes of what initdb made are nobody's to change.
const TABLES: Wanted = Wanted { kinds: TABLE_KINDS, from_oid: FIRST_NORMAL_OID };
const INDEXES_OF_TABLES: Wanted = Wanted { kinds: b"iI", from_oid: FIRST_NORMAL_OID };
/// The largest oid.
const LAST_OID: i64 = u32::MAX as i64;

/// Tables with their indexes part by part.
pub struct Parts<'a> {
    /// The session.
    pub observer: &'a mut Observer,
    /// Of its server.
    pub facts: &'a Facts,
}

impl Parts<'_> {
    /// Reads tables, indexes and foreign keys into `database`.
    pub async fn relations(
        &mut self,
        (now, touched): (&Relations, &Touched),
        before: Option<&DatabaseIndexes>,
        database: &mut DatabaseIndexes,
    ) -> Result<(), Error> {
        database.owners = before.map(|before| untouched(before, touched)).unwrap_or_default();
        let kept: HashSet<u32> = database.owners.iter().map(|owner| owner.oid).collect();
        if let Some(before) = before {
            let of_kept = before.indexes.iter().filter(|index| kept.contains(&index.indrelid));
            database.indexes = of_kept.cloned().collect();
        }
        let wanted = now.others(TABLES, &kept);
        let mut seen = HashSet::default();
        let mut schemas = SharedNames::default();
        for part in wanted.chunks(PART) {
            let owners: Vec<OwnerRow> = self.part(OWNERS, part).await?;
            database.owners.extend(owners.into_iter().map(|mut row| {
                schemas.share(&mut row.0.nspname);
                Arc::new(row.0)
            }));
            for row in self.part::<IndexRow>(INDEXES, part).await? {
                seen.insert(row.0.oid);
                database.indexes.push(Arc::new(row.0));
            }
        }
        for part in touched.new_indexes(now, INDEXES_OF_TABLES, &seen).chunks(PART) {
            let indexes: Vec<IndexRow> = self.part(INDEXES, part).await?;
            database.indexes.extend(indexes.into_iter().map(|row| Arc::new(row.0)));
        }
        database.owners.sort_unstable_by_key(|owner| owner.oid);
        database.indexes.sort_unstable_by_key(|index| (index.indrelid, index.oid));
        let known: HashSet<u32> = database.owners.iter().map(|owner| owner.oid).collect();
        database.indexes.retain(|index| known.contains(&index.indrelid));
        self.foreign_keys(&known, database).await
    }

    async fn foreign_keys(
        &mut self,
        known: &HashSet<u32>,
        database: &mut DatabaseIndexes,
    ) -> Result<(), Error> {
        let ends = database.owners.chunks(KEYS_PART).filter_map(|part| part.last());
        let mut ends: Vec<i64> = ends.map(|owner| i64::from(owner.oid)).collect();
        // Behind the last part there is nothing.
        if let Some(last) = ends.last_mut() {
            *last = LAST_OID;
        }
        let mut after = 0;
        for until in ends {
            let keys: Vec<ForeignKeyRow> = self.part(FOREIGN_KEYS, &[after, until]).await?;
            let keys = keys.into_iter().map(|row| row.0);
            database.foreign_keys.extend(keys.filter(|key| known.contains(&key.conrelid)));
            after = until;
        }
        Ok(())
    }

    async fn part<T>(&mut self, query: Query, numbers: &[i64]) -> Result<Vec<T>, Error>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
    {
        read_part(self.observer, self.facts, query, numbers).await
    }
}

/// The tables of the reading before of which neither they nor their indexes were touched. What is partitioned carries
/// the sums of its parts, which are made anew.
fn untouched(before: &DatabaseIndexes, touched: &Touched) -> Vec<Arc<Owner>> {
    let mut indexes = before.indexes.iter().peekable();
    let stays = |owner: &&Arc<Owner>| {
        while indexes.next_if(|index| index.indrelid < owner.oid).is_some() {}
        let is_its = |index: &&Arc<Index>| index.indrelid == owner.oid;
        let mut is_touched = owner.partitioned || touched.is_due(owner.oid);
        while let Some(index) = indexes.next_if(is_its) {
            is_touched |= touched.has(index.oid);
        }
        !is_touched
    };
    before.owners.iter().filter(stays).cloned().collect()
}
