//! Rule: partitions are never left out, because the setting is off.

use std::collections::HashSet;

use model::identifier::quote_ident;
use model::tables::Tables;
use model::{About, Finding, Known, Object, Remedy, Severity};

use crate::areas::tables::judge::{InDatabase, Weighed, count, finding, in_each_database};
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Partition pruning is off",
    effect: "Every statement on a partitioned table plans and reads all of its partitions, whatever its conditions say.",
    remedy: "Turn enable_partition_pruning on where it was turned off: in postgresql.conf, for the database or for the role. New sessions have it; plans that are cached in others stay as they are.",
    docs: "https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITION-PRUNING",
    limits: &[],
};

/// Judges the setting as a new session of our role in the database has it, where there are partitioned tables.
pub fn partition_pruning_off(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let keys = database.partition_keys()?;
        let tables: HashSet<i64> =
            keys.iter().filter(|key| !key.is_pruning_on).map(|key| key.oid).collect();
        let partitions = database.partitions()?;
        let partitions = partitions.iter().filter(|part| tables.contains(&part.parent_oid)).count();
        let found = (partitions > 0).then(|| judged(database, (tables.len(), partitions), limits));
        Ok(found.into_iter().collect())
    })
}

fn judged(
    database: &InDatabase<'_>,
    (tables, partitions): (usize, usize),
    limits: &InForce<'_>,
) -> Weighed {
    let name = quote_ident(database.datname);
    let message = format!(
        "enable_partition_pruning is off in database {}, which has {partitions} partitions: every statement on a partitioned table reads all of its partitions.",
        database.datname
    );
    let remedy = Remedy {
        message: ABOUT.remedy.into(),
        sql: Some(format!("alter database {name} set enable_partition_pruning = on;")),
        lock: Some("None: it holds for sessions that begin afterwards.".into()),
        undo: Some(format!("alter database {name} reset enable_partition_pruning;")),
        refuted_by: Some("it was turned off for our role alone.".into()),
    };
    let evidence =
        vec![count("partitioned tables", tables as f64), count("partitions", partitions as f64)];
    let object = Object::Database { name: database.datname.to_owned() };
    let finding = finding(limits, Severity::Warning, object, message, evidence, remedy);
    Weighed { weight: partitions as f64, finding }
}
