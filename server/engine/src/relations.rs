//! The relations of a database as they were listed: by oid, with a mark that changes when one is touched.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::HashSet;
use model::AreaName;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

use crate::fields::{text, unreadable};

/// `relkind` of tables, materialized views and partitioned tables.
pub const TABLE_KINDS: &[u8] = b"rmp";
/// What initdb makes has lower oids (`FirstNormalObjectId`, access/transam.h).
pub const FIRST_NORMAL_OID: u32 = 16_384;
/// Spreads what a mark is made of over its bits (the golden ratio, as in Fibonacci hashing).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// So long a list serves another area in the same session.
const RECENT: Duration = Duration::from_secs(30);

/// A relation as listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its oid.
    pub oid: u32,
    /// Its `relkind`, ASCII.
    pub kind: u8,
    /// What it was when it was listed; a relation that is touched gets another.
    pub mark: u64,
}

/// The relations of a database, by oid.
#[derive(Debug, Default)]
pub struct Relations(Vec<Relation>);

/// What a query of relations gives: arrays of one length, the first of oids, then all `relkind`s as one text, then
/// numbers that make up the mark.
pub struct RowOfArrays(pub Vec<Relation>);

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

/// Relations of some kinds.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Their `relkind`s, ASCII.
    pub kinds: &'static [u8],
    /// The least oid.
    pub from_oid: u32,
}

impl Relations {
    /// These, which are in the order of their oids.
    pub fn new(relations: Vec<Relation>) -> Self {
        Self(relations)
    }

    /// All, in the order of their oids.
    pub fn all(&self) -> &[Relation] {
        &self.0
    }

    /// The oids of those that are wanted and not among `known`, as a query takes them.
    pub fn others(&self, wanted: Wanted, known: &HashSet<u32>) -> Vec<i64> {
        let is_wanted = |one: &&Relation| {
            one.oid >= wanted.from_oid
                && wanted.kinds.contains(&one.kind)
                && !known.contains(&one.oid)
        };
        self.0.iter().filter(is_wanted).map(|one| i64::from(one.oid)).collect()
    }
}

/// Lists that one area read a moment ago in a session, by database, for another that comes next.
#[derive(Debug, Default)]
pub struct RecentRelations(BTreeMap<String, Recent>);

#[derive(Debug)]
struct Recent {
    read_by: AreaName,
    at: Instant,
    list: Arc<Relations>,
}

impl RecentRelations {
    /// Hands out that of a database, once; not to the area that read it, and not when it is too old.
    pub fn take(&mut self, datname: &str, area: AreaName, now: Instant) -> Option<Arc<Relations>> {
        let recent = self.0.remove(datname)?;
        let is_fresh = now.saturating_duration_since(recent.at) <= RECENT;
        (is_fresh && recent.read_by != area).then_some(recent.list)
    }

    /// Keeps one.
    pub fn put(&mut self, datname: &str, area: AreaName, now: Instant, list: Arc<Relations>) {
        self.0.insert(datname.to_owned(), Recent { read_by: area, at: now, list });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_not_as_it_was_asked_for_is_no_empty_one() {
        let of = |oids: &str, kinds: &str, marks: [&str; 2]| {
            listed(oids, kinds, &marks.map(str::to_owned))
        };
        assert_eq!(of("", "", ["", ""]), Some(Vec::new()));
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
    fn what_is_known_or_not_wanted_is_left_out() {
        let listed = listed("{1259,16384,16390,16392}", "rrir", &[]).unwrap_or_default();
        let listed = Relations::new(listed);
        let known = HashSet::from_iter([16_384]);
        let all = Wanted { kinds: TABLE_KINDS, from_oid: 0 };
        assert_eq!(listed.others(all, &HashSet::default()), [1_259, 16_384, 16_392]);
        assert_eq!(listed.others(all, &known), [1_259, 16_392]);
        let own = Wanted { from_oid: FIRST_NORMAL_OID, ..all };
        assert_eq!(listed.others(own, &known), [16_392]);
        assert_eq!(listed.others(Wanted { kinds: b"i", ..own }, &known), [16_390]);
    }

    #[test]
    fn marks_do_not_cancel_each_other_out() {
        let of = |marks: [&str; 2]| listed("{1}", "r", &marks.map(str::to_owned));
        assert_ne!(of(["{5}", "{6}"]), of(["{6}", "{5}"]));
        assert_eq!(of(["{5}", "{NULL}"]), of(["{5}", "{0}"]), "one without a number");
    }

    #[test]
    fn a_list_serves_one_other_area_that_asks_soon() {
        let mut recent = RecentRelations::default();
        let (now, list) = (Instant::now(), Arc::new(Relations::default()));
        let (tables, indexes) = (AreaName::Tables, AreaName::Indexes);
        recent.put("a", tables, now, Arc::clone(&list));
        let later = now + RECENT;
        assert!(recent.take("b", indexes, now).is_none());
        assert!(recent.take("a", indexes, later).is_some_and(|kept| Arc::ptr_eq(&kept, &list)));
        assert!(recent.take("a", indexes, later).is_none(), "once");
        for (area, at) in [(tables, now), (indexes, later + Duration::from_millis(1))] {
            recent.put("a", tables, now, Arc::clone(&list));
            assert!(recent.take("a", area, at).is_none());
        }
    }
}
