//! The tables that a question asks for, from the newest reading in memory: filtered, ordered, one page of them.

pub mod growth;
mod matching;
mod prepared;
mod reclaimable;
mod tiles;
pub mod trees;

use std::sync::Arc;

use model::tables::cleaning::is_off;
use model::tables::listing::{Order, PAGE_ROWS, Row, Shown, Sums};
use model::tables::{Listing, Question, Tables};
use model::{Latest, Object, ServerId};

use self::growth::Growth;
use self::matching::{Match, matches, numbers};
pub use self::prepared::Prepared;
use self::trees::Entry;
use super::TablesArea;
use crate::answers::Answers;
use crate::engine::Engine;

pub use self::matching::Beside;

/// Answers that are kept.
pub type Kept = Answers<Question, Listing, Prepared>;

/// Answers a question about a server; None: there is no such server.
///
/// Errors: a sentence, when the history cannot be read.
pub async fn answer(
    engine: &Engine,
    id: &ServerId,
    question: &Question,
) -> Result<Option<Latest<Listing>>, String> {
    let (Some(newest), Some(kept)) =
        (engine.newest::<TablesArea>(id), engine.history::<TablesArea, _>(id, Arc::clone))
    else {
        return Ok(None);
    };
    let at_ms = newest.reading.as_ref().map(|reading| reading.at_ms).unwrap_or_default();
    // What findings say may change meanwhile.
    let is_kept = question.problem.is_empty();
    if let Some(listing) = kept.get(at_ms, question).filter(|_| is_kept) {
        return Ok(Some(engine.of_latest(&newest, |_| listing)));
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
    let mut latest = engine.of_latest(&newest, |tables| {
        let prepared = kept.prepared(at_ms, || Prepared::new(tables));
        list(tables, &prepared, question, &beside)
    });
    let Some(reading) = latest.reading.as_mut() else { return Ok(Some(latest)) };
    if !by_growth {
        let rows = &mut reading.value.rows;
        let growth = Growth::read(engine, id, Some(&growth::entities(rows))).await?;
        growth::fill(rows, &growth);
    }
    if is_kept {
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
pub fn list(tables: &Tables, prepared: &Prepared, question: &Question, beside: &Beside) -> Listing {
    let mut notes = Vec::new();
    let shown = Shown::named(&question.kind).unwrap_or_else(|| {
        notes.push(
            "The kind of tables in the address is none of the choices; all are shown.".into(),
        );
        Shown::Tables
    });
    let (order, descending) = order(question, &mut notes);
    let mut matches = matches((tables, prepared), (shown, order), question, beside);
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
    let databases = prepared.states.clone();
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
        nspname: table.nspname.to_string(),
        relname: table.relname.clone(),
        kind: table.kind,
        persistence: table.persistence,
        relispartition: table.relispartition,
        partitions: entry.partitions.len(),
        autovacuum_off: entry.all().any(is_off),
        sums,
    }
}

#[cfg(test)]
mod tests;
