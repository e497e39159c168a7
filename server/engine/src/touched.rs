//! Which relations of a database were touched since they were read: of a hundred thousand most are not, from one
//! minute to the next, and those are not read again.
//!
//! What changes the counters of a relation reads one of its blocks, begins a scan or inserts a row (`pgstat_count_…` in
//! bufmgr.c, heapam.c and nbtsearch.c), and DDL writes its row of `pg_class` or `pg_index` anew. What neither tells, for
//! example a definition that follows a renamed column, is found when its turn comes, within the hour.

use std::sync::Arc;
use std::time::Instant;

use foldhash::HashSet;
use model::AreaName;
use model::server::Facts;

use crate::connection::Observer;
use crate::databases::read_part;
use crate::error::Error;
use crate::relations::{Relations, RowOfArrays, Wanted};
use crate::sql::{Query, sql};

sql! {
    RELATIONS = "relations" [14];
}

/// Relations of one part: the `limit` of the queries.
const PART: usize = 50_000;
/// The most relations of one database.
const MOST_RELATIONS: usize = 4_000_000;
/// One in so many relations is read again although nothing touched it; areas are read each minute.
const TURNS: u32 = 60;

/// Those of the session's database. An area that comes soon after another in the same session gets the same list:
/// a relation that is touched meanwhile has another mark the next time.
pub async fn relations(
    observer: &mut Observer,
    facts: &Facts,
    area: AreaName,
) -> Result<Arc<Relations>, Error> {
    let (datname, now) = (&facts.database, Instant::now());
    if let Some(recent) = observer.relations.take(datname, area, now) {
        return Ok(recent);
    }
    let list = Arc::new(listed(observer, facts, RELATIONS).await?);
    observer.relations.put(datname, area, now, Arc::clone(&list));
    Ok(list)
}

/// What a query lists of the session's database, part by part.
pub async fn listed(
    observer: &mut Observer,
    facts: &Facts,
    query: Query,
) -> Result<Relations, Error> {
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        let rows: Vec<RowOfArrays> = read_part(observer, facts, query, &[after]).await?;
        let part = rows.into_iter().next().map(|listed| listed.0).unwrap_or_default();
        let is_last = part.len() < PART || all.len() + part.len() >= MOST_RELATIONS;
        after = part.last().map_or(after, |relation| i64::from(relation.oid));
        all.extend(part);
        if is_last {
            all.shrink_to_fit();
            return Ok(Relations::new(all));
        }
    }
}

/// What was there at the last reading of a database.
#[derive(Debug, Default)]
pub struct Listed {
    relations: Arc<Relations>,
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
    pub fn take(&mut self, relations: Arc<Relations>, schemas: i64) {
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
        let mut differing = HashSet::default();
        let mut then = before.all().iter().peekable();
        for relation in now.all() {
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
        let both = before.all().iter().chain(now.all());
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

    /// The oids of the indexes that are wanted, were touched and are not among those that were `read`: they are new
    /// although their table was not touched.
    pub fn new_indexes(&self, now: &Relations, wanted: Wanted, read: &HashSet<u32>) -> Vec<i64> {
        let mut others = now.others(wanted, read);
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
    use crate::relations::Relation;

    fn of(relations: &[(u32, u64)]) -> Relations {
        let of = |(oid, mark): &(u32, u64)| Relation { oid: *oid, kind: b'r', mark: *mark };
        Relations::new(relations.iter().map(of).collect())
    }

    #[test]
    fn what_is_new_gone_or_touched_differs_and_the_rest_waits_for_its_turn() {
        let before = of(&[(7, 1), (9, 2), (30, 3), (31, 4)]);
        let now = of(&[(7, 1), (9, 2), (31, 5), (40, 4)]);
        let touched = Touched::between(&before, &now, 69);
        let differing = [7, 9, 30, 31, 40].map(|oid| touched.has(oid));
        assert_eq!(differing, [false, false, true, true, true]);
        assert!(touched.is_due(9) && !touched.is_due(7), "9 is 69 modulo 60");
        let first = Touched::between(&Relations::default(), &now, 0);
        assert!(now.all().iter().all(|one| first.has(one.oid)));
        let all = Wanted { kinds: b"r", from_oid: 0 };
        assert_eq!(touched.new_indexes(&now, all, &HashSet::from_iter([31])), [40]);
    }
}
