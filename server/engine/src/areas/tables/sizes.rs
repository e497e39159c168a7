//! Sizes as of now. `relpages` is of the last VACUUM or ANALYZE, and asking for the size of every relation is
//! expensive: of a hundred thousand it takes twenty seconds and leaves two gigabytes in the session
//! (`docs/limits.md`). So some hundred are asked for in each reading: the largest, and others in turn.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use model::tables::Table;

/// The largest relations are asked for each time.
const LARGEST: usize = 150;
/// Those that grew most since the reading before are, too.
const GROWING: usize = 50;
/// So many others take their turn.
const OTHERS: usize = 100;

/// A size, as it comes.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct SizeRow {
    oid: i64,
    size_bytes: i64,
}

/// What is known of sizes.
#[derive(Default)]
pub struct Sizes {
    /// By oid: the pages that the catalog had then, and the size.
    known: HashMap<u32, (u32, i64)>,
    /// The oid up to which the others had their turn.
    turn: u32,
}

impl Sizes {
    /// The relations to ask for now.
    pub fn wanted(&mut self, tables: &[Arc<Table>]) -> Vec<i64> {
        let mut relations: Vec<(u32, u32)> =
            tables.iter().flat_map(|table| relations(table)).collect();
        let growing = {
            let mut moved: Vec<_> = tables.iter().filter_map(|table| inserted(table)).collect();
            moved.sort_unstable_by(|a, b| b.cmp(a));
            moved.into_iter().take(GROWING).map(|(_, oid)| oid)
        };
        let mut wanted: BTreeSet<u32> = growing.collect();
        if relations.len() > LARGEST {
            relations.select_nth_unstable_by(LARGEST, |a, b| b.cmp(a));
        }
        wanted.extend(relations.iter().take(LARGEST).map(|(_, oid)| *oid));
        wanted.extend(self.others(relations.get(LARGEST..).unwrap_or_default()));
        // Some of those that are known are gone.
        if self.known.len() > relations.len() {
            let there: HashSet<u32> = relations.into_iter().map(|(_, oid)| oid).collect();
            self.known.retain(|oid, _| there.contains(oid));
        }
        wanted.into_iter().map(i64::from).collect()
    }

    /// Those whose turn it is, by oid: behind the last, and from the first one on again.
    fn others(&mut self, rest: &[(u32, u32)]) -> Vec<u32> {
        let behind = |turn: u32| rest.iter().map(|(_, oid)| *oid).filter(move |oid| *oid > turn);
        let mut others: Vec<u32> = behind(self.turn).collect();
        if others.is_empty() {
            others = behind(0).collect();
        }
        if others.len() > OTHERS {
            others.select_nth_unstable(OTHERS);
            others.truncate(OTHERS);
        }
        self.turn = others.iter().copied().max().unwrap_or_default();
        others
    }

    /// Takes what was answered, and writes what is known to the tables.
    pub fn take(&mut self, rows: &[SizeRow], tables: &mut [Arc<Table>]) {
        let answered: HashMap<u32, i64> = rows
            .iter()
            .filter_map(|row| Some((u32::try_from(row.oid).ok()?, row.size_bytes)))
            .collect();
        let mut size = |oid: u32, relpages: u32| {
            if let Some(size) = answered.get(&oid) {
                self.known.insert(oid, (relpages, *size));
            }
            // Pages that changed since say that it was vacuumed or rewritten.
            let known = self.known.get(&oid).filter(|(then, _)| *then == relpages);
            known.map(|(_, size)| *size)
        };
        for table in tables {
            // Most are as they were: those are shared with the reading before.
            if !stored(table).eq(relations(table).map(|(relpages, oid)| size(oid, relpages))) {
                let sizes: Vec<_> =
                    relations(table).map(|(relpages, oid)| size(oid, relpages)).collect();
                store(Arc::make_mut(table), &sizes);
            }
        }
    }
}

/// Pages and oid of a table, its TOAST table and the indexes of both.
fn relations(table: &Table) -> impl Iterator<Item = (u32, u32)> {
    let toast = table.toast.as_deref();
    let of_toast = toast.into_iter().flat_map(|toast| {
        let index = toast.index.as_ref().map(|index| (index.relpages, index.oid));
        std::iter::once((toast.relpages, toast.oid)).chain(index)
    });
    let indexes = table.indexes.iter().map(|index| (index.relpages, index.oid));
    std::iter::once((table.relpages, table.oid)).chain(of_toast).chain(indexes)
}

/// The sizes that a table carries, in the same order.
fn stored(table: &Table) -> impl Iterator<Item = Option<i64>> {
    let of_toast = table.toast.as_deref().into_iter().flat_map(|toast| {
        std::iter::once(toast.size_bytes).chain(toast.index.as_ref().map(|index| index.size_bytes))
    });
    let indexes = table.indexes.iter().map(|index| index.size_bytes);
    std::iter::once(table.size_bytes).chain(of_toast).chain(indexes)
}

fn store(table: &mut Table, sizes: &[Option<i64>]) {
    let of_toast = table.toast.as_deref_mut().into_iter().flat_map(|toast| {
        let index = toast.index.as_mut().map(|index| &mut index.size_bytes);
        std::iter::once(&mut toast.size_bytes).chain(index)
    });
    let indexes = table.indexes.iter_mut().map(|index| &mut index.size_bytes);
    let all = std::iter::once(&mut table.size_bytes).chain(of_toast).chain(indexes);
    all.zip(sizes).for_each(|(stored, size)| *stored = *size);
}

/// Rows inserted since the reading before, and the table's oid.
fn inserted(table: &Table) -> Option<(i64, u32)> {
    let moved = table.moved.as_ref().filter(|moved| moved.n_tup_ins > 0)?;
    Some((moved.n_tup_ins, table.oid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::tables::IndexSize;

    fn table(oid: u32, relpages: u32) -> Arc<Table> {
        Arc::new(Table { oid, relpages, ..Table::default() })
    }

    #[test]
    fn the_largest_are_asked_for_each_time_and_all_others_in_turn() {
        let mut tables: Vec<Arc<Table>> = (1..=1_000).map(|oid| table(oid, 2_000 - oid)).collect();
        let mut sizes = Sizes::default();
        let mut seen = BTreeSet::new();
        for _ in 0..9 {
            let wanted = sizes.wanted(&tables);
            assert!(wanted.len() <= LARGEST + GROWING + OTHERS && wanted.contains(&1));
            seen.extend(wanted);
        }
        assert_eq!(seen.len(), 1_000);
        let small = Arc::make_mut(tables.last_mut().expect("a thousand"));
        small.moved =
            Some(Box::new(model::tables::Counters { n_tup_ins: 5, ..Default::default() }));
        assert!(sizes.wanted(&tables).contains(&1_000), "it grows");
    }

    #[test]
    fn a_size_holds_until_the_relation_is_vacuumed() {
        let index = IndexSize { oid: 2, relpages: 3, ..IndexSize::default() };
        let mut tables = vec![Arc::new(Table {
            oid: 1,
            relpages: 10,
            indexes: vec![index],
            ..Table::default()
        })];
        let mut sizes = Sizes::default();
        sizes.take(
            &[SizeRow { oid: 1, size_bytes: 100 }, SizeRow { oid: 2, size_bytes: 7 }],
            &mut tables,
        );
        assert_eq!((tables[0].size_bytes, tables[0].indexes[0].size_bytes), (Some(100), Some(7)));
        sizes.take(&[], &mut tables);
        assert_eq!(tables[0].size_bytes, Some(100));
        Arc::make_mut(&mut tables[0]).relpages = 4;
        sizes.take(&[], &mut tables);
        assert_eq!(tables[0].size_bytes, None);
        assert_eq!(tables[0].heap_bytes(8_192), 4 * 8_192);
    }
}
