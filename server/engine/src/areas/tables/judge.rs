//! What the rules of this area have in common: they go through all databases, and a defect that a thousand
//! tables have is not told a thousand times.

use std::collections::HashMap;
use std::sync::Arc;

use model::pruning::PartitionKey;
use model::tables::schema::{Partition, Schema};
use model::tables::{DatabaseTables, Kind, Table, Tables};
use model::{Evidence, Finding, Harm, Known, Object, Reason, Remedy, Severity, Unit};

use crate::rule::InForce;

/// The most findings of one rule in one database.
const MOST_FINDINGS: usize = 20;

/// One database as a rule sees it.
pub struct InDatabase<'a> {
    /// Its name.
    pub datname: &'a str,
    /// Its tables.
    pub read: &'a DatabaseTables,
    children: HashMap<u32, Vec<&'a Table>>,
}

/// A finding before it is ranked within its rule: the larger the weight, the sooner it is told.
pub struct Weighed {
    /// What it weighs: rows, bytes.
    pub weight: f64,
    /// It.
    pub finding: Finding,
}

/// What a rule finds in each database. Where nothing is found and a database is not known, neither is the verdict.
pub fn in_each_database(
    evidence: &Tables,
    judge: impl Fn(&InDatabase<'_>) -> Known<Vec<Weighed>>,
) -> Known<Vec<Finding>> {
    let (mut all, mut unknown) = (Vec::new(), None);
    for database in &evidence.databases {
        let read = match &database.value {
            Ok(read) => read,
            Err(reason) => {
                unknown.get_or_insert_with(|| reason.clone());
                continue;
            }
        };
        match judge(&InDatabase::of(&database.datname, read)) {
            Ok(found) => all.extend(capped(found)),
            Err(reason) => {
                unknown.get_or_insert(reason);
            }
        }
    }
    match unknown {
        Some(reason) if all.is_empty() => Err(reason),
        _ => Ok(all),
    }
}

/// The weightiest; the last one says how many more there are.
fn capped(mut found: Vec<Weighed>) -> Vec<Finding> {
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    let more = found.len().saturating_sub(MOST_FINDINGS);
    let mut kept: Vec<Finding> =
        found.into_iter().take(MOST_FINDINGS).map(|one| one.finding).collect();
    if let Some(last) = kept.last_mut().filter(|_| more > 0) {
        last.message.push_str(&format!(" The same holds of {more} more."));
    }
    kept
}

impl<'a> InDatabase<'a> {
    fn of(datname: &'a str, read: &'a DatabaseTables) -> Self {
        let mut children: HashMap<u32, Vec<&Table>> = HashMap::new();
        for table in read.tables.iter() {
            if let Some(parent) = table.parent.filter(|_| table.relispartition) {
                children.entry(parent).or_default().push(table);
            }
        }
        Self { datname, read, children }
    }

    /// How tables are defined.
    pub fn schema(&self) -> Known<&'a Schema> {
        self.read.schema.as_deref().ok_or(Reason::NotYet)
    }

    /// The table of that oid, unless it is the system's or is gone.
    pub fn table(&self, oid: i64) -> Option<&'a Table> {
        self.read.table(oid).filter(|table| !table.is_system())
    }

    /// All tables but the system's.
    pub fn tables(&self) -> impl Iterator<Item = &'a Table> {
        self.read.tables.iter().map(Arc::as_ref).filter(|table| !table.is_system())
    }

    /// The table's partitions, and theirs.
    pub fn leaves(&self, table: &'a Table) -> Vec<&'a Table> {
        let (mut leaves, mut left) = (Vec::new(), vec![table]);
        while let Some(table) = left.pop() {
            match (table.kind, self.children.get(&table.oid)) {
                (Kind::Partitioned, Some(children)) => left.extend(children),
                (Kind::Partitioned, None) => {}
                _ => leaves.push(table),
            }
        }
        leaves
    }

    /// Its rows, about; of a partitioned table those of its partitions.
    pub fn rows(&self, table: &'a Table) -> i64 {
        self.leaves(table).into_iter().map(rows).fold(0, i64::saturating_add)
    }

    /// What a finding calls it.
    pub fn object(&self, table: &Table) -> Object {
        Object::table(self.datname, &table.nspname, &table.relname)
    }

    /// Its partitions with their bounds.
    pub fn partitions(&self) -> Known<&'a [Partition]> {
        self.schema()?.partitions.as_deref().map_err(Clone::clone)
    }

    /// By which columns tables are divided.
    pub fn partition_keys(&self) -> Known<&'a [PartitionKey]> {
        self.schema()?.partition_keys.as_deref().map_err(Clone::clone)
    }
}

/// Rows of one table: counted by the server now, or by the last VACUUM where its counters were reset.
pub fn rows(table: &Table) -> i64 {
    let counted = table.counters.n_live_tup;
    if counted > 0 { counted } else { table.reltuples.unwrap_or_default() as i64 }
}

/// A finding about a table, with its number of rows.
pub fn finding(
    limits: &InForce<'_>,
    severity: Severity,
    object: Object,
    message: String,
    evidence: Vec<Evidence>,
    remedy: Remedy,
) -> Finding {
    Finding {
        rule: limits.rule(),
        severity,
        object: object.clone(),
        message,
        evidence,
        remedy,
        harm: Harm::Hygiene,
        root: Some(object),
        same_root: Vec::new(),
    }
}

/// A count as evidence.
pub fn count(name: &str, value: f64) -> Evidence {
    Evidence { name: name.into(), value, unit: Unit::Count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use model::OfDatabase;

    fn tables(values: Vec<Known<Arc<DatabaseTables>>>) -> Tables {
        let of = |value| OfDatabase { datname: "d".into(), at_ms: 1, took_ms: 1.0, value };
        Tables { databases: values.into_iter().map(of).collect(), ..Tables::default() }
    }

    fn limits_of(judge: impl Fn(&InForce<'_>) -> Known<Vec<Finding>>) -> Known<Vec<Finding>> {
        static ABOUT: model::About =
            model::About { title: "", effect: "", remedy: "", docs: "", limits: &[] };
        let rule = model::rule::Rule { id: "tables/test", about: &ABOUT, judge: () };
        model::rule::run(&rule, &model::rule::Limits::default(), |(), in_force| judge(in_force))
    }

    #[test]
    fn an_unknown_database_is_no_calm_one() {
        let none = |_: &InDatabase<'_>| Ok(Vec::new());
        let known = || Ok(Arc::new(DatabaseTables::default()));
        assert_eq!(in_each_database(&tables(vec![known()]), none), Ok(vec![]));
        let partly = tables(vec![known(), Err(Reason::NotYet)]);
        assert_eq!(in_each_database(&partly, none), Err(Reason::NotYet));
    }

    #[test]
    fn the_weightiest_are_told_and_the_others_counted() {
        let one = |limits: &InForce<'_>, weight: f64| Weighed {
            weight,
            finding: finding(
                limits,
                Severity::Info,
                Object::Server,
                format!("{weight}."),
                vec![],
                Remedy::default(),
            ),
        };
        let found = limits_of(|limits| {
            let judge = |_: &InDatabase<'_>| {
                Ok((0..25).map(|weight| one(limits, f64::from(weight))).collect())
            };
            in_each_database(&tables(vec![Ok(Arc::new(DatabaseTables::default()))]), judge)
        });
        let messages: Vec<String> =
            found.unwrap_or_default().into_iter().map(|finding| finding.message).collect();
        assert_eq!(messages.len(), MOST_FINDINGS);
        assert_eq!(messages.first().map(String::as_str), Some("24."));
        assert_eq!(messages.last().map(String::as_str), Some("5. The same holds of 5 more."));
    }
}
