//! Which relations of a database were touched since they were read: of a hundred thousand most are not, from one
//! minute to the next, and those are not read again.
//!
//! What changes the counters of a relation reads one of its blocks, begins a scan or inserts a row (`pgstat_count_…` in
//! bufmgr.c, heapam.c and nbtsearch.c), and DDL writes its row of `pg_class` or `pg_index` anew. What neither tells, for
//! example a definition that follows a renamed column, is found when its turn comes, within the hour.

use std::collections::HashSet;

use model::server::Facts;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

use crate::connection::Observer;
use crate::databases::read_part;
use crate::error::Error;
use crate::fields::{text, unreadable};
use crate::sql::Query;

/// Relations of one part: the `limit` of the queries.
const PART: usize = 50_000;
/// The most relations of one database.
const MOST_RELATIONS: usize = 4_000_000;
/// One in so many relations is read again although nothing touched it; areas are read each minute.
const TURNS: u32 = 60;
/// `relkind` of tables, materialized views and partitioned tables.
pub const TABLE_KINDS: &[u8] = b"rmp";
/// Spreads what a mark is made of over its bits (the golden ratio, as in Fibonacci hashing).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A relation as listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its oid.
    pub oid: u32,
    /// Its `relkind`, ASCII.
    pub kind: u8,
    /// What it was when it was listed; a relation that is touched gets another.
    mark: u64,
}

/// The relations of a database, by oid.
#[derive(Debug, Default)]
pub struct Relations(Vec<Relation>);

/// What a query of relations gives: arrays of one length, the first of oids, then all `relkind`s as one text, then
/// numbers that make up the mark.
struct RowOfArrays(Vec<Relation>);

impl FromRow<'_, PgRow> for RowOfArrays {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let array = |at| Ok::<_, sqlx::Error>(text(row, at)?.unwrap_or_default());
        let (oids, kinds) = (array(0)?, array(1)?);
        let marks: Vec<String> = (2..row.len()).map(array).collect::<Result<_, _>>()?;
        listed(&oids, &kinds, &marks).map(Self).ok_or_else(unreadable)
    }
}

/// None where the arrays are not as they were asked for.
fn listed(oids: &str, kinds: &str, marks: &[String]) -> Option<Vec<Relation>> {
    if elements(oids).count() != kinds.len() {
        return None;
    }
    let mut relations = Vec::with_capacity(kinds.len());
    for (oid, kind) in elements(oids).zip(kinds.bytes()) {
        relations.push(Relation { oid: oid.parse().ok()?, kind, mark: 0 });
    }
    for array in marks {
        let mut numbers = elements(array);
        for relation in &mut relations {
            // NULL, where a relation has none.
            let number: i64 = numbers.next()?.parse().unwrap_or_default();
            relation.mark = relation.mark.wrapping_mul(SPREAD).wrapping_add(number.cast_unsigned());
        }
    }
    relations.sort_unstable_by_key(|relation| relation.oid);
    Some(relations)
}

/// The elements of an array of numbers.
fn elements(array: &str) -> impl Iterator<Item = &str> {
    let inner = array.trim_start_matches('{').trim_end_matches('}');
    inner.split(',').filter(|element| !element.is_empty())
}

impl Relations {
    /// Those of the session's database, part by part.
    pub async fn read(observer: &mut Observer, facts: &Facts, query: Query) -> Result<Self, Error> {
        let mut all = Vec::new();
        let mut after = 0;
        loop {
            let rows: Vec<RowOfArrays> = read_part(observer, facts, query, &[after]).await?;
            let part = rows.into_iter().next().map(|listed| listed.0).unwrap_or_default();
            let is_last = part.len() < PART || all.len() + part.len() >= MOST_RELATIONS;
            after = part.last().map_or(after, |relation| i64::from(relation.oid));
            all.extend(part);
            if is_last {
                return Ok(Self(all));
            }
        }
    }

    /// The oids of those of some kinds.
    pub fn of_kinds(&self, kinds: &[u8]) -> impl Iterator<Item = u32> {
        let of = self.0.iter().filter(|relation| kinds.contains(&relation.kind));
        of.map(|relation| relation.oid)
    }

    /// The oids of those of some kinds that are not among `known`, as a query takes them.
    pub fn others(&self, kinds: &[u8], known: &HashSet<u32>) -> Vec<i64> {
        self.of_kinds(kinds).filter(|oid| !known.contains(oid)).map(i64::from).collect()
    }
}

/// What was there at the last reading of a database.
#[derive(Debug, Default)]
pub struct Listed {
    relations: Relations,
    /// The names of schemas, as a hash.
    schemas: i64,
    /// Counts readings.
    turn: u32,
}

impl Listed {
    /// What was touched since. All counts as touched behind a reading that failed, and where a schema has another
    /// name.
    pub fn touched(&self, now: &Relations, schemas: i64, has_before: bool) -> Touched {
        match has_before && self.schemas == schemas {
            true => Touched::between(&self.relations, now, self.turn),
            false => Touched::all(&self.relations, now),
        }
    }

    /// Takes what is there now, once it is read.
    pub fn take(&mut self, relations: Relations, schemas: i64) {
        *self = Self { relations, schemas, turn: self.turn.wrapping_add(1) };
    }

    /// Which reading is next, from 0.
    pub fn turn(&self) -> u32 {
        self.turn
    }
}

/// What has to be read again.
#[derive(Debug, Default)]
pub struct Touched {
    /// Those that are new, gone, or were touched.
    differing: HashSet<u32>,
    turn: u32,
}

impl Touched {
    /// Compares what was listed at the last reading with what is listed now; `turn` counts readings.
    pub fn between(before: &Relations, now: &Relations, turn: u32) -> Self {
        let mut differing = HashSet::new();
        let mut then = before.0.iter().peekable();
        for relation in &now.0 {
            while let Some(gone) = then.next_if(|one| one.oid < relation.oid) {
                differing.insert(gone.oid);
            }
            if then.next_if(|one| one.oid == relation.oid) != Some(relation) {
                differing.insert(relation.oid);
            }
        }
        differing.extend(then.map(|gone| gone.oid));
        Self { differing, turn: turn % TURNS }
    }

    fn all(before: &Relations, now: &Relations) -> Self {
        let both = before.0.iter().chain(&now.0);
        Self { differing: both.map(|relation| relation.oid).collect(), turn: 0 }
    }

    /// Adds what else differs.
    pub fn add(&mut self, other: Self) {
        self.differing.extend(other.differing);
    }

    /// Whether a relation is new, gone, or was touched.
    pub fn has(&self, oid: u32) -> bool {
        self.differing.contains(&oid)
    }

    /// The oids of indexes of some kinds that were touched and are not among those that were `read`: they are new
    /// although their table was not touched.
    pub fn new_indexes(&self, now: &Relations, kinds: &[u8], read: &HashSet<u32>) -> Vec<i64> {
        let mut others = now.others(kinds, read);
        others.retain(|oid| u32::try_from(*oid).is_ok_and(|oid| self.has(oid)));
        others
    }

    /// The same, or its turn has come.
    pub fn is_due(&self, oid: u32) -> bool {
        oid % TURNS == self.turn || self.has(oid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(oids: &str, kinds: &str, marks: [&str; 2]) -> Option<Relations> {
        listed(oids, kinds, &marks.map(str::to_owned)).map(Relations)
    }

    #[test]
    fn what_is_new_gone_or_touched_differs_and_the_rest_waits_for_its_turn() {
        let before = of("{7,9,30,31}", "rirt", ["{1,2,3,4}", "{1,NULL,5,5}"]).unwrap_or_default();
        let now = of("{7,9,31,40}", "ritr", ["{1,2,4,4}", "{1,NULL,6,5}"]).unwrap_or_default();
        let touched = Touched::between(&before, &now, 69);
        let differing = [7, 9, 30, 31, 40].map(|oid| touched.has(oid));
        assert_eq!(differing, [false, false, true, true, true]);
        assert!(touched.is_due(9) && !touched.is_due(7), "9 is 69 modulo 60");
        let first = Touched::between(&Relations::default(), &now, 0);
        assert!(now.of_kinds(b"ri").all(|oid| first.has(oid)));
        assert_eq!(now.of_kinds(b"ri").collect::<Vec<_>>(), [7, 9, 40]);
    }

    #[test]
    fn an_answer_that_is_not_as_it_was_asked_for_is_no_empty_one() {
        assert!(of("", "", ["", ""]).is_some_and(|none| none.0.is_empty()));
        for (oids, kinds, marks) in [
            ("{1,2}", "r", ["{1,2}", "{1,2}"]),
            ("{1}", "rr", ["{1,2}", "{1,2}"]),
            ("{1,2}", "rr", ["{1,2}", "{1}"]),
            ("{x}", "r", ["{1}", "{1}"]),
        ] {
            assert!(of(oids, kinds, marks).is_none(), "{oids} {kinds} {marks:?}");
        }
    }

    #[test]
    fn marks_do_not_cancel_each_other_out() {
        let one = of("{1}", "r", ["{5}", "{6}"]).unwrap_or_default();
        let swapped = of("{1}", "r", ["{6}", "{5}"]).unwrap_or_default();
        assert!(Touched::between(&one, &swapped, 1).has(1));
    }
}
