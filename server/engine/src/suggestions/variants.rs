//! Other forms of an index that is proved: BRIN in the place of a B-tree, and columns that are included so that
//! the table need not be read. Each is tried in the place of the plain one.

use model::identifier::quote_ident;
use model::quantity::number;
use model::{Reason, Unit};
use plan::catalog::Relation;
use plan::rules::{IndexProposal, columns_read};

use super::merge::Wanted;
use super::proof::{After, Proof, Prover, Tried};
use super::smallest::make_again;
use super::subject::{Look, Subject};
use super::tables::Tables;
use crate::explain::serial::TableWrites;

/// Bytes that one entry of a BRIN index summarises: 128 blocks of 8 kB (manual, "CREATE INDEX", `pages_per_range`).
const RANGE_BYTES: f64 = 1_048_576.0;
/// The least ranges of a table: a look-up reads one or two of them, so at most a few percent of it.
const LEAST_RANGES: f64 = 64.0;
/// How far the order of the values has to be that of the table (pg_stats.correlation): below it the ranges overlap.
const LEAST_CORRELATION: f64 = 0.9;
/// The share of the rows that may have been updated or deleted of a table that only grows.
const MOST_CHANGED: f64 = 0.1;
/// What a statement costs at most with BRIN, as a share of what it costs without an index. By the planner's cost a
/// B-tree is mostly cheaper: it counts the rows of a bitmap as if they lay anywhere (`compute_bitmap_pages` in
/// PostgreSQL's `costsize.c`).
const MOST_WITH_BRIN: f64 = 0.9;
/// Executions in the window from which a statement runs often enough for a wider index.
const FREQUENT_CALLS: f64 = 100.0;
/// Rows that a statement reads by an index from which included columns are worth a wider index: of fewer the table's
/// pages are few as well.
const LEAST_ROWS_COVERED: f64 = 10.0;
/// Columns that are included at most, as the rule `plan/uncovered_index` has it.
const MOST_INCLUDED: usize = 3;
/// Their width at most, bytes: with them an entry has about twice its size.
const MOST_INCLUDED_BYTES: f64 = 32.0;
/// The share of the table's blocks that has to be all-visible: rows on the others are read all the same.
const LEAST_VISIBLE: f64 = 0.9;
/// What a statement costs at most with the included columns, as a share of what it costs with the plain index.
const MOST_OF_PLAIN: f64 = 2.0 / 3.0;
/// What another statement may cost, as a share of the same.
const MOST_DEARER: f64 = 1.1;

/// Tries other forms of each index; and whether the time sufficed. Errors: the session ended.
pub async fn exchange(
    prover: &mut Prover<'_>,
    proof: &mut Proof,
    tables: &Tables<'_>,
) -> Result<bool, Reason> {
    for at in 0..proof.wanted.len() {
        let Some(tried) = proof.wanted.get(at).filter(|one| one.made.is_ok()) else { continue };
        let Some(relation) = tables.relation(&tried.wanted.index) else { continue };
        let readers = proof.readers(tried);
        let reads_many = || reads_many(prover.subjects, proof, tried, &readers, relation);
        let brin = brin(&tried.wanted, relation, tables.writes(&tried.wanted.index).ok());
        let variant = brin.filter(|_| reads_many()).or_else(|| {
            let wanted = covering(prover.subjects, proof, tried, &readers, relation)?;
            Some((wanted, included(relation)))
        });
        let Some((index, words)) = variant else { continue };
        let Some(is_better) = try_instead(prover, proof, at, &readers, index).await? else {
            return Ok(false);
        };
        if let Some(tried) = proof.wanted.get_mut(at).filter(|_| is_better) {
            tried.note = Some(words);
        }
    }
    Ok(true)
}

/// Tries an index in the place of another one, and keeps the better; None when the time is up.
async fn try_instead(
    prover: &mut Prover<'_>,
    proof: &mut Proof,
    at: usize,
    readers: &[usize],
    index: IndexProposal,
) -> Result<Option<bool>, Reason> {
    let Some(tried) = proof.wanted.get_mut(at) else { return Ok(Some(false)) };
    let plain = std::mem::replace(&mut tried.wanted.index, index);
    forget(prover, tried).await?;
    make_again(prover, tried).await?;
    let again = prover.planned_again(readers).await?;
    let is_better = again.as_ref().map(|again| is_better(prover.subjects, proof, at, again));
    if let (Some(true), Some(again)) = (is_better, again) {
        proof.accept(again);
        return Ok(Some(true));
    }
    if let Some(tried) = proof.wanted.get_mut(at) {
        forget(prover, tried).await?;
        tried.wanted.index = plain;
        make_again(prover, tried).await?;
    }
    Ok(is_better)
}

async fn forget(prover: &mut Prover<'_>, tried: &Tried) -> Result<(), Reason> {
    match tried.oid() {
        Some(oid) => prover.planner.forget(oid).await,
        None => Ok(()),
    }
}

/// Whether the statements are better off with another form of the index at this place.
fn is_better(subjects: &[Subject], proof: &Proof, at: usize, again: &[(usize, After)]) -> bool {
    let Some(tried) = proof.wanted.get(at) else { return false };
    if tried.wanted.index.method.is_some() {
        return again.iter().all(|(at, after)| takes_brin(subjects, tried, *at, after));
    }
    let ratio = |(at, after): &(usize, After)| {
        let before = proof.after.get(*at)?;
        let of = |before: Option<&Look>, after: Option<&Look>| {
            before.zip(after).map(|(before, after)| after.cost / before.cost.max(0.01))
        };
        let both = [
            of(before.generic.as_ref(), after.generic.as_ref()),
            of(before.custom.as_ref(), after.custom.as_ref()),
        ];
        both.into_iter().flatten().reduce(f64::max)
    };
    let ratios: Vec<f64> = again.iter().filter_map(ratio).collect();
    ratios.iter().any(|ratio| *ratio <= MOST_OF_PLAIN)
        && ratios.iter().all(|ratio| *ratio <= MOST_DEARER)
}

/// Whether the planner takes it for the plan that is likely run, and that is still clearly cheaper than without.
fn takes_brin(subjects: &[Subject], tried: &Tried, at: usize, after: &After) -> bool {
    let Some(subject) = subjects.get(at) else { return false };
    let (before, after) = match &subject.custom {
        Ok(before) => (Some(before), &after.custom),
        Err(_) => (subject.generic.as_ref().ok(), &after.generic),
    };
    before.zip(after.as_ref()).is_some_and(|(before, after)| {
        tried.is_read_by(after) && after.cost <= MOST_WITH_BRIN * before.cost
    })
}

/// A BRIN index in the place of a B-tree, with when it stops paying: on one column of a large table that only
/// grows, in whose order the table is.
fn brin(
    wanted: &Wanted,
    relation: &Relation,
    writes: Option<&TableWrites>,
) -> Option<(IndexProposal, String)> {
    let index = &wanted.index;
    let is_plain = index.method.is_none() && index.include.is_empty() && index.predicate.is_none();
    let [key] = index.keys.as_slice() else { return None };
    let column = relation.columns.iter().find(|own| quote_ident(&own.name) == key.key)?;
    let correlation = column.correlation?;
    let ranges = relation.size_bytes? / RANGE_BYTES;
    let is_ordered = correlation.abs() > LEAST_CORRELATION && ranges >= LEAST_RANGES;
    let writes = writes?;
    let changed = writes.n_tup_upd + writes.n_tup_del;
    let grows = changed <= MOST_CHANGED * writes.n_tup_ins.max(relation.reltuples?);
    if !is_plain || index.partitioned || !is_ordered || !grows {
        return None;
    }
    let mut keys = index.keys.clone();
    keys.iter_mut().for_each(|key| key.options.clear());
    let words = format!(
        "A BRIN index is a thousandth of a B-tree and costs writes almost nothing, as long as the rows lie in the order of {} (correlation {correlation:.2}). It stops paying when rows are updated or deleted and newer ones take their place, and for a look-up of fewer than about {} rows, as many as one of its ranges holds. New ranges are summarised by VACUUM. The planner counts its rows as if they lay anywhere: less is read than its cost says.",
        key.key,
        number(rows_per_range(relation)?.round(), Unit::Count)
    );
    Some((IndexProposal { method: Some("brin"), keys, ..index.clone() }, words))
}

fn rows_per_range(relation: &Relation) -> Option<f64> {
    Some(relation.reltuples? * RANGE_BYTES / relation.size_bytes.filter(|size| *size > 0.0)?)
}

/// Whether each statement that reads an index reads as many rows by it as a range of BRIN holds; by common values,
/// where these are known: of a range of parameters the planner only guesses.
fn reads_many(
    subjects: &[Subject],
    proof: &Proof,
    tried: &Tried,
    readers: &[usize],
    relation: &Relation,
) -> bool {
    let Some(least) = rows_per_range(relation) else { return false };
    let is_enough = |at: &usize| {
        let after = proof.after.get(*at)?;
        let is_custom = subjects.get(*at)?.custom.is_ok();
        let look = if is_custom { &after.custom } else { &after.generic };
        let mut rows =
            nodes(look.as_ref()?, tried).map(|(_, node)| node.cost.map(|cost| cost.rows));
        Some(rows.all(|rows| rows.is_some_and(|rows| rows >= least)))
    };
    !readers.is_empty() && readers.iter().all(|at| is_enough(at).unwrap_or(false))
}

/// The nodes of a plan that read an index, with their places.
fn nodes<'a>(
    look: &'a Look,
    tried: &'a Tried,
) -> impl Iterator<Item = (usize, &'a plan::Node)> + 'a {
    let is_of = |node: &plan::Node| {
        let made = tried.made.as_ref().ok();
        made.is_some_and(|made| node.index.as_ref().is_some_and(|own| made.names.contains(own)))
    };
    look.plan.nodes.iter().enumerate().filter(move |(_, node)| is_of(node))
}

/// The index with the few narrow columns that its frequent statements read besides; None where that needs more,
/// or where VACUUM does not keep up.
fn covering(
    subjects: &[Subject],
    proof: &Proof,
    tried: &Tried,
    readers: &[usize],
    relation: &Relation,
) -> Option<IndexProposal> {
    let index = &tried.wanted.index;
    let is_plain = index.method.is_none() && !index.partitioned;
    if !is_plain || relation.all_visible? < LEAST_VISIBLE {
        return None;
    }
    let is_key = |column: &String| index.keys.iter().any(|key| key.key == *column);
    let is_updated = |column: &String| {
        let mut updated = subjects.iter().flat_map(|subject| &subject.updated);
        updated.any(|(table, name)| *table == index.table.name && quote_ident(name) == *column)
    };
    let mut include: Vec<String> = vec![];
    for at in readers {
        let (Some(subject), Some(after)) = (subjects.get(*at), proof.after.get(*at)) else {
            continue;
        };
        if subject.statement.calls.is_none_or(|calls| calls < FREQUENT_CALLS) {
            continue;
        }
        let scans = after.looks().flat_map(|look| nodes(look, tried).map(move |scan| (look, scan)));
        for (look, (at, node)) in scans {
            if node.cost.is_none_or(|cost| cost.rows < LEAST_ROWS_COVERED) {
                continue;
            }
            let Some(columns) = read_by(look, at, relation) else { continue };
            let more: Vec<String> =
                columns.into_iter().filter(|own| !is_key(own) && !include.contains(own)).collect();
            let all: Vec<String> = include.iter().cloned().chain(more).collect();
            let fits = all.len() <= MOST_INCLUDED && width(relation, &all)? <= MOST_INCLUDED_BYTES;
            if fits && !all.iter().any(is_updated) {
                include = all;
            }
        }
    }
    (!include.is_empty()).then(|| IndexProposal { include, ..index.clone() })
}

/// What the scan needs that reads an index: of a bitmap of rows the one above.
fn read_by(look: &Look, at: usize, relation: &Relation) -> Option<Vec<String>> {
    let node = look.plan.nodes.get(at)?;
    match node.kind.as_str() {
        "Index Scan" => columns_read(&look.plan, at, relation),
        "Bitmap Index Scan" => columns_read(&look.plan, node.parent?, relation),
        _ => None,
    }
}

fn width(relation: &Relation, columns: &[String]) -> Option<f64> {
    let of = |name: &String| relation.columns.iter().find(|own| quote_ident(&own.name) == *name);
    columns.iter().map(|name| of(name)?.avg_width).sum()
}

fn included(relation: &Relation) -> String {
    let visible = relation.all_visible.map_or(0.0, |share| 100.0 * share);
    format!(
        "The included columns spare reading the table as long as VACUUM keeps its pages all-visible, {} of them now. Each update of one of these columns writes the index as well.",
        number(visible, Unit::Percent)
    )
}

#[cfg(test)]
mod tests;
