//! Rule: a constraint was added without looking at the rows that were there.

use model::identifier::quote_ident;
use model::object::qualified;
use model::tables::schema::DoubtfulConstraint;
use model::tables::{Table, Tables};
use model::{About, Finding, Known, Remedy, Severity};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A constraint was never validated",
    effect: "Rows that violate it may be there: it holds for new rows only, and the planner does not rely on it.",
    remedy: "Validate it; that reads the table once and blocks neither reads nor writes. Where it fails, correct the rows that it names.",
    docs: "https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-VALIDATE-CONSTRAINT",
    limits: &[],
};

/// Judges constraints that are NOT VALID.
pub fn unvalidated_constraint(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let constraints = database.schema()?.constraints.as_ref().map_err(Clone::clone)?;
        let judged = |constraint: &DoubtfulConstraint| {
            let table = database.table(constraint.oid).filter(|_| !constraint.convalidated)?;
            let rows = database.rows(table);
            Some(Weighed {
                weight: rows as f64,
                finding: judged(database, (constraint, table), rows, limits),
            })
        };
        Ok(constraints.iter().filter_map(judged).collect())
    })
}

fn judged(
    database: &InDatabase<'_>,
    (constraint, table): (&DoubtfulConstraint, &Table),
    rows: i64,
    limits: &InForce<'_>,
) -> Finding {
    let (name, conname) =
        (qualified(&table.nspname, &table.relname), quote_ident(&constraint.conname));
    let referenced = database.table(constraint.ref_oid).map_or_else(String::new, |other| {
        format!(" and ROW SHARE on {}", qualified(&other.nspname, &other.relname))
    });
    let message = format!(
        "Constraint {conname} of table {name} in database {} is NOT VALID: nobody knows whether the rows that were there satisfy it.",
        database.datname
    );
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        sql: Some(format!("alter table {name} validate constraint {conname};")),
        lock: Some(format!(
            "SHARE UPDATE EXCLUSIVE on the table{referenced}: it blocks neither reads nor writes."
        )),
        undo: Some("None: a constraint that holds stays valid.".into()),
        refuted_by: Some("old rows are meant to be exempt.".into()),
    };
    finding(
        limits,
        Severity::Info,
        database.object(table),
        message,
        vec![count("rows", rows as f64)],
        remedy,
    )
}
