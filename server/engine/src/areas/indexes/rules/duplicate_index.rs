//! Rule: two indexes of a table have the same definition.

use model::indexes::{Indexes, ProblemKind};
use model::{About, Finding, Known, Remedy, Severity, Unit, quantity};

use super::remedy::{Place, databases, evidence, heaviest};
use crate::rule::InForce;

/// What the rule says about itself.
pub const ABOUT: About = About {
    title: "Two indexes are the same",
    effect: "Every write pays for both, and queries use one.",
    remedy: "Drop the one that no constraint, replica identity or CLUSTER needs; of two such the one scanned less.",
    docs: "https://www.postgresql.org/docs/current/sql-dropindex.html",
    limits: &[],
};

/// Judges indexes that agree in access method, columns, operator classes, collations, order, included columns,
/// expressions, predicate and uniqueness: names and the text of the definition do not matter.
pub fn duplicate_index(evidence: &Indexes, limits: &InForce<'_>) -> Known<Vec<Finding>> {
    let mut found = Vec::new();
    for of in databases(evidence)? {
        let duplicates = of.1.problems.iter().filter(|one| one.kind == ProblemKind::Duplicate);
        for problem in duplicates {
            let place = Place::find(of, problem.indrelid, problem.oid);
            let other = problem.other.and_then(|oid| Place::find(of, problem.indrelid, oid));
            if let Some((place, other)) = place.zip(other) {
                found.push((place.bytes(), finding(&place, &other, limits)));
            }
        }
    }
    heaviest(evidence, found)
}

fn finding(place: &Place<'_>, other: &Place<'_>, limits: &InForce<'_>) -> Finding {
    let message = format!(
        "Index {} of table {} in database {} ({}) is the same as {}.",
        place.name(),
        place.table(),
        place.datname,
        quantity::number(place.bytes(), Unit::Bytes),
        other.name(),
    );
    let mut finding = place.finding(limits.rule(), Severity::Warning, message);
    finding.evidence.push(evidence("its scans", place.index.idx_scan as f64, Unit::Count));
    finding.evidence.push(evidence("the other's scans", other.index.idx_scan as f64, Unit::Count));
    let (index, keys) = (place.index, &place.database.foreign_keys);
    let referenced = keys.iter().any(|key| key.conindid == index.oid);
    finding.remedy = match &index.conname {
        None if !index.indisreplident && !index.indisclustered && !referenced => {
            place.drop(ABOUT.remedy)
        }
        None => Remedy {
            message: "A foreign key, the replica identity or CLUSTER needs it: point that at the other index first, then drop this one.".into(),
            ..Remedy::default()
        },
        Some(_) => Remedy {
            message: format!(
                "Both belong to constraints{}. Which constraint goes is a decision on the schema: foreign keys refer to one of them, and ON CONFLICT may name it.",
                index.texts.constraintdef.as_ref().map_or_else(String::new, |def| format!(" (this one: {def})"))
            ),
            ..Remedy::default()
        },
    };
    finding.remedy.refuted_by = Some("a statement names it in a hint of pg_hint_plan.".into());
    finding
}
