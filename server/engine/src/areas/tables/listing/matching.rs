//! Which tables match a question, and in which order they come.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use model::object::qualified;
use model::tables::listing::{Order, Shown, Sums};
use model::tables::{Counters, Kind, Persistence, Question, Reclaimable, Table, Tables};

use super::growth::Growth;
use super::prepared::Prepared;
use super::trees::{Entry, entries, reclaimable, sums, total_bytes};

/// What a question is answered with besides the tables.
#[derive(Debug, Default)]
pub struct Beside {
    /// The database and the qualified name of each table with a finding of the rule that is asked for.
    pub found: HashSet<(String, String)>,
    /// How fast tables grow, where that is asked for or known.
    pub growth: Growth,
}

/// A table that matches.
pub struct Match<'a> {
    /// Its database.
    pub datname: &'a str,
    /// The table, with the partitions that are counted with it.
    pub entry: Entry<'a>,
    /// Size of a block there.
    pub block_bytes: u32,
    /// All their bytes.
    pub bytes: i64,
    /// How fast they grow, bytes in a day.
    pub growth_bytes: Option<f64>,
    /// What it is ordered by.
    pub value: Option<f64>,
}

impl Match<'_> {
    /// Their sizes and counters. Of a hundred thousand matches a page shows a few: they are not kept.
    pub fn sums(&self) -> Sums {
        Sums { growth_bytes: self.growth_bytes, ..sums(&self.entry, self.block_bytes) }
    }

    /// What rewriting them would give back.
    pub fn reclaimable(&self) -> Option<Reclaimable> {
        reclaimable(&self.entry)
    }

    /// What an order goes by, with no more arithmetic than that needs.
    pub fn value(&self, order: Order) -> Option<f64> {
        match order {
            Order::Size => Some(self.bytes as f64),
            Order::Reclaimable => self.reclaimable().map(|sum| sum.low as f64),
            Order::Growth => self.growth_bytes,
            Order::Dead | Order::SeqRows | Order::Hot | Order::Hits => {
                let mut counters = Counters::default();
                self.entry.all().for_each(|table| counters.add(&table.counters));
                Sums { counters, ..Sums::default() }.value(order)
            }
            order => self.sums().value(order),
        }
    }
}

/// Two numbers in order; what is not known comes last either way.
pub fn numbers(a: Option<f64>, b: Option<f64>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// The tables that match, in no order.
pub fn matches<'a>(
    (tables, prepared): (&'a Tables, &Prepared),
    (shown, order): (Shown, Order),
    question: &Question,
    beside: &Beside,
) -> Vec<Match<'a>> {
    let mut matches = Vec::new();
    for (place, database) in tables.databases.iter().enumerate() {
        let (datname, Some(read)) = (database.datname.as_str(), database.known()) else { continue };
        if !question.database.is_empty() && question.database != datname {
            continue;
        }
        let search =
            (!question.q.is_empty()).then(|| prepared.narrowed(tables, place, &question.q));
        let (candidates, found) = match search {
            Some(narrowed) => (narrowed.tables, Some(narrowed.found)),
            None => (read.tables.iter().map(Arc::as_ref).collect(), None),
        };
        let is_named =
            |table: &Table| found.as_ref().is_none_or(|found| found.contains(&table.oid));
        for entry in entries(&candidates, shown != Shown::Partitions) {
            let is_found = |table: &Table| {
                let name = qualified(&table.nspname, &table.relname);
                beside.found.contains(&(datname.to_owned(), name))
            };
            let wanted = is_shown(entry.table, shown)
                && entry.all().any(is_named)
                && (question.problem.is_empty() || entry.all().any(is_found));
            if !wanted {
                continue;
            }
            let block_bytes = read.block_bytes;
            let mut one = Match {
                datname,
                block_bytes,
                bytes: total_bytes(&entry, block_bytes),
                growth_bytes: beside.growth.of(datname, entry.all()),
                value: None,
                entry,
            };
            one.value = one.value(order);
            matches.push(one);
        }
    }
    matches
}

fn is_shown(table: &Table, shown: Shown) -> bool {
    match shown {
        Shown::System => table.is_system(),
        _ if table.is_system() => false,
        Shown::Tables => true,
        Shown::Partitioned => table.kind == Kind::Partitioned && !table.relispartition,
        Shown::Partitions => table.relispartition,
        Shown::Unlogged => table.persistence == Persistence::Unlogged,
        Shown::MaterializedViews => table.kind == Kind::MaterializedView,
    }
}
