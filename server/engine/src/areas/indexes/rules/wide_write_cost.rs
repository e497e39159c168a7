//! Rule: each row written to a busy table is written to many indexes.

use std::sync::Arc;

use model::indexes::{Index, Indexes};
use model::object::qualified;
use model::{About, Finding, Harm, Known, Limit, Object, Reason, Remedy, Severity, Unit, quantity};

use super::remedy::{databases, evidence, heaviest};
use crate::rule::InForce;

/// Indexes of a table from which the rule speaks.
const MIN_INDEXES: Limit = Limit {
    name: "min_indexes",
    default: 8.0,
    unit: Unit::Count,
    source: "with eight a row costs nine writes; most tables have fewer than five",
};
/// Index entries a second of the table.
const MIN_ENTRIES_PER_S: Limit = Limit {
    name: "min_entries_per_s",
    default: 1_000.0,
    unit: Unit::PerSecond,
    source: "fewer are noise on any disk",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "A busy table has many indexes",
    effect: "Each insert, and each update that is not HOT, writes an entry, WAL and often a full page for every index.",
    remedy: "Look which of its indexes are scanned little, are redundant, or could be one.",
    docs: "https://www.postgresql.org/docs/current/indexes-intro.html",
    limits: &[MIN_INDEXES, MIN_ENTRIES_PER_S],
};

/// Judges what was written between two readings.
pub fn wide_write_cost(reading: &Indexes, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let (mut found, mut unknown) = (Vec::new(), false);
    let databases = databases(reading)?;
    for (datname, database) in &databases {
        for owner in database.owners.iter().filter(|owner| !owner.partitioned) {
            let indexes = database.of_table(owner.oid).iter();
            let written: Vec<&Arc<Index>> = indexes
                .filter(|index| !index.not_ready && index.texts.predicate.is_none())
                .collect();
            let count = written.len() as f64;
            if count < limits.get(&MIN_INDEXES) {
                continue;
            }
            let Some(rows_per_s) = database.entries_per_s(owner) else {
                unknown = true;
                continue;
            };
            let per_s = rows_per_s * count;
            if per_s < limits.get(&MIN_ENTRIES_PER_S) {
                continue;
            }
            let idle = written.iter().filter(|index| index.idx_scan == 0 && !index.has_duty());
            let name = qualified(&owner.nspname, &owner.relname);
            let object = Object::table(datname, &owner.nspname, &owner.relname);
            found.push((per_s, Finding {
                rule: limits.rule(),
                severity: Severity::Info,
                object: object.clone(),
                message: format!(
                    "Table {name} in database {datname} has {} indexes and gets {} rows a second: {} index entries a second. {} of them were not scanned here.",
                    written.len(),
                    quantity::number(rows_per_s, Unit::Count),
                    quantity::number(per_s, Unit::Count),
                    idle.count(),
                ),
                evidence: vec![
                    evidence("indexes", count, Unit::Count),
                    evidence("index entries", per_s, Unit::PerSecond),
                ],
                remedy: Remedy {
                    message: ABOUT.remedy.into(),
                    refuted_by: Some("it is being loaded, once.".into()),
                    ..Remedy::default()
                },
                harm: Harm::Hygiene,
                root: Some(object),
                same_root: Vec::new(),
            }));
        }
    }
    match found.is_empty() && unknown {
        true => Err(Reason::NeedsTwoReadings),
        false => heaviest(reading, found),
    }
}
