//! Rule: a table's count of rows is no number.

use model::object::qualified;
use model::tables::{Table, Tables};
use model::{About, Finding, Known, Remedy, Severity};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
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
    in_each_database(evidence, |database| {
        let broken = database.read.tables.iter().filter(|table| table.reltuples_is_broken);
        let found = broken.map(|table| Weighed {
            weight: table.counters.n_dead_tup as f64,
            finding: judged(database, table, limits),
        });
        Ok(found.collect())
    })
}

fn judged(database: &InDatabase<'_>, table: &Table, limits: &InForce<'_>) -> Finding {
    let name = qualified(&table.nspname, &table.relname);
    let message = format!(
        "The row count of table {name} in database {} is infinite or no number: autovacuum no longer takes it for its dead rows, inserts or changes.",
        database.datname
    );
    let changed = table.counters.n_mod_since_analyze as f64;
    let evidence = vec![
        count("dead rows", table.counters.n_dead_tup as f64),
        count("rows changed since the last ANALYZE", changed),
    ];
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        sql: Some(format!("analyze {name};")),
        lock: Some(
            "SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes.".into(),
        ),
        undo: Some("None: the count is only put right.".into()),
        refuted_by: None,
    };
    finding(limits, Severity::Warning, database.object(table), message, evidence, remedy)
}
