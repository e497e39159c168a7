//! The indexes that a question asks for, from the newest reading in memory: filtered, ordered, one page of them.

mod matching;
mod prepared;
pub(super) mod row;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use model::Reclaimable;
use model::indexes::listing::{Considered, Order, PAGE_ROWS};
use model::indexes::{Indexes, Listing, Question};
use model::of_database::OfDatabase;
use model::{Finding, Known, Latest, Object, ServerId};

pub(super) use self::matching::Match;
use self::matching::{by, matches};
pub use self::prepared::Prepared;
pub(super) use self::row::last_scan;
use super::IndexesArea;
use crate::answers::Answers;
use crate::engine::Engine;

/// What a question is answered with besides the indexes.
#[derive(Default)]
pub struct Beside {
    /// The findings on indexes and tables.
    pub findings: HashMap<Object, Vec<Finding>>,
    /// The newest readings of watched standbys, by name.
    pub standbys: Vec<(String, Arc<Latest<Indexes>>)>,
    /// What building an index anew would give back; None where that is not asked for.
    pub reclaimable: Option<ReclaimableOf>,
}

/// What building an index anew would give back, by database and the oids of table and index; None while it is not
/// estimated. Tables are read beside indexes, and what an index holds is estimated with its table.
pub type ReclaimableOf = Box<dyn Fn(&str, u32, u32) -> Option<Known<Reclaimable>> + Send>;

impl Beside {
    /// That of these findings, with those folded into them.
    pub fn new(findings: Vec<Finding>, standbys: Vec<(String, Arc<Latest<Indexes>>)>) -> Self {
        let mut by_object: HashMap<Object, Vec<Finding>> = HashMap::new();
        let unfolded = findings.into_iter().flat_map(|mut finding| {
            let folded = std::mem::take(&mut finding.same_root);
            std::iter::once(finding).chain(folded)
        });
        for finding in unfolded {
            if matches!(finding.object, Object::Index { .. } | Object::Table { .. }) {
                by_object.entry(finding.object.clone()).or_default().push(finding);
            }
        }
        Self { findings: by_object, standbys, reclaimable: None }
    }
}

/// Answers that are kept, by question, a hash of the findings and the other readings that they are made of.
pub type Kept = Answers<(Question, u64, Vec<i64>), Listing, Prepared>;

/// Answers a question about a server; None: there is no such server. What would come back was estimated with tables
/// that were read at `estimated_ms`.
pub fn answer(
    engine: &Engine,
    id: &ServerId,
    question: &Question,
    (reclaimable, estimated_ms): (ReclaimableOf, Option<i64>),
) -> Option<Latest<Listing>> {
    let standbys = engine.standbys_of(id).into_iter();
    let standbys: Vec<_> = standbys.map(|(id, latest)| (id.to_string(), latest)).collect();
    let findings = engine.findings(id).0;
    let newest = engine.newest::<IndexesArea>(id)?;
    let at_ms = newest.reading.as_ref().map(|reading| reading.at_ms).unwrap_or_default();
    let read_ms = |latest: &Arc<Latest<Indexes>>| latest.reading.as_ref().map(|one| one.at_ms);
    let others = standbys.iter().map(|(_, latest)| read_ms(latest)).chain([estimated_ms]);
    let others = others.map(Option::unwrap_or_default).collect();
    let asked = (question.clone(), hash(&findings), others);
    let kept = engine.history::<IndexesArea, _>(id, Arc::clone)?;
    if let Some(listing) = kept.get(at_ms, &asked) {
        return Some(engine.of_latest(&newest, |_| listing));
    }
    let beside = Beside { reclaimable: Some(reclaimable), ..Beside::new(findings, standbys) };
    let answer = engine.of_latest(&newest, |indexes| {
        let prepared = kept.prepared(at_ms, || Prepared::new(indexes));
        list(indexes, &prepared, question, &beside)
    });
    if let Some(reading) = &answer.reading {
        kept.put(at_ms, asked, reading.value.clone());
    }
    Some(answer)
}

fn hash(findings: &[Finding]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for finding in findings {
        (&finding.rule, &finding.object, &finding.message).hash(&mut hasher);
        hash(&finding.same_root).hash(&mut hasher);
    }
    hasher.finish()
}

/// Answers a question.
pub fn list(
    indexes: &Indexes,
    prepared: &Prepared,
    question: &Question,
    beside: &Beside,
) -> Listing {
    let mut notes = Vec::new();
    let (order, descending) = order(question, &mut notes);
    let mut matches = matches((indexes, prepared), order, question, beside);
    let by = |one: &Match<'_>, other: &Match<'_>| by(one, other, order, descending);
    let pages = matches.len().div_ceil(PAGE_ROWS).max(1);
    let page = question.page.min(pages.saturating_sub(1));
    let first = page.saturating_mul(PAGE_ROWS);
    let end = first.saturating_add(PAGE_ROWS);
    // Only what stands before the end of the page has to be in order.
    if end < matches.len() {
        matches.select_nth_unstable_by(end, by);
    }
    let matching = matches.len();
    let matching_bytes = matches.iter().map(Match::bytes).sum();
    matches.truncate(end);
    matches.sort_unstable_by(by);
    let rows = matches.iter().skip(first).map(|one| row::row(one, beside)).collect();
    let databases = prepared.states.clone();
    let considered = considered(indexes, beside);
    Listing { rows, page, matching, matching_bytes, databases, considered, notes }
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

/// The servers whose scans were counted.
pub(super) fn considered(indexes: &Indexes, beside: &Beside) -> Considered {
    let read = beside.standbys.iter().filter(|(_, latest)| latest.value().is_some());
    let standbys = read.map(|(name, _)| name.clone()).collect();
    let first = indexes.databases.iter().find_map(OfDatabase::known);
    Considered {
        in_recovery: first.is_some_and(|first| first.in_recovery),
        standbys,
        connected: first.and_then(|first| first.standbys),
        idle_slots: first.and_then(|first| first.idle_slots),
    }
}

#[cfg(test)]
mod tests;
