//! Which tables match a question, and in which order they come.

use std::cmp::Ordering;
use std::collections::HashSet;

use model::object::qualified;
use model::tables::listing::{Order, Shown, Sums};
use model::tables::{Kind, Persistence, Question, Table, Tables};

use super::growth::Growth;
use super::trees::{Entry, entries, sums};

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
    /// Their sizes and counters.
    pub sums: Sums,
    /// What it is ordered by.
    pub value: Option<f64>,
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
    tables: &'a Tables,
    (shown, order): (Shown, Order),
    question: &Question,
    beside: &Beside,
) -> Vec<Match<'a>> {
    let mut matches = Vec::new();
    let mut text = Text::new(&question.q);
    for database in &tables.databases {
        let (datname, Some(read)) = (database.datname.as_str(), database.known()) else { continue };
        if !question.database.is_empty() && question.database != datname {
            continue;
        }
        for entry in entries(&read.tables, shown != Shown::Partitions) {
            let is_found = |table: &Table| {
                let name = qualified(&table.nspname, &table.relname);
                beside.found.contains(&(datname.to_owned(), name))
            };
            let wanted = is_shown(entry.table, shown)
                && (question.q.is_empty() || entry.all().any(|table| text.is_in(table)))
                && (question.problem.is_empty() || entry.all().any(is_found));
            if !wanted {
                continue;
            }
            let mut sums = sums(&entry, read.block_bytes);
            sums.growth_bytes = beside.growth.of(datname, entry.all());
            let value = sums.value(order);
            matches.push(Match { datname, entry, sums, value });
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

/// What names are searched for, without regard to case.
struct Text {
    wanted: String,
    name: String,
}

impl Text {
    fn new(wanted: &str) -> Self {
        Self { wanted: wanted.to_lowercase(), name: String::new() }
    }

    fn is_in(&mut self, table: &Table) -> bool {
        self.name.clear();
        for part in [table.nspname.as_str(), ".", table.relname.as_str()] {
            if part.is_ascii() {
                self.name.push_str(part);
            } else {
                self.name.push_str(&part.to_lowercase());
            }
        }
        self.name.make_ascii_lowercase();
        self.name.contains(&self.wanted)
    }
}
