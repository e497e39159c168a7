//! Rule: autovacuum does not keep up with a table.

use model::autovacuum::{Measured, Options, Pressure, Trigger, pressures};
use model::object::qualified;
use model::tables::{DatabaseTables, Kind, Table, Tables};
use model::{About, Finding, Known, Limit, Remedy, Severity, Unit};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// Dead rows to threshold from which the rule speaks.
const FROM_RATIO: Limit = Limit {
    name: "from_ratio",
    default: 3.0,
    unit: Unit::Count,
    source: "a table is due at 1 and taken within a naptime; at three times its threshold two runs were missed or removed nothing",
};
/// Dead rows from which the rule speaks.
const MIN_DEAD_ROWS: Limit = Limit {
    name: "min_dead_rows",
    default: 10_000.0,
    unit: Unit::Count,
    source: "fewer dead rows are removed in less than a second",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A table has far more dead rows than its autovacuum threshold",
    effect: "Scans read the dead rows too, and the table and its indexes grow.",
    remedy: "Look for what keeps dead rows alive (the xmin horizon on the page Vacuum), for runs that are cancelled by locks, and whether all workers are busy; then vacuum the table.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM",
    limits: &[FROM_RATIO, MIN_DEAD_ROWS],
};

/// Judges tables that autovacuum may take. Where it is off, other rules say so.
pub fn vacuum_overdue(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let own = database.read.tables.iter().filter(|table| table.kind != Kind::Partitioned);
        let found = own.filter_map(|table| {
            let dead = dead_rows(table, database.read)?;
            let is_far =
                dead.ratio() >= limits.get(&FROM_RATIO) && dead.value >= limits.get(&MIN_DEAD_ROWS);
            let finding = is_far.then(|| judged(database, table, &dead, limits))?;
            Some(Weighed { weight: dead.value, finding })
        });
        Ok(found.collect())
    })
}

/// How far dead rows are, where autovacuum is on for the table.
fn dead_rows(table: &Table, read: &DatabaseTables) -> Option<Pressure> {
    let options = Options::of_table(&read.autovacuum, table);
    if !options.enabled {
        return None;
    }
    let found = pressures(&Measured::from(table), &options, &read.autovacuum);
    found.into_iter().find(|one| one.trigger == Trigger::DeadRows)
}

fn judged(
    database: &InDatabase<'_>,
    table: &Table,
    dead: &Pressure,
    limits: &InForce<'_>,
) -> Finding {
    let name = qualified(&table.nspname, &table.relname);
    let message = format!(
        "Table {name} in database {} has {:.0} dead rows, {:.1} times the {:.0} at which autovacuum takes it.",
        database.datname,
        dead.value,
        dead.ratio(),
        dead.threshold
    );
    let evidence = vec![count("dead rows", dead.value), count("threshold", dead.threshold)];
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        sql: Some(format!("vacuum (analyze) {name};")),
        lock: Some(
            "SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes.".into(),
        ),
        undo: Some("None: dead rows are of no use to anybody.".into()),
        refuted_by: Some(
            "a large batch ended a moment ago and autovacuum is about to come.".into(),
        ),
    };
    finding(limits, Severity::Warning, database.object(table), message, evidence, remedy)
}
