//! Rule: no index finds the rows that a foreign key refers from.

use std::collections::HashSet;
use std::sync::Arc;

use model::identifier::quote_ident;
use model::indexes::{DatabaseIndexes, ForeignKey, Indexes, Owner};
use model::object::qualified;
use model::{About, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit, quantity};

use super::remedy::{concurrent_lock, databases, evidence, heaviest};
use crate::rule::InForce;

/// Rows of the table that refers, from which the rule speaks.
const MIN_ROWS: Limit = Limit {
    name: "min_rows",
    default: 10_000.0,
    unit: Unit::Count,
    source: "a table of fewer rows is read as a whole in milliseconds",
};
/// The longest name (NAMEDATALEN − 1), bytes.
const MAX_NAME_BYTES: usize = 63;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A foreign key has no index",
    effect: "Each deletion of a referenced row, and each change of its key, reads the whole table that refers, and holds its locks meanwhile.",
    remedy: "Create an index that begins with the columns of the foreign key.",
    docs: "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK",
    limits: &[MIN_ROWS],
};

/// Judges each foreign key by itself: its columns must be the first ones, in any order, of a valid index of all rows
/// or of all rows that have a value. Where nothing is deleted from the referenced table, it is information.
pub fn unindexed_foreign_key(evidence: &Indexes, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let mut found = Vec::new();
    for (datname, database) in databases(evidence)? {
        let parts = database.parts();
        for key in database.foreign_keys.iter().filter(|key| key.parent.is_none()) {
            let tables = database.owner(key.conrelid).zip(database.owner(key.confrelid));
            let Some((from, to)) = tables else { continue };
            if from.rows() >= limits.get(&MIN_ROWS) && !database.has_index(key, &parts) {
                let place = Place { datname, database, key, from, to };
                found.push((from.rows(), place.finding(limits)));
            }
        }
    }
    heaviest(evidence, found)
}

struct Place<'a> {
    datname: &'a str,
    database: &'a DatabaseIndexes,
    key: &'a ForeignKey,
    from: &'a Owner,
    to: &'a Owner,
}

impl Place<'_> {
    fn finding(&self, limits: &InForce<'_>) -> Finding {
        let Self { datname, key, from, to, .. } = self;
        let name = |owner: &Owner| qualified(&owner.nspname, &owner.relname);
        let (severity, why) = match to.n_tup_del {
            0 => (Severity::Info, "; nothing was deleted there since the statistics were reset"),
            _ => (Severity::Warning, ""),
        };
        let columns = match key.columns.is_empty() {
            true => String::new(),
            false => format!(" ({})", key.columns.join(", ")),
        };
        let message = format!(
            "Foreign key {} of table {}{columns} in database {datname} has no index: a deletion from {} reads {} rows{why}.",
            quote_ident(&key.conname),
            name(from),
            name(to),
            quantity::grouped(from.rows().round()),
        );
        let object = Object::table(datname, &from.nspname, &from.relname);
        Finding {
            rule: limits.rule(),
            severity,
            object: object.clone(),
            message,
            evidence: vec![
                evidence("rows that refer", from.rows(), Unit::Count),
                evidence("deletions of referenced rows", to.n_tup_del as f64, Unit::Count),
                evidence("updates of referenced rows", to.n_tup_upd as f64, Unit::Count),
            ],
            remedy: self.remedy(),
            harm: Harm::Hygiene,
            root: Some(object),
            same_root: Vec::new(),
        }
    }

    fn remedy(&self) -> Remedy {
        let refuted_by =
            "rows of the referenced table are never deleted, and their keys never changed.";
        let words = |message: &str| Remedy {
            message: message.into(),
            refuted_by: Some(refuted_by.into()),
            ..Remedy::default()
        };
        let Self { key, from, .. } = self;
        if from.partitioned {
            return words(
                "Create the index on each partition with CONCURRENTLY, then on the partitioned table with ON ONLY, and attach the parts with ALTER INDEX … ATTACH PARTITION.",
            );
        }
        if key.columns.is_empty() {
            return words(ABOUT.remedy);
        }
        let columns: Vec<String> = key.columns.iter().map(|column| quote_ident(column)).collect();
        let name = quote_ident(&self.free_name());
        Remedy {
            sql: Some(format!(
                "create index concurrently {name} on {} ({});",
                qualified(&from.nspname, &from.relname),
                columns.join(", ")
            )),
            lock: concurrent_lock(),
            undo: Some(format!("drop index concurrently {}.{name};", quote_ident(&from.nspname))),
            ..words(ABOUT.remedy)
        }
    }

    /// A name that no index and no table of the schema has, in the way PostgreSQL makes them.
    fn free_name(&self) -> String {
        let in_schema = |owner: &&Arc<Owner>| owner.nspname == self.from.nspname;
        let tables = self.database.owners.iter().filter(in_schema);
        let indexes = self.database.indexes.iter().map(|index| index.relname.as_str());
        let taken: HashSet<&str> =
            tables.map(|owner| owner.relname.as_str()).chain(indexes).collect();
        let base = format!("{}_{}", self.from.relname, self.key.columns.join("_"));
        let ends = std::iter::once("_idx".to_owned()).chain((1..).map(|n| format!("_idx{n}")));
        let mut names = ends
            .map(|end| format!("{}{end}", cut(&base, MAX_NAME_BYTES.saturating_sub(end.len()))));
        names.find(|name| !taken.contains(name.as_str())).unwrap_or_default()
    }
}

/// The beginning of a name, of at most that many bytes.
fn cut(name: &str, most: usize) -> &str {
    let end = (0..=most.min(name.len())).rev().find(|at| name.is_char_boundary(*at));
    name.get(..end.unwrap_or_default()).unwrap_or_default()
}
