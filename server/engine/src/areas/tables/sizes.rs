//! Sizes as of now. `relpages` is of the last VACUUM or ANALYZE, and asking for the size of every relation is
//! expensive: of a hundred thousand it takes twenty seconds and leaves two gigabytes in the session
//! (`docs/limits.md`). So some hundred are asked for in each reading: the largest, and others in turn.

use std::collections::{BTreeSet, HashMap};

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
    /// Where the turn of the others is.
    turn: usize,
}

impl Sizes {
    /// The relations to ask for now.
    pub fn wanted(&mut self, tables: &[Table]) -> Vec<i64> {
        let mut relations: Vec<(u32, u32)> = tables.iter().flat_map(relations).collect();
        relations.sort_unstable_by(|a, b| b.cmp(a));
        let growing = {
            let mut moved: Vec<_> = tables.iter().filter_map(inserted).collect();
            moved.sort_unstable_by(|a, b| b.cmp(a));
            moved.into_iter().take(GROWING).map(|(_, oid)| oid)
        };
        let mut wanted: BTreeSet<u32> = growing.collect();
        wanted.extend(relations.iter().take(LARGEST).map(|(_, oid)| *oid));
        let rest = relations.get(LARGEST..).unwrap_or_default();
        let begin = if self.turn < rest.len() { self.turn } else { 0 };
        wanted.extend(rest.iter().skip(begin).take(OTHERS).map(|(_, oid)| *oid));
        self.turn = begin + OTHERS;
        let there: BTreeSet<u32> = relations.into_iter().map(|(_, oid)| oid).collect();
        self.known.retain(|oid, _| there.contains(oid));
        wanted.into_iter().map(i64::from).collect()
    }

    /// Takes what was answered, and writes what is known to the tables.
    pub fn take(&mut self, rows: &[SizeRow], tables: &mut [Table]) {
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
            table.size_bytes = size(table.oid, table.relpages);
            if let Some(toast) = &mut table.toast {
                toast.size_bytes = size(toast.oid, toast.relpages);
                if let Some(index) = &mut toast.index {
                    index.size_bytes = size(index.oid, index.relpages);
                }
            }
            for index in &mut table.indexes {
                index.size_bytes = size(index.oid, index.relpages);
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

/// Rows inserted since the reading before, and the table's oid.
fn inserted(table: &Table) -> Option<(i64, u32)> {
    let moved = table.moved.as_ref().filter(|moved| moved.n_tup_ins > 0)?;
    Some((moved.n_tup_ins, table.oid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::tables::IndexSize;

    fn table(oid: u32, relpages: u32) -> Table {
        Table { oid, relpages, ..Table::default() }
    }

    #[test]
    fn the_largest_are_asked_for_each_time_and_all_others_in_turn() {
        let mut tables: Vec<Table> = (1..=1_000).map(|oid| table(oid, 2_000 - oid)).collect();
        let mut sizes = Sizes::default();
        let mut seen = BTreeSet::new();
        for _ in 0..9 {
            let wanted = sizes.wanted(&tables);
            assert!(wanted.len() <= LARGEST + GROWING + OTHERS && wanted.contains(&1));
            seen.extend(wanted);
        }
        assert_eq!(seen.len(), 1_000);
        let small = tables.last_mut().expect("a thousand");
        small.moved =
            Some(Box::new(model::tables::Counters { n_tup_ins: 5, ..Default::default() }));
        assert!(sizes.wanted(&tables).contains(&1_000), "it grows");
    }

    #[test]
    fn a_size_holds_until_the_relation_is_vacuumed() {
        let index = IndexSize { oid: 2, relpages: 3, ..IndexSize::default() };
        let mut tables = vec![Table { indexes: vec![index], ..table(1, 10) }];
        let mut sizes = Sizes::default();
        sizes.take(
            &[SizeRow { oid: 1, size_bytes: 100 }, SizeRow { oid: 2, size_bytes: 7 }],
            &mut tables,
        );
        assert_eq!((tables[0].size_bytes, tables[0].indexes[0].size_bytes), (Some(100), Some(7)));
        sizes.take(&[], &mut tables);
        assert_eq!(tables[0].size_bytes, Some(100));
        tables[0].relpages = 4;
        sizes.take(&[], &mut tables);
        assert_eq!(tables[0].size_bytes, None);
        assert_eq!(tables[0].heap_bytes(8_192), 4 * 8_192);
    }
}
