//! Which indexes match a question, and in which order they come.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use model::Reclaimable;
use model::indexes::listing::Order;
use model::indexes::{DatabaseIndexes, Index, Indexes, Owner, ProblemKind, Question};
use model::{Known, Object, Reason};

use super::{Beside, Prepared};

/// An index that matches.
pub struct Match<'a> {
    /// Its database's name.
    pub datname: &'a str,
    /// What was read there.
    pub database: &'a DatabaseIndexes,
    /// Its table.
    pub owner: &'a Owner,
    /// The index.
    pub index: &'a Index,
    /// What it is ordered by.
    value: Option<f64>,
}

impl<'a> Match<'a> {
    /// An index by itself, in no order.
    pub fn of(
        datname: &'a str,
        database: &'a DatabaseIndexes,
        owner: &'a Owner,
        index: &'a Index,
    ) -> Self {
        Self { datname, database, owner, index, value: None }
    }
}

impl Match<'_> {
    /// Its size; that of a part is counted with the whole.
    pub fn bytes(&self) -> f64 {
        match self.index.parent {
            Some(_) => 0.0,
            None => self.database.size_bytes(self.index),
        }
    }
}

/// The rule that says what a kind of problem is about.
pub fn rule_of(kind: ProblemKind) -> String {
    format!("indexes/{kind}_index")
}

/// The watched standbys that scan an index.
pub fn scanned_on(beside: &Beside, datname: &str, index: &Index) -> Vec<String> {
    let scans = |latest: &model::Latest<Indexes>| {
        let databases = &latest.value()?.databases;
        let there = databases.iter().find(|one| one.datname == datname)?.known()?;
        let there = there.index(index.indrelid, index.oid)?;
        Some(there.idx_scan > 0 || there.last_idx_scan_ms.is_some())
    };
    let found = beside.standbys.iter().filter(|(_, latest)| scans(latest).unwrap_or(false));
    found.map(|(name, _)| name.clone()).collect()
}

/// What building an index anew would give back. A partitioned one has no pages itself.
pub fn reclaimable(beside: &Beside, datname: &str, index: &Index) -> Option<Known<Reclaimable>> {
    if index.partitioned {
        let message = "The parts of a partitioned index are estimated one by one.".into();
        return Some(Err(Reason::Nothing { message }));
    }
    beside.reclaimable.as_ref()?(datname, index.indrelid, index.oid)
}

/// The indexes that match, in no order.
pub fn matches<'a>(
    (indexes, prepared): (&'a Indexes, &Prepared),
    order: Order,
    question: &Question,
    beside: &Beside,
) -> Vec<Match<'a>> {
    let mut matches = Vec::new();
    let with_problem = WithProblem::new(question, beside);
    for (place, database) in indexes.databases.iter().enumerate() {
        let (datname, Some(read)) = (database.datname.as_str(), database.known()) else { continue };
        if !question.database.is_empty() && question.database != datname {
            continue;
        }
        let of_kind = with_problem.of_kind(datname, read);
        let candidates: Vec<&Arc<Index>> = match question.q.is_empty() {
            true => read.indexes.iter().collect(),
            false => prepared.found(indexes, place, &question.q),
        };
        // Both are in the order of the tables' oids.
        let mut owners = read.owners.as_slice();
        for of_table in candidates.chunk_by(|one, other| one.indrelid == other.indrelid) {
            let Some(indrelid) = of_table.first().map(|index| index.indrelid) else { continue };
            owners = from_oid(owners, indrelid);
            let owner = owners.first().filter(|owner| owner.oid == indrelid);
            let Some(owner) = owner.filter(|owner| !is_system(&owner.nspname)) else { continue };
            let of_owner =
                with_problem.is_found(|| Object::table(datname, &owner.nspname, &owner.relname));
            for index in of_table {
                let of_index = || {
                    with_problem.is_found(|| Object::index(datname, &owner.nspname, &index.relname))
                };
                let wanted = question.problem.is_empty()
                    || of_owner
                    || of_kind.contains(&index.oid)
                    || of_index();
                if wanted {
                    let value = match order {
                        Order::Reclaimable => reclaimable(beside, datname, index)
                            .and_then(|known| Some(known.ok()?.low as f64)),
                        order => value(read, owner, index, order),
                    };
                    matches.push(Match { datname, database: read, owner, index, value });
                }
            }
        }
    }
    matches
}

/// Without those of lower oids. Mostly the one that is wanted is among the next few.
fn from_oid(owners: &[Arc<Owner>], oid: u32) -> &[Arc<Owner>] {
    let near = owners.iter().take(4).position(|owner| owner.oid >= oid);
    let from = near.unwrap_or_else(|| owners.partition_point(|owner| owner.oid < oid));
    owners.get(from..).unwrap_or_default()
}

/// Tables of the system are nobody's to index.
fn is_system(nspname: &str) -> bool {
    nspname == "information_schema" || nspname.starts_with("pg_")
}

/// What an index is ordered by; None where that is not known, or where it is its name.
fn value(database: &DatabaseIndexes, owner: &Owner, index: &Index, order: Order) -> Option<f64> {
    match order {
        Order::Size => Some(database.size_bytes(index)),
        Order::Scans => database.track_counts.then_some(index.idx_scan as f64),
        Order::LastScan => index.last_idx_scan_ms.map(|ms| ms as f64),
        Order::Cost => entries_per_s(database, owner, index),
        Order::Table | Order::Reclaimable => None,
    }
}

/// Entries a second that writes to the table add to it, at most.
pub fn entries_per_s(database: &DatabaseIndexes, owner: &Owner, index: &Index) -> Option<f64> {
    match index.not_ready || index.not_live {
        true => Some(0.0),
        false => database.entries_per_s(owner),
    }
}

/// Which of two comes first; what is not known comes last either way. Equal ones come by their oids: names take long to
/// compare, and a hundred thousand small indexes are equal.
pub fn by(one: &Match<'_>, other: &Match<'_>, order: Order, descending: bool) -> Ordering {
    let turned = |order: Ordering| if descending { order.reverse() } else { order };
    let oids = || {
        let key = |one: &Match<'_>| (one.index.indrelid, one.index.oid);
        one.datname.cmp(other.datname).then_with(|| key(one).cmp(&key(other)))
    };
    match (order, one.value, other.value) {
        (Order::Table, ..) => turned(names(one).cmp(&names(other))),
        (_, Some(a), Some(b)) => turned(a.total_cmp(&b)).then_with(oids),
        (_, a, b) => a.is_none().cmp(&b.is_none()).then_with(oids),
    }
}

fn names<'a>(one: &Match<'a>) -> (&'a str, &'a str, &'a str, &'a str) {
    (&one.owner.nspname, &one.owner.relname, &one.index.relname, one.datname)
}

/// The indexes with a problem that is asked for.
struct WithProblem<'a> {
    kind: Option<ProblemKind>,
    objects: HashSet<&'a Object>,
    beside: &'a Beside,
}

impl<'a> WithProblem<'a> {
    fn new(question: &Question, beside: &'a Beside) -> Self {
        let rule = question.problem.as_str();
        let kind = ProblemKind::ALL.into_iter().find(|kind| rule_of(*kind) == rule);
        let found = beside.findings.iter();
        let found = found.filter(|(_, of)| of.iter().any(|finding| finding.rule == rule));
        Self { kind, objects: found.map(|(object, _)| object).collect(), beside }
    }

    /// Those of a database by definitions and counters: a rule lists the largest only. What a standby scans is
    /// used.
    fn of_kind(&self, datname: &str, read: &DatabaseIndexes) -> HashSet<u32> {
        let problems = read.problems.iter().filter(|one| Some(one.kind) == self.kind);
        let used = |indrelid: u32, oid: u32| {
            self.kind == Some(ProblemKind::Unused)
                && !self.beside.standbys.is_empty()
                && read
                    .index(indrelid, oid)
                    .is_some_and(|index| !scanned_on(self.beside, datname, index).is_empty())
        };
        let problems = problems.filter(|one| !used(one.indrelid, one.oid));
        problems.map(|one| one.oid).collect()
    }

    fn is_found(&self, object: impl FnOnce() -> Object) -> bool {
        !self.objects.is_empty() && self.objects.contains(&object())
    }
}
