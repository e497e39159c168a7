//! Reads tables with their TOAST tables and indexes, some thousand at a time: each part is a short transaction of its
//! own. What was not touched since the reading before is taken from there.

use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use model::server::Facts;
use model::tables::Table;

use super::rows::{IndexRow, TableRow, ToastRow};
use super::{INDEX_SIZES, TABLES, TOASTS};
use crate::connection::Observer;
use crate::databases::read_part;
use crate::error::Error;
use crate::relations::{Relations, TABLE_KINDS, Wanted};
use crate::shared_names::SharedNames;
use crate::touched::Touched;

/// Tables of one part.
const PART: usize = 5_000;
const ALL_TABLES: Wanted = Wanted { kinds: TABLE_KINDS, from_oid: 0 };
const ALL_INDEXES: Wanted = Wanted { kinds: b"i", from_oid: 0 };

/// Tables part by part.
pub struct Parts<'a> {
    /// The session.
    pub observer: &'a mut Observer,
    /// Of its server.
    pub facts: &'a Facts,
}

impl Parts<'_> {
    /// All tables by oid: those of before that were not touched, the others read anew.
    pub async fn tables(
        &mut self,
        now: &Relations,
        touched: &Touched,
        before: &[Arc<Table>],
    ) -> Result<Vec<Arc<Table>>, Error> {
        let mut tables: Vec<Arc<Table>> =
            before.iter().filter(|table| !is_touched(table, touched)).cloned().collect();
        let kept: HashSet<u32> = tables.iter().map(|table| table.oid).collect();
        // What was read and written since the reading before: nothing.
        for table in tables.iter_mut().filter(|table| table.moved.is_some()) {
            Arc::make_mut(table).moved = None;
        }
        let wanted = now.others(ALL_TABLES, &kept);
        let mut read = Vec::with_capacity(wanted.len());
        let mut schemas = SharedNames::default();
        for part in wanted.chunks(PART) {
            let mut tables = self.part(part).await?;
            tables.iter_mut().for_each(|table| schemas.share(&mut table.nspname));
            read.extend(tables);
        }
        compare(&mut read, before);
        self.new_indexes((now, touched), &read, &mut tables).await?;
        tables.extend(read.into_iter().map(Arc::new));
        tables.sort_unstable_by_key(|table| table.oid);
        Ok(tables)
    }

    async fn part(&mut self, oids: &[i64]) -> Result<Vec<Table>, Error> {
        let tables: Vec<TableRow> = read_part(self.observer, self.facts, TABLES, oids).await?;
        let toasts: Vec<ToastRow> = read_part(self.observer, self.facts, TOASTS, oids).await?;
        let of_toasts = toasts.iter().map(|row| i64::from(row.toast.oid));
        let owners: Vec<i64> = oids.iter().copied().chain(of_toasts).collect();
        let indexes = read_part(self.observer, self.facts, INDEX_SIZES, &owners).await?;
        Ok(put_together(tables.into_iter().map(|row| row.0).collect(), toasts, indexes))
    }

    /// Indexes that are new although their table was not touched.
    async fn new_indexes(
        &mut self,
        (now, touched): (&Relations, &Touched),
        read: &[Table],
        kept: &mut [Arc<Table>],
    ) -> Result<(), Error> {
        let known: HashSet<u32> =
            read.iter().flat_map(|table| &table.indexes).map(|index| index.oid).collect();
        for part in touched.new_indexes(now, ALL_INDEXES, &known).chunks(PART) {
            let rows: Vec<IndexRow> =
                read_part(self.observer, self.facts, INDEX_SIZES, part).await?;
            for row in rows {
                let place = kept.binary_search_by_key(&row.of_oid, |table| table.oid).ok();
                if let Some(table) = place.and_then(|place| kept.get_mut(place)) {
                    row.add_to(Arc::make_mut(table));
                }
            }
        }
        Ok(())
    }
}

/// Whether it, its TOAST table or an index was, or whether its turn has come.
fn is_touched(table: &Table, touched: &Touched) -> bool {
    touched.is_due(table.oid)
        || table.toast.as_ref().is_some_and(|toast| touched.has(toast.oid))
        || table.indexes.iter().any(|index| touched.has(index.oid))
}

/// What moved since the reading before, which is in the order of oids.
fn compare(tables: &mut [Table], before: &[Arc<Table>]) {
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
    let places: HashMap<u32, usize> =
        tables.iter().enumerate().map(|(place, table)| (table.oid, place)).collect();
    let mut of_toast = HashMap::default();
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
    // Most have one or two, and room for four was made.
    tables.iter_mut().for_each(|table| table.indexes.shrink_to_fit());
    tables
}
