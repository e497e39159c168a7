//! What is made of a reading of tables once, for all questions.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use model::of_database::OfDatabase;
use model::tables::listing::DatabaseState;
use model::tables::{DatabaseTables, Kind, Table, Tables};

use crate::search::Names;

/// It.
pub struct Prepared {
    /// All databases, as far as their tables go.
    pub states: Vec<DatabaseState>,
    /// Names by database; only a search needs them.
    names: OnceLock<Vec<DatabaseNames>>,
}

/// The names of a database's tables, in their order.
#[derive(Default)]
struct DatabaseNames {
    names: Names,
    /// The places of what is partitioned, and of partitions.
    in_trees: Vec<usize>,
}

/// What a search leaves of a database.
pub struct Narrowed<'a> {
    /// The tables that were found and all that belong to trees of partitions, in the order of their oids.
    pub tables: Vec<&'a Table>,
    /// The oids of those that were found.
    pub found: BTreeSet<u32>,
}

impl Prepared {
    /// Of a reading.
    pub fn new(tables: &Tables) -> Self {
        Self { states: tables.databases.iter().map(state).collect(), names: OnceLock::new() }
    }

    /// What a search for `wanted` leaves of the database at a place.
    pub fn narrowed<'a>(&self, of: &'a Tables, place: usize, wanted: &str) -> Narrowed<'a> {
        let all = self.names.get_or_init(|| of.databases.iter().map(names).collect());
        let read = of.databases.get(place).and_then(OfDatabase::known);
        let (Some(of_database), Some(read)) = (all.get(place), read) else {
            return Narrowed { tables: Vec::new(), found: BTreeSet::new() };
        };
        let at = |place: &usize| read.tables.get(*place).map(AsRef::as_ref);
        let found = of_database.names.places(wanted);
        let oids = found.iter().filter_map(at).map(|table: &Table| table.oid).collect();
        let mut places = found;
        places.extend(&of_database.in_trees);
        places.sort_unstable();
        places.dedup();
        Narrowed { tables: places.iter().filter_map(at).collect(), found: oids }
    }
}

fn names(database: &OfDatabase<DatabaseTables>) -> DatabaseNames {
    let mut of = DatabaseNames::default();
    let tables = database.known().map(|read| read.tables.as_slice()).unwrap_or_default();
    for (place, table) in tables.iter().enumerate() {
        of.names.add(&[&[&table.nspname, &table.relname]]);
        if table.relispartition || table.kind == Kind::Partitioned {
            of.in_trees.push(place);
        }
    }
    of
}

fn state(database: &OfDatabase<DatabaseTables>) -> DatabaseState {
    let read = database.known();
    DatabaseState {
        datname: database.datname.clone(),
        at_ms: database.at_ms,
        took_ms: database.took_ms,
        tables: database.value.as_ref().map_err(Clone::clone).map(|read| {
            let bytes = read
                .tables
                .iter()
                .map(|table| table.total_bytes(read.block_bytes))
                .fold(0, i64::saturating_add);
            (read.tables.len(), bytes)
        }),
        stats_reset_ms: read.and_then(|read| read.stats_reset_ms),
    }
}
