//! What rebuilding each index would give back, for the page of indexes.

use std::collections::HashMap;

use model::tables::{Band, DatabaseTables, Reclaimable, Table, Tables};
use model::{Known, ServerId};

use super::TablesArea;
use crate::engine::Engine;

/// By database and oid; an index that is missing has not been estimated yet.
pub type IndexBands = HashMap<String, HashMap<u32, Known<Reclaimable>>>;

/// Those of a server, by the newest reading of its tables; empty before the first.
pub fn index_bands(engine: &Engine, id: &ServerId) -> IndexBands {
    let latest = engine.latest_as::<TablesArea, _>(id, of_tables);
    latest.and_then(|latest| latest.reading).map(|reading| reading.value).unwrap_or_default()
}

fn of_tables(tables: &Tables) -> IndexBands {
    let known = tables.databases.iter().filter_map(|one| Some((one.datname.clone(), one.known()?)));
    known.map(|(datname, read)| (datname, of_database(read))).collect()
}

fn of_database(read: &DatabaseTables) -> HashMap<u32, Known<Reclaimable>> {
    let estimated = read.tables.iter().filter_map(|table| table.bloat.as_ref()?.as_ref().ok());
    let indexes = estimated.flat_map(|bloat| &bloat.indexes);
    let one = |band: &Known<_>| {
        band.as_ref().map_err(Clone::clone)?;
        Ok(Reclaimable::default().with(band))
    };
    indexes.map(|index| (index.oid, one(&index.band))).collect()
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
    let is_it = |one: &&Table| one.nspname == nspname && one.relname == table;
    let table = database.tables.iter().find(is_it)?;
    let size = table.indexes.iter().find(|one| one.relname == relname)?;
    match table.bloat.as_ref()? {
        Ok(bloat) => bloat.index(size.oid).cloned(),
        Err(reason) => Some(Err(reason.clone())),
    }
}
