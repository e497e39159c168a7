//! What rebuilding each index would give back, for the page of indexes.

use std::sync::Arc;

use model::tables::{Band, Reclaimable, Table, Tables};
use model::{Known, ServerId};

use super::TablesArea;
use crate::engine::Engine;

/// That of an index by database and the oids of table and index; None where it has not been estimated yet.
pub type IndexBands = Box<dyn Fn(&str, u32, u32) -> Option<Known<Reclaimable>> + Send>;

/// Those of a server by the newest reading of its tables, and when that was, ms since the epoch.
pub fn index_bands(engine: &Engine, id: &ServerId) -> (IndexBands, Option<i64>) {
    let latest = engine.newest::<TablesArea>(id);
    let read_ms = latest.as_ref().and_then(|latest| Some(latest.reading.as_ref()?.at_ms));
    let of = move |datname: &str, indrelid: u32, oid: u32| {
        let tables = latest.as_ref()?.value()?;
        let database = tables.databases.iter().find(|one| one.datname == datname)?.known()?;
        let bloat = database.table(i64::from(indrelid))?.bloat.as_deref()?.as_ref().ok()?;
        let band = bloat.index(oid)?;
        Some(match band {
            Ok(_) => Ok(Reclaimable::default().with(band)),
            Err(reason) => Err(reason.clone()),
        })
    };
    (Box::new(of), read_ms)
}

/// That of one index with its doubts, or why it is not known; None while its table is not estimated. The table is named
/// by database, schema and name.
pub fn index_band(
    engine: &Engine,
    id: &ServerId,
    table: (&str, &str, &str),
    relname: &str,
) -> Option<Known<Band>> {
    let latest =
        engine.latest_as::<TablesArea, _>(id, |tables| of_index(tables, table, relname))?;
    latest.reading?.value
}

fn of_index(
    tables: &Tables,
    (datname, nspname, table): (&str, &str, &str),
    relname: &str,
) -> Option<Known<Band>> {
    let database = tables.databases.iter().find(|one| one.datname == datname)?.known()?;
    let is_it = |one: &&Arc<Table>| *one.nspname == *nspname && one.relname == table;
    let table = database.tables.iter().find(is_it)?;
    let size = table.indexes.iter().find(|one| one.relname == relname)?;
    match table.bloat.as_deref()? {
        Ok(bloat) => bloat.index(size.oid).cloned(),
        Err(reason) => Some(Err(reason.clone())),
    }
}
