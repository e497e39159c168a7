//! Rule: a table's count of rows is no number.

use model::object::qualified;
use model::tables::{Table, Tables};
use model::{About, Evidence, Finding, Harm, Known, Object, Remedy, Severity, Unit};

use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A table's row count is infinite",
    effect: "Autovacuum compares dead rows with a share of it and never takes the table again; the planner computes with it too. Parallel builds of GIN indexes in PostgreSQL 18.0 to 18.4 leave such counts.",
    remedy: "Analyse the table, which counts its rows anew, and update to the newest minor version before GIN indexes are built again.",
    docs: "https://www.postgresql.org/docs/18/release.html",
    limits: &[],
};

/// Judges `pg_class.reltuples`.
pub fn broken_reltuples(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let mut found = Vec::new();
    for database in &evidence.databases {
        let Some(read) = database.known() else { continue };
        let broken = read.tables.iter().filter(|table| table.reltuples_is_broken);
        found.extend(broken.map(|table| finding(&database.datname, table, limits)));
    }
    Ok(found)
}

fn finding(datname: &str, table: &Table, limits: &InForce<'_>) -> Finding {
    let name = qualified(&table.nspname, &table.relname);
    let object = Object::table(datname, &table.nspname, &table.relname);
    Finding {
        rule: limits.rule(),
        severity: Severity::Warning,
        object: object.clone(),
        message: format!(
            "The row count of table {name} in database {datname} is infinite or no number: autovacuum no longer takes it for its dead rows, inserts or changes."
        ),
        evidence: vec![
            count("dead rows", table.counters.n_dead_tup),
            count("rows changed since the last ANALYZE", table.counters.n_mod_since_analyze),
        ],
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!("analyze {name};")),
            lock: Some(
                "SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes.".into(),
            ),
            undo: Some("None: the count is only put right.".into()),
            refuted_by: None,
        },
        harm: Harm::Hygiene,
        root: Some(object),
        same_root: Vec::new(),
    }
}

fn count(name: &str, value: i64) -> Evidence {
    Evidence { name: name.into(), value: value as f64, unit: Unit::Count }
}
