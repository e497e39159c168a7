//! Rule: a table is unlogged, and has rows.

use model::object::qualified;
use model::tables::{Persistence, Tables};
use model::{About, Finding, Harm, Known, Remedy, Severity};

use crate::areas::tables::judge::{Weighed, count, finding, in_each_database, rows};
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An unlogged table has rows",
    effect: "After a crash the table is empty, on a standby it cannot be read, and a base backup does not hold its rows.",
    remedy: "Where the rows matter, make it a logged table; that writes the whole table to WAL.",
    docs: "https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-UNLOGGED",
    limits: &[],
};

/// Judges tables by `relpersistence`.
pub fn unlogged_table(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let unlogged = database.tables().filter(|table| table.persistence == Persistence::Unlogged);
        let found = unlogged.filter(|table| rows(table) > 0).map(|table| {
            let name = qualified(&table.nspname, &table.relname);
            let rows = rows(table) as f64;
            let message = format!(
                "Table {name} in database {} is unlogged: a crash of the server empties it.",
                database.datname
            );
            let remedy = Remedy {
                message: ABOUT.remedy.into(),
                sql: Some(format!("alter table {name} set logged;")),
                lock: Some(
                    "ACCESS EXCLUSIVE on the table while it is rewritten: reads and writes wait."
                        .into(),
                ),
                undo: Some(format!("alter table {name} set unlogged;")),
                refuted_by: Some(
                    "its rows can be made again, such as those of a cache or a staging table."
                        .into(),
                ),
            };
            let evidence = vec![count("rows", rows)];
            let found =
                finding(limits, Severity::Info, database.object(table), message, evidence, remedy);
            Weighed { weight: rows, finding: Finding { harm: Harm::Risk { due_s: None }, ..found } }
        });
        Ok(found.collect())
    })
}
