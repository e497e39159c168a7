//! Rule: a table is so large that it should be partitioned.

use model::object::qualified;
use model::tables::{Kind, Tables};
use model::{About, Evidence, Finding, Known, Limit, Remedy, Severity, Unit};

use crate::areas::tables::judge::{Weighed, finding, in_each_database};
use crate::rule::InForce;

/// Size from which the rule speaks.
const MIN_BYTES: Limit = Limit {
    name: "min_bytes",
    default: 107_374_182_400.0,
    unit: Unit::Bytes,
    source: "100 GiB: VACUUM, index builds and a restore of one table then take hours (domain knowledge; the manual says: when the table exceeds the memory of the server)",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A large table is not partitioned",
    effect: "One VACUUM, one index build or one rewrite of it takes hours and cannot be done in parts; old rows can only be deleted one by one.",
    remedy: "Consider to divide it by the column that its rows age by, or that all queries name.",
    docs: "https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-OVERVIEW",
    limits: &[MIN_BYTES],
};

/// Judges heap and TOAST of tables that are no partitions.
pub fn undivided_table(evidence: &Tables, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    in_each_database(evidence, |database| {
        let block_bytes = database.read.block_bytes;
        let own = database.tables().filter(|t| t.kind == Kind::Table && !t.relispartition);
        let found = own.filter_map(|table| {
            let bytes =
                table.heap_bytes(block_bytes).saturating_add(table.toast_bytes(block_bytes)) as f64;
            let message = || {
                format!(
                    "Table {} in database {} has {} and is not partitioned.",
                    qualified(&table.nspname, &table.relname),
                    database.datname,
                    model::quantity::number(bytes, Unit::Bytes)
                )
            };
            let remedy = || Remedy {
                message: ABOUT.remedy.into(),
                refuted_by: Some(
                    "all queries find single rows by a key, and nothing is ever deleted in bulk."
                        .into(),
                ),
                ..Remedy::default()
            };
            (bytes >= limits.get(&MIN_BYTES)).then(|| {
                let evidence =
                    vec![Evidence { name: "size".into(), value: bytes, unit: Unit::Bytes }];
                let finding = finding(
                    limits,
                    Severity::Info,
                    database.object(table),
                    message(),
                    evidence,
                    remedy(),
                );
                Weighed { weight: bytes, finding }
            })
        });
        Ok(found.collect())
    })
}
