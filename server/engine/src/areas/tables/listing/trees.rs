//! Partition trees: a partitioned table stands for all below it.

use std::collections::HashMap;
use std::sync::Arc;

use model::tables::listing::Sums;
use model::tables::{Kind, Reclaimable, Table};

/// The most levels of partitions that are followed: a loop in what was read would not end.
const MOST_LEVELS: usize = 64;

/// A table with the partitions that are counted with it.
pub struct Entry<'a> {
    /// The table.
    pub table: &'a Table,
    /// All its partitions, of every level.
    pub partitions: Vec<&'a Table>,
}

impl<'a> Entry<'a> {
    /// A table by itself.
    pub fn alone(table: &'a Table) -> Self {
        Self { table, partitions: Vec::new() }
    }

    /// A table with all partitions below it, of every level.
    pub fn below(tables: &'a [Arc<Table>], table: &'a Table) -> Self {
        let is_below = |one: &&Table| {
            let above = std::iter::successors(parent(tables, one), |above| parent(tables, above));
            above.take(MOST_LEVELS).any(|above| above.oid == table.oid)
        };
        let of = |one: &&Table| one.relispartition && is_below(one);
        let is_partitioned = table.kind == Kind::Partitioned;
        let partitions =
            is_partitioned.then(|| tables.iter().map(Arc::as_ref).filter(of).collect());
        Self { table, partitions: partitions.unwrap_or_default() }
    }

    /// The table and its partitions.
    pub fn all(&self) -> impl Iterator<Item = &'a Table> {
        std::iter::once(self.table).chain(self.partitions.iter().copied())
    }
}

/// All tables, which are in the order of their oids; partitions with the one at the top of their tree if they
/// are put together, otherwise each by itself.
pub fn entries<'a>(tables: &[&'a Table], together: bool) -> Vec<Entry<'a>> {
    if !together {
        return tables.iter().copied().map(Entry::alone).collect();
    }
    let wholes = tables.iter().filter(|table| table.kind == Kind::Partitioned);
    let wholes: HashMap<u32, &Table> = wholes.map(|table| (table.oid, *table)).collect();
    let mut below: HashMap<u32, Vec<&Table>> = HashMap::new();
    let mut entries = Vec::with_capacity(tables.len());
    for table in tables {
        match root(&wholes, table) {
            Some(root) => below.entry(root.oid).or_default().push(table),
            None => entries.push(Entry::alone(table)),
        }
    }
    for entry in entries.iter_mut().filter(|entry| entry.table.kind == Kind::Partitioned) {
        entry.partitions = below.remove(&entry.table.oid).unwrap_or_default();
    }
    entries
}

/// The table of that oid.
pub fn of_oid(tables: &[Arc<Table>], oid: u32) -> Option<&Table> {
    let place = tables.binary_search_by_key(&oid, |table| table.oid).ok()?;
    tables.get(place).map(Arc::as_ref)
}

/// The one that a partition is a partition of.
pub fn parent<'a>(tables: &'a [Arc<Table>], table: &Table) -> Option<&'a Table> {
    table.parent.filter(|_| table.relispartition).and_then(|oid| of_oid(tables, oid))
}

/// The top of a partition's tree; None of what is no partition, or of whose parents none was read.
fn root<'a>(wholes: &HashMap<u32, &'a Table>, table: &Table) -> Option<&'a Table> {
    let above = |table: &Table| {
        let parent = table.parent.filter(|_| table.relispartition)?;
        wholes.get(&parent).copied()
    };
    let mut root = above(table)?;
    for _ in 0..MOST_LEVELS {
        match above(root) {
            Some(above) => root = above,
            None => return Some(root),
        }
    }
    None
}

/// Sizes and counters of a table with its partitions.
pub fn sums(entry: &Entry<'_>, block_bytes: u32) -> Sums {
    let mut sums = Sums::default();
    let (mut vacuumed, mut analyzed) = (Times::default(), Times::default());
    sums.reclaimable = reclaimable(entry);
    for table in entry.all() {
        add_sizes(&mut sums, table, block_bytes);
        sums.counters.add(&table.counters);
        sums.xid_age = sums.xid_age.max(table.xid_age);
        // A partitioned table holds no rows; autovacuum leaves it alone.
        if table.kind == Kind::Partitioned {
            continue;
        }
        match table.reltuples {
            Some(rows) => *sums.reltuples.get_or_insert(0.0) += rows,
            None => sums.never_counted = sums.never_counted.saturating_add(1),
        }
        vacuumed.add(table.maintenance.vacuumed_ms());
        analyzed.add(table.maintenance.analyzed_ms());
    }
    sums.vacuumed_ms = vacuumed.oldest();
    sums.analyzed_ms = analyzed.oldest();
    sums
}

/// Bytes of a table with its partitions.
pub fn total_bytes(entry: &Entry<'_>, block_bytes: u32) -> i64 {
    entry.all().map(|table| table.total_bytes(block_bytes)).fold(0, i64::saturating_add)
}

/// What rewriting all of it would give back. Of those not estimated yet nothing is known.
pub fn reclaimable(entry: &Entry<'_>) -> Option<Reclaimable> {
    let own = entry.all().filter(|table| table.kind != Kind::Partitioned);
    let (mut sum, mut any) = (Reclaimable::default(), false);
    for table in own {
        match table.bloat.as_deref() {
            Some(Ok(bloat)) => (sum, any) = (sum.plus(bloat.reclaimable()), true),
            Some(Err(_)) | None => sum.unknown = sum.unknown.saturating_add(1),
        }
    }
    any.then_some(sum)
}

fn add_sizes(sums: &mut Sums, table: &Table, block_bytes: u32) {
    sums.heap_bytes = sums.heap_bytes.saturating_add(table.heap_bytes(block_bytes));
    sums.toast_bytes = sums.toast_bytes.saturating_add(table.toast_bytes(block_bytes));
    sums.index_bytes = sums.index_bytes.saturating_add(table.index_bytes(block_bytes));
    let toast = table.toast.as_deref();
    let of_toast = toast.and_then(|toast| toast.index.as_ref());
    let indexes = table.indexes.iter().chain(of_toast).map(|index| index.size_bytes);
    let heap = (table.kind != Kind::Partitioned).then_some(table.size_bytes);
    let sizes = indexes.chain(heap).chain(toast.map(|toast| toast.size_bytes));
    sums.old_sizes = sums.old_sizes.saturating_add(sizes.filter(Option::is_none).count());
}

/// The oldest of some times; None if there is none, or if one never was.
#[derive(Default)]
struct Times {
    oldest: Option<i64>,
    is_missing: bool,
}

impl Times {
    fn add(&mut self, time: Option<i64>) {
        self.is_missing |= time.is_none();
        self.oldest = self.oldest.into_iter().chain(time).min();
    }

    fn oldest(&self) -> Option<i64> {
        self.oldest.filter(|_| !self.is_missing)
    }
}
