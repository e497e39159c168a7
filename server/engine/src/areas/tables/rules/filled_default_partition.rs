//! Rule: rows gather in a default partition.

use model::object::qualified;
use model::tables::schema::Partition;
use model::tables::{Table, Tables};
use model::{About, Finding, Harm, Known, Remedy, Severity};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Rows gather in the default partition",
    effect: "A new partition is refused while the default one holds rows of its range, and to make sure the whole of it is read under ACCESS EXCLUSIVE. No query is spared it.",
    remedy: "Make the partitions that these rows belong to beside the table, move the rows in parts, and attach them.",
    docs: "https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE",
    limits: &[],
};

/// Judges the default partitions of tables that are divided by range. Of lists the default may be meant to hold the rest.
pub fn filled_default_partition(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let defaults =
            database.partitions()?.iter().filter(|part| part.is_default && part.partstrat == "r");
        let judged = |part: &Partition| {
            let table = database.table(part.oid)?;
            let parent = database.table(part.parent_oid)?;
            let rows = Some(database.rows(table)).filter(|rows| *rows > 0)?;
            Some(Weighed {
                weight: rows as f64,
                finding: judged(database, (parent, table), rows, limits),
            })
        };
        Ok(defaults.filter_map(judged).collect())
    })
}

fn judged(
    database: &InDatabase<'_>,
    (parent, table): (&Table, &Table),
    rows: i64,
    limits: &InForce<'_>,
) -> Finding {
    let message = format!(
        "The default partition {} of {} in database {} holds about {rows} rows that no other partition takes.",
        qualified(&table.nspname, &table.relname),
        qualified(&parent.nspname, &parent.relname),
        database.datname
    );
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        refuted_by: Some(
            "the default partition is meant to keep what lies outside of all ranges.".into(),
        ),
        ..Remedy::default()
    };
    let evidence = vec![count("rows", rows as f64)];
    let found =
        finding(limits, Severity::Warning, database.object(table), message, evidence, remedy);
    Finding { harm: Harm::Risk { due_s: None }, ..found }
}
