//! What is known of the tables that indexes are wanted on. Pure.

use model::{Known, Reason};
use plan::Catalog;
use plan::catalog::Relation;
use plan::rules::IndexProposal;

use crate::explain::serial::TableWrites;

/// What is known of the tables.
pub struct Tables<'a> {
    /// Their statistics and indexes.
    pub catalog: &'a Catalog,
    /// What was written to them.
    pub writes: Known<Vec<TableWrites>>,
}

impl Tables<'_> {
    /// The table of an index.
    pub fn relation(&self, index: &IndexProposal) -> Option<&Relation> {
        self.catalog.relation(index.table.schema.as_deref(), &index.table.name)
    }

    /// What was written to it.
    pub fn writes(&self, index: &IndexProposal) -> Known<&TableWrites> {
        let all = self.writes.as_ref().map_err(Clone::clone)?;
        let table = &index.table;
        let is_of = |one: &&TableWrites| {
            one.name == table.name
                && table.schema.as_ref().is_none_or(|schema| one.schema == *schema)
        };
        all.iter().find(is_of).ok_or(Reason::NotYet)
    }
}
