//! Rule: autovacuum does not keep up with a table.

use model::autovacuum::{Measured, Options, Pressure, Trigger, pressures};
use model::object::qualified;
use model::tables::{DatabaseTables, Kind, Table, Tables};
use model::{About, Evidence, Finding, Harm, Known, Limit, Object, Remedy, Severity, Unit};

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
    let mut found = Vec::new();
    for database in &evidence.databases {
        let Some(read) = database.known() else { continue };
        for table in read.tables.iter().filter(|table| table.kind != Kind::Partitioned) {
            if let Some(dead) = dead_rows(table, read)
                && dead.ratio() >= limits.get(&FROM_RATIO)
                && dead.value >= limits.get(&MIN_DEAD_ROWS)
            {
                found.push(finding(&database.datname, table, &dead, limits));
            }
        }
    }
    Ok(found)
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

fn finding(datname: &str, table: &Table, dead: &Pressure, limits: &InForce<'_>) -> Finding {
    let name = qualified(&table.nspname, &table.relname);
    let object = Object::table(datname, &table.nspname, &table.relname);
    Finding {
        rule: limits.rule(),
        severity: Severity::Warning,
        object: object.clone(),
        message: format!(
            "Table {name} in database {datname} has {:.0} dead rows, {:.1} times the {:.0} at which autovacuum takes it.",
            dead.value,
            dead.ratio(),
            dead.threshold
        ),
        evidence: vec![
            Evidence { name: "dead rows".into(), value: dead.value, unit: Unit::Count },
            Evidence { name: "threshold".into(), value: dead.threshold, unit: Unit::Count },
        ],
        remedy: Remedy {
            message: ABOUT.remedy.into(),
            sql: Some(format!("vacuum (analyze) {name};")),
            lock: Some(
                "SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes.".into(),
            ),
            undo: Some("None: dead rows are of no use to anybody.".into()),
            refuted_by: Some(
                "a large batch ended a moment ago and autovacuum is about to come.".into(),
            ),
        },
        harm: Harm::Hygiene,
        root: Some(object),
        same_root: Vec::new(),
    }
}
