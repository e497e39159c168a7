//! Rule: a foreign key's column cannot hold all values of the key that it refers to.

use model::identifier::quote_ident;
use model::object::qualified;
use model::tables::schema::DoubtfulConstraint;
use model::tables::{Table, Tables};
use model::{About, Finding, Harm, Known, Remedy, Severity};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A foreign key is narrower than the key it refers to",
    effect: "Once the referenced key passes the largest value of the smaller type, no row can refer to it: inserts fail.",
    remedy: "Give the column the type of the key that it refers to. ALTER COLUMN … TYPE rewrites the table under ACCESS EXCLUSIVE; on a large table add a new column, fill it in parts and exchange the two.",
    docs: "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK",
    limits: &[],
};

/// Integers by their range. Other types that differ are compared by a cast and lose nothing.
fn bytes(typname: Option<&str>) -> Option<u8> {
    match typname? {
        "int2" => Some(2),
        "int4" => Some(4),
        "int8" => Some(8),
        _ => None,
    }
}

/// Judges foreign keys of integers.
pub fn narrow_foreign_key(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let constraints = database.schema()?.constraints.as_ref().map_err(Clone::clone)?;
        let judged = |constraint: &DoubtfulConstraint| {
            let table = database.table(constraint.oid)?;
            let (own, other) =
                (bytes(constraint.typname.as_deref())?, bytes(constraint.ref_typname.as_deref())?);
            let rows = (own < other).then(|| database.rows(table))?;
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
    let name = |text: &Option<String>| quote_ident(text.as_deref().unwrap_or_default());
    let referenced = database.table(constraint.ref_oid);
    let referenced =
        referenced.map_or_else(|| "another table".into(), |t| qualified(&t.nspname, &t.relname));
    let message = format!(
        "Column {} of table {} in database {} is {} and refers to {} of {referenced}, which is {}.",
        name(&constraint.attname),
        qualified(&table.nspname, &table.relname),
        database.datname,
        constraint.typname.as_deref().unwrap_or_default(),
        name(&constraint.ref_attname),
        constraint.ref_typname.as_deref().unwrap_or_default(),
    );
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        refuted_by: Some("the referenced key can never grow that far.".into()),
        ..Remedy::default()
    };
    let evidence = vec![count("rows", rows as f64)];
    let found = finding(limits, Severity::Info, database.object(table), message, evidence, remedy);
    Finding { harm: Harm::Risk { due_s: None }, ..found }
}
