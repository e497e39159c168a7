//! Rule: a table has no primary key.

use model::object::qualified;
use model::tables::schema::MissingKey;
use model::tables::{Table, Tables};
use model::{About, Finding, Harm, Known, Remedy, Severity};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A table has no primary key",
    effect: "Two equal rows cannot be told apart, no foreign key can refer to the table, and logical replication refuses its updates and deletes.",
    remedy: "Build a unique index on the columns that tell rows apart, without blocking writes, and make it the primary key.",
    docs: "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS",
    limits: &[],
};

/// Judges permanent tables with rows. Where a publication sends changes of rows that cannot be told apart, UPDATE
/// and DELETE fail (manual, chapter Logical Replication, "Publication").
pub fn missing_primary_key(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let keys = database.schema()?.missing_keys.as_ref().map_err(Clone::clone)?;
        let judged = |key: &MissingKey| {
            let table = database.table(key.oid)?;
            let (rows, fails) = (database.rows(table), fails(key));
            let finding =
                (rows > 0 || fails).then(|| judged(database, table, (rows, fails), limits))?;
            Some(Weighed { weight: rows as f64, finding })
        };
        Ok(keys.iter().filter_map(judged).collect())
    })
}

/// Whether the publication sends what it cannot: the identity is a key that there is none of.
fn fails(key: &MissingKey) -> bool {
    key.is_published && matches!(key.relreplident.as_str(), "d" | "n")
}

fn judged(
    database: &InDatabase<'_>,
    table: &Table,
    (rows, fails): (i64, bool),
    limits: &InForce<'_>,
) -> Finding {
    let name = qualified(&table.nspname, &table.relname);
    let evidence = vec![count("rows", rows as f64)];
    let object = database.object(table);
    let datname = database.datname;
    if !fails {
        let message = format!("Table {name} in database {datname} has no primary key.");
        let remedy = Remedy {
            message: ABOUT.remedy.into(),
            refuted_by: Some(
                "the table only collects rows that are never changed, such as a log.".into(),
            ),
            ..Remedy::default()
        };
        return finding(limits, Severity::Info, object, message, evidence, remedy);
    }
    let message = format!(
        "Table {name} in database {datname} has no primary key, and a publication sends its updates and deletes: those fail."
    );
    let remedy = Remedy {
        message: "Let rows be told apart by all their columns until there is a key: UPDATE and DELETE work again, at the price of a search through the table on the subscriber for each row.".into(),
        sql: Some(format!("alter table {name} replica identity full;")),
        lock: Some("ACCESS EXCLUSIVE on the table for a moment: set lock_timeout first.".into()),
        undo: Some(format!("alter table {name} replica identity default;")),
        refuted_by: Some("nobody updates or deletes rows of it.".into()),
    };
    let found = finding(limits, Severity::Warning, object, message, evidence, remedy);
    Finding { harm: Harm::Risk { due_s: None }, ..found }
}
