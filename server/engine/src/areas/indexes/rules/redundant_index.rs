//! Rule: another index begins with all columns of an index.

use model::indexes::{Indexes, ProblemKind};
use model::{About, Finding, Known, Limit, Severity, Unit, quantity};

use super::remedy::{Place, databases, evidence, heaviest};
use crate::rule::InForce;

/// Smaller ones are left out.
const MIN_BYTES: Limit = Limit {
    name: "min_bytes",
    default: 1_048_576.0,
    unit: Unit::Bytes,
    source: "one MiB: what is smaller costs little to keep",
};
/// How many times larger the other may be: beyond that its scans cost more than the narrow one's.
const MAX_TIMES_LARGER: Limit = Limit {
    name: "max_times_larger",
    default: 4.0,
    unit: Unit::Count,
    source: "scans read as many times more pages; a narrow index with many equal keys is deduplicated (manual: B-Tree Deduplication)",
};

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "An index is a left prefix of another",
    effect: "Every write pays for both, and the wider one serves each query that the narrow one serves.",
    remedy: "Drop the narrow one.",
    docs: "https://www.postgresql.org/docs/current/indexes-multicolumn.html",
    limits: &[MIN_BYTES, MAX_TIMES_LARGER],
};

/// Judges B-trees: the wider one has the narrow one's columns first, in its order or in the reverse of all, the
/// same rows, and its included columns. A unique index is never redundant, for it keeps duplicates out.
pub fn redundant_index(evidence: &Indexes, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let mut found = Vec::new();
    for of in databases(evidence)? {
        let redundant = of.1.problems.iter().filter(|one| one.kind == ProblemKind::Redundant);
        for problem in redundant {
            let place = Place::find(of, problem.indrelid, problem.oid);
            let other = problem.other.and_then(|oid| Place::find(of, problem.indrelid, oid));
            let Some((place, other)) = place.zip(other) else { continue };
            let times = other.bytes() / place.bytes().max(1.0);
            let much = place.bytes() >= limits.get(&MIN_BYTES);
            if much && times <= limits.get(&MAX_TIMES_LARGER) {
                found.push((place.bytes(), finding(&place, &other, limits)));
            }
        }
    }
    heaviest(evidence, found)
}

fn finding(place: &Place<'_>, other: &Place<'_>, limits: &InForce<'_>) -> Finding {
    let size = |place: &Place<'_>| quantity::number(place.bytes(), Unit::Bytes);
    let message = format!(
        "Index {} of table {} in database {} ({}) is a left prefix of {} ({}).",
        place.name(),
        place.table(),
        place.datname,
        size(place),
        other.name(),
        size(other),
    );
    let mut finding = place.finding(limits.rule(), Severity::Info, message);
    finding.evidence.push(evidence("its scans", place.index.idx_scan as f64, Unit::Count));
    finding.evidence.push(evidence("the other's size", other.bytes(), Unit::Bytes));
    finding.remedy = place.drop(ABOUT.remedy);
    finding.remedy.refuted_by = Some(
        "the narrow one stays in memory and the wider one would not, or queries read ranges of it in order of the table's rows.".into(),
    );
    finding
}
