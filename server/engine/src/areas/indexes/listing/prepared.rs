//! What is made of a reading of indexes once, for all questions.

use std::sync::{Arc, OnceLock};

use model::indexes::listing::DatabaseState;
use model::indexes::{DatabaseIndexes, Index, Indexes};
use model::object::qualified;
use model::of_database::OfDatabase;

use crate::search::Names;

/// It.
pub struct Prepared {
    /// All databases, as far as their indexes go.
    pub states: Vec<DatabaseState>,
    /// The names of indexes by database, in their order; only a search needs them.
    names: OnceLock<Vec<Names>>,
}

impl Prepared {
    /// Of a reading.
    pub fn new(indexes: &Indexes) -> Self {
        Self { states: indexes.databases.iter().map(state).collect(), names: OnceLock::new() }
    }

    /// The indexes of the database at a place whose names hold a text.
    pub fn found<'a>(&self, of: &'a Indexes, place: usize, wanted: &str) -> Vec<&'a Arc<Index>> {
        let all = self.names.get_or_init(|| of.databases.iter().map(names).collect());
        let read = of.databases.get(place).and_then(OfDatabase::known);
        let (Some(names), Some(read)) = (all.get(place), read) else { return Vec::new() };
        names.places(wanted).into_iter().filter_map(|place| read.indexes.get(place)).collect()
    }
}

/// Schema, table and index; schema and index; and these as they are written in a statement.
fn names(database: &OfDatabase<DatabaseIndexes>) -> Names {
    let mut names = Names::default();
    let Some(read) = database.known() else { return names };
    let mut owners = read.owners.iter().peekable();
    for index in &read.indexes {
        while owners.next_if(|owner| owner.oid < index.indrelid).is_some() {}
        let owner = owners.peek().filter(|owner| owner.oid == index.indrelid);
        let Some(owner) = owner else {
            names.add(&[]);
            continue;
        };
        let (nspname, relname) = (&*owner.nspname, index.relname.as_str());
        let written = qualified(nspname, relname);
        let forms: [&[&str]; 3] =
            [&[nspname, &owner.relname, relname], &[nspname, relname], &[&written]];
        let is_quoted = written.contains('"');
        names.add(if is_quoted { &forms } else { &forms[..2] });
    }
    names
}

fn state(database: &OfDatabase<DatabaseIndexes>) -> DatabaseState {
    let read = database.known();
    DatabaseState {
        datname: database.datname.clone(),
        at_ms: database.at_ms,
        indexes: database.value.as_ref().map_err(Clone::clone).map(|read| {
            let shown = read.indexes.iter().filter(|index| index.parent.is_none());
            (read.indexes.len(), shown.map(|index| read.size_bytes(index)).sum())
        }),
        counted_since_ms: read.and_then(|read| read.counted_since_ms),
        track_counts: read.is_none_or(|read| read.track_counts),
    }
}
