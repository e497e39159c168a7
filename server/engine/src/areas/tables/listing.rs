//! The tables that a question asks for, from the newest reading in memory: filtered, ordered, one page of them.

pub mod growth;
mod matching;
mod reclaimable;
mod tiles;
pub mod trees;

use std::sync::Arc;

use model::of_database::OfDatabase;
use model::tables::cleaning::is_off;
use model::tables::listing::{DatabaseState, Order, PAGE_ROWS, Row, Shown, Sums};
use model::tables::{DatabaseTables, Listing, Question, Tables};
use model::{Latest, Object, ServerId};

use self::growth::Growth;
use self::matching::{Match, matches, numbers};
use self::trees::Entry;
use super::TablesArea;
use crate::answers::Answers;
use crate::engine::Engine;

pub use self::matching::Beside;

/// Answers that are kept.
pub type Kept = Answers<Question, Listing>;

/// Answers a question about a server; None: there is no such server.
///
/// Errors: a sentence, when the history cannot be read.
pub async fn answer(
    engine: &Engine,
    id: &ServerId,
    question: &Question,
) -> Result<Option<Latest<Listing>>, String> {
    let newest = engine.newest::<TablesArea>(id);
    let read_ms = newest.as_ref().and_then(|latest| latest.reading.as_ref()).map(|one| one.at_ms);
    let kept = engine.history::<TablesArea, _>(id, Arc::clone);
    // What findings say may change meanwhile.
    let kept = kept.zip(read_ms).filter(|_| question.problem.is_empty());
    if let Some(listing) = kept.as_ref().and_then(|(kept, at_ms)| kept.get(*at_ms, question)) {
        return Ok(engine.latest_as::<TablesArea, _>(id, |_| listing));
    }
    let mut beside = Beside::default();
    if !question.problem.is_empty() {
        let (findings, _) = engine.findings(id);
        let found = findings.into_iter().filter(|finding| finding.rule == question.problem);
        beside.found = found.filter_map(|finding| table_of(finding.object)).collect();
    }
    let by_growth = question.sort.trim_start_matches('-') == "growth" || question.map == "growth";
    if by_growth {
        beside.growth = Growth::read(engine, id, None).await?;
    }
    let listed = engine.latest_as::<TablesArea, _>(id, |tables| list(tables, question, &beside));
    let Some(mut latest) = listed else { return Ok(None) };
    if let Some(reading) = latest.reading.as_mut().filter(|_| !by_growth) {
        let rows = &mut reading.value.rows;
        let growth = Growth::read(engine, id, Some(&growth::entities(rows))).await?;
        growth::fill(rows, &growth);
    }
    if let Some(((kept, at_ms), reading)) = kept.zip(latest.reading.as_ref())
        && reading.at_ms == at_ms
    {
        kept.put(at_ms, question.clone(), reading.value.clone());
    }
    Ok(Some(latest))
}

/// The database and the qualified name of a table.
fn table_of(object: Object) -> Option<(String, String)> {
    match object {
        Object::Table { name, database } => Some((database, name)),
        _ => None,
    }
}

/// Answers a question.
pub fn list(tables: &Tables, question: &Question, beside: &Beside) -> Listing {
    let mut notes = Vec::new();
    let shown = Shown::named(&question.kind).unwrap_or_else(|| {
        notes.push(
            "The kind of tables in the address is none of the choices; all are shown.".into(),
        );
        Shown::Tables
    });
    let (order, descending) = order(question, &mut notes);
    let mut matches = matches(tables, (shown, order), question, beside);
    let by = |a: &Match<'_>, b: &Match<'_>| {
        numbers(a.value, b.value, descending)
            .then_with(|| a.datname.cmp(b.datname))
            .then_with(|| a.entry.table.oid.cmp(&b.entry.table.oid))
    };
    let (most_reclaimable, reclaimable) = reclaimable::most(&matches);
    let tiles = tiles::tiles(&matches, Order::named(&question.map).unwrap_or(Order::Size));
    let pages = matches.len().div_ceil(PAGE_ROWS).max(1);
    let page = question.page.min(pages.saturating_sub(1));
    let first = page.saturating_mul(PAGE_ROWS);
    let end = first.saturating_add(PAGE_ROWS);
    // Only what stands before the end of the page has to be in order.
    if end < matches.len() {
        matches.select_nth_unstable_by(end, by);
    }
    let matching = matches.len();
    let matching_bytes = matches.iter().map(|one| one.bytes).fold(0, i64::saturating_add);
    matches.truncate(end);
    matches.sort_unstable_by(by);
    let rows = matches.iter().skip(first).map(row).collect();
    let databases = tables.databases.iter().map(state).collect();
    Listing {
        rows,
        page,
        matching,
        matching_bytes,
        databases,
        most_reclaimable,
        reclaimable,
        tiles,
        notes,
    }
}

/// The order that the address asks for.
fn order(question: &Question, notes: &mut Vec<String>) -> (Order, bool) {
    let sort = question.sort.as_str();
    let (word, descending) = sort.strip_prefix('-').map_or((sort, false), |word| (word, true));
    match Order::named(word) {
        Some(order) => (order, descending),
        None if word.is_empty() => (Order::Size, true),
        None => {
            notes.push(
                "The order in the address is none of the columns; the largest come first.".into(),
            );
            (Order::Size, true)
        }
    }
}

fn row(one: &Match<'_>) -> Row {
    of_entry(one.datname, &one.entry, one.sums())
}

/// A row of a table and the partitions that are counted with it.
pub(super) fn of_entry(datname: &str, entry: &Entry<'_>, sums: Sums) -> Row {
    let table = entry.table;
    Row {
        datname: datname.to_owned(),
        nspname: table.nspname.clone(),
        relname: table.relname.clone(),
        kind: table.kind,
        persistence: table.persistence,
        relispartition: table.relispartition,
        partitions: entry.partitions.len(),
        autovacuum_off: entry.all().any(is_off),
        sums,
    }
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

#[cfg(test)]
mod tests;
