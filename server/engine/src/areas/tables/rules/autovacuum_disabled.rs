//! Rule: autovacuum is off for one table that would be due.

use model::autovacuum::{Autovacuum, Measured, Options, Pressure, Trigger, pressures};
use model::object::qualified;
use model::tables::{Kind, Table, Tables};
use model::{About, Finding, Known, Limit, Remedy, Severity, Unit};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// How far above its threshold the table would be.
const FROM_RATIO: Limit = Limit {
    name: "from_ratio",
    default: 2.0,
    unit: Unit::Count,
    source: "a table is due at 1; coroot warns at twice the threshold",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Autovacuum is off for a table",
    effect: "Its dead rows stay and its statistics become old until somebody vacuums it by hand, or it is frozen by force.",
    remedy: "Let autovacuum take the table again; if it is in the way at busy hours, slow it down for this table instead.",
    docs: "https://www.postgresql.org/docs/current/sql-createtable.html#RELOPTION-AUTOVACUUM-ENABLED",
    limits: &[FROM_RATIO],
};

/// Judges tables with `autovacuum_enabled = off` by the triggers that would be in force without it.
pub fn autovacuum_disabled(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let own = database.read.tables.iter().filter(|table| table.kind != Kind::Partitioned);
        let found = own.filter_map(|table| {
            let due = would_be_due(table, &database.read.autovacuum)?;
            let is_far = due.ratio() >= limits.get(&FROM_RATIO);
            let finding = is_far.then(|| judged(database, table, &due, limits))?;
            Some(Weighed { weight: due.ratio(), finding })
        });
        Ok(found.collect())
    })
}

/// The farthest trigger of a table for which autovacuum is off, as if it were on.
fn would_be_due(table: &Table, settings: &Autovacuum) -> Option<Pressure> {
    let options = Options::of_table(settings, table);
    if options.enabled {
        return None;
    }
    let enabled = Options { enabled: true, ..options };
    let found = pressures(&Measured::from(table), &enabled, settings);
    found.into_iter().find(|one| !one.trigger.is_forced())
}

fn judged(
    database: &InDatabase<'_>,
    table: &Table,
    due: &Pressure,
    limits: &InForce<'_>,
) -> Finding {
    let name = qualified(&table.nspname, &table.relname);
    let what = due.trigger.as_str();
    let message = format!(
        "Autovacuum is off for table {name} in database {}; it would be due: {what} {:.0}, threshold {:.0}.",
        database.datname, due.value, due.threshold
    );
    let evidence = vec![count(what, due.value), count("threshold", due.threshold)];
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        sql: Some(format!("alter table {name} reset (autovacuum_enabled);")),
        lock: Some(
            "SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes.".into(),
        ),
        undo: Some(format!("alter table {name} set (autovacuum_enabled = off);")),
        refuted_by: Some("a job vacuums and analyses it, and is only late.".into()),
    };
    finding(limits, severity(due), database.object(table), message, evidence, remedy)
}

/// Inserted rows are only frozen later; dead rows and stale statistics cost now.
fn severity(due: &Pressure) -> Severity {
    if due.trigger == Trigger::Inserts { Severity::Info } else { Severity::Warning }
}
