//! Rule: a partitioned table was never analysed as a whole.

use model::object::qualified;
use model::tables::{Kind, Tables};
use model::{About, Finding, Known, Limit, Remedy, Severity, Unit};

use crate::areas::tables::judge::{Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// Rows from which the rule speaks.
const MIN_ROWS: Limit = Limit {
    name: "min_rows",
    default: 100_000.0,
    unit: Unit::Count,
    source: "with fewer rows a wrong estimate does little harm",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A partitioned table was never analysed",
    effect: "Autovacuum analyses partitions, never the table that they make up: a query on the whole is planned without knowing how its values are spread.",
    remedy: "Analyse the partitioned table, now and after large changes, by a job of your own.",
    docs: "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-STATISTICS",
    limits: &[MIN_ROWS],
};

/// Judges partitioned tables at the top of their tree by `reltuples`, which ANALYZE sets and nothing resets.
pub fn unanalyzed_parent(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let tops = database.tables().filter(|t| t.kind == Kind::Partitioned && !t.relispartition);
        let never = tops.filter(|t| t.reltuples.is_none() && t.maintenance.analyzed_ms().is_none());
        let large = never.map(|table| (table, database.rows(table) as f64));
        let found = large.filter(|(_, rows)| *rows >= limits.get(&MIN_ROWS)).map(|(table, rows)| {
            let name = qualified(&table.nspname, &table.relname);
            let message = format!(
                "Partitioned table {name} in database {} was never analysed as a whole; its partitions have about {rows:.0} rows.",
                database.datname
            );
            let remedy = Remedy {
                message: ABOUT.remedy.into(),
                sql: Some(format!("analyze {name};")),
                lock: Some("SHARE UPDATE EXCLUSIVE on the table and on each partition while it is read: it blocks neither reads nor writes.".into()),
                undo: Some("None: statistics only become better.".into()),
                refuted_by: Some("every query names a single partition.".into()),
            };
            let evidence = vec![count("rows", rows)];
            let finding = finding(limits, Severity::Warning, database.object(table), message, evidence, remedy);
            Weighed { weight: rows, finding }
        });
        Ok(found.collect())
    })
}
