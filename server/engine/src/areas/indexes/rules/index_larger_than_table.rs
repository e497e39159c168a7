//! Rule: an index is larger than its table.

use model::indexes::Indexes;
use model::{About, Finding, Known, Limit, Severity, Unit, quantity};

use super::remedy::{Place, databases, evidence, heaviest};
use crate::rule::InForce;

/// Smaller ones are left out.
const MIN_BYTES: Limit = Limit {
    name: "min_bytes",
    default: 10_485_760.0,
    unit: Unit::Bytes,
    source: "ten MiB: below that a rebuild frees little",
};
/// Its size against the table's.
const MIN_PERCENT: Limit = Limit {
    name: "min_percent_of_table",
    default: 100.0,
    unit: Unit::Percent,
    source: "an entry holds some columns of a row and eight bytes; more than the whole row is empty space, or a key that is most of the row",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An index is larger than its table",
    effect: "Scans and VACUUM read it, and shared buffers hold it; most of it may be empty pages.",
    remedy: "Measure how full its pages are (pgstatindex of pgstattuple); if they are not, build it anew.",
    docs: "https://www.postgresql.org/docs/current/routine-reindex.html",
    limits: &[MIN_BYTES, MIN_PERCENT],
};

/// Judges B-trees of all rows: other access methods hold many entries for a row.
pub fn index_larger_than_table(evidence: &Indexes, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let mut found = Vec::new();
    for (datname, database) in databases(evidence)? {
        for index in &database.indexes {
            let bytes = database.size_bytes(index);
            if bytes < limits.get(&MIN_BYTES)
                || index.amname != "btree"
                || !index.works()
                || index.partitioned
            {
                continue;
            }
            let Some(place) = Place::find((datname, database), index.indrelid, index.oid) else {
                continue;
            };
            let table = database.table_bytes(place.owner);
            // A table that was never counted has no size yet, and the index has one from its build.
            let counted = place.owner.reltuples.is_some();
            if counted && bytes * 100.0 >= table * limits.get(&MIN_PERCENT) {
                found.push((bytes, finding(&place, table, limits)));
            }
        }
    }
    heaviest(evidence, found)
}

fn finding(place: &Place<'_>, table: f64, limits: &InForce<'_>) -> Finding {
    let size = |bytes: f64| quantity::number(bytes, Unit::Bytes);
    let message = format!(
        "Index {} in database {} has {}, its table {} has {}.",
        place.name(),
        place.datname,
        size(place.bytes()),
        place.table(),
        size(table),
    );
    let mut finding = place.finding(limits.rule(), Severity::Info, message);
    finding.evidence.push(evidence("size of the table", table, Unit::Bytes));
    finding.remedy = place.reindex(ABOUT.remedy);
    finding.remedy.refuted_by =
        Some("its columns are most of the row, as in a table of one wide column.".into());
    finding
}
