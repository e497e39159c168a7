//! Rule: a table has rows and was never analysed.

use model::autovacuum::Autovacuum;
use model::object::qualified;
use model::tables::{Kind, Table, Tables};
use model::{About, Finding, Known, Limit, Remedy, Severity, Unit};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// Rows from which the rule speaks: with fewer the planner's guess does little harm.
const MIN_ROWS: Limit = Limit {
    name: "min_rows",
    default: 10_000.0,
    unit: Unit::Count,
    source: "a table of fewer rows is read as a whole in milliseconds, whatever the plan",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A table was never analysed",
    effect: "The planner knows nothing of its columns: it guesses how many rows a condition keeps, and chooses joins and indexes by the guess.",
    remedy: "Analyse the table, and find out why autovacuum did not.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-STATISTICS",
    limits: &[MIN_ROWS],
};

/// Judges tables whose rows were never counted by VACUUM or ANALYZE. Statistics that were reset do not make a
/// table look like one: `reltuples` stays. Of partitioned tables the partitions are judged.
pub fn never_analyzed(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let never = database.tables().filter(|table| {
            table.kind != Kind::Partitioned
                && table.reltuples.is_none()
                && !table.reltuples_is_broken
                && table.maintenance.analyzed_ms().is_none()
                && table.counters.n_live_tup as f64 >= limits.get(&MIN_ROWS)
        });
        let judged = never.map(|table| Weighed {
            weight: table.counters.n_live_tup as f64,
            finding: judged(database, table, limits),
        });
        Ok(judged.collect())
    })
}

fn judged(database: &InDatabase<'_>, table: &Table, limits: &InForce<'_>) -> Finding {
    let name = qualified(&table.nspname, &table.relname);
    let rows = table.counters.n_live_tup;
    let message = format!(
        "Table {name} in database {} has about {rows} rows and was never analysed.{}",
        database.datname,
        why(table, &database.read.autovacuum)
    );
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        sql: Some(format!("analyze {name};")),
        lock: Some(
            "SHARE UPDATE EXCLUSIVE on the table: it blocks neither reads nor writes.".into(),
        ),
        undo: Some("None: statistics only become better.".into()),
        refuted_by: Some(
            "the rows were loaded a moment ago and autovacuum is about to come.".into(),
        ),
    };
    let evidence = vec![count("rows", rows as f64)];
    finding(limits, Severity::Warning, database.object(table), message, evidence, remedy)
}

/// Why autovacuum did not analyse it, where that is known.
fn why(table: &Table, autovacuum: &Autovacuum) -> &'static str {
    if !autovacuum.enabled {
        " Autovacuum is off."
    } else if !autovacuum.track_counts {
        " track_counts is off: autovacuum does not see changes."
    } else if table.option("autovacuum_enabled").is_some_and(is_off) {
        " Autovacuum is off for this table."
    } else {
        ""
    }
}

/// How a storage parameter may say no (`parse_bool`).
fn is_off(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "off" | "false" | "no" | "0" | "f" | "n")
}
